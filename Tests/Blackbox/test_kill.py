"""kill -9 at random moments under load, with the client's own ledger."""

import os
import random
import socket
import time

from gateway import Gateway
from producers import Producer, assert_exactly_once, settle

KILLS = int(os.environ.get("SLUICE_KILLS", "200"))


def is_listening(port) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_nothing_acknowledged_is_lost_or_doubled_over_many_kills(folder, injected):
    seed = int(os.environ.get("SLUICE_SEED", random.randrange(1 << 32)))
    print(f"seed {seed}, {KILLS} kills")
    dice = random.Random(seed)
    settings = {"journal": {"segment_max_age_seconds": 1, "segment_max_bytes": 1 << 20}}
    gateway = Gateway(folder, settings)
    gateway.start()
    producers = [Producer(gateway.port, f"p{n}") for n in range(3)]
    producers.append(Producer(gateway.port, "strong", stream="billing_usage", batch=3))
    for producer in producers:
        producer.start()
    early = 0
    for kill in range(KILLS):
        time.sleep(dice.choice([0.0, 0.01, 0.05, 0.1, 0.3]) * dice.random())
        early += not is_listening(gateway.port)
        assert gateway.kill(), f"it had ended by itself:\n{gateway.tail()}"
        # Sometimes the next life dies before it is ready, during its recovery.
        gateway.start(wait=dice.random() < 0.8)
        if kill % 50 == 49:
            print(f"{kill + 1} kills", flush=True)
    gateway.wait_ready()
    assert all(producer.is_alive() for producer in producers), "the load had ended"
    for producer in producers:
        producer.halt()
    settle(gateway, producers)
    assert gateway.stop() == 0, gateway.tail()
    available, strong = producers[:3], producers[3:]
    events = assert_exactly_once(gateway, available)
    billed = assert_exactly_once(gateway, strong, stream="billing_usage")
    status, report = gateway.verify()
    assert (status, report["complete"]) == (0, True), report
    doubted = sum(producer.doubted for producer in producers)
    print(f"{KILLS} kills, {events} + {billed} events acknowledged and landed once, {doubted} answers in doubt")
    assert events > KILLS and doubted > 0
    injected("kill -9 under load", KILLS)
    injected("of these, before the gateway listened", early)
    # Of those that were not waited for, at the least those that came at once.
    assert early > KILLS // 50
