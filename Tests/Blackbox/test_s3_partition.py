"""Long partitions over real S3: a backlog that drains, an operator who stops it, journals that fill up."""

import base64
import json
import os
import random
import time

import pytest

from control import Control, eventually
from gateway import Gateway, problem
from producers import Producer, assert_exactly_once, settle
from s3 import faults
from s3.plan import Always, Script, is_put
from s3.proxy import FaultProxy
from test_s3_faults import IMPATIENT, wait_for_probe
from zones import S3Zone

CUTS = int(os.environ.get("SLUICE_CUTS", "4"))
PARTITION = {
    "failures_min": 2, "after_seconds": 1, "heal_successes": 1, "heal_after_seconds": 1, "probe_interval_seconds": 1}
STREAMS = {name: {"consistency": "available", "event_id": "/id", "priority": priority}
           for name, priority in (("cluster_metrics", 1), ("job_events", 5), ("audit_logs", 9))}


def big(dice, number, size):
    """A batch of one event that does not compress."""
    return json.dumps({"id": f"e{number}", "pad": base64.b64encode(dice.randbytes(size)).decode()}).encode() + b"\n"


@pytest.fixture
def proxy(s3):
    with FaultProxy(s3) as proxy:
        yield proxy
        assert not proxy.errors and not proxy.record.stored_twice() and not proxy.record.unconditional()


def cut(gateway, proxy):
    """The link is down, and the gateway has seen it."""
    wait_for_probe(proxy)
    proxy.down()
    gateway.wait_state("partitioned", 60)


def test_a_segment_that_rots_in_a_running_gateway_lands_but_for_the_damaged_block(ceph, folder):
    """Ceph verifies the hash of what it is sent, as S3 does; moto takes anything."""
    with Gateway(folder, {"streams": STREAMS}, zone=S3Zone(ceph)) as gateway:
        control = Control(gateway)
        assert control.sluice("partition", "hold", "--reason", "maintenance").returncode == 0
        for number in range(3):
            assert gateway.post("audit_logs", b'{"id":"e%d"}' % number).status == 202
        journal = gateway.journal / "audit_logs"
        eventually(lambda: list(journal.glob("*.sealed")), seconds=20)
        segment = next(journal.glob("*.json.gz"))
        content = bytearray(segment.read_bytes())
        blocks = [at for at in range(len(content)) if content[at:at + 4] == b"\x1f\x8b\x08\x04"]
        assert len(blocks) == 3
        content[(blocks[1] + blocks[2]) // 2] ^= 1
        with open(segment, "r+b") as file:
            file.write(content)
        assert control.sluice("partition", "auto", "--reason", "done").returncode == 0
        # The stream goes on; what is sound of the segment comes a little later.
        assert gateway.post("audit_logs", b'{"id":"e3"}').status == 202
        gateway.wait_landed("audit_logs", 3, seconds=30)
        assert sorted(line["event_key"] for line in gateway.landed("audit_logs")) == ["e0", "e2", "e3"]
        assert gateway.stop() == 0, gateway.tail()
        status, report = gateway.verify()
        assert status == 1 and {finding["kind"] for finding in report["findings"]} == {"damaged"}, report
        assert (gateway.journal / "damaged" / "audit_logs" / segment.name).exists()


def test_hold_while_a_backlog_drains_stops_it_within_a_second(s3, proxy, folder):
    dice = random.Random(4)
    settings = {
        "journal": {"segment_max_bytes": 1 << 16}, "partition": PARTITION, "streams": STREAMS,
        "landing": {"drain_bytes_per_second_max": 1 << 20}}
    with Gateway(folder, settings, zone=S3Zone(s3, endpoint=proxy.endpoint)) as gateway:
        control = Control(gateway)
        cut(gateway, proxy)
        for number in range(80):
            assert gateway.post("audit_logs", big(dice, number, 150_000)).status == 202
        # The store stops answering in the middle: what is under way must be cut off, not waited for.
        proxy.plan = Script(
            *[faults.through()] * 5, *[faults.hold()] * 75,
            only=lambda entry: is_put(entry) and entry.key.startswith("audit_logs/"))
        proxy.up()
        gateway.wait_state("draining", 60)
        eventually(lambda: len(proxy.record.puts("audit_logs/")) > 5, seconds=60)
        ordered = time.monotonic()
        assert control.sluice("partition", "hold", "--reason", "spare the link").returncode == 0
        held = time.monotonic()
        assert held - ordered < 20, "the machine is too busy to tell"
        time.sleep(3)
        late = [entry.key for entry in proxy.record.puts("audit_logs/") if entry.at > held + 1]
        assert late == [], "nothing is begun from a second after the order on"
        assert all(entry.over for entry in proxy.record.puts("audit_logs/")), "what was under way is waited for"
        landed = len(proxy.record.stored(prefix="audit_logs/"))
        backlog = json.loads(control.sluice("status", "--json").stdout)["zones"][0]["backlog"]
        assert landed < 80 and backlog["segments"] >= 80 - landed - 1
        proxy.plan = Always()
        time.sleep(1)
        assert len(proxy.record.stored(prefix="audit_logs/")) == landed, "it stays so"
        assert control.sluice("partition", "auto", "--reason", "done").returncode == 0
        assert gateway.stop(120) == 0, gateway.tail()
        assert len(gateway.landed("audit_logs")) == 80 and gateway.verify()[0] == 0
        trail = [line["payload"] for line in gateway.landed("_trail")]
        spared = [entry["reason"] for entry in trail if entry["action"] == "zone_held"]
        assert spared == ["spare the link"]


def test_full_journals_refuse_by_priority_keep_all_and_drain_when_the_zone_is_back(s3, proxy, folder):
    dice = random.Random(5)
    settings = {"journal": {"budget_bytes": 8 << 20}, "partition": PARTITION, "streams": STREAMS}
    with Gateway(folder, settings, zone=S3Zone(s3, endpoint=proxy.endpoint, **IMPATIENT)) as gateway:
        cut(gateway, proxy)
        taken = {stream: 0 for stream in STREAMS}
        refusals = []
        number = 0
        first = big(random.Random(5), 1, 50_000)
        while len(refusals) < len(STREAMS):
            for stream in STREAMS:
                if stream in refusals:
                    continue
                number += 1
                assert number < 1000, "the budget was never reached"
                response = gateway.post(stream, big(dice, number, 50_000), key=f"k{number}")
                if response.status == 202:
                    taken[stream] += 1
                    continue
                assert response.status == 503 and problem(response)["type"].endswith("journal-full"), response
                assert 1 <= int(response.headers["Retry-After"]) <= 3600
                refusals.append(stream)
        assert refusals == ["cluster_metrics", "job_events", "audit_logs"], "the lowest priority first"
        # Whatever is known already is answered all the same, and a strong stream says why it can't.
        known = gateway.post("cluster_metrics", first, key="k1")
        assert known.status == 200 and json.loads(known.body)["replayed"], known
        bill = b'{"event_id":"b","event_time":"2026-01-01T00:00:00Z","usage_quantity":1}'
        refused = gateway.post("billing_usage", bill, key="b")
        assert refused.status == 503 and problem(refused)["type"].endswith("partitioned")
        assert gateway.request("GET", "/livez").status == 200
        proxy.up()
        gateway.wait_state("connected", 120)
        for stream in STREAMS:
            eventually(
                lambda: gateway.post(stream, big(dice, f"{stream}-after", 10), key="after").status == 202, seconds=60)
            taken[stream] += 1
        assert gateway.post("billing_usage", bill, key="b").status == 201
        assert gateway.stop(120) == 0, gateway.tail()
        assert {stream: len(gateway.landed(stream)) for stream in STREAMS} == taken
        assert gateway.verify()[0] == 0


def test_a_link_that_is_cut_again_and_again_loses_and_doubles_nothing(s3, proxy, folder, injected):
    seed = int(os.environ.get("SLUICE_SEED", random.randrange(1 << 32)))
    print(f"seed {seed}, {CUTS} cuts")
    dice = random.Random(seed)
    # One partition after another would make the gateway wait ever longer for the link to stay up.
    settings = {
        "partition": {**PARTITION, "heal_after_max_seconds": 2},
        "landing": {"retry_min_milliseconds": 20, "retry_max_milliseconds": 200}}
    with Gateway(folder, settings, zone=S3Zone(s3, endpoint=proxy.endpoint, **IMPATIENT)) as gateway:
        wait_for_probe(proxy)
        producers = [Producer(gateway.port, f"p{number}", batch=5) for number in range(2)]
        producers.append(Producer(gateway.port, "strong", stream="billing_usage", batch=3))
        for producer in producers:
            producer.pause = 0.02
            producer.start()
        partitioned = 0
        for _ in range(CUTS):
            time.sleep(dice.uniform(0.2, 1.5))
            if dice.random() < 0.5:
                proxy.down()
            else:
                # Half open: requests arrive and are carried out, answers never come back.
                proxy.plan = Always(faults.hold(commit=dice.random() < 0.5))
            gateway.wait_state("partitioned", 60)
            partitioned += 1
            time.sleep(dice.uniform(0, 1))
            proxy.plan = Always()
            if not proxy.is_up:
                proxy.up()
            # The next cut must cut something, not find a gateway that has yet to notice the end of this one.
            eventually(lambda: gateway.state() != "partitioned", seconds=60)
        for producer in producers:
            producer.halt()
        settle(gateway, producers, seconds=60)
        assert gateway.stop(120) == 0, gateway.tail()
        assert set(producers[0].statuses) == {202}, "available streams go on through every cut"
        assert assert_exactly_once(gateway, producers[:2]) > 0
        assert assert_exactly_once(gateway, producers[2:], stream="billing_usage") > 0
        status, report = gateway.verify()
        assert (status, report["complete"]) == (0, True), report
    injected("a partition between gateway and store", partitioned)
