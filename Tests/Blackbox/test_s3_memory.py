"""A sealed segment goes to S3 piece by piece: memory does not grow with it."""

import base64
import json
import os
import pathlib
import re
import time

from gateway import Gateway
from s3 import faults
from s3.plan import Always, is_put
from s3.proxy import FaultProxy
from test_s3_faults import QUICK, wait_for_probe
from zones import S3Zone

SEGMENT = 192 << 20


def peak_bytes(process) -> int:
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) << 10


def test_a_large_segment_lands_slowly_in_a_fraction_of_its_size(moto, folder):
    settings = {
        **QUICK, "journal": {"segment_max_bytes": 2 * SEGMENT, "segment_max_age_seconds": 3600},
        "shutdown": {"deadline_seconds": 2}}
    with FaultProxy(moto) as proxy:
        gateway = Gateway(folder, settings, zone=S3Zone(moto, endpoint=proxy.endpoint))
        with gateway:
            wait_for_probe(proxy)
            proxy.down()
            noise = base64.b64encode(os.urandom(750_000)).decode()
            taken = 0
            while taken * len(noise) * 3 // 4 < SEGMENT:
                # No line is like another within the window of gzip.
                body = json.dumps({"noise": noise[taken:] + noise[:taken]}).encode()
                assert gateway.post("anything", body, key=f"k-{taken}").status == 202
                taken += 1
            # It seals what it has, and can't land it.
            gateway.stop()
        proxy.plan = Always(faults.slow_upload(3), only=lambda entry: is_put(entry) and entry.key.startswith("anything/"))
        proxy.up()
        gateway.settings["shutdown"] = {"deadline_seconds": 60}
        with gateway:
            deadline = time.monotonic() + 120
            while not proxy.record.stored(prefix="anything/"):
                assert time.monotonic() < deadline, gateway.tail()
                time.sleep(0.1)
            peak = peak_bytes(gateway.process)
            assert gateway.stop(90) == 0, gateway.tail()
        sizes = [entry.body_bytes for entry in proxy.record.puts("anything/") if entry.stored]
        assert len(sizes) == 1 and sizes[0] > SEGMENT, sizes
        status, report = gateway.verify()
        assert (status, report["complete"]) == (0, True), report
        print(f"{sizes[0] >> 20} MiB landed, peak memory {peak >> 20} MiB")
        assert peak < SEGMENT * 2 // 3
