"""`sluice simulate --scenario`, as a command: what a cut would do to a region."""

import json
import pathlib
import re
import subprocess
import xml.etree.ElementTree

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
    assert [line.split(", ")[0].split(" ", 4)[4] for line in story[1:-1]] == [
        "connected -> suspect", "suspect -> partitioned", "partitioned -> draining", "draining -> connected"]
    assert story[-1].startswith("drained ") and story[-1].endswith(" minutes after the end of the outage")
    assert re.split(" {2,}", table[0]) == [
        "STREAM", "MODE", "OFFERED", "ACCEPTED", "REFUSED", "FROM MINUTE", "BACKLOG GB", "BEHIND MIN", "AGE MIN"]
    rows = {cells[0]: cells[1:] for cells in (line.split() for line in table[1:])}
    assert sorted(rows) == ["audit_logs", "billing_usage", "cluster_metrics", "job_events"]
    assert rows["audit_logs"][:5] == ["available", "432000000", "432000000", "0", "-"]
    assert rows["billing_usage"][0] == "strong" and 30 <= float(rows["billing_usage"][4]) < 30.1


def test_json_has_the_time_to_drain_the_streams_and_a_sample_for_each_minute():
    run = scenario(SHIPPED, "--json")
    assert run.returncode == 0
    report = json.loads(run.stdout)
    assert report["region"] == "us-west" and report["outages"] == [[30, 150]]
    # 76 GB at the end of the cut, and what comes in meanwhile, at 100 MiB/s.
    assert 11.9 < report["drained_after_minutes"] < 12.5
    assert [sample["minute"] for sample in report["samples"]] == list(range(1, 301))
    streams = {stream["stream"]: stream for stream in report["streams"]}
    # 24,000 events/s of 209 landed bytes for 7,200 s, and what comes in until the backlog goes.
    assert 36e9 < streams["audit_logs"]["backlog_bytes_max"] < 38e9
    assert streams["audit_logs"]["events_refused"] == 0 and "first_refused_at_minute" not in streams["audit_logs"]
    assert 7.2e6 <= streams["billing_usage"]["events_refused"] < 7.5e6
    for stream in streams.values():
        assert stream["events_offered"] == stream["events_accepted"] + stream["events_refused"]
    peak = max(sample["backlog_bytes"]["audit_logs"] for sample in report["samples"])
    assert peak <= streams["audit_logs"]["backlog_bytes_max"] < peak * 1.01


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
    assert all(len(line.get("points").split()) == 300 for line in lines)


def test_a_bad_scenario_is_refused_with_its_file_and_every_place(folder):
    bad = folder / "bad.yaml"
    bad.write_text("minuts: 3\nminutes: x\nstreams: {a: {events_per_second: -1}}\ncuts: [{at_minute: 1}]\n")
    said = refused(bad).splitlines()
    for place in ("minuts", "minutes", "streams.a.events_per_second", "cuts[0].minutes"):
        assert any(line.startswith(f"sluice: {bad}: {place}: ") for line in said), place
    bad.write_text("streams:\n  a: {events_per_second: 1\n")
    assert refused(bad).startswith(f"sluice: {bad}: not YAML: 3:1: ")
    assert refused(folder / "none.yaml").startswith(f"sluice: {folder / 'none.yaml'}: can't be read: ")
    plot = folder / "none" / "plot.svg"
    assert refused(SHIPPED, "--plot", str(plot)).startswith(f"sluice: {plot}: can't be written: ")
