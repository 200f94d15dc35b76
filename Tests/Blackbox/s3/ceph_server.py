"""Ceph's RADOS Gateway from Debian: one monitor, one OSD on a sparse file, one gateway, all in a temporary folder.

It verifies signatures, the clock's skew and the body's hash, and holds `If-None-Match: *` atomically. It differs from AWS
in that it takes any region, neither verifies nor returns `x-amz-checksum-*`, and ignores the condition on
CompleteMultipartUpload. No manager daemon runs: nothing that the tests use needs one.
"""

import json
import re
import shutil
import time
import uuid

import botocore.exceptions

from ports import free_port

from .server import Daemons, S3Server, StartFailed

PROGRAMS = ["ceph", "ceph-mon", "ceph-osd", "monmaptool", "radosgw", "radosgw-admin"]

CONFIG = """
[global]
fsid = {fsid}
mon host = [v2:127.0.0.1:{mon_port}/0]
mon initial members = a
public addr = 127.0.0.1
cluster addr = 127.0.0.1
auth cluster required = none
auth service required = none
auth client required = none
# Without keys there is nothing to encrypt with: these default to `secure`, and radosgw would hang.
ms mon cluster mode = crc
ms mon service mode = crc
ms mon client mode = crc
ms cluster mode = crc
ms service mode = crc
ms client mode = crc
keyring = {folder}/keyring
run dir = {folder}
crash dir = {folder}
admin socket =
log file = {folder}/$name.log
log to stderr = false
mon cluster log file = {folder}/cluster.log
mon cluster log to stderr = false
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0

[mon]
mon data = {folder}/$name
mon allow pool size one = true
mon data avail warn = 1
mon data avail crit = 1
mon max pg per osd = 1000

[osd]
osd data = {folder}/$name
osd objectstore = bluestore
bluestore block create = true
bluestore block size = 34359738368
bluestore cache autotune = false
bluestore cache size = 67108864
osd class load list = *
osd class default list = *
osd op num shards = 2
osd scrub load threshold = 0

[client]
rgw thread pool size = 64
rgw dynamic resharding = false
rgw override bucket index max shards = 1
rgw run sync thread = false
rgw enable usage log = false
rgw gc obj min wait = 5
rgw gc processor period = 5
rgw gc processor max time = 5
debug rgw = 1
"""


class CephServer(S3Server):
    name = "ceph"
    verifies_signatures = True

    def __init__(self):
        super().__init__()
        self._daemons = None
        self._sessions = None
        self.start_seconds = None

    @staticmethod
    def missing() -> list:
        """The programs that are not installed."""
        return [program for program in PROGRAMS if not shutil.which(program)]

    def start(self):
        if missing := self.missing():
            raise StartFailed(f"not installed: {', '.join(missing)}; run `make deps`")
        began = time.monotonic()
        self._daemons = Daemons("ceph")
        try:
            self._bring_up()
        except BaseException:
            self.stop()
            raise
        self.start_seconds = time.monotonic() - began

    def _bring_up(self):
        daemons, folder = self._daemons, self._daemons.folder
        config = folder / "ceph.conf"
        (folder / "keyring").touch()
        common = ["--conf", str(config), "--no-mon-config"]
        ceph = ["ceph", "--conf", str(config), "--connect-timeout", "60"]
        fsid, osd = str(uuid.uuid4()), str(uuid.uuid4())

        # The port is chosen before it is bound: when another process was quicker, take another.
        for _ in range(5):
            mon_port = free_port()
            config.write_text(CONFIG.format(fsid=fsid, folder=folder, mon_port=mon_port))
            shutil.rmtree(folder / "mon.a", ignore_errors=True)
            (folder / "mon.a").mkdir()
            daemons.run(["monmaptool", "--create", "--clobber", "--fsid", fsid, "--addv", "a",
                         f"[v2:127.0.0.1:{mon_port}/0]", "monmap"])
            daemons.run(["ceph-mon", *common, "--mkfs", "-i", "a", "--monmap", "monmap"])
            mon = daemons.spawn("mon", ["ceph-mon", *common, "-f", "-i", "a"])
            if self._answers(mon, [*ceph, "mon", "stat"]):
                break
            daemons.processes.clear()
        else:
            raise StartFailed(f"the monitor did not start\n{daemons.logs()}")

        # The map and the disk must name the same uuid, or the OSD never comes up.
        daemons.run([*ceph, "osd", "new", osd, "0"])
        (folder / "osd.0").mkdir()
        daemons.run(["ceph-osd", *common, "-i", "0", "--mkfs", "--osd-uuid", osd])
        daemons.spawn("osd", ["ceph-osd", *common, "-f", "-i", "0"])
        daemons.wait("OSD up", lambda: " 1 up" in daemons.run([*ceph, "osd", "stat"]), 120)

        # Before the gateway: it makes the zone and its pools, which two makers at once would fight over.
        daemons.run(["radosgw-admin", *common, "user", "create", "--uid", "tests", "--display-name", "tests",
                     "--access-key", self.access_key, "--secret-key", self.secret_key, "--caps", "user-policy=*"], 180)
        for _ in range(5):
            self.port = free_port()
            gateway = daemons.spawn("gateway", [
                "radosgw", *common, "-f", "-n", "client.gateway",
                "--rgw-frontends", f"beast endpoint=127.0.0.1:{self.port}"])
            try:
                daemons.wait("answer of radosgw", self._serves, 120)
                self._make_pools()
                return
            except StartFailed:
                if gateway.poll() is None:
                    raise
                daemons.processes.pop()
        raise StartFailed(f"radosgw did not start\n{daemons.logs()}")

    def _answers(self, process, command):
        try:
            self._daemons.run(command)
            return True
        except StartFailed:
            if process.poll() is None:
                raise
            return False

    def _serves(self, server=None):
        try:
            (server or self).client(connect_timeout=2, read_timeout=10).list_buckets()
            return True
        except (botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError):
            return False

    def _make_pools(self):
        """The first bucket and object make the pools for their kind, which takes seconds: no test should pay for that."""
        patient = self.client(retries={"total_max_attempts": 10, "mode": "standard"})
        patient.create_bucket(Bucket="first")
        patient.put_object(Bucket="first", Key="first", Body=b"first")
        patient.delete_object(Bucket="first", Key="first")
        patient.delete_bucket(Bucket="first")

    def sessions(self):
        """A second gateway to the same objects, which issues temporary credentials and verifies their tokens. (It answers
        AccessDenied to a wrong signature, so it is not the first.)"""
        if self._sessions is None:
            self._sessions = S3Server()
            self._sessions.name, self._sessions._buckets = self.name, self._buckets
            self._sessions.port = free_port()
            self._daemons.spawn("sessions", [
                "radosgw", "--conf", str(self._daemons.folder / "ceph.conf"), "--no-mon-config", "-f", "-n",
                "client.sessions", "--rgw-frontends", f"beast endpoint=127.0.0.1:{self._sessions.port}",
                "--rgw-s3-auth-use-sts=true", "--rgw-sts-key=sluice-test-key1"])
            self._daemons.wait("answer of the second radosgw", lambda: self._serves(self._sessions), 120)
            statement = {"Effect": "Allow", "Action": "sts:GetSessionToken", "Resource": "*"}
            self._sessions.service("iam").put_user_policy(
                UserName="tests", PolicyName="sessions",
                PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
        return self._sessions

    def stop(self):
        if self._daemons:
            self._daemons.stop()
            self._daemons = None

    @property
    def log(self):
        return self._daemons.folder / "client.gateway.log"

    def requests(self, containing="") -> list:
        """The gateway's own log line of every request so far that contains the text, oldest first.

        A line reads `... beast: 0x...: 127.0.0.1 - tests [time] "PUT /bucket/key HTTP/1.1" 200 123 - agent - latency=...`.
        The log is written a moment after the answer: poll when waiting for one.
        """
        lines = self.log.read_text(errors="replace").splitlines()
        return [line for line in lines if " beast: " in line and containing in line]

    @staticmethod
    def status_of(line) -> int:
        """The HTTP status in one line of `requests`."""
        return int(re.search(r'" (\d{3}) ', line)[1])
