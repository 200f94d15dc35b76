#!/usr/bin/env python3
"""What an event costs: `sluice serve` beside a C++ loop that does only the unavoidable work.

Rounds alternate between the two, so that a noisy machine hits both. CPU is user + system time of the server's process,
from just before the load until everything has landed; the load generator's own is not counted. Needs a release build
(`swift build -c release --product sluice`), g++, libsimdjson-dev and libisal-dev.

    python3 Benchmarks/bench.py --rounds 5 --events 500000 --batch 500
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[1]
SLUICE = ROOT / ".build" / "release" / "sluice"
REFERENCE = ROOT / ".build" / "reference" / "reference"
SOURCE = ROOT / "Benchmarks" / "reference" / "reference.cpp"

SETTINGS = """\
gateway:
  name: bench
listen:
  port: {port}
journal:
  directory: {folder}/journal
  segment_max_age_seconds: 2
access:
  authentication: none
control:
  enabled: false
state:
  directory: {folder}/state
zones:
  main: {{kind: directory, directory: "{folder}/landing"}}
log:
  level: warning
streams:
  audit_logs:
    consistency: available
    event_id: /eventID
    event_time: /eventTime
"""


def build_reference():
    if REFERENCE.exists() and REFERENCE.stat().st_mtime >= SOURCE.stat().st_mtime:
        return
    REFERENCE.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        ["g++", "-std=c++17", "-O3", "-Wall", str(SOURCE), "-o", str(REFERENCE), "-lsimdjson", "-lisal"], check=True)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def drive(port, options):
    """The load generator's report."""
    command = [
        str(SLUICE), "bench", "--json", "--url", f"http://127.0.0.1:{port}", "--events", str(options.events), "--batch",
        str(options.batch), "--connections", str(options.connections), "--rate", str(options.rate)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=600)
    if result.returncode != 0:
        sys.exit(f"the load failed:\n{result.stderr}")
    return json.loads(result.stdout)


def stop(process, seconds=60):
    process.send_signal(signal.SIGTERM)
    return process.wait(seconds)


def run_reference(folder, options):
    process = subprocess.Popen([str(REFERENCE), "0", str(folder / "reference.gz")], stdout=subprocess.PIPE, text=True)
    try:
        port = int(process.stdout.readline().split()[1])
        load = drive(port, options)
        stop(process)
        result = json.loads(process.stdout.readline())
    finally:
        process.kill()
    if result["events"] != options.events:
        sys.exit(f"the reference took {result['events']} of {options.events} events")
    return {"us": result["cpu_us_per_event"], "load": load}


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_megabytes(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1)) / 1024


def wait_ready(process, port, log):
    for _ in range(500):
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=1) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.02)
    sys.exit(f"sluice serve did not become ready:\n{log.read_text()[-2000:]}")


def landed_events(folder):
    """Events in landed segments, by the range of sequence numbers in each name; nothing is opened."""
    total = 0
    for path in (folder / "landing" / "audit_logs").rglob("*.json.gz"):
        first, last = path.name.removesuffix(".json.gz").rsplit("_", 1)[1].split("-")
        total += int(last) - int(first) + 1
    return total


def wait_landed(folder, events, seconds=60):
    deadline = time.monotonic() + seconds
    while landed_events(folder) < events:
        if time.monotonic() > deadline:
            sys.exit(f"{landed_events(folder)} of {events} events landed in {seconds} s")
        time.sleep(0.1)


def run_sluice(folder, options):
    port = free_port()
    config, log = folder / "sluice.yaml", folder / "log"
    config.write_text(SETTINGS.format(port=port, folder=folder))
    with open(log, "wb") as output:
        process = subprocess.Popen([str(SLUICE), "serve", "--config", str(config)], stdout=output, stderr=output)
    try:
        wait_ready(process, port, log)
        before = cpu_seconds(process.pid)
        load = drive(port, options)
        wait_landed(folder, options.events)
        used = cpu_seconds(process.pid) - before
        peak = peak_megabytes(process.pid)
        if stop(process) != 0:
            sys.exit(f"sluice serve did not stop cleanly:\n{log.read_text()[-2000:]}")
    finally:
        process.kill()
    return {"us": used * 1e6 / options.events, "peak": peak, "load": load}


def in_folder(run, scratch, options):
    """Runs it with a folder of its own, which is gone afterwards."""
    folder = pathlib.Path(tempfile.mkdtemp(dir=scratch))
    try:
        return run(folder, options)
    finally:
        shutil.rmtree(folder)


def summary(name, values, digits):
    print(f"{name:<26}{statistics.median(values):>12,.{digits}f}   ({min(values):,.{digits}f} to {max(values):,.{digits}f})")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--events", type=int, default=500_000, help="events per run")
    parser.add_argument("--batch", type=int, default=500, help="events per request")
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--rate", type=float, default=0, help="events per second; 0 for as fast as they are taken")
    options = parser.parse_args()
    if not SLUICE.exists():
        sys.exit("there is no release build: swift build -c release --product sluice")
    build_reference()
    scratch = ROOT / ".build" / "bench"
    scratch.mkdir(parents=True, exist_ok=True)
    rows = []
    print(f"{options.events} events a run, batches of {options.batch}, {options.connections} connections")
    print("round  reference us  sluice us  ratio  events/s  p50 ms  p99 ms  peak MB  reference events/s")
    for number in range(1, options.rounds + 1):
        # Who goes first changes: the first of a round writes to memory that the last one has just given back.
        runs = [run_reference, run_sluice] if number % 2 else [run_sluice, run_reference]
        results = {run: in_folder(run, scratch, options) for run in runs}
        reference, sluice = results[run_reference], results[run_sluice]
        load, latency = sluice["load"], sluice["load"]["latency_ms"]
        row = [
            reference["us"], sluice["us"], sluice["us"] / reference["us"], load["events_per_second"], latency["p50"],
            latency["p99"], sluice["peak"], reference["load"]["events_per_second"]]
        rows.append(row)
        print("{:>5}{:>14.2f}{:>11.2f}{:>7.2f}{:>10.0f}{:>8.2f}{:>8.2f}{:>9.0f}{:>20.0f}".format(number, *row), flush=True)
    print("\nmedian (lowest to highest)")
    names = [
        ("reference us/event", 2), ("sluice us/event", 2), ("ratio", 2), ("sluice events/s", 0), ("sluice p50 ms", 2),
        ("sluice p99 ms", 2), ("sluice peak MB", 0), ("reference events/s", 0)]
    for index, (name, digits) in enumerate(names):
        summary(name, [row[index] for row in rows], digits)


if __name__ == "__main__":
    main()
