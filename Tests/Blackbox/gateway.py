"""Starts, stops and talks to a real `sluice serve`, and reads its landing zone as a stranger would."""

import collections
import contextlib
import gzip
import http.client
import json
import os
import pathlib
import re
import signal
import subprocess
import time
import zlib

import yaml

from ports import free_port
from zones import DirectoryZone

ROOT = pathlib.Path(__file__).resolve().parents[2]


def binary() -> pathlib.Path:
    return pathlib.Path(os.environ.get("SLUICE_BINARY", ROOT / ".build" / "release" / "sluice"))


Response = collections.namedtuple("Response", "status headers body")


class Gateway:
    """One gateway in a folder of its own; `restart` keeps journal and landing zone."""

    def __init__(self, folder, settings=None, prefix=(), environment=None, zone=None):
        self.folder = pathlib.Path(folder)
        self.port = free_port()
        self.control_port = free_port()
        self.prefix = list(prefix)
        self.zone = zone or DirectoryZone(self.folder / "landing")
        self.environment = {**self.zone.environment, **(environment or {})}
        self.journal = self.folder / "journal"
        self.process = None
        self.log = self.folder / "log"
        self.settings = {
            "gateway": {"name": "test-a"},
            "listen": {"host": "127.0.0.1", "port": self.port},
            "access": {"authentication": "none"},
            "control": {"host": "127.0.0.1", "port": self.control_port},
            "state": {"directory": str(self.folder / "state")},
            "journal": {"directory": str(self.journal), "segment_max_age_seconds": 1, "reserve_bytes": 1 << 20},
            "zones": {"main": self.zone.settings},
            "ledger": {"position_interval_seconds": 1},
            "streams": {
                "audit_logs": {"consistency": "available", "event_id": "/eventID", "event_time": "/eventTime"},
                "anything": {"consistency": "available", "objects_only": False},
                "small": {
                    "consistency": "available", "body_max_bytes": 65536, "decoded_max_bytes": 131072,
                    "event_max_bytes": 1024, "events_max": 100,
                },
                "billing_usage": {
                    "consistency": "strong", "event_id": "/event_id", "event_time": "/event_time",
                    "required": [{"pointer": "/usage_quantity", "type": "number"}],
                },
            },
        }
        for key, value in (settings or {}).items():
            self.settings.setdefault(key, {}).update(value)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    @property
    def config(self):
        return self.folder / "sluice.yaml"

    def start(self, wait=True):
        self.config.write_text(yaml.safe_dump(self.settings))
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*self.prefix, str(binary()), "serve", "--config", str(self.config)],
                stdout=log, stderr=log, cwd=self.folder, env={**os.environ, **self.environment})
        if wait:
            self.wait_ready()

    def wait_ready(self, seconds=60):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"the gateway ended with {self.process.returncode}:\n{self.tail()}")
            try:
                if self.request("GET", "/readyz").status == 200:
                    return
            except OSError:
                pass
            time.sleep(0.02)
        raise AssertionError(f"the gateway was not ready in {seconds} s:\n{self.tail()}")

    def state(self) -> str:
        """connected, suspect, partitioned or draining."""
        text = self.request("GET", "/readyz?verbose").body.decode()
        line = next(line for line in text.splitlines() if "landing zone main" in line)
        return next(word for word in ("connected", "suspect", "partitioned", "draining") if word in line)

    def wait_state(self, wanted, seconds):
        deadline = time.monotonic() + seconds
        while (state := self.state()) != wanted:
            assert time.monotonic() < deadline, f"the zone is {state}, not {wanted}:\n{self.tail()}"
            time.sleep(0.2)

    def tail(self):
        return self.log.read_text(errors="replace")[-4000:]

    def kill(self) -> bool:
        """Whether it lived until then."""
        self.process.send_signal(signal.SIGKILL)
        return self.process.wait() == -signal.SIGKILL

    def stop(self, seconds=40):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def request(self, method, path, body=None, headers=None, timeout=30):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            response = connection.getresponse()
            return Response(response.status, response.headers, response.read())
        finally:
            connection.close()

    def post(self, stream, body, key=None, content_type="application/x-ndjson", timeout=30, **headers):
        fields = {"Content-Type": content_type, **{k.replace("_", "-"): v for k, v in headers.items()}}
        if key is not None:
            fields["Idempotency-Key"] = f'"{key}"'
        return self.request("POST", f"/v1/streams/{stream}/events", body, fields, timeout)

    def objects(self, stream):
        """The names of the stream's objects in the landing zone, in order."""
        return self.zone.names(stream)

    def lines(self, stream):
        """Every landed line as text, objects in name order."""
        for name in self.objects(stream):
            text = gzip.decompress(self.zone.read(name)).decode()
            yield from text.removesuffix("\n").split("\n")

    def landed(self, stream):
        return [json.loads(line) for line in self.lines(stream)]

    def wait_landed(self, stream, count, seconds=60):
        """Waits until at least `count` lines are there; returns all."""
        deadline = time.monotonic() + seconds
        while True:
            found = self.landed(stream)
            if len(found) >= count:
                return found
            if time.monotonic() > deadline:
                raise AssertionError(f"{len(found)} of {count} events landed in {seconds} s:\n{self.tail()}")
            time.sleep(0.1)

    def journaled(self, stream, incarnation="*") -> str:
        """The lines that the journal still holds of the stream, of one life or of all; a block that breaks off is read as far as it goes."""
        contents = []
        for path in sorted((self.journal / stream).glob(f"{incarnation}-*.json.gz")):
            with contextlib.suppress(FileNotFoundError):  # Landed since it was listed.
                contents.append(path.read_bytes())
        return "".join(
            zlib.decompressobj(31).decompress(member).decode()
            for content in contents for member in re.split(b"(?=\x1f\x8b\x08\x04)", content) if member)

    def verify(self):
        """`sluice verify` on the landing zone's objects: exit status and the report."""
        result = subprocess.run(
            [str(binary()), "verify", "--json", str(self.zone.local())], capture_output=True, text=True, timeout=120)
        return result.returncode, json.loads(result.stdout) if result.stdout else result.stderr


def payload_text(line: str) -> str:
    """The payload's bytes as they stand in a landed line."""
    return line[line.index('"payload":') + len('"payload":'):-1]


def problem(response: Response) -> dict:
    assert response.headers["Content-Type"] == "application/problem+json", response
    body = json.loads(response.body)
    assert body["status"] == response.status
    return body
