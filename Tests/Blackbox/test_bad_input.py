"""Bad input: each refusal has its documented problem type, and nothing bad lands as good."""

import gzip
import json
import socket
import threading

import pytest

from conftest import vectors
from control import eventually
from gateway import problem


def slug(response):
    return problem(response)["type"].split(":")[-1].split("/")[-1]


def raw(gateway, text, receive=True):
    """Sends bytes as they are; returns the answer's first line."""
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=10) as connection:
        connection.sendall(text)
        return connection.recv(65536).split(b"\r\n")[0].decode() if receive else None


GOOD = b'{"eventID":"a","eventTime":"2026-01-01T00:00:00Z"}'


def test_empty_body(gateway):
    for body in (b"", b"\n\n", b" \n"):
        response = gateway.post("audit_logs", body)
        assert (response.status, slug(response)) == (400, "empty-body")


def test_a_malformed_line_in_the_middle_goes_to_quarantine(gateway):
    body = GOOD + b"\n" + b'{"eventID": oops}' + b"\n" + GOOD.replace(b'"a"', b'"b"') + b"\n"
    response = gateway.post("audit_logs", body)
    receipt = json.loads(response.body)
    assert response.status == 202
    assert receipt["events"] == {"received": 3, "accepted": 2, "quarantined": 1}
    assert [(r["index"], r["reason"]) for r in receipt["rejected"]] == [(1, "malformed_json")]
    assert [line["event_key"] for line in gateway.wait_landed("audit_logs", 2)] == ["a", "b"]
    (bad,) = gateway.wait_landed("_quarantine", 1)
    assert bad["payload"]["stream"] == "audit_logs" and bad["payload"]["raw"] == '{"eventID": oops}'


def test_truncated_gzip(gateway):
    response = gateway.post("audit_logs", gzip.compress(GOOD * 50)[:-9], Content_Encoding="gzip")
    assert (response.status, slug(response)) == (400, "malformed-encoding")


def test_bytes_after_the_gzip(gateway):
    response = gateway.post("audit_logs", gzip.compress(GOOD) + b"garbage", Content_Encoding="gzip")
    assert (response.status, slug(response)) == (400, "malformed-encoding")


def test_gzip_bomb(gateway):
    bomb = gzip.compress(b"\0" * (200 << 20))
    response = gateway.post("audit_logs", bomb, Content_Encoding="gzip")
    assert response.status == 413
    assert slug(response) in ("decoded-too-large", "expansion-too-high")


def test_a_zstd_window_over_the_limit_is_refused_by_its_limit(gateway):
    """A frame by hand (RFC 8878): magic, no flags, the window's exponent and eighths, one raw block."""
    def frame(window, text=b'{"eventID":"w","eventTime":"2026-01-01T00:00:00Z"}'):
        return b"\x28\xb5\x2f\xfd\x00" + bytes([window]) + (len(text) << 3 | 1).to_bytes(3, "little") + text

    assert gateway.post("audit_logs", frame(14 << 3), Content_Encoding="zstd").status == 202
    for window in (14 << 3 | 1, 21 << 3):
        response = gateway.post("audit_logs", frame(window), Content_Encoding="zstd")
        assert response.status == 413
        assert problem(response)["type"].endswith(":window-too-large") and problem(response)["limit_bytes"] == 1 << 24


@pytest.mark.parametrize("kind", ["application/x-ndjson", "application/json"])
def test_a_hundred_thousand_brackets(gateway, kind):
    response = gateway.post("anything", b"[" * 100_000, content_type=kind)
    if response.status == 202:
        receipt = json.loads(response.body)
        # Never closed, and too deep: either is true.
        assert receipt["events"]["accepted"] == 0
        assert receipt["rejected"][0]["reason"] in ("too_deep", "malformed_json")
    else:
        assert (response.status, slug(response)) == (400, "malformed-document")


def test_invalid_utf8(gateway):
    response = gateway.post("audit_logs", GOOD[:-1] + b',"x":"\xff\xfe"}\n')
    assert json.loads(response.body)["rejected"][0]["reason"] == "invalid_utf8"
    (bad,) = gateway.wait_landed("_quarantine", 1)
    assert "raw_base64" in bad["payload"]


def test_event_too_large(gateway):
    event = b'{"x":"' + b"a" * (1024 - 8) + b'"}'
    assert len(event) == 1024
    assert json.loads(gateway.post("small", event).body)["events"]["accepted"] == 1
    receipt = json.loads(gateway.post("small", event[:-2] + b'b"}').body)
    assert receipt["rejected"][0]["reason"] == "too_large"


def test_batch_too_large_by_content_length(gateway):
    line = b'{"x":"' + b"a" * 1000 + b'"}\n'
    body = line * (65536 // len(line))
    body += b" " * (65536 - len(body))
    assert gateway.post("small", body).status == 202
    response = gateway.post("small", body + b" ")
    assert (response.status, slug(response)) == (413, "body-too-large")


def test_too_many_events(gateway):
    assert gateway.post("small", b"{}\n" * 100).status == 202
    response = gateway.post("small", b"{}\n" * 101)
    assert (response.status, slug(response)) == (413, "too-many-events")


def test_unknown_stream(gateway):
    for name in ("nobody", "_ledger", "_quarantine"):
        response = gateway.post(name, GOOD)
        assert (response.status, slug(response)) == (404, "unknown-stream")


@pytest.mark.parametrize("name", ["..", "%2e%2e", "..%2f..%2fetc", "a%2fb", "UPPER", "a" * 64, "%00"])
def test_traversal_in_the_stream_name(gateway, name):
    # The first landing makes directories of its own.
    eventually(lambda: gateway.objects("_ledger"))
    before = sorted(gateway.folder.rglob("*"))
    response = gateway.request(
        "POST", f"/v1/streams/{name}/events", GOOD, {"Content-Type": "application/x-ndjson"})
    assert response.status == 404
    after = sorted(path for path in gateway.folder.rglob("*") if "_ledger" not in str(path))
    assert [path for path in after if path not in before and path.is_dir()] == []


def test_missing_length(gateway):
    line = raw(gateway, b"POST /v1/streams/audit_logs/events HTTP/1.1\r\nHost: x\r\n"
                        b"Content-Type: application/x-ndjson\r\n\r\n")
    assert line.startswith("HTTP/1.1 411")


def test_wrong_content_type(gateway):
    response = gateway.post("audit_logs", GOOD, content_type="text/xml")
    assert (response.status, slug(response)) == (415, "unsupported-media-type")


def test_key_reuse_with_another_body(gateway):
    assert gateway.post("audit_logs", GOOD, key="k").status == 202
    response = gateway.post("audit_logs", GOOD.replace(b'"a"', b'"b"'), key="k")
    assert (response.status, slug(response)) == (422, "key-reused")
    assert len(gateway.wait_landed("audit_logs", 1)) == 1


def test_the_same_key_many_times_at_once(gateway):
    outcomes = []
    body = b"".join(GOOD.replace(b'"a"', b'"%d"' % i) + b"\n" for i in range(500))

    def post():
        response = gateway.post("audit_logs", body, key="at-once")
        outcomes.append((response.status, json.loads(response.body)["sequence"]["first"]))

    threads = [threading.Thread(target=post) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [(200, 0)] * 15 + [(202, 0)]
    gateway.stop()
    assert len(gateway.landed("audit_logs")) == 500


def test_json_vectors_over_http(gateway):
    """y_ is accepted, n_ is not; as one document each. What i_ does is held by the payload tests."""
    for path in sorted(vectors("json").glob("[yn]_*.json")):
        body = path.read_bytes()
        response = gateway.post("anything", body, key=path.name, content_type="application/json")
        accepted = response.status == 202 and json.loads(response.body)["events"]["quarantined"] == 0
        # An empty array is good JSON, but no batch.
        if path.name.startswith("y_") and body.strip() not in (b"[]", b"[ ]", b" [] "):
            assert accepted or slug(response) == "empty-body", (path.name, response)
        if path.name.startswith("n_"):
            assert not accepted, (path.name, response)
