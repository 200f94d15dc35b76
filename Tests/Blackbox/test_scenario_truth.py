"""What `sluice simulate --scenario` says of a cut, held against what a gateway does in one.

What goes in is measured: rates, sizes, the round trip, when the link was gone. What comes out is compared.
"""

import collections
import concurrent.futures
import copy
import datetime
import gzip
import json
import random
import statistics
import subprocess
import threading
import time

import yaml

from control import Control, eventually
from gateway import Gateway, binary
from s3 import faults
from s3.plan import Always
from s3.proxy import FaultProxy
from test_s3_faults import wait_for_probe
from zones import S3Zone

STREAMS = {
    "audit": {"consistency": "available", "priority": 9},
    "billing": {"consistency": "strong", "priority": 9},
    "metrics": {"consistency": "available", "priority": 1},
}
# So that `metrics` has filled its part of the journals, 80 %, well within the cut, and `audit` would fill the rest only after.
BATCHES_PER_SECOND = {"audit": 5, "billing": 2, "metrics": 20}
BATCH_EVENTS = 4
# At this rate the drain takes far longer than the store does, so that a busy machine changes little.
SETTINGS = {
    "journal": {"budget_bytes": 3 << 20, "segment_max_age_seconds": 2},
    "landing": {"drain_bytes_per_second_max": 320 << 10},
    "partition": {"after_seconds": 7, "heal_after_seconds": 10},
}
BEFORE_SECONDS = 6
# At least; so short that what was sent before the zone counted as gone is given up, 20 s later, while it heals.
CUT_SECONDS = 24

# How far the scenario may be off, as a share of what the gateway did.
SHARE = 0.2
# Healing begins with the first probe that is answered. One comes every 3 s while nothing answers, and the link of the test
# comes back halfway.
HEALED_SECONDS = 3

Answer = collections.namedtuple("Answer", "sent at status problem")
Row = collections.namedtuple("Row", "what real said allowed")


class Offers(threading.Thread):
    """Offers batches at a steady rate, whatever became of the last one. What is refused doesn't come again."""

    def __init__(self, gateway, stream):
        super().__init__(daemon=True)
        self.gateway, self.stream = gateway, stream
        self.answers = []
        self.body_bytes = 0
        self.began = self.ended = None
        self._halt = threading.Event()

    def run(self):
        dice = random.Random(self.stream)
        due = self.began = time.time()
        # Strong ones wait for up to 30 s, all at once.
        with concurrent.futures.ThreadPoolExecutor(80) as pool:
            while not self._halt.wait(max(0, due - time.time())):
                body = "".join(
                    json.dumps({"event_id": f"{due}-{index}", "pad": dice.randbytes(1000).hex()}) + "\n"
                    for index in range(BATCH_EVENTS)).encode()
                self.body_bytes += len(body)
                pool.submit(self._offer, body)
                due += 1 / BATCHES_PER_SECOND[self.stream]
            self.ended = time.time()

    def _offer(self, body):
        sent = time.time()
        try:
            response = self.gateway.post(self.stream, body, timeout=60)
            problem = "" if response.status < 300 else json.loads(response.body)["type"].rsplit(":", 1)[1]
            self.answers.append(Answer(sent, time.time(), response.status, problem))
        except Exception as error:
            self.answers.append(Answer(sent, time.time(), None, repr(error)))

    def halt(self):
        self._halt.set()
        self.join(90)
        assert {answer.status for answer in self.answers} <= {201, 202, 503}, self.answers

    @property
    def taken(self):
        return [answer for answer in self.answers if answer.status != 503]

    @property
    def refused(self):
        return [answer for answer in self.answers if answer.status == 503]


class Gauges(threading.Thread):
    """The most that the gateway says of itself, asked four times a second."""

    def __init__(self, gateway):
        super().__init__(daemon=True)
        self.control = Control(gateway)
        self._most = collections.Counter()
        self._halt = threading.Event()

    def run(self):
        while not self._halt.wait(0.25):
            for name, value in self.control.metrics().items():
                self._most[name] = max(self._most[name], value)

    def halt(self):
        self._halt.set()
        self.join(90)

    def most(self, gauge, stream):
        return self._most[f'{gauge}{{stream="{stream}"}}']


class Lived:
    """A gateway's minute and a half: it takes batches, is cut off, and drains when the link is back."""

    def __init__(self, moto, folder):
        with FaultProxy(moto) as proxy:
            zone = S3Zone(moto, endpoint=proxy.endpoint)
            gateway = Gateway(folder, SETTINGS, zone=zone)
            gateway.settings["streams"] = STREAMS
            with gateway:
                wait_for_probe(proxy)
                eventually(lambda: gateway.post("billing", b'{"event_id":"first"}\n').status == 201, seconds=30)
                self._live(gateway, proxy)
                assert gateway.stop() == 0, gateway.tail()
            record = proxy.record
            assert not proxy.errors and not record.stored_twice() and not record.unconditional()
        self._read_landed(zone, record)

    def _live(self, gateway, proxy):
        self.gauges = Gauges(gateway)
        self.offers = {stream: Offers(gateway, stream) for stream in STREAMS}
        self.began = time.time()
        for thread in (self.gauges, *self.offers.values()):
            thread.start()
        time.sleep(BEFORE_SECONDS)
        # Nothing refuses a connection: who sends something hears nothing.
        proxy.plan = Always(faults.hold())
        self.cut = time.time()
        time.sleep(CUT_SECONDS)
        probes = len(proxy.record.puts("_probe/"))
        eventually(lambda: len(proxy.record.puts("_probe/")) > probes, seconds=30)
        time.sleep(1.5)
        proxy.plan = Always()
        self.back = time.time()
        eventually(lambda: gateway.state() == "connected", seconds=120)
        time.sleep(1)
        for thread in (*self.offers.values(), self.gauges):
            thread.halt()
        self.ended = time.time()
        self.partitioned, self.draining, self.connected = turns(
            (moment(entry["at"]), entry["after"]["state"]) for entry in self.gauges.control.trail()
            if entry["action"] == "zone_changed")

    def _read_landed(self, zone, record):
        """Of each stream: bytes per event, and of each object when it landed, and when its newest event had arrived."""
        to_wall = time.time() - time.monotonic()
        self.landed_bytes, self.landings = {}, {}
        for stream in STREAMS:
            events = size = 0
            self.landings[stream] = []
            for entry in record.puts(f"{stream}/"):
                if entry.stored:
                    content = zone.read(entry.key)
                    received = [json.loads(line)["received_at"] for line in gzip.decompress(content).splitlines()]
                    events, size = events + len(received), size + len(content)
                    self.landings[stream].append((entry.at + to_wall, moment(max(received))))
            self.landed_bytes[stream] = size / events

    def newest_age(self, stream):
        """The greatest age of the newest event that had landed: just before the next one landed."""
        newest, age = self.began, 0
        for at, received in sorted(self.landings[stream]):
            age, newest = max(age, at - newest), max(newest, received)
        return age

    def scenario(self):
        """The same in a scenario's words, and a minute more."""
        round_trip = statistics.median(answer.at - answer.sent for answer in self.offers["billing"].taken)
        return {
            **copy.deepcopy(SETTINGS),
            "minutes": (self.ended - self.began) / 60 + 1,
            "link": {"bytes_per_second": 50_000_000, "round_trip_milliseconds": min(3000, round(round_trip * 1000))},
            "streams": {stream: {**STREAMS[stream], **self._flow(stream)} for stream in STREAMS},
            "cuts": [{"at_minute": (self.cut - self.began) / 60, "minutes": (self.back - self.cut) / 60}],
        }

    def _flow(self, stream):
        offers = self.offers[stream]
        events = len(offers.answers) * BATCH_EVENTS
        return {
            "events_per_second": events / (offers.ended - offers.began), "batch_events": BATCH_EVENTS,
            "event_bytes": offers.body_bytes / events,
            "compression": offers.body_bytes / events / self.landed_bytes[stream]}

    def told(self):
        """What became of it, by the names of `answered`. How long strong batches waited is not among it: the model
        does not have each of their tries."""
        found = {
            "partitioned": self.partitioned - self.cut, "healed": self.draining - self.back,
            "drain": self.connected - self.draining, "drained": self.connected - self.back}
        for stream, offers in self.offers.items():
            first = min((answer.at for answer in offers.refused), default=None)
            found[f"{stream} first refused"] = first and first - self.cut
            found[f"{stream} refused"] = len(offers.refused) * BATCH_EVENTS
            found[f"{stream} newest age"] = self.newest_age(stream)
            if STREAMS[stream]["consistency"] == "available":
                found[f"{stream} backlog"] = self.gauges.most("sluice_backlog_bytes", stream)
                found[f"{stream} behind"] = self.gauges.most("sluice_oldest_unlanded_seconds", stream)
        return found

    def check_problems(self):
        """What producers were told."""
        assert {answer.problem for answer in self.offers["metrics"].refused} == {"journal-full"}
        told = {
            answer.problem for answer in self.offers["billing"].answers
            if self.partitioned + 1 < answer.sent < self.draining - 1}
        assert told == {"partitioned"}, told


def moment(text):
    return datetime.datetime.fromisoformat(text).timestamp()


class OtherCourse(Exception):
    """The zone went through other states, these."""


def turns(changes):
    """When the zone was found to be gone, when to be back, and when its backlog had landed."""
    times, states = zip(*changes)
    if states != ("suspect", "partitioned", "draining", "connected"):
        raise OtherCourse(states)
    return times[1:]


def answered(scenario, folder):
    """What `sluice simulate` says became of it: bytes, events, and seconds from the cut, or from its end."""
    file = folder / "scenario.yaml"
    file.write_text(yaml.safe_dump(scenario))
    run = subprocess.run(
        [str(binary()), "simulate", "--scenario", str(file), "--json"], capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    report = json.loads(run.stdout)
    [(cut, back)] = report["outages"]
    partitioned, draining, connected = turns((change["minute"], change["to"]) for change in report["transitions"])
    found = {
        "partitioned": 60 * (partitioned - cut), "healed": 60 * (draining - back),
        "drain": 60 * (connected - draining), "drained": 60 * report["drained_after_minutes"]}
    for total in report["streams"]:
        stream, first = total["stream"], total.get("first_refused_at_minute")
        found[f"{stream} first refused"] = first and 60 * (first - cut)
        found[f"{stream} refused"] = total["events_refused"]
        found[f"{stream} newest age"] = total["freshness_seconds_max"]
        found[f"{stream} backlog"] = total["backlog_bytes_max"]
        found[f"{stream} behind"] = total["complete_lag_seconds_max"]
    return found


def rows(real, said):
    return [Row(what, value, said[what], HEALED_SECONDS if what == "healed" else SHARE * (value or 0))
            for what, value in real.items()]


def strays(real, said):
    """What is further off than it may be, or happened in only one of the two."""
    return [row.what for row in rows(real, said) if (row.real is None) != (row.said is None)
            or row.real is not None and abs(row.said - row.real) > row.allowed]


def changed(scenario, path, factor):
    scenario = copy.deepcopy(scenario)
    place = scenario
    *parents, key = path
    for parent in parents:
        place = place[parent]
    place[key] = type(place[key])(place[key] * factor)
    return scenario


def test_a_gateway_that_is_cut_off_does_what_the_scenario_says(moto, folder):
    lived = Lived(moto, folder)
    lived.check_problems()
    real, scenario = lived.told(), lived.scenario()
    said = answered(scenario, folder)
    print("", *rows(real, said), scenario, sep="\n")
    assert strays(real, said) == []

    # And none of these would have passed for the truth.
    for path, factors in {
        ("journal", "budget_bytes"): (0.5, 2), ("landing", "drain_bytes_per_second_max"): (0.5, 2),
        ("partition", "after_seconds"): (3,), ("partition", "heal_after_seconds"): (2,),
        ("cuts", 0, "minutes"): (0.5, 2), ("streams", "audit", "compression"): (2,),
        **{("streams", stream, "events_per_second"): (0.5, 2) for stream in STREAMS},
    }.items():
        for factor in factors:
            try:
                found = strays(real, answered(changed(scenario, path, factor), folder))
            except OtherCourse as course:
                found = course.args
            print(*path, factor, found)
            assert found, (path, factor)
