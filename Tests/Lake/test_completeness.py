"""The lake's SQL and `sluice verify` say the same of the same objects: through when each stream is complete, for which
gateways, and who holds it back. Over a zone of real gateways that crash, stop and are cut off, of which objects are missing."""

import json
import os
import random
import re
import subprocess
import time

import pytest
from events import audit, hour, job, usage
from gateway import binary
from lake import SQL, Lake
from region import Region, close_all

ZONES = int(os.environ.get("SLUICE_LAKE_ZONES", "3"))
MUTABLE = ("life_progress", "life_completeness", "finished_lives", "completeness", "completeness_history", "lake_gateways",
           "lake_written_off")


def work(region, number, strong=True):
    """A bit of everything."""
    name = f"{region.name}-{number}"
    assert region.post("audit_logs", [audit(f"{name}-{n}", hour(2)) for n in range(5)], name).status == 202
    assert region.post("job_events", [job(f"{name}", hour(2), name)], name).status == 202
    if strong:
        assert region.post("billing_usage", [usage(name, hour(2), 1)], name).status in (200, 201)


def make_zone(folder):
    """Lives that crashed, stopped by themselves, lost a part to their disk, and were cut off before they died. Nothing runs any
    more at the end."""
    names = ("use1-a", "euw1-a", "aps1-a", "sae1-a", "mec1-a")
    regions = ended, crashed, cut, rotten, silent = [Region(folder, name, folder / "zone") for name in names]
    try:
        for region in regions:
            work(region, 0)
        for region in (ended, crashed):
            work(region, 1)
            region.crash()
            region.restart()
            work(region, 2)
            region.settle()
        assert ended.gateway.stop() == 0
        ended.restart()
        work(ended, 3)
        assert ended.gateway.stop() == 0
        rot(rotten, block=1)
        rot(rotten, block=-1)
        lose_ledger(silent)
        cut.settle()
        cut.partition()
        work(cut, 4, strong=False)
        for region in (crashed, rotten, silent):
            work(region, 4)
            region.settle()
    finally:
        close_all(regions)
    return folder / "zone"


def rot(region, block):
    """One of three batches rots in the journal, after a position has covered it and before it has landed. The last one looks like
    a write that was cut short: only the position tells."""
    region.crash()
    region.gateway.settings["journal"]["segment_max_age_seconds"] = 60
    region.restart()
    for number in range(3):
        assert region.post("audit_logs", [audit(f"rot{block}-{number}", hour(2))], f"rot{block}-{number}").status == 202
    segment = newest_segment(region)
    incarnation = segment.name.split("-")[0]
    deadline = time.monotonic() + 60
    while '"stream":"audit_logs","next_sequence":3' not in region.gateway.journaled("_ledger", incarnation):
        assert time.monotonic() < deadline, "no position in a minute"
        time.sleep(0.1)
    region.crash()
    content = bytearray(segment.read_bytes())
    blocks = [match.start() for match in re.finditer(b"\x1f\x8b\x08\x04", content)]
    content[blocks[block] + 60] ^= 0x40
    segment.write_bytes(content)
    region.gateway.settings["journal"]["segment_max_age_seconds"] = 1
    region.restart()
    region.settle()


def newest_segment(region):
    return max((region.gateway.journal / "audit_logs").glob("*.json.gz"), key=lambda path: path.stat().st_mtime_ns)


def lose_ledger(region):
    """A life that is cut off takes a batch, and leaves no ledger at all."""
    region.crash()
    region.partition()
    region.restart()
    assert region.post("audit_logs", [audit("silent", hour(2))], "silent").status == 202
    segment = newest_segment(region)
    region.crash()
    for path in (region.gateway.journal / "_ledger").glob(f"{segment.name.split('-')[0]}-*"):
        path.unlink()
    region.heal()
    region.restart()
    region.settle()


@pytest.fixture(scope="module")
def zone(tmp_path_factory):
    return make_zone(tmp_path_factory.mktemp("zone"))


@pytest.fixture(scope="module")
def lake(session, tmp_path_factory, zone):
    """All of the zone in Bronze, kept aside: what follows takes some of it away."""
    lake = Lake(session, zone, tmp_path_factory.mktemp("completeness"))
    lake.update(lake.files("bronze") + [SQL / "silver/10_ledger.sql"])
    lake.run_file("ops/advance_completeness.sql")
    for table in ("bronze_objects", "silver_ledger"):
        lake.run_text(f"CREATE TABLE all_{table} USING DELTA AS SELECT * FROM {table}")
    for path in lake.files("bronze"):
        lake.run_text(f"DELETE FROM bronze_{path.stem}")
    return lake


def objects(zone):
    return sorted(str(path.relative_to(zone)) for path in zone.rglob("*.json.gz"))


def verify(zone, gone, folder, *options):
    """What `sluice verify` says of the zone without some of its objects."""
    for name in objects(zone):
        if name not in gone:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            os.link(zone / name, folder / name)
    done = subprocess.run(
        [binary(), "verify", str(folder), "--json", *options], capture_output=True, text=True, timeout=120)
    assert done.returncode in (0, 1), done.stderr
    return {stream["stream"]: stream for stream in json.loads(done.stdout)["streams"]}


def compute(lake, gone, expected=(), written_off=(), torn=()):
    """What the lake says of it: anew, as often as it takes until nothing changes any more. Of torn objects it lacks a line."""
    for table in MUTABLE:
        lake.run_text(f"DELETE FROM {table}")
    names = ", ".join(f"'{name}'" for name in gone) or "''"
    for table in ("bronze_objects", "silver_ledger"):
        lake.run_text(f"INSERT OVERWRITE {table} SELECT * FROM all_{table} WHERE object NOT IN ({names})")
    for name in torn:
        lake.run_text(f"UPDATE bronze_objects SET rows = rows - 1 WHERE object = '{name}'")
    for gateway in expected:
        lake.run_text(f"INSERT INTO lake_gateways VALUES ('{gateway}', current_timestamp(), 'test', NULL)")
    for life in written_off:
        gateway, incarnation = life.split("/")
        lake.run_text(f"INSERT INTO lake_written_off VALUES ('{gateway}', '{incarnation}', current_timestamp(), 'test', NULL)")
    for _ in range(2):
        lake.run_file("ops/advance_completeness.sql")
    time = "date_format({}, \"yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'\")".format
    streams = {row["stream"]: row["t"] for row in lake.rows(
        f"SELECT stream, {time('complete_through')} AS t FROM stream_completeness")}
    gateways = {(row["stream"], row["gateway"]): row for row in lake.rows(
        f"SELECT stream, gateway, state, {time('complete_through')} AS t, held_back_by, reason FROM completeness")}
    return streams, gateways


def agree(said, streams, gateways):
    """Whether both say the same of every stream and gateway."""
    assert said.keys() <= streams.keys()
    for stream, report in said.items():
        assert streams[stream] == report.get("complete_through"), (stream, report, gateways)
        parts = {part["gateway"]: (part["state"], part.get("complete_through")) for part in report["by_gateway"]}
        mine = {gateway: ("running" if row["state"] == "expected" else row["state"], row["t"])
                for (of, gateway), row in gateways.items() if of == stream}
        assert mine == parts, stream
        # The life that is furthest behind is one of those that verify names, for the same reason.
        for hold in report["held_back_by"]:
            row = gateways[stream, hold["gateway"]]
            if hold.get("incarnation") == row["held_back_by"] and row["held_back_by"]:
                assert row["reason"] == hold["reason"], (row, hold)
            assert hold.get("incarnation") is None or row["held_back_by"] in {
                other.get("incarnation") for other in report["held_back_by"] if other["gateway"] == hold["gateway"]}


def silent(said):
    """Gateways of which nothing but objects of strong streams is there. Only these objects' headers name them, which Bronze does
    not have: such a gateway has to be registered."""
    return {hold["gateway"] for report in said.values() for hold in report["held_back_by"] if not hold.get("incarnation")}


def test_of_a_whole_zone_only_the_life_that_was_cut_off_holds_streams_back(lake, zone, tmp_path):
    said = verify(zone, (), tmp_path / "zone")
    streams, gateways = compute(lake, ())
    agree(said, streams, gateways)
    states = {gateway: row["state"] for (stream, gateway), row in gateways.items() if stream == "billing_usage"}
    assert states == {"use1-a": "ended", "euw1-a": "running", "aps1-a": "running", "sae1-a": "running", "mec1-a": "running"}
    assert lake.count("silver_ledger", "fact = 'range_damaged' AND stream = 'audit_logs'") == 1
    assert lake.count("life_completeness", "state IN ('missing', 'missing_object')") == 0, "what was named as lost is not missing"
    assert streams["billing_usage"] == gateways["billing_usage", "aps1-a"]["t"]
    others = min(gateways["billing_usage", gateway]["t"] for gateway in ("euw1-a", "sae1-a", "mec1-a"))
    assert streams["billing_usage"] < others

    # Its disk is lost: it is written off, and holds nothing back.
    life = "aps1-a/" + gateways["billing_usage", "aps1-a"]["held_back_by"]
    said = verify(zone, (), tmp_path / "again", "--written-off", life)
    streams, written_off = compute(lake, (), written_off=[life])
    agree(said, streams, written_off)
    assert streams["billing_usage"] == others


@pytest.mark.parametrize("prefix", ["audit_logs/", "billing_usage/keyed/"])
def test_an_object_that_lacks_a_line_is_as_one_that_is_not_there(lake, zone, tmp_path, prefix):
    torn = next(name for name in objects(zone) if name.startswith(prefix) and "/aps1-a_" not in name)
    said = verify(zone, {torn}, tmp_path / "zone")
    streams, gateways = compute(lake, (), torn=[torn])
    agree(said, streams, gateways)
    assert {row["reason"] for row in gateways.values()} & {"missing", "missing_object"}


def test_a_gap_of_one_event_is_a_gap(lake, zone, tmp_path):
    names = [name for name in objects(zone) if name.startswith("job_events/")]
    gone = next(name for name in names if name.endswith("_0-0.json.gz") and any(
        name.split("/")[-1].replace("_0-0.json.gz", "_1-") in other for other in names))
    said = verify(zone, {gone}, tmp_path / "zone")
    streams, gateways = compute(lake, {gone})
    agree(said, streams, gateways)
    assert "missing" in {row["reason"] for row in gateways.values()}


def test_a_registered_gateway_that_has_never_spoken_holds_every_stream_back(lake):
    streams, gateways = compute(lake, (), expected=["afs1-a"])
    assert set(streams.values()) == {None}
    assert {row["state"] for (_, gateway), row in gateways.items() if gateway == "afs1-a"} == {"expected"}


@pytest.mark.parametrize("seed", range(ZONES))
def test_the_sql_says_what_verify_says_whatever_is_missing(lake, zone, tmp_path, seed):
    rng = random.Random(seed)
    names = objects(zone)
    ledger, keyed = [n for n in names if n.startswith("_ledger/")], [n for n in names if "/keyed/" in n]
    rate = rng.choice([0.03, 0.1, 0.3])
    gone = {name for name in names if rng.random() < rate} | set(rng.sample(ledger, rng.randrange(2)))
    gone |= set(rng.sample(keyed, rng.randrange(3)))
    said = verify(zone, gone, tmp_path / "zone")
    streams, gateways = compute(lake, gone, expected=silent(said))
    agree(said, streams, gateways)
    # What is brought back late is found where the lake stands, without beginning anew.
    lake.run_text("INSERT OVERWRITE bronze_objects SELECT * FROM all_bronze_objects")
    lake.run_text("INSERT OVERWRITE silver_ledger SELECT * FROM all_silver_ledger")
    lake.run_text("DELETE FROM lake_gateways")
    for _ in range(2):
        lake.run_file("ops/advance_completeness.sql")
    through = dict(lake.session.sql("SELECT stream, date_format(complete_through, \"yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'\") "
                                    "FROM stream_completeness").collect())
    whole = verify(zone, (), tmp_path / "whole")
    assert {stream: through[stream] for stream in whole} == {
        stream: report.get("complete_through") for stream, report in whole.items()}
