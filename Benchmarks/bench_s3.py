#!/usr/bin/env python3
"""What landing in S3 adds to the CPU per event: the same gateway and load, with a directory and with a bucket as its zone.

Rounds alternate between the two. The bucket is a server on loopback, over plain HTTP, that verifies and forgets what it is
sent; it and the load generator are not counted. CPU is user + system time of the gateway's process, from just before the
load until it has landed everything and has ended. Segments are sealed by size alone, so that objects are as large as the
settings say. Needs a release build (`swift build -c release --product sluice`).

    python3 Benchmarks/bench_s3.py --rounds 7 --events 750000
"""

import argparse
import os
import signal
import subprocess
import sys

from bench import (
    ROOT, SLUICE, cpu_seconds, drive, free_port, in_folder, landed_events, peak_megabytes, summary, wait_ready)
from s3_sink import Sink

SETTINGS = """\
gateway: {{name: bench}}
listen: {{port: {port}}}
access: {{authentication: none}}
control: {{enabled: false}}
state: {{directory: "{folder}/state"}}
journal: {{directory: "{folder}/journal", segment_max_age_seconds: 3600, segment_max_bytes: {segment}}}
zones:
  main: {zone}
log: {{level: warning}}
streams:
  audit_logs: {{consistency: available, event_id: /eventID, event_time: /eventTime}}
"""
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "AKIABENCH", "AWS_SECRET_ACCESS_KEY": "bench"}


def run(folder, options, zone, landed):
    """CPU microseconds per event and peak megabytes, once `landed()` events are there."""
    port = free_port()
    config, log = folder / "sluice.yaml", folder / "log"
    config.write_text(SETTINGS.format(port=port, folder=folder, zone=zone, segment=options.segment))
    with open(log, "wb") as output:
        process = subprocess.Popen(
            [str(SLUICE), "serve", "--config", str(config)], stdout=output, stderr=output,
            env={**os.environ, **CREDENTIALS})
    try:
        wait_ready(process, port, log)
        before = cpu_seconds(process.pid)
        drive(port, options)
        peak = peak_megabytes(process.pid)
        process.send_signal(signal.SIGTERM)
        # The times of the whole process, to its very end: sealing, landing and retiring the last segment are in it.
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    finally:
        if process.returncode is None:
            process.kill()
    if process.returncode != 0 or landed() != options.events:
        sys.exit(f"status {process.returncode}, {landed()} of {options.events} events landed:\n{log.read_text()[-2000:]}")
    return (usage.ru_utime + usage.ru_stime - before) * 1e6 / options.events, peak


def run_directory(folder, options):
    zone = f'{{kind: directory, directory: "{folder}/landing"}}'
    return run(folder, options, zone, lambda: landed_events(folder))


def run_s3(folder, options):
    sink = Sink()

    def landed():
        names = [name.removesuffix(".json.gz").rsplit("_", 1)[1] for name in sink.objects if "/audit_logs/" in name]
        return sum(int(last) - int(first) + 1 for first, last in (name.split("-") for name in names))

    try:
        result = run(folder, options, f"{{kind: s3, bucket: bench, endpoint: '{sink.endpoint}'}}", landed)
        sizes = sink.lengths("audit_logs")
    finally:
        sink.shutdown()
        sink.server_close()
    if max(sizes) < options.segment * 0.9:
        sys.exit(f"no object is of the size that was asked for: {sizes}; send more events")
    return (*result, max(sizes))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--events", type=int, default=750_000, help="events per run")
    parser.add_argument("--batch", type=int, default=500, help="events per request")
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--rate", type=float, default=0, help="events per second; 0 for as fast as they are taken")
    parser.add_argument("--segment", type=int, default=64 << 20, help="bytes at which a segment is sealed")
    options = parser.parse_args()
    if not SLUICE.exists():
        sys.exit("there is no release build: swift build -c release --product sluice")
    scratch = ROOT / ".build" / "bench"
    scratch.mkdir(parents=True, exist_ok=True)
    rows = []
    print(f"{options.events} events a run, batches of {options.batch}, objects of {options.segment >> 20} MiB")
    print("round  directory us  s3 us  ratio  directory peak MB  s3 peak MB")
    for number in range(1, options.rounds + 1):
        order = [run_directory, run_s3] if number % 2 else [run_s3, run_directory]
        results = {each: in_folder(each, scratch, options) for each in order}
        directory, s3 = results[run_directory], results[run_s3]
        rows.append([directory[0], s3[0], s3[0] / directory[0], directory[1], s3[1]])
        print("{:>5}{:>14.2f}{:>7.2f}{:>7.3f}{:>19.0f}{:>12.0f}".format(number, *rows[-1]), flush=True)
    print("\nmedian (lowest to highest)")
    names = [("directory us/event", 2), ("s3 us/event", 2), ("ratio", 3), ("directory peak MB", 0), ("s3 peak MB", 0)]
    for index, (name, digits) in enumerate(names):
        summary(name, [row[index] for row in rows], digits)


if __name__ == "__main__":
    main()
