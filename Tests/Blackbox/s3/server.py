"""What every S3 server of the tests offers, whoever wrote it."""

import base64
import dataclasses
import hashlib
import http.client
import itertools
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import urllib.parse

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.credentials


class StartFailed(Exception):
    """A server that could not be brought up; the message carries what its logs said."""


@dataclasses.dataclass(frozen=True)
class Stored:
    """One object as the server returns it."""

    key: str
    body: bytes
    etag: str
    metadata: dict
    version: str | None = None

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.body).hexdigest()


class S3Server:
    """An S3 server on loopback: where it is, how to enter, and what is in it."""

    name = "?"
    region = "us-east-1"
    access_key = "AKIASLUICETESTS00001"
    secret_key = "sluice/tests+secret/0123456789abcdefghij"
    verifies_signatures = False

    def __init__(self):
        self.port = None
        self._buckets = itertools.count(1)
        # Connections of `bytes`, one for each thread.
        self._local = threading.local()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, endpoint=None, access_key=None, secret_key=None, session_token=None, region=None, **config):
        """A boto3 client: path style, no retries and a checksum only where S3 demands one, unless told otherwise."""
        config = {
            "s3": {"addressing_style": "path"}, "retries": {"total_max_attempts": 1, "mode": "standard"},
            "request_checksum_calculation": "when_required", "response_checksum_validation": "when_required",
            "connect_timeout": 10, "read_timeout": 60, "max_pool_connections": 50, **config,
        }
        return boto3.client(
            "s3", endpoint_url=endpoint or self.endpoint, region_name=region or self.region,
            aws_access_key_id=access_key or self.access_key, aws_secret_access_key=secret_key or self.secret_key,
            aws_session_token=session_token, config=botocore.config.Config(**config))

    @property
    def boto3(self):
        """The one client that the tests themselves look with; never the proxy's."""
        if not hasattr(self, "_client"):
            self._client = self.client(retries={"total_max_attempts": 5, "mode": "standard"})
        return self._client

    def service(self, name):
        """A boto3 client for another of the server's services: moto has iam, kms, cloudformation, sns, sqs and more, Ceph iam and sts."""
        return boto3.client(
            name, endpoint_url=self.endpoint, region_name=self.region, aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key)

    def sessions(self) -> "S3Server":
        """The same buckets, where temporary credentials are issued and good."""
        return self

    def session(self) -> dict:
        """Temporary credentials, fresh: `AccessKeyId`, `SecretAccessKey`, `SessionToken`, `Expiration`."""
        return self.service("sts").get_session_token(DurationSeconds=900)["Credentials"]

    def environment(self, bucket, endpoint=None) -> dict:
        """What `config/s3.yaml` and AWS's own tools read."""
        return {
            "SLUICE_S3_BUCKET": bucket, "SLUICE_S3_ENDPOINT": endpoint or self.endpoint,
            "SLUICE_S3_REGION": self.region, "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
        }

    def fresh_bucket(self, versioned=False) -> str:
        """An empty bucket that no other test knows; versioned, to see every version a key ever had."""
        name = f"t{os.getpid()}-{next(self._buckets)}"
        self.boto3.create_bucket(Bucket=name)
        if versioned:
            self.boto3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        return name

    def keys(self, bucket, prefix="") -> list:
        """Every key under the prefix, in the order of the listing."""
        pages = self.boto3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]

    def object(self, bucket, key, version=None) -> Stored:
        where = {"Bucket": bucket, "Key": key, **({"VersionId": version} if version else {})}
        answer = self.boto3.get_object(**where)
        return Stored(key, answer["Body"].read(), answer["ETag"].strip('"'), answer["Metadata"], version)

    def bytes(self, bucket, key) -> bytes:
        """An object's bytes, in a tenth of the time that boto3 takes: for the tests that read thousands."""
        request = botocore.awsrequest.AWSRequest("GET", f"{self.endpoint}/{bucket}/{urllib.parse.quote(key)}")
        credentials = botocore.credentials.Credentials(self.access_key, self.secret_key)
        botocore.auth.S3SigV4Auth(credentials, "s3", self.region).add_auth(request)
        path, fields = urllib.parse.urlsplit(request.url).path, dict(request.headers)
        try:
            status, body = self._ask(path, fields)
        except (http.client.HTTPException, OSError):
            # The store has closed the connection since it was last used; a new one follows.
            self._local.connection.close()
            status, body = self._ask(path, fields)
        assert status == 200, (key, status, body)
        return body

    def _ask(self, path, fields):
        if not hasattr(self._local, "connection"):
            self._local.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        self._local.connection.request("GET", path, headers=fields)
        answer = self._local.connection.getresponse()
        return answer.status, answer.read()

    def objects(self, bucket, prefix="") -> list:
        """Every object under the prefix with its bytes and metadata."""
        return [self.object(bucket, key) for key in self.keys(bucket, prefix)]

    def versions(self, bucket, prefix="") -> dict:
        """In a versioned bucket: for each key, the ids of its versions, newest first."""
        found = {}
        for page in self.boto3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix):
            for entry in page.get("Versions", []):
                found.setdefault(entry["Key"], []).append(entry["VersionId"])
        return found

    def start(self):
        raise NotImplementedError

    def stop(self):
        raise NotImplementedError

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()


class Daemons:
    """Child processes in a temporary folder, all of it gone at the end: on success, failure and Ctrl-C, and should the
    test runner itself be killed, the children die with it and the next run removes the folder."""

    def __init__(self, what):
        self.clear_the_dead(what)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"sluice-{what}-{os.getpid()}-"))
        self.processes = []

    @property
    def bound(self):
        """What makes a command die with us, put before it."""
        return ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []

    @staticmethod
    def clear_the_dead(what):
        """Removes the folders of runs that could not do so themselves."""
        for path in pathlib.Path(tempfile.gettempdir()).glob(f"sluice-{what}-*-*"):
            owner = re.match(rf"sluice-{what}-(\d+)-", path.name)
            if owner and not pathlib.Path(f"/proc/{owner[1]}").exists():
                shutil.rmtree(path, ignore_errors=True)

    def spawn(self, name, command, environment=None):
        """Starts a daemon that dies with us; its output goes to `<name>.out`."""
        with open(self.folder / f"{name}.out", "ab") as out:
            # A session of its own: Ctrl-C reaches the test runner alone, which then stops us in order.
            process = subprocess.Popen(
                [*self.bound, *command], stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=self.folder,
                start_new_session=True, env={**os.environ, **(environment or {})})
        self.processes.append((name, process))
        return process

    def run(self, command, seconds=60):
        """Runs a command of the set-up to its end; its output, or `StartFailed`. It dies with us, too."""
        try:
            done = subprocess.run(
                [*self.bound, *command], capture_output=True, text=True, timeout=seconds, stdin=subprocess.DEVNULL, cwd=self.folder)
        except subprocess.TimeoutExpired as error:
            raise StartFailed(f"{' '.join(command)} did not end in {seconds} s\n{self.logs()}") from error
        if done.returncode != 0:
            raise StartFailed(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr[-2000:]}\n{self.logs()}")
        return done.stdout

    def wait(self, what, ready, seconds):
        """Polls until `ready()` is true; fails early when a daemon dies."""
        deadline = time.monotonic() + seconds
        while not ready():
            for name, process in self.processes:
                if process.poll() is not None:
                    raise StartFailed(f"{name} ended with {process.returncode} before {what}\n{self.logs()}")
            if time.monotonic() > deadline:
                raise StartFailed(f"no {what} in {seconds} s\n{self.logs()}")
            time.sleep(0.1)

    def logs(self):
        """The end of every log in the folder."""
        parts = []
        for path in sorted([*self.folder.glob("*.out"), *self.folder.glob("*.log")]):
            text = path.read_text(errors="replace")[-1500:].strip()
            if text:
                parts.append(f"--- {path.name}\n{text}")
        return "\n".join(parts)

    def stop(self):
        for _, process in reversed(self.processes):
            if process.poll() is None:
                try:
                    os.killpg(process.pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        for _, process in self.processes:
            process.wait()
        self.processes = []
        shutil.rmtree(self.folder, ignore_errors=True)


def checksum_sha256(body: bytes) -> str:
    """A body's SHA-256 as `x-amz-checksum-sha256` carries it."""
    return base64.b64encode(hashlib.sha256(body).digest()).decode()
