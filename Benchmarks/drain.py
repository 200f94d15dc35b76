#!/usr/bin/env python3
"""How fast a backlog drains into S3 while intake goes on, and what that costs the producers.

A gateway takes events at a fixed rate throughout. Its landing zone, a real S3 server (moto), is held for a while, as in a
partition, and then given back. The backlog's share of the drain is what landed beyond what came in meanwhile. Latencies
are those of producers before, during and after, from when a batch was due. All in one run, so that the machine's noise
meets all of it.

    .venv/bin/python Benchmarks/drain.py --rate 10000 --hold 120
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "Tests" / "Blackbox"))

from control import Control  # noqa: E402
from gateway import Gateway, binary  # noqa: E402
from s3.moto_server import MotoServer  # noqa: E402
from zones import S3Zone  # noqa: E402

SECONDS = 4


class Intake(threading.Thread):
    """Load at a steady rate, measured in pieces of a few seconds."""

    def __init__(self, gateway, options):
        super().__init__(daemon=True)
        self.command = [
            str(binary()), "bench", "--json", "--url", f"http://127.0.0.1:{gateway.port}", "--rate", str(options.rate),
            "--batch", str(options.batch), "--connections", "4", "--seconds", str(SECONDS)]
        self.pieces = []
        self.ending = threading.Event()

    def run(self):
        while not self.ending.is_set():
            began = time.monotonic()
            result = subprocess.run(self.command, capture_output=True, text=True, timeout=120)
            if result.returncode != 0:
                print(result.stderr, file=sys.stderr)
                return
            self.pieces.append((began, time.monotonic(), json.loads(result.stdout)))

    def within(self, began, ended):
        """The pieces that overlap, at least by half."""
        half = SECONDS / 2
        return [piece for start, end, piece in self.pieces if min(end, ended) - max(start, began) >= min(half, (ended - began) / 2)]


def latency(pieces, name):
    return sorted(piece["latency_ms"][name] for piece in pieces)[len(pieces) // 2] if pieces else float("nan")


def backlog(control):
    status = control.get("/v1/status")
    stream = next(stream for stream in status["streams"] if stream["name"] == "audit_logs")
    return status["zones"][0]["state"], stream["backlog"]["events"], stream["backlog"]["bytes"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=int, default=10_000, help="events per second, of 2 KB")
    parser.add_argument("--batch", type=int, default=500, help="events per request")
    parser.add_argument("--hold", type=int, default=120, help="seconds without a landing zone")
    parser.add_argument("--drain-bytes", type=int, help="landing.drain_bytes_per_second_max; the default is the product's")
    options = parser.parse_args()
    server = MotoServer()
    server.start()
    with tempfile.TemporaryDirectory(prefix="sluice-drain-", dir=ROOT / ".build") as folder:
        settings = {"journal": {"segment_max_age_seconds": 10}}
        if options.drain_bytes is not None:
            settings["landing"] = {"drain_bytes_per_second_max": options.drain_bytes}
        with Gateway(folder, settings, zone=S3Zone(server)) as gateway:
            try:
                measure(gateway, Control(gateway), options)
            finally:
                server.stop()


def measure(gateway, control, options):
    intake = Intake(gateway, options)
    intake.start()
    time.sleep(SECONDS * 5)
    held = time.monotonic()
    control.sluice("partition", "hold", "--reason", "measurement")
    while time.monotonic() - held < options.hold:
        time.sleep(5)
        print(f"held for {time.monotonic() - held:.0f} s: {backlog(control)[1]:,} events not landed", flush=True)
    # Those of before the release are the backlog; of those since, the time tells how many there are.
    _, waiting, size = backlog(control)
    released = time.monotonic()
    control.sluice("partition", "auto", "--reason", "measurement")
    while True:
        state, left, _ = backlog(control)
        # What is not landed in steady state: one roll time's worth, and what is on its way.
        if left <= options.rate * 11 and state != "draining":
            break
        print(f"{state} for {time.monotonic() - released:.1f} s: {left:,} events not landed", flush=True)
        time.sleep(0.5)
    drained = time.monotonic()
    time.sleep(SECONDS * 5)
    intake.ending.set()
    intake.join()
    seconds = drained - released
    landed = waiting - left + options.rate * seconds
    before = intake.within(held - SECONDS * 4, held)
    during = intake.within(released, drained)
    after = intake.within(drained, drained + SECONDS * 5)
    print(f"\nbacklog {waiting:,} events ({size / 1e6:,.0f} MB in the journal) after {options.hold} s at {options.rate:,} events/s")
    print(f"drained in {seconds:.1f} s: {landed / seconds:,.0f} events/s landed, {landed / seconds / options.rate:.1f} times the rate of intake")
    for name in ("p50", "p99"):
        a, b, c, d = (latency(pieces, name) for pieces in (before, intake.within(held, released), during, after))
        print(f"{name} ms of producers: connected {a:.2f}, held {b:.2f}, draining {c:.2f} ({c / a:.2f} times), after {d:.2f}")
    if gateway.stop(120) != 0:
        sys.exit(gateway.tail())


if __name__ == "__main__":
    main()
