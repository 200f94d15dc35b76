"""Three regions, one landing zone, real cuts: what each stream was promised, held against what happened."""

import json
import os
import subprocess
import tempfile
import time

import pytest

from control import eventually
from gateway import binary
from producers import assert_exactly_once, settle
from regions import Region, can_make_namespaces, sole_user_of_links

CUT_SECONDS = int(os.environ.get("SLUICE_CUT_SECONDS", "60"))
SETTINGS = {
    "streams": {"anything": {"consistency": "available", "event_id": "/event_id"}},
    "partition": {
        "after_seconds": 5, "heal_after_seconds": 2, "heal_after_max_seconds": 4, "probe_interval_seconds": 1},
}


@pytest.fixture
def regions(folder, moto):
    if not can_make_namespaces():
        pytest.skip("NETWORK NAMESPACES CAN'T BE MADE HERE: the cut of a region was not tested over real links")
    bucket = moto.fresh_bucket()
    made = []
    with sole_user_of_links():
        try:
            for number in (1, 2, 3):
                made.append(Region(number, folder, moto, bucket, SETTINGS))
            for region in made:
                region.start()
            yield made
        finally:
            for region in made:
                region.tear_down()


def test_links_that_a_killed_run_left_are_not_in_the_way(folder, moto):
    if not can_make_namespaces():
        pytest.skip("NETWORK NAMESPACES CAN'T BE MADE HERE: that a killed run's links are removed was not tested")
    for _ in range(2):
        with sole_user_of_links():
            Region(1, tempfile.mkdtemp(dir=folder), moto, moto.fresh_bucket(), SETTINGS)
    with sole_user_of_links():
        assert not [device for device in os.listdir("/sys/class/net") if device.startswith("slu1-")]


def complete_through(region):
    """What `sluice verify` says of each stream, from where the landing zone is."""
    zone = region.gateway.zone
    server = zone.server
    run = subprocess.run(
        [str(binary()), "verify", "--json", f"s3://{zone.bucket}", "--endpoint", server.endpoint, "--region",
         server.region], capture_output=True, text=True, timeout=120, env={**os.environ, **zone.environment})
    assert run.stdout, run.stderr
    report = json.loads(run.stdout)
    return {stream["stream"]: stream for stream in report["streams"]}, report


def test_a_region_that_is_cut_off_keeps_its_promises_and_the_others_do_not_notice(regions, injected):
    cut, *others = regions
    for region in regions:
        region.gateway.wait_state("connected", 20)
        deadline = time.monotonic() + 60
        for producer in region.producers:
            while len(producer.told) <= 3:
                assert time.monotonic() < deadline, f"{producer.name_}: {producer.statuses}\n{region.gateway.tail()}"
                time.sleep(0.1)
    eventually(lambda: all_have_spoken(cut))

    began = time.monotonic()
    cut.cut()
    unplugged = time.monotonic()
    cut.gateway.wait_state("partitioned", 40)
    decided = time.monotonic()
    # Whatever was on its way when the cable was pulled has landed or failed by now.
    time.sleep(1)
    first, _ = complete_through(cut)
    time.sleep(max(1, CUT_SECONDS - (time.monotonic() - began)))
    second, _ = complete_through(cut)
    refused = cut.gateway.post(
        "billing_usage",
        b'{"event_id":"x","event_time":"2026-01-01T00:00:00Z","usage_quantity":1}', key="asked-during-the-cut")
    assert refused.status == 503 and json.loads(refused.body)["type"].endswith(":partitioned"), refused
    assert int(refused.headers["Retry-After"]) >= 1
    assert cut.gateway.state() == "partitioned"
    healed = time.monotonic()
    cut.heal()

    # Billing: nothing was acknowledged on the cut side while it was cut (a reply may have been on its way at first).
    assert cut.producer("billing_usage").between(unplugged + 5, healed) == []
    # The rest went on there without interruption but for the machine's, and was never refused.
    for stream in ("audit_logs", "anything"):
        producer = cut.producer(stream)
        assert set(producer.statuses) <= {202}, producer.statuses
        longest = longest_gap(producer, began, healed)
        elsewhere = max(longest_gap(region.producer(stream), began, healed) for region in others)
        assert longest < 5 + elsewhere, f"{stream} stood still for {longest:.1f} s, elsewhere for {elsewhere:.1f} s"
    # The other regions noticed nothing.
    for region in others:
        assert set(region.producer("billing_usage").statuses) <= {201, 200}, region.producer("billing_usage").statuses
        assert len(region.producer("billing_usage").between(decided, healed)) > 3
    # Complete-through stood still meanwhile, for the cut region alone, which it named.
    for stream in ("audit_logs", "anything", "billing_usage"):
        assert stood_still(first[stream], second[stream], cut.gateway.settings["gateway"]["name"])

    cut.gateway.wait_state("connected", 60)
    wait_until_held_back_by_nobody(cut, second)
    finish(regions)
    injected("a region cut off in its network namespace")


def all_have_spoken(region):
    """Whether a position of every gateway has landed, for every stream."""
    found, _ = complete_through(region)
    return all(
        stream in found and len(found[stream]["by_gateway"]) == 3 and found[stream].get("complete_through")
        for stream in ("audit_logs", "anything", "billing_usage"))


def longest_gap(producer, start, end):
    moments = [start, *(at for at, _ in producer.told if start <= at <= end), end]
    return max(after - before for before, after in zip(moments, moments[1:]))


def stood_still(first, second, name):
    assert first["complete_through"] == second["complete_through"] is not None
    assert {hold["gateway"] for hold in second["held_back_by"]} == {name}, second["held_back_by"]
    parts = [{part["gateway"]: part["complete_through"] for part in found["by_gateway"]} for found in (first, second)]
    assert len(parts[1]) == 3
    for gateway, through in parts[1].items():
        assert (through > parts[0][gateway]) == (gateway != name), (gateway, parts)
    return True


def wait_until_held_back_by_nobody(region, before, seconds=60):
    deadline = time.monotonic() + seconds
    while True:
        found, _ = complete_through(region)
        streams = {stream: found[stream] for stream in ("audit_logs", "anything", "billing_usage")}
        if all(stream["held_back_by"] == [] for stream in streams.values()):
            break
        assert time.monotonic() < deadline, streams
        time.sleep(1)
    for name, stream in streams.items():
        assert stream["complete_through"] > before[name]["complete_through"], "it moved on after healing"


def test_a_half_open_cut_and_a_slow_link_lose_and_double_nothing(regions, injected):
    deaf, slow, fine = regions
    time.sleep(3)
    deaf.gateway.wait_state("connected", 20)
    deaf.cut_replies()
    slow.slow_down("300kbit")
    deaf.gateway.wait_state("partitioned", 90)
    began = time.monotonic()
    time.sleep(10)
    ended = time.monotonic()
    assert deaf.producer("billing_usage").between(began, ended) == []
    assert len(deaf.producer("audit_logs").between(began, ended)) > 10
    assert set(deaf.producer("audit_logs").statuses) <= {202}
    assert set(slow.producer("audit_logs").statuses) <= {202}
    assert set(fine.producer("billing_usage").statuses) <= {200, 201}
    for region in (deaf, slow):
        region.heal()
    for region in (deaf, slow):
        region.gateway.wait_state("connected", 90)
    finish(regions)
    injected("a region cut off in its network namespace")


def finish(regions):
    """Every batch gets its answer, everything lands, once; the landing zone proves complete."""
    for region in regions:
        for producer in region.producers:
            producer.halt()
    for region in regions:
        settle(region.gateway, region.producers, seconds=60)
    for region in regions:
        assert region.gateway.stop(60) == 0, region.gateway.tail()
    for stream in ("audit_logs", "anything", "billing_usage"):
        count = assert_exactly_once(
            regions[0].gateway, [region.producer(stream) for region in regions], stream=stream)
        print(f"{stream}: {count} events acknowledged and landed once")
    _, report = complete_through(regions[0])
    assert report["complete"], report["findings"][:5]
