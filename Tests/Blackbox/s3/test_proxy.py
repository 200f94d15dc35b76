"""The fault proxy does what it says, and its record can tell a good history from a bad one."""

import email.utils
import hashlib
import http.client
import socket
import threading
import time

import botocore.exceptions
import pytest

from control import eventually

from . import faults
from .plan import Always, Script, Seeded
from .proxy import FaultProxy

BODY = b"0123456789" * 3000


@pytest.fixture
def proxy(s3):
    with FaultProxy(s3) as running:
        yield running
    assert not running.errors


@pytest.fixture
def bucket(s3):
    return s3.fresh_bucket()


def put(s3, proxy, bucket, key, body=BODY, condition="*", read_timeout=60):
    """What a client without retries makes of one PUT: a status, an error's code, or `broken`."""
    client = s3.client(endpoint=proxy.endpoint, connect_timeout=3, read_timeout=read_timeout)
    try:
        extra = {"IfNoneMatch": condition} if condition else {}
        return client.put_object(Bucket=bucket, Key=key, Body=body, **extra)["ResponseMetadata"]["HTTPStatusCode"]
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]["Code"]
    except (botocore.exceptions.HTTPClientError, botocore.parsers.ResponseParserError):
        return "broken"


def test_requests_pass_with_their_signatures_intact(s3, proxy, bucket):
    client = s3.client(endpoint=proxy.endpoint)
    key = "a b/date=2026-01-01/ü+%~'().json.gz"
    client.put_object(Bucket=bucket, Key=key, Body=BODY, IfNoneMatch="*", Metadata={"sluice-sha256": "x"})
    assert client.get_object(Bucket=bucket, Key=key)["Body"].read() == BODY
    assert client.head_object(Bucket=bucket, Key=key)["ContentLength"] == len(BODY)
    assert client.get_object(Bucket=bucket, Key=key, Range="bytes=10-19")["Body"].read() == BODY[10:20]
    listed = client.list_objects_v2(Bucket=bucket, Prefix="a b/")["Contents"]
    assert [entry["Key"] for entry in listed] == [key] == s3.keys(bucket)
    with pytest.raises(botocore.exceptions.ClientError, match="404|NoSuchKey|Not Found"):
        client.head_object(Bucket=bucket, Key="absent")
    client.delete_object(Bucket=bucket, Key=key)
    assert s3.keys(bucket) == []
    assert [entry.answered for entry in proxy.record.entries()] == [200, 200, 200, 206, 200, 404, 204]
    first = proxy.record.puts()[0]
    assert (first.key, first.body_sha256, first.condition) == (key, hashlib.sha256(BODY).hexdigest(), "*")


def test_a_wrong_signature_is_refused_behind_the_proxy_too(ceph):
    bucket = ceph.fresh_bucket()
    with FaultProxy(ceph) as proxy:
        assert put(ceph, proxy, bucket, "k") == 200
        with pytest.raises(botocore.exceptions.ClientError, match="SignatureDoesNotMatch"):
            ceph.client(endpoint=proxy.endpoint, secret_key="wrong").put_object(Bucket=bucket, Key="k2", Body=b"")


# The fault, what a client without retries sees, whether the object is there afterwards.
SEEN = [
    (faults.through(), 200, True),
    (faults.drop_reply("reset"), "broken", True),
    (faults.drop_reply("close"), "broken", True),
    (faults.cut_reply(), "broken", True),
    (faults.hold(commit=True), "broken", True),
    (faults.hold(commit=False), "broken", False),
    (faults.never_read(), "broken", False),
    (faults.reset_at(0), "broken", False),
    (faults.reset_at(12_345), "broken", False),
    (faults.reset_at(12_345, upstream=True), "broken", False),
    (faults.reset_at_once(), "broken", False),
    (faults.internal_error(), "InternalError", False),
    (faults.internal_error(commit=True), "InternalError", True),
    (faults.slow_down(), "SlowDown", False),
    (faults.slow_down(retry_after=1), "SlowDown", False),
    (faults.too_many(), "TooManyRequests", False),
    (faults.conflict(), "ConditionalRequestConflict", False),
    (faults.conflict(commit=True), "ConditionalRequestConflict", True),
    (faults.false_exists(), "PreconditionFailed", False),
    (faults.expired_token(), "ExpiredToken", False),
    (faults.access_denied(), "AccessDenied", False),
    (faults.skewed(3600), "RequestTimeTooSkewed", False),
    (faults.ok_with_error(), 200, False),
    (faults.ok_with_error(commit=True), 200, True),
    (faults.truncated_xml(503), "503", False),
    (faults.not_http(), "broken", False),
    (faults.wrong_etag(), 200, True),
    (faults.wrong_checksum(), 200, True),
    (faults.slow_reply(0.5), 200, True),
    (faults.slow_upload(0.5), 200, True),
    (faults.delay(0.5), 200, True),
]


# Of these nothing ever comes.
SILENT = ("hold-after", "hold-before", "never-read")


@pytest.mark.parametrize("fault, seen, there", SEEN, ids=lambda value: getattr(value, "name", None))
def test_each_fault_shows_the_client_what_it_says_and_the_store_the_rest(s3, proxy, bucket, fault, seen, there):
    proxy.plan = Script(fault)
    answer = put(s3, proxy, bucket, "k", read_timeout=3 if fault.name in SILENT else 60)
    # A lenient client takes these for success or not, by version; ours must not.
    assert answer == seen or (fault.name.startswith("200-error") and answer in (200, "InternalError"))
    entry = proxy.record.puts()[0]
    eventually(lambda: entry.over)
    assert (entry.fault, entry.key, entry.stored) == (fault.name, "k", there)
    assert s3.keys(bucket) == (["k"] if there else [])
    assert proxy.record.stored(bucket) == ({"k": [hashlib.sha256(BODY).hexdigest()]} if there else {})
    # The trouble is over after one request, and the client's retry learns the truth.
    assert put(s3, proxy, bucket, "k") == ("PreconditionFailed" if there else 200)
    assert s3.object(bucket, "k").body == BODY
    assert not proxy.record.stored_twice() and not proxy.record.unconditional()


def test_lies_are_on_the_wire(moto):
    bucket = moto.fresh_bucket()
    with FaultProxy(moto) as proxy:
        client = moto.client(endpoint=proxy.endpoint)
        proxy.plan = Script(faults.wrong_etag(), faults.wrong_checksum())
        assert set(client.put_object(Bucket=bucket, Key="a", Body=BODY)["ETag"].strip('"')) == {"0"}
        told = client.put_object(Bucket=bucket, Key="b", Body=BODY)["ResponseMetadata"]["HTTPHeaders"]
        assert set(told["x-amz-checksum-sha256"]) == {"A", "="}
        proxy.plan = Always(faults.slow_down(retry_after=7))
        with pytest.raises(botocore.exceptions.ClientError) as error:
            client.put_object(Bucket=bucket, Key="c", Body=BODY)
        assert error.value.response["ResponseMetadata"]["HTTPHeaders"]["retry-after"] == "7"


def get(proxy, path, fault):
    """One answer as it stands on the wire."""
    proxy.plan = Always(fault)
    connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, answer.headers, answer.read()


def test_error_answers_carry_the_fields_that_s3_gives_them(moto):
    bucket = moto.fresh_bucket()
    with FaultProxy(moto) as proxy:
        status, headers, body = get(proxy, f"/{bucket}/k", faults.redirect("eu-west-3"))
        assert (status, headers["x-amz-bucket-region"]) == (301, "eu-west-3") and b">PermanentRedirect<" in body
        status, _, body = get(proxy, f"/{bucket}/k", faults.wrong_region("eu-west-3"))
        assert status == 400 and b"<Region>eu-west-3</Region>" in body
        status, headers, body = get(proxy, f"/{bucket}/k", faults.skewed(7200))
        ahead = email.utils.parsedate_to_datetime(headers["Date"]).timestamp() - time.time()
        assert status == 403 and 7190 < ahead < 7210
        status, headers, body = get(proxy, f"/{bucket}/k", faults.truncated_xml(503))
        assert status == 503 and int(headers["Content-Length"]) == len(body) and not body.endswith(b">")
        _, _, whole = get(proxy, f"/{bucket}?list-type=2", faults.through())
        _, headers, half = get(proxy, f"/{bucket}?list-type=2", faults.truncated_body())
        assert whole.startswith(half) and int(headers["Content-Length"]) == len(half) == len(whole) // 2


def raw_put(port, bucket, key, body=b"x", connection=None):
    connection = connection or http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("PUT", f"/{bucket}/{key}", body)
    answer = connection.getresponse()
    answer.read()
    return connection, answer.status


def test_a_kept_alive_connection_ends_just_as_its_next_request_comes(moto):
    bucket = moto.fresh_bucket()
    with FaultProxy(moto, Always(faults.close_idle())) as proxy:
        connection, status = raw_put(proxy.port, bucket, "first")
        assert status == 200
        connection.auto_open = False
        with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
            raw_put(proxy.port, bucket, "second", connection=connection)
        assert moto.keys(bucket) == ["first"]
        assert raw_put(proxy.port, bucket, "second")[1] == 200


def test_bytes_before_the_reset_are_those_that_were_asked_for(moto):
    bucket = moto.fresh_bucket()
    with FaultProxy(moto, Always(faults.reset_at(1000))) as proxy:
        with socket.create_connection(("127.0.0.1", proxy.port)) as client:
            client.sendall(f"PUT /{bucket}/k HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n".encode() + b"x" * 999)
            client.settimeout(0.3)
            with pytest.raises(TimeoutError):
                client.recv(1)
            client.sendall(b"x")
            client.settimeout(5)
            with pytest.raises(ConnectionResetError):
                client.recv(1)
        assert proxy.record.puts()[0].body_bytes == 1000 and moto.keys(bucket) == []


def test_a_client_that_waits_for_100_continue_gets_it(moto):
    bucket = moto.fresh_bucket()
    with FaultProxy(moto) as proxy, socket.create_connection(("127.0.0.1", proxy.port)) as client:
        head = f"PUT /{bucket}/k HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n"
        client.sendall(head.encode())
        client.settimeout(5)
        assert client.recv(100).startswith(b"HTTP/1.1 100 ")
        client.sendall(b"x")
        assert client.recv(100).startswith(b"HTTP/1.1 200 ")


def test_slow_is_slow(moto):
    bucket = moto.fresh_bucket()
    for fault in (faults.slow_reply(1), faults.slow_upload(1), faults.delay(1)):
        with FaultProxy(moto, Script(fault)) as proxy:
            began = time.monotonic()
            assert put(moto, proxy, bucket, fault.name) == 200
            assert time.monotonic() - began > 0.9


def test_a_request_that_is_held_is_over_only_once_its_client_has_left(moto):
    bucket = moto.fresh_bucket()
    with FaultProxy(moto, Script(faults.hold())) as proxy:
        client = threading.Thread(target=put, args=(moto, proxy, bucket, "k"), kwargs={"read_timeout": 3})
        client.start()
        eventually(lambda: any(entry.answered == "held" for entry in proxy.record.puts()))
        held = proxy.record.puts()[0]
        assert not held.over and client.is_alive()
        client.join(60)
        eventually(lambda: held.over)


def test_the_record_sees_an_overwrite(moto):
    bucket = moto.fresh_bucket()
    with FaultProxy(moto) as proxy:
        for key, bodies in {"same": [b"1", b"1"], "other": [b"1", b"2"], "once": [b"1"]}.items():
            for body in bodies:
                assert put(moto, proxy, bucket, key, body, condition=None) == 200
        assert set(proxy.record.stored_twice()) == {"same", "other"}
        assert set(proxy.record.overwritten()) == {"other"}
        assert len(proxy.record.unconditional()) == 5
        # What was deleted may be stored again.
        moto.client(endpoint=proxy.endpoint).delete_object(Bucket=bucket, Key="other")
        assert put(moto, proxy, bucket, "other", b"3") == 200
        assert not proxy.record.overwritten()


def test_a_store_that_ignores_the_condition_is_seen_through(moto):
    bucket = moto.fresh_bucket()
    with FaultProxy(moto, Always(faults.ignore_condition())) as proxy:
        assert [put(moto, proxy, bucket, "k", body) for body in (b"1", b"2")] == [200, 200]
        assert set(proxy.record.overwritten()) == {"k"}


def test_a_link_that_is_down_refuses_and_comes_back_on_its_port(moto):
    bucket = moto.fresh_bucket()
    with FaultProxy(moto) as proxy:
        connection, _ = raw_put(proxy.port, bucket, "a")
        proxy.down()
        with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
            raw_put(proxy.port, bucket, "b", connection=connection)
        with pytest.raises(ConnectionRefusedError):
            raw_put(proxy.port, bucket, "b")
        proxy.up()
        assert raw_put(proxy.port, bucket, "b")[1] == 200
        assert moto.keys(bucket) == ["a", "b"]


def test_a_seed_gives_the_same_faults_again():
    entry = type("Entry", (), {"method": "PUT", "key": "k", "target": "/b/k"})
    choices = [faults.conflict(), faults.internal_error(), faults.drop_reply()]

    def drawn(seed):
        plan = Seeded(seed, choices)
        return [plan.choose(entry).name for _ in range(50)]

    assert drawn(7) == drawn(7) != drawn(8)
    assert {"pass", "500-InternalError", "drop-reply-reset"} <= set(drawn(7))
    healed = Seeded(7, choices)
    healed.heal()
    assert {healed.choose(entry).name for _ in range(50)} == {"pass"}


def test_many_clients_at_once_are_each_served_and_each_recorded(moto):
    bucket = moto.fresh_bucket()
    with FaultProxy(moto) as proxy:
        threads = [threading.Thread(target=lambda n=n: [raw_put(proxy.port, bucket, f"{n}-{i}") for i in range(10)])
                   for n in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(moto.keys(bucket)) == len(proxy.record.stored(bucket)) == 100
        assert not proxy.errors
