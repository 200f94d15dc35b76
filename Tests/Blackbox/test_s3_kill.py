"""kill -9 while objects are on their way to S3."""

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


def test_a_hundred_kills_during_puts_lose_nothing_and_double_nothing(s3, folder):
    seed = int(os.environ.get("SLUICE_SEED", random.randrange(1 << 32)))
    print(f"{s3.name}: seed {seed}, {KILLS} kills")
    dice = random.Random(seed)
    slow = [faults.delay(0.3), faults.slow_upload(0.5), faults.slow_reply(0.5), faults.drop_reply(), faults.hold(commit=True)]
    with FaultProxy(s3) as proxy:
        gateway = Gateway(
            folder, {**QUICK, "journal": {"segment_max_age_seconds": 1}}, zone=S3Zone(s3, endpoint=proxy.endpoint, **IMPATIENT))
        gateway.start()
        try:
            wait_for_probe(proxy)
            # The probe of each life passes: strong streams wait for it, and are to be killed in their own PUTs.
            proxy.plan = Seeded(
                seed, slow, trouble=0.9, only=lambda entry: is_put(entry) and not entry.key.startswith("_probe"))
            producers = [Producer(gateway.port, f"p{n}", batch=5) for n in range(2)]
            producers.append(Producer(gateway.port, "strong", stream="billing_usage", batch=3))
            for producer in producers:
                producer.start()
            during = {"audit_logs/": 0, "billing_usage/": 0}
            for kill in range(KILLS):
                began = len(proxy.record.entries())
                wanted = dice.choice(["audit_logs/", "billing_usage/"])
                deadline = time.monotonic() + 30
                while not under_way(proxy, began, wanted):
                    assert time.monotonic() < deadline, gateway.tail()
                    time.sleep(0.005)
                time.sleep(dice.random() * 0.3)
                for stream in during:
                    during[stream] += under_way(proxy, began, stream)
                gateway.kill()
                gateway.start(wait=dice.random() < 0.8)
                if kill % 20 == 19:
                    print(f"{kill + 1} kills", flush=True)
            gateway.wait_ready()
            for producer in producers:
                producer.halt()
            proxy.plan = Always()
            settle(gateway, producers, seconds=60)
            assert gateway.stop(60) == 0, gateway.tail()
            events = assert_exactly_once(gateway, producers[:2])
            billed = assert_exactly_once(gateway, producers[2:], stream="billing_usage")
            status, report = gateway.verify()
            assert (status, report["complete"]) == (0, True), report
        finally:
            gateway.__exit__()
        assert not proxy.record.stored_twice() and not proxy.record.overwritten() and not proxy.record.unconditional()
        assert not proxy.errors
        print(f"kills that met a PUT under way: {during} of {KILLS}; {events} + {billed} events landed once")
        assert min(during.values()) > KILLS // 10 and billed > 0


def under_way(proxy, began, stream) -> bool:
    """Whether a PUT of the stream has arrived and is not yet answered."""
    return any(is_put(entry) and entry.key.startswith(stream) and entry.answered is None
               for entry in proxy.record.entries()[began:])
