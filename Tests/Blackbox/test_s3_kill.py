"""kill -9 while objects are on their way to S3."""

import concurrent.futures
import contextlib
import os
import random
import time

from gateway import Gateway
from producers import Producer, assert_exactly_once, settle
from s3 import faults
from s3.plan import Always, Seeded, is_put
from s3.proxy import FaultProxy
from test_s3_faults import IMPATIENT, QUICK, wait_for_probe
from zones import S3Zone

KILLS = int(os.environ.get("SLUICE_S3_KILLS", "100"))
# Gateways that are killed at the same time, each with a bucket and producers of its own.
VICTIMS = min(4, KILLS)
SLOW = [faults.delay(0.3), faults.slow_upload(0.5), faults.slow_reply(0.5), faults.drop_reply(), faults.hold(commit=True)]


class Victim:
    """A gateway under load that is killed again and again, each time while a PUT of a stream drawn by lot is under way."""

    def __init__(self, number, s3, proxy, folder, seed, kills):
        self.proxy, self.kills, self.dice = proxy, kills, random.Random(seed)
        self.bucket = s3.fresh_bucket()
        (folder / str(number)).mkdir()
        self.gateway = Gateway(
            folder / str(number), {**QUICK, "gateway": {"name": f"v{number}"}, "journal": {"segment_max_age_seconds": 1}},
            zone=S3Zone(s3, self.bucket, endpoint=proxy.endpoint, **IMPATIENT))
        self.producers = [Producer(self.gateway.port, f"p{n}", batch=5) for n in range(2)]
        self.producers.append(Producer(self.gateway.port, "strong", stream="billing_usage", batch=3))
        for producer in self.producers:
            producer.pause = 0.01
        self.during = {"audit_logs/": 0, "billing_usage/": 0}
        # Kills that met a PUT of either; the others came just after one.
        self.met = 0

    def under_way(self, began, stream) -> bool:
        """Whether a PUT of the stream has arrived and the gateway waits for its answer, as it does of one that is held."""
        return any(is_put(entry) and entry.bucket == self.bucket and entry.key.startswith(stream)
                   and not entry.over for entry in self.proxy.record.since(began))

    def suffer(self):
        for producer in self.producers:
            producer.start()
        for _ in range(self.kills):
            began = len(self.proxy.record)
            wanted = self.dice.choice(list(self.during))
            deadline = time.monotonic() + 30
            while not self.under_way(began, wanted):
                assert time.monotonic() < deadline, self.gateway.tail()
                time.sleep(0.005)
            time.sleep(self.dice.random() * 0.3)
            under_way = {stream: self.under_way(began, stream) for stream in self.during}
            assert self.gateway.kill(), f"it had ended by itself:\n{self.gateway.tail()}"
            for stream in self.during:
                self.during[stream] += under_way[stream]
            self.met += any(under_way.values())
            self.gateway.start(wait=self.dice.random() < 0.8)
        self.gateway.wait_ready()
        for producer in self.producers:
            producer.halt()

    def assert_whole(self) -> tuple:
        """Everything acknowledged is landed once; how many events of either stream that is."""
        settle(self.gateway, self.producers, seconds=60)
        assert self.gateway.stop(60) == 0, self.gateway.tail()
        events = assert_exactly_once(self.gateway, self.producers[:2])
        billed = assert_exactly_once(self.gateway, self.producers[2:], stream="billing_usage")
        status, report = self.gateway.verify()
        assert (status, report["complete"]) == (0, True), report
        return events, billed


def test_a_hundred_kills_during_puts_lose_nothing_and_double_nothing(s3, folder, injected):
    seed = int(os.environ.get("SLUICE_SEED", random.randrange(1 << 32)))
    print(f"{s3.name}: seed {seed}, {KILLS} kills")
    with FaultProxy(s3) as proxy, contextlib.ExitStack() as at_end:
        shares = [KILLS // VICTIMS + (number < KILLS % VICTIMS) for number in range(VICTIMS)]
        victims = [Victim(number, s3, proxy, folder, seed + number, share) for number, share in enumerate(shares)]
        for victim in victims:
            at_end.enter_context(victim.gateway)
        wait_for_probe(proxy, count=VICTIMS)
        # The probe of each life passes: strong streams wait for it, and are to be killed in their own PUTs.
        proxy.plan = Seeded(
            seed, SLOW, trouble=0.9, only=lambda entry: is_put(entry) and not entry.key.startswith("_probe"))
        with concurrent.futures.ThreadPoolExecutor(VICTIMS) as pool:
            list(pool.map(Victim.suffer, victims))
            proxy.plan = Always()
            events, billed = (sum(counts) for counts in zip(*pool.map(Victim.assert_whole, victims)))
        assert not proxy.record.stored_twice() and not proxy.record.overwritten() and not proxy.record.unconditional()
        assert not proxy.errors
        during = {stream: sum(victim.during[stream] for victim in victims) for stream in victims[0].during}
        print(f"kills that met a PUT under way: {during} of {KILLS}; {events} + {billed} events landed once")
        met = sum(victim.met for victim in victims)
        injected("kill -9 during PUTs", met)
        injected("kill -9 just after a PUT", KILLS - met)
        assert min(during.values()) >= KILLS // 10 and billed > 0
