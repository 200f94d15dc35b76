"""Landing into S3 through a link and a store that misbehave: seeded runs by the hundred, and each fault by itself."""

import base64
import collections
import concurrent.futures
import gzip
import json
import os
import random
import re
import threading
import time
import zlib

import pytest

from gateway import Gateway, problem
from s3 import faults
from s3.plan import Script, is_put
from s3.proxy import FaultProxy
from zones import S3Zone

RUNS = int(os.environ.get("SLUICE_S3_RUNS", "1000"))
# Runs under way at once: each has two streams to itself, so that a fault meets the run it was drawn for.
LANES = min(100, RUNS)

# The pauses between tries are short, so that many runs fit into little time; the rules are those of production.
QUICK = {
    "landing": {"concurrency": 64, "retry_min_milliseconds": 20, "retry_max_milliseconds": 200},
    "listen": {"request_timeout_seconds": 60},
}
IMPATIENT = {"stall_timeout_seconds": 1, "connect_timeout_seconds": 2, "request_timeout_seconds": 10}

FAULTS = [
    faults.drop_reply("reset"), faults.drop_reply("close"), faults.cut_reply(20), faults.cut_reply(200),
    faults.hold(commit=True), faults.hold(commit=False), faults.never_read(),
    faults.reset_at(0), faults.reset_at(1), faults.reset_at(300), faults.reset_at(300, upstream=True),
    faults.reset_at_once(), faults.close_idle(),
    faults.internal_error(), faults.internal_error(commit=True),
    faults.slow_down(), faults.slow_down(retry_after=1), faults.slow_down(commit=True), faults.too_many(),
    faults.conflict(), faults.conflict(commit=True), faults.false_exists(),
    faults.expired_token(), faults.access_denied(), faults.skewed(0), faults.skewed(7200), faults.skewed(-7200),
    faults.redirect(), faults.wrong_region(),
    faults.ok_with_error(), faults.ok_with_error(commit=True), faults.truncated_xml(200), faults.truncated_xml(503),
    faults.truncated_xml(200, commit=True), faults.not_http(), faults.wrong_etag(), faults.wrong_checksum(),
    faults.slow_reply(0.3), faults.slow_upload(0.3), faults.delay(0.2),
]


class LanePlan:
    """Every stream has its own script; the streams share nothing, so neither do the runs."""

    def __init__(self):
        self.scripts = collections.defaultdict(lambda: Script())

    def choose(self, entry):
        return self.scripts[entry.key.split("/")[0]].choose(entry)


class Landed:
    """How many events of each available stream the store said it had stored, by the names of the objects. What is really in
    them is read at the end."""

    def __init__(self, record):
        self._counts = collections.Counter()
        self._changed = threading.Condition()
        record.on_stored = self._heard

    def _heard(self, entry):
        if found := re.search(r"_(\d+)-(\d+)\.json\.gz$", entry.key):
            with self._changed:
                self._counts[entry.key.split("/")[0]] += int(found[2]) - int(found[1]) + 1
                self._changed.notify_all()

    def count(self, stream):
        with self._changed:
            return self._counts[stream]

    def wait(self, stream, count, seconds):
        """Until the stream has that many; whether it has."""
        with self._changed:
            return self._changed.wait_for(lambda: self._counts[stream] >= count, seconds)


# These lie about what the store holds. In a reply to a PUT that must not be believed; a HEAD so answered is the store's word
# that other bytes hold the name, and a stream that stops for it is right.
LIES = ("wrong-checksum", "200-")


class RunScript(Script):
    """Faults meet every kind of request: the PUTs, and the HEADs and GETs by which doubt is resolved."""

    def choose(self, entry):
        fault = super().choose(entry)
        if fault.name.startswith(LIES) and not is_put(entry):
            return faults.through()
        return fault


class Run:
    """One seed: a few batches to an available stream, one to a strong stream, and the faults that their objects meet."""

    def __init__(self, gateway, plan, seed, lane):
        self.gateway, self.seed, self.lane = gateway, seed, lane
        self.dice = random.Random(seed)
        self.acknowledged = []
        for stream in (self.available, self.strong):
            drawn = [self.dice.choice(FAULTS) for _ in range(self.dice.randint(1, 3))]
            plan.scripts[stream] = RunScript(*drawn, only=lambda entry: bool(entry.key))

    @property
    def available(self):
        return f"a{self.lane}"

    @property
    def strong(self):
        return f"s{self.lane}"

    def batch(self, number):
        events = [f"{self.seed}-{number}-{index}" for index in range(self.dice.randint(1, 5))]
        pad = "x" * self.dice.choice([10, 500, 3000])
        lines = [json.dumps({"event_id": event, "pad": pad}) for event in events]
        return events, ("\n".join(lines) + "\n").encode()

    def post(self):
        """Posts all; the strong batch again and again, as a producer would, until it is taken."""
        for number in range(self.dice.randint(1, 3)):
            events, body = self.batch(number)
            response = self.gateway.post(self.available, body, key=f"{self.seed}-{number}")
            # Whatever the landing zone does, an available stream takes the batch.
            assert response.status == 202, (self.seed, response)
            self.acknowledged += [(self.available, event) for event in events]
        events, body = self.batch("strong")
        deadline = time.monotonic() + 120
        while (response := self.gateway.post(self.strong, body, key=f"{self.seed}-strong", timeout=90)).status == 503:
            assert int(response.headers["Retry-After"]) >= 1
            assert time.monotonic() < deadline, (self.seed, response)
            time.sleep(0.05)
        receipt = json.loads(response.body)
        assert response.status in (200, 201) and receipt["durability"] == "landed", (self.seed, response)
        self.acknowledged += [(self.strong, event) for event in events]


def landed_counts(zone, streams):
    """How often each event is in the bucket, read past the proxy."""
    found = collections.Counter()
    for name in zone.all_names():
        stream = name.split("/")[0]
        if stream in streams:
            for line in gzip.decompress(zone.read(name)).decode().splitlines():
                found[(stream, json.loads(line)["event_key"])] += 1
    return found


def play(gateway, plan, landed, base):
    """All runs: each lane takes the next seed as soon as the last one's events have landed."""
    runs, seeds, stop = [], iter(range(base, base + RUNS)), threading.Event()
    turn = threading.Lock()

    def lane(number):
        try:
            while not stop.is_set():
                with turn:
                    if (seed := next(seeds, None)) is None:
                        return
                    run = Run(gateway, plan, seed, number)
                    runs.append(run)
                before = landed.count(run.available)
                run.post()
                taken = sum(stream == run.available for stream, _ in run.acknowledged)
                # Its segments meet their faults before the next run draws others.
                assert landed.wait(run.available, before + taken, 120), (
                    f"seed {seed}: {landed.count(run.available) - before} of {taken} landed\n{gateway.tail()}")
        except BaseException:
            stop.set()
            raise

    with concurrent.futures.ThreadPoolExecutor(LANES) as pool:
        list(pool.map(lane, range(LANES)))
    return runs


def test_a_thousand_seeded_runs_lose_double_and_overwrite_nothing(s3, folder, injected):
    base = int(os.environ.get("SLUICE_SEED", random.randrange(1 << 32)))
    print(f"{s3.name}: {RUNS} runs from seed {base}")
    plan = LanePlan()
    with FaultProxy(s3, plan) as proxy:
        zone = S3Zone(s3, endpoint=proxy.endpoint, **IMPATIENT)
        streams = {}
        for lane in range(LANES):
            streams[f"a{lane}"] = {"consistency": "available", "event_id": "/event_id"}
            streams[f"s{lane}"] = {"consistency": "strong", "event_id": "/event_id"}
        with Gateway(folder, {**QUICK, "streams": streams}, zone=zone) as gateway:
            wait_for_probe(proxy)
            runs = play(gateway, plan, Landed(proxy.record), base)
            assert gateway.stop(120) == 0, gateway.tail()
            status, report = gateway.verify()
            assert (status, report["complete"]) == (0, True), report
        acknowledged = {event for run in runs for event in run.acknowledged}
        found = landed_counts(zone, streams)
        missing, unknown = acknowledged - set(found), set(found) - acknowledged
        doubled = [event for event, count in found.items() if count > 1]
        assert not missing, f"{len(missing)} of {len(acknowledged)} are missing, e.g. {sorted(missing)[:3]}\n{gateway.tail()}"
        assert not doubled, f"{len(doubled)} landed twice, e.g. {doubled[:3]}"
        assert not unknown, f"{len(unknown)} were never acknowledged, e.g. {sorted(unknown)[:3]}"
        assert not proxy.record.overwritten() and not proxy.record.stored_twice()
        assert not proxy.record.unconditional()
        assert not proxy.errors
        played = proxy.record.faults()
        if RUNS >= 1000:
            assert not {fault.name for fault in FAULTS} - set(played), "some fault was never played"
        count = sum(count for name, count in played.items() if name != "pass")
        print(f"{len(acknowledged)} events once each, {len(proxy.record.puts())} PUTs, {count} faults")
        injected("a fault between gateway and S3", count)


def wait_for_probe(proxy, count=1, seconds=20):
    """The first two PUTs of a gateway ask whether the store keeps to create-only; the trouble begins after them."""
    deadline = time.monotonic() + seconds
    while sum(entry.answered == 412 for entry in proxy.record.puts("_probe/")) < count:
        assert time.monotonic() < deadline, proxy.record.entries()
        time.sleep(0.05)


@pytest.fixture
def troubled(s3, folder):
    """A gateway behind a proxy, probed and healthy; set `proxy.plan` to begin the trouble."""
    with FaultProxy(s3) as proxy:
        zone = S3Zone(s3, endpoint=proxy.endpoint, **IMPATIENT)
        with Gateway(folder, QUICK, zone=zone) as gateway:
            wait_for_probe(proxy)
            yield gateway, proxy
        assert not proxy.errors and not proxy.record.stored_twice() and not proxy.record.unconditional()


def test_each_fault_by_itself_leaves_a_strong_batch_landed_once(troubled):
    """One after another, each meeting the batch's first PUT: what the producer hears at last is the truth."""
    gateway, proxy = troubled
    for number, fault in enumerate(FAULTS):
        # Also on a connection that was used before, where a library may send again by itself.
        body = b'{"event_id":"u%d","event_time":"2026-01-01T00:00:00Z","usage_quantity":1}\n' % number
        proxy.plan = Script(fault)
        began = len(proxy.record.entries())
        deadline = time.monotonic() + 60
        while (response := gateway.post("billing_usage", body, key=f"f-{number}", timeout=90)).status == 503:
            assert time.monotonic() < deadline, (fault.name, response, gateway.tail())
            time.sleep(0.05)
        assert response.status in (200, 201), (fault.name, response)
        name = json.loads(response.body)["object"]
        hashes = proxy.record.stored()[name]
        assert len(hashes) == 1, (fault.name, hashes)
        met = [entry.fault for entry in proxy.record.entries()[began:]]
        assert fault.name in met, (fault.name, met)
        again = gateway.post("billing_usage", body, key=f"f-{number}")
        assert (again.status, json.loads(again.body)["replayed"], json.loads(again.body)["object"]) == (200, True, name)
    assert gateway.stop() == 0, gateway.tail()
    assert len(gateway.landed("billing_usage")) == len(FAULTS)
    assert gateway.verify()[0] == 0


def test_a_link_that_is_down_keeps_available_streams_open_and_lands_all_when_it_is_back(troubled):
    gateway, proxy = troubled
    proxy.down()
    began = time.monotonic()
    for number in range(50):
        body = b'{"eventID":"e%d","eventTime":"2026-01-01T00:00:00Z"}\n' % number
        assert gateway.post("audit_logs", body, key=f"k-{number}").status == 202
        time.sleep(0.05)
    assert time.monotonic() - began < 30
    assert gateway.landed("audit_logs") == []
    proxy.up()
    assert len(gateway.wait_landed("audit_logs", 50, seconds=30)) == 50
    assert gateway.stop() == 0 and gateway.verify()[0] == 0


def test_a_bucket_that_is_cut_off_stops_intake_at_the_journals_budget_and_not_before(s3, folder):
    budget = 2 << 20
    settings = {**QUICK, "streams": {
        "small": {"consistency": "available", "journal_budget_bytes": budget}, "anything": {"consistency": "available"}}}
    with FaultProxy(s3) as proxy, Gateway(folder, settings, zone=S3Zone(s3, endpoint=proxy.endpoint, **IMPATIENT)) as gateway:
        wait_for_probe(proxy)
        proxy.down()
        taken = held = 0
        while True:
            body = json.dumps({"noise": base64.b64encode(os.urandom(60_000)).decode()}).encode() + b"\n"
            response = gateway.post("small", body, key=f"k-{taken}")
            if response.status != 202:
                break
            taken, held = taken + 1, held + len(zlib.compress(body, 1))
            assert held < 1.1 * budget
        assert response.status == 503 and problem(response)["type"].endswith("journal-full"), response
        assert int(response.headers["Retry-After"]) >= 1
        assert held > 0.9 * budget, f"refused at {held} of {budget} bytes"
        # Its budget is its own: another stream has room.
        assert gateway.post("anything", b"{}\n", key="x").status == 202
        proxy.up()
        assert len(gateway.wait_landed("small", taken, seconds=60)) == taken
        deadline = time.monotonic() + 20
        while gateway.post("small", body, key=f"k-{taken}").status == 503:
            assert time.monotonic() < deadline, gateway.tail()
            time.sleep(0.1)
        assert gateway.stop() == 0, gateway.tail()
        assert len(gateway.landed("small")) == taken + 1 and len(gateway.landed("anything")) == 1
        assert gateway.verify()[0] == 0
    assert not proxy.errors and not proxy.record.stored_twice()
