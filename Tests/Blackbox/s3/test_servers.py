"""The S3 servers of the tests have the properties that the tests rest on."""

import collections
import concurrent.futures
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

import botocore.exceptions
import pytest

from .ceph_server import CephServer
from .server import Daemons


def status_of(call, *args, **kwargs) -> int:
    try:
        return call(*args, **kwargs)["ResponseMetadata"]["HTTPStatusCode"]
    except botocore.exceptions.ClientError as error:
        return error.response["ResponseMetadata"]["HTTPStatusCode"]


def test_an_object_comes_back_as_it_was_put(s3):
    bucket = s3.fresh_bucket()
    body = os.urandom(3 << 20)
    s3.boto3.put_object(Bucket=bucket, Key="a/b=1/c.json.gz", Body=body, Metadata={"sluice-sha256": "x"})
    s3.boto3.put_object(Bucket=bucket, Key="b", Body=b"")
    (stored,) = s3.objects(bucket, "a/")
    assert (stored.key, stored.body, stored.metadata) == ("a/b=1/c.json.gz", body, {"sluice-sha256": "x"})
    assert s3.keys(bucket) == ["a/b=1/c.json.gz", "b"]
    assert s3.keys(s3.fresh_bucket()) == []


def test_create_only_is_atomic(s3):
    bucket = s3.fresh_bucket()
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        for attempt in range(5):
            statuses = collections.Counter(pool.map(
                lambda n: status_of(s3.boto3.put_object, Bucket=bucket, Key=f"k{attempt}", Body=b"%d" % n,
                                    IfNoneMatch="*"), range(20)))
            assert statuses == {200: 1, 412: 19}


def test_a_versioned_bucket_keeps_the_condition_on_moto_but_not_on_ceph(s3):
    """Ceph 16.2 ignores `If-None-Match: *` in versioned buckets: a real store that a strong stream must refuse."""
    bucket = s3.fresh_bucket(versioned=True)
    statuses = [status_of(s3.boto3.put_object, Bucket=bucket, Key="k", Body=b"x", IfNoneMatch="*") for _ in range(2)]
    assert statuses == ([200, 412] if s3.name == "moto" else [200, 200])
    assert len(s3.versions(bucket)["k"]) == (1 if s3.name == "moto" else 2)


def test_ceph_verifies_who_and_what(ceph):
    bucket = ceph.fresh_bucket()
    wrong = ceph.client(secret_key="wrong")
    with pytest.raises(botocore.exceptions.ClientError) as error:
        wrong.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert error.value.response["Error"]["Code"] == "SignatureDoesNotMatch"
    assert ceph.keys(bucket) == []


def test_ceph_logs_every_request(ceph):
    bucket = ceph.fresh_bucket()
    ceph.boto3.put_object(Bucket=bucket, Key="logged", Body=b"x")
    status_of(ceph.boto3.put_object, Bucket=bucket, Key="logged", Body=b"x", IfNoneMatch="*")
    deadline = time.monotonic() + 10
    while len(lines := ceph.requests(f"PUT /{bucket}/logged")) < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert [ceph.status_of(line) for line in lines] == [200, 412]


@pytest.mark.skipif(bool(CephServer.missing()), reason="CEPH IS NOT INSTALLED: run `make deps`")
@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGKILL])
def test_a_killed_run_leaves_no_daemon(name):
    """Whether it can clean up (Ctrl-C) or not (SIGKILL), and also in the middle of the start."""
    program = "from s3.ceph_server import CephServer\nwith CephServer():\n    import time; time.sleep(60)"
    # A job in the background of a shell ignores SIGINT, and so would all that it starts.
    runner = subprocess.Popen(
        [sys.executable, "-c", program], cwd=pathlib.Path(__file__).parents[1], stderr=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    folder = f"sluice-ceph-{runner.pid}-"

    def daemons():
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and folder in (entry / "cmdline").read_text():
                    found.append(entry.name)
            except OSError:
                pass
        return found

    deadline = time.monotonic() + 60
    while not daemons():
        assert runner.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    runner.send_signal(name)
    runner.wait(30)
    while daemons():
        assert time.monotonic() < deadline, daemons()
        time.sleep(0.05)
    if name == signal.SIGKILL:
        Daemons.clear_the_dead("ceph")
    assert not list(pathlib.Path(tempfile.gettempdir()).glob(folder + "*"))
