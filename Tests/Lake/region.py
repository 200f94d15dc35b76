"""Regions for the lake's tests: real gateways that share one landing zone, and can be cut off from it."""

import datetime
import gzip
import json
import pathlib
import sys
import time

import yaml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Blackbox"))
from gateway import ROOT, Gateway  # noqa: E402

# As a newcomer has them: the four sources, deletion requests and tokens.
SETTINGS = yaml.safe_load((ROOT / "config" / "local.yaml").read_text())["streams"]
STREAMS = {name: SETTINGS[name] for name in ("audit_logs", "job_events", "billing_usage", "cluster_metrics")}


class Region:
    """One gateway. Its landing directory is a link to the shared zone, so a partition is a link to nowhere."""

    def __init__(self, folder, name, zone, streams=SETTINGS):
        self.folder = pathlib.Path(folder) / name
        self.folder.mkdir(parents=True)
        self.zone = pathlib.Path(zone)
        self.zone.mkdir(parents=True, exist_ok=True)
        self.link = self.folder / "zone"
        self.point_to(self.zone)
        self.name = name
        self.strong = streams["billing_usage"]["consistency"] == "strong"
        self.gateway = Gateway(self.folder, {
            "gateway": {"name": name},
            "landing": {"retry_min_milliseconds": 50, "retry_max_milliseconds": 200},
            "zones": {"main": {"kind": "directory", "directory": str(self.link)}},
            "listen": {"request_timeout_seconds": 20},
        })
        self.gateway.settings["streams"] = streams
        self.gateway.start()

    def partition(self):
        self.point_to("/dev/null/unreachable")

    def heal(self):
        self.point_to(self.zone)

    def point_to(self, place):
        """In one step: while there is no link, the gateway would make a directory of its name."""
        new = self.folder / "zone.new"
        new.symlink_to(place)
        new.replace(self.link)

    def crash(self):
        self.gateway.kill()

    def restart(self):
        self.gateway.start()

    def post(self, stream, events, key=None):
        """Posts events (dicts or raw lines). The response; its status says whether they are acknowledged."""
        lines = [event if isinstance(event, str) else json.dumps(event) for event in events]
        return self.gateway.post(stream, "".join(line + "\n" for line in lines).encode(), key)

    def settle(self, seconds=120):
        """Waits until a position that was stated after now has landed, and all that it covers: until then everything
        acknowledged before this call has. A data object may have landed before the ledger names it."""
        after = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            positions = [fact for fact in self.newest_facts() if fact["fact"] == "position" and fact["at"] > after]
            if positions and all(
                    self.landed_end(f["stream"], f["incarnation"]) >= f["next_sequence"] for f in positions):
                return
            time.sleep(0.1)
        raise AssertionError(f"{self.name} did not land in {seconds} s:\n{self.gateway.tail()}")

    def newest_facts(self):
        paths = sorted((self.zone / "_ledger").rglob(f"{self.name}_*.json.gz"), key=lambda path: path.stat().st_mtime)
        return [json.loads(line)["payload"] for path in paths[-2:]
                for line in gzip.decompress(path.read_bytes()).decode().splitlines()]

    def landed_end(self, stream, incarnation):
        names = (self.zone / stream).rglob(f"{self.name}_{incarnation}_*.json.gz")
        return max((int(path.name.split("-")[-1].split(".")[0]) + 1 for path in names), default=0)

    def close(self):
        self.gateway.__exit__()


def close_all(regions):
    for region in regions:
        region.close()
