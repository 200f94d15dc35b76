"""`sluice simulate --scenario`, as a command: what a cut would do to a region."""

import json
import os
import pathlib
import re
import subprocess
import xml.etree.ElementTree

import pytest
from gateway import binary

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "config" / "scenarios" / "us-west-cut.yaml"
SVG = "{http://www.w3.org/2000/svg}"


def scenario(file, *arguments):
    return subprocess.run(
        [str(binary()), "simulate", "--scenario", str(file), *arguments], capture_output=True, text=True, timeout=300)


def refused(file, *arguments):
    """What is said of a scenario that can't be answered; nothing may come on standard output."""
    run = scenario(file, *arguments)
    assert run.returncode == 2 and run.stdout == "", run.stdout
    return run.stderr


def test_a_table_says_when_the_zone_was_gone_how_long_it_drained_and_what_became_of_each_stream():
    run = scenario(SHIPPED)
    assert run.returncode == 0 and run.stderr == ""
    story, table = (part.splitlines() for part in run.stdout.strip().split("\n\n"))
    assert story[0] == "us-west, 300 minutes"
    assert [line.split(", ")[0].split(" ", 4)[4] for line in story[1:-2]] == [
        "connected -> suspect", "suspect -> partitioned", "partitioned -> draining", "draining -> connected"]
    for word, line in zip(("drained", "caught up"), story[-2:]):
        assert re.fullmatch(rf"{word} 12\.\d+ minutes after the end of the last outage", line)
    assert re.split(" {2,}", table[0]) == [
        "STREAM", "MODE", "OFFERED", "ACCEPTED", "REFUSED", "FROM MINUTE", "BACKLOG GB", "BEHIND MIN", "AGE MIN"]
    rows = {cells[0]: cells[1:] for cells in (line.split() for line in table[1:])}
    assert sorted(rows) == ["audit_logs", "billing_usage", "cluster_metrics", "job_events"]
    assert rows["audit_logs"][:5] == ["available", "432000000", "432000000", "0", "-"]
    assert rows["billing_usage"][0] == "strong" and 30.2 < float(rows["billing_usage"][4]) < 30.4


def test_json_has_the_time_to_drain_the_streams_and_a_sample_for_each_minute():
    run = scenario(SHIPPED, "--json")
    assert run.returncode == 0
    report = json.loads(run.stdout)
    assert report["region"] == "us-west" and report["outages"] == [[30, 150]]
    # 76 GB at the end of the cut, and what comes in meanwhile, at 100 MiB/s.
    assert 11.9 < report["drained_after_minutes"] < report["caught_up_after_minutes"] < 13
    assert [sample["minute"] for sample in report["samples"]] == list(range(1, 301))
    streams = {stream["stream"]: stream for stream in report["streams"]}
    # 24,000 events/s of 209 landed bytes for 7,200 s, and what comes in until the backlog goes.
    assert 36e9 < streams["audit_logs"]["backlog_bytes_max"] < 38e9
    assert streams["audit_logs"]["events_refused"] == 0 and "first_refused_at_minute" not in streams["audit_logs"]
    assert 7.2e6 <= streams["billing_usage"]["events_refused"] < 7.5e6
    for stream in streams.values():
        # But for strong batches that are on their way at the end.
        open_ = stream["events_offered"] - stream["events_accepted"] - stream["events_refused"]
        assert 0 <= open_ <= (500 if stream["consistency"] == "strong" else 0)
    peak = max(sample["backlog_bytes"]["audit_logs"] for sample in report["samples"])
    assert peak <= streams["audit_logs"]["backlog_bytes_max"] < peak * 1.01


@pytest.mark.parametrize("file", sorted(SHIPPED.parent.glob("*.yaml")), ids=lambda file: file.stem)
def test_every_scenario_that_ships_has_an_answer_and_can_be_drawn(file):
    story = scenario(file).stdout.split("\n\n")[0]
    assert "connected -> " in story and "\ndrained " in story and "\ncaught up " in story
    svg = scenario(file, "--plot", "-").stdout
    assert "nan" not in svg and len(list(xml.etree.ElementTree.fromstring(svg).iter(SVG + "polyline"))) > 4


def test_the_plot_is_an_svg_with_a_panel_for_each_question(folder):
    plot = folder / "us-west.svg"
    assert scenario(SHIPPED, "--plot", str(plot)).returncode == 0
    root = xml.etree.ElementTree.parse(plot).getroot()
    assert root.tag == SVG + "svg"
    texts = [text.text for text in root.iter(SVG + "text")]
    titles = ["Backlog, GB", "Events refused per minute", "Complete through, minutes behind",
              "Newest landed event, minutes old"]
    assert [text for text in texts if text in titles] == titles
    assert {"us-west", "audit_logs", "billing_usage", "cluster_metrics", "job_events"} <= set(texts)
    lines = list(root.iter(SVG + "polyline"))
    assert len(lines) == 4 * len(titles)
    assert all(len(line.get("points").split()) == 301 for line in lines)


def test_what_is_not_over_and_what_has_not_caught_up_is_said(folder):
    file = folder / "scenario.yaml"
    file.write_text("minutes: 60\nlink: {bytes_per_second: 300000}\n"
                    "streams: {a: {consistency: available, events_per_second: 1000}}\ncuts: [{at_minute: 5, minutes: 30}]\n")
    story = scenario(file).stdout.split("\n\n")[0].splitlines()
    assert re.fullmatch(r"drained \d+\.\d+ minutes after the end of the last outage", story[-2])
    assert story[-1] == "not caught up within the scenario"
    report = json.loads(scenario(file, "--json").stdout)
    assert report["outage"] == "over" and report["behind_at_end"] and "caught_up_after_minutes" not in report
    file.write_text(file.read_text().replace("minutes: 30}", "minutes: 55}"))
    story = scenario(file).stdout.split("\n\n")[0].splitlines()
    assert story[-1] == "the last outage is not over at the end of the scenario"
    file.write_text("minutes: 60\nlink: {bytes_per_second: 1}\nstreams: {a: {consistency: available, events_per_second: 1000}}\n")
    assert scenario(file).stdout.splitlines()[1].startswith("further behind than usual at the end: ")


def test_a_bad_scenario_is_refused_with_its_file_and_every_place(folder):
    bad = folder / "bad.yaml"
    bad.write_text("minuts: 3\nminutes: x\nstreams: {a: {events_per_second: -1}}\ncuts: [{at_minute: 1}]\n")
    said = refused(bad).splitlines()
    for place in ("1:1: minuts: no such key; did you mean `minutes`?", "2:10: minutes: `x` is no number (minutes)",
                  "3:34: streams.a.events_per_second: -1 is out of range: 0 to 10000000 (events/s)",
                  "3:11: streams.a.consistency: is required: `available` or `strong`", "4:8: cuts[0].minutes: is required"):
        assert f"sluice: {bad}:{place}" in said, said
    bad.write_text("streams:\n  a: {events_per_second: 1\n")
    assert refused(bad).startswith(f"sluice: {bad}:3:1: not valid YAML: ")
    bad.write_bytes(b"\xff")
    assert refused(bad) == f"sluice: {bad}: is not UTF-8\n"
    bad.write_text("#" * 1_048_576)
    assert refused(bad) == f"sluice: {bad}: streams: at least one is wanted\n"
    bad.write_text("#" * 1_048_577)
    assert refused(bad) == f"sluice: {bad}: is more than 1048576 bytes: that is no scenario\n"
    assert refused(folder / "none.yaml") == f"sluice: {folder / 'none.yaml'}: can't be read: No such file or directory\n"
    assert refused(folder) == f"sluice: {folder}: can't be read: Is a directory\n"


def test_the_plot_goes_where_it_is_told_to_and_never_over_the_scenario(folder):
    mine = folder / "mine.yaml"
    text = SHIPPED.read_text().replace("region: us-west", "region: <us & \"west\">")
    mine.write_text(text)
    (folder / "link.yaml").symlink_to(mine)
    os.link(mine, folder / "hard.yaml")
    for plot in (mine, folder / "link.yaml", folder / "hard.yaml"):
        assert refused(mine, "--plot", str(plot)) == (
            f"sluice: {plot}: is the scenario itself; give --plot a file of its own\n")
    assert mine.read_text() == text

    svg = scenario(mine, "--plot", "-").stdout
    assert '<us & "west">' in [text.text for text in xml.etree.ElementTree.fromstring(svg).iter(SVG + "text")]
    # A link is followed, and what is no file is written to, not replaced.
    (folder / "to.svg").symlink_to(folder / "there.svg")
    assert scenario(mine, "--plot", str(folder / "to.svg")).returncode == 0
    assert (folder / "there.svg").read_text() == svg and (folder / "to.svg").is_symlink()
    assert scenario(mine, "--plot", "/dev/null").returncode == 0
    assert not pathlib.Path("/dev/null").is_file()

    # What it could not draw it has still answered.
    for plot, why in ((folder / "none" / "plot.svg", "No such file or directory"), ("/dev/full", "No space left on device")):
        run = scenario(mine, "--plot", str(plot))
        assert run.returncode == 2 and "STREAM" in run.stdout
        assert run.stderr == f"sluice: {plot}: can't be written: {why}\n"
    assert scenario(mine, "--plot", "-", "--json").returncode == 64
    for arguments in ([], ["--json"], ["--plot", "-"]):
        with open("/dev/full", "w") as full:
            run = subprocess.run([str(binary()), "simulate", "--scenario", str(mine), *arguments], stdout=full,
                                 stderr=subprocess.PIPE, text=True, timeout=60)
        assert run.returncode == 2 and run.stderr == "sluice: the answer can't be written: No space left on device\n"


def test_the_names_of_many_streams_stay_within_the_plot(folder):
    file = folder / "many.yaml"
    file.write_text("minutes: 1\nstreams:\n" + "".join(
        f"  a_stream_{number}: {{consistency: available, events_per_second: 1}}\n" for number in range(40)))
    root = xml.etree.ElementTree.fromstring(scenario(file, "--plot", "-").stdout)
    width = float(root.get("viewBox").split()[2])
    names = [text for text in root.iter(SVG + "text") if text.text.startswith("a_stream_")]
    assert len(names) == 40 and all(float(name.get("x")) + 7.5 * len(name.text) < width for name in names)
    top = min(float(rule.get("y1")) for rule in root.iter(SVG + "line") if rule.get("stroke") == "#ccc")
    assert max(float(name.get("y")) for name in names) < top
    lines = list(root.iter(SVG + "polyline"))[:40]
    assert len({(line.get("stroke"), line.get("stroke-dasharray")) for line in lines}) == 40


def test_of_many_changes_of_state_the_first_are_shown(folder):
    file = folder / "flapping.yaml"
    file.write_text("minutes: 120\nstreams: {a: {consistency: available, events_per_second: 1000}}\ncuts:\n" + "".join(
        f"  - {{at_minute: {minute}, minutes: 0.15}}\n" for minute in range(1, 100)))
    lines = scenario(file).stdout.splitlines()
    count = len(json.loads(scenario(file, "--json").stdout)["transitions"])
    assert count > 41 and lines[41] == f"  and {count - 40} more; --json has all"
    assert sum("->" in line for line in lines) == 40


def test_a_long_scenario_says_how_far_it_has_come(folder):
    file = folder / "long.yaml"
    file.write_text("minutes: 10080\nstreams: {a: {consistency: available, events_per_second: 10000, batch_events: 10}}\n")
    terminal, inside = os.openpty()
    process = subprocess.Popen([str(binary()), "simulate", "--scenario", str(file)], stdout=subprocess.DEVNULL, stderr=inside)
    os.close(inside)
    try:
        said = b""
        while not re.search(rb"\rminute \d+ of 10080", said):
            said += os.read(terminal, 1024)
    finally:
        process.kill()
        process.wait()
        os.close(terminal)
