"""A journal far larger than memory should be, at a start: read in bounded memory, not ready before, and all of it lands."""

import base64
import contextlib
import gzip
import json
import os
import pathlib
import re
import socket
import time

from control import Control
from gateway import Gateway

JOURNAL = int(os.environ.get("SLUICE_JOURNAL_MEBIBYTES", "512")) << 20
SEGMENT = 200 << 20
# Half as much again as was seen (85 MiB, of which an empty journal's start takes most), and less than a segment.
MEMORY = 128 << 20


def peak_bytes(process) -> int:
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) << 10


def is_refused(port) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def reads_segments(process) -> bool:
    """Whether it has a segment of the stream open at this moment."""
    with contextlib.suppress(FileNotFoundError):
        return any("/anything/" in os.readlink(link) for link in pathlib.Path(f"/proc/{process.pid}/fd").iterdir())
    return False


def batches():
    """Keys and bodies of 8 MiB, of which gzip makes 6: no text is like another within its window."""
    noise = base64.b64encode(os.urandom(900_000)).decode()
    number = 0
    while True:
        events = (json.dumps({"id": f"{number}-{index}", "noise": noise[number + index:] + noise[:number + index]})
                  for index in range(7))
        yield f"k{number}", "\n".join(events).encode()
        number += 1


def fill(gateway):
    """Posts until the stream's journal is large; each batch's key and the sequences it was given."""
    taken, answered = {}, 0
    for key, body in batches():
        answer = gateway.post("anything", body, key=key)
        assert answer.status == 202, answer
        taken[key] = json.loads(answer.body)["sequence"]
        answered += len(body)
        # Of base64 three quarters are left.
        if answered * 3 // 4 > JOURNAL:
            return taken


def landed_keys(gateway):
    """A line at a time, of which only the beginning is read: there is more than one wants in memory."""
    for name in gateway.objects("anything"):
        with gzip.open(gateway.zone.directory / name, "rb") as lines:
            for line in lines:
                yield re.search(rb'"event_key":"([^"]*)"', line[:2000])[1].decode()


def test_a_large_journal_is_recovered_in_bounded_memory_before_the_gateway_is_ready(folder):
    settings = {
        "journal": {"segment_max_bytes": SEGMENT, "segment_max_age_seconds": 3600},
        "landing": {"drain_bytes_per_second_max": 0},
        "streams": {"anything": {"consistency": "available", "event_max_bytes": 2 << 20, "event_id": "/id"}},
    }
    with Gateway(folder, settings) as gateway:
        # An operator's override outlives the process: it lands nothing before it is told to, in the next life either.
        Control(gateway).post("/v1/zones/main/hold", {"reason": "to fill the journal"})
        taken = fill(gateway)
        assert gateway.kill(), gateway.tail()
        segments = [path.stat().st_size for path in gateway.journal.glob("anything/*.json.gz")]
        assert sum(segments) > JOURNAL and max(segments) > MEMORY * 3 // 2, segments
        before = len(gateway.log.read_text())

        began, refused = time.monotonic(), 0
        gateway.start(wait=False)
        while True:
            reading = reads_segments(gateway.process)
            if not is_refused(gateway.port):
                break
            refused += reading
            assert gateway.process.poll() is None and time.monotonic() < began + 60, gateway.tail()
            time.sleep(0.002)
        # Whoever is let in is answered well, and at once of all that there is.
        assert gateway.request("GET", "/readyz").status == 200
        ready, peak = time.monotonic() - began, peak_bytes(gateway.process)
        print(f"{sum(segments) >> 20} MiB recovered in {ready:.1f} s, peak memory {peak >> 20} MiB")
        assert peak < MEMORY
        assert refused > 0, "it was never seen to read the journal before its port opened"
        log = gateway.log.read_text()[before:]
        assert re.search(r"stream=anything \[Gateway\] recovered\n.*data plane listens", log, re.DOTALL), log
        for key, sequence in taken.items():
            receipt = gateway.request("GET", f"/v1/streams/anything/receipts/{key}")
            assert receipt.status == 200 and json.loads(receipt.body)["sequence"] == sequence, receipt

        Control(gateway).post("/v1/zones/main/auto", {"reason": "it is full enough"})
        assert gateway.stop() == 0, gateway.tail()
        assert sorted(landed_keys(gateway)) == sorted(f"{key[1:]}-{index}" for key in taken for index in range(7))
        status, report = gateway.verify()
        assert (status, report["complete"]) == (0, True), report
