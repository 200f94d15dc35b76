"""From POST to landed object, with real events, in a directory and on two S3 servers."""

import gzip
import json

import pytest

from conftest import data_file
from gateway import Gateway, payload_text, problem
from zones import DirectoryZone, S3Zone


@pytest.fixture(params=["directory", "moto", "ceph"])
def zone(request, folder):
    if request.param == "directory":
        return DirectoryZone(folder / "landing")
    # With a prefix on one of them: names in receipts and in the ledger are the same either way.
    return S3Zone(request.getfixturevalue(request.param), prefix="eu/landing" if request.param == "moto" else "")


def test_real_events_land_once_whole_and_readable(gateway):
    sent = data_file("cloudtrail.ndjson").read_text(encoding="utf-8").splitlines()
    batches = [sent[start:start + 100] for start in range(0, len(sent), 100)]
    for batch in batches:
        response = gateway.post("audit_logs", ("\n".join(batch) + "\n").encode())
        receipt = json.loads(response.body)
        assert (response.status, receipt["durability"], receipt["replayed"]) == (202, "journaled", False)
        assert receipt["events"] == {"received": len(batch), "accepted": len(batch), "quarantined": 0}
    gateway.wait_landed("audit_logs", len(sent))

    lines = list(gateway.lines("audit_logs"))
    assert [payload_text(line) for line in lines] == sent
    keys = [json.loads(line)["event_key"] for line in lines]
    assert keys == [json.loads(event)["eventID"] for event in sent]
    assert len(set(keys)) == len(keys)

    again = gateway.post("audit_logs", ("\n".join(batches[0]) + "\n").encode())
    receipt = json.loads(again.body)
    assert (again.status, receipt["replayed"]) == (200, True)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert receipt["sequence"]["first"] == 0 and receipt["sequence"]["last"] == 99

    assert gateway.stop() == 0
    assert len(list(gateway.lines("audit_logs"))) == len(sent)
    status, report = gateway.verify()
    assert (status, report["complete"]) == (0, True), report


def test_a_line_has_the_documented_members(gateway):
    gateway.post("anything", b'{"a":1}\n{"a":2}\n', key="k-1")
    first, second = gateway.wait_landed("anything", 2)
    assert list(first) == [
        "event_key", "batch_key", "batch_index", "batch_size", "producer", "received_at", "payload"]
    assert (first["event_key"], second["event_key"]) == ("k-1:0", "k-1:1")
    assert (first["batch_key"], first["batch_size"], second["batch_index"]) == ("k-1", 2, 1)


def test_every_format_and_coding_gives_the_same_payloads(gateway):
    events = ['{"n":1.10,"s":"\\u00e9"}', '{"n":2,"nested":{"deep":[1,2,{"x":null}]}}']
    array = ("[" + " ,\n".join(events) + "]").encode()
    ndjson = ("\n".join(events) + "\n").encode()
    import zstandard
    bodies = [
        (ndjson, "application/x-ndjson", {}),
        (array, "application/json", {}),
        (gzip.compress(ndjson), "application/x-ndjson", {"Content_Encoding": "gzip"}),
        (zstandard.compress(array), "application/json", {"Content_Encoding": "zstd"}),
    ]
    for index, (body, kind, headers) in enumerate(bodies):
        response = gateway.post("anything", body, key=f"format-{index}", content_type=kind, **headers)
        assert response.status == 202, response
    gateway.post("anything", events[0].encode(), key="single", content_type="application/json")
    gateway.wait_landed("anything", 2 * len(bodies) + 1)
    payloads = [payload_text(line) for line in gateway.lines("anything")]
    assert payloads == events * len(bodies) + events[:1]


def test_cloud_events_keep_source_and_id_as_key(gateway):
    event = {"specversion": "1.0", "id": "7", "source": "/jobs", "type": "run", "data": {"x": 1}}
    body = json.dumps([event, {**event, "id": None}]).encode()
    response = gateway.post("anything", body, content_type="application/cloudevents-batch+json")
    receipt = json.loads(response.body)
    assert receipt["events"] == {"received": 2, "accepted": 1, "quarantined": 1}
    assert receipt["rejected"][0]["index"] == 1 and receipt["rejected"][0]["reason"] == "null_member"
    assert gateway.wait_landed("anything", 1)[0]["event_key"] == "/jobs#7"


def test_a_strong_batch_is_one_object_that_exists_when_it_is_acknowledged(gateway):
    body = b'{"event_id":"u1","event_time":"2026-01-01T00:00:00Z","usage_quantity":0.10}\n'
    first = gateway.post("billing_usage", body, key="hour-1")
    receipt = json.loads(first.body)
    assert (first.status, receipt["durability"], receipt["sequence"]) == (201, "landed", None)
    assert receipt["object"] in gateway.objects("billing_usage")
    again = gateway.post("billing_usage", body, key="hour-1")
    assert (again.status, json.loads(again.body)["replayed"]) == (200, True)
    other = gateway.post("billing_usage", body.replace(b"u1", b"u2"), key="hour-1")
    assert (other.status, problem(other)["type"].split(":")[-1].split("/")[-1]) == (422, "key-reused")
    assert gateway.objects("billing_usage") == [receipt["object"]]
    assert '"usage_quantity":0.10' in next(gateway.lines("billing_usage"))


def test_a_strong_batch_with_one_bad_event_is_refused_whole(gateway):
    good = '{"event_id":"u1","event_time":"2026-01-01T00:00:00Z","usage_quantity":1}'
    body = f'{good}\n{{"event_id":null,"event_time":"2026-01-01T00:00:00Z","usage_quantity":1}}\n'.encode()
    response = gateway.post("billing_usage", body, key="bad")
    assert response.status == 422
    assert [(r["index"], r["reason"]) for r in problem(response)["rejected"]] == [(1, "null_member")]
    assert gateway.objects("billing_usage") == []


def test_receipts_and_dedup_survive_a_restart(gateway):
    body = b'{"eventID":"a","eventTime":"2026-01-01T00:00:00Z"}\nnot json\n'
    first = json.loads(gateway.post("audit_logs", body, key="once").body)
    gateway.kill()
    gateway.start()
    response = gateway.post("audit_logs", body, key="once")
    second = json.loads(response.body)
    assert (response.status, second["replayed"]) == (200, True)
    assert second["sequence"] == first["sequence"]
    assert second["events"] == first["events"]
    assert [r["reason"] for r in second["rejected"]] == ["malformed_json"]
    gateway.wait_landed("audit_logs", 1)
    # Landed, retired, and once more restarted: the key log still knows it.
    assert gateway.stop() == 0
    gateway.start()
    assert json.loads(gateway.post("audit_logs", body, key="once").body)["replayed"] is True
    assert gateway.stop() == 0
    assert len(gateway.landed("audit_logs")) == 1 and len(gateway.landed("_quarantine")) == 1
    assert gateway.verify()[0] == 0


def test_batches_of_only_bad_events_land_nothing_and_are_remembered(gateway):
    assert gateway.post("audit_logs", b"bad", key="bad").status == 202
    gateway.wait_landed("_quarantine", 1)
    good = b'{"eventID":"a","eventTime":"2026-01-01T00:00:00Z"}'
    assert gateway.post("audit_logs", good, key="good").status == 202
    gateway.wait_landed("audit_logs", 1)
    assert gateway.stop() == 0
    gateway.start()
    assert json.loads(gateway.post("audit_logs", b"bad", key="bad").body)["replayed"] is True
    assert gateway.stop() == 0
    assert len(gateway.objects("audit_logs")) == 1 and len(gateway.landed("_quarantine")) == 1
    assert gateway.verify()[0] == 0, gateway.verify()


def test_a_landing_directory_that_is_away_at_the_start_is_a_partition(folder):
    """As a bucket that can't be reached is: what a kill left is recovered and kept, strong streams refuse, and all of it
    lands once the directory is back."""
    volume, disk, new = folder / "volume", folder / "disk", folder / "new"
    disk.mkdir()
    volume.symlink_to(disk)
    event = b'{"eventID":"%d","eventTime":"2026-01-01T00:00:00Z"}'
    bill = b'{"event_id":"1","event_time":"2026-01-01T00:00:00Z","usage_quantity":1}'
    with Gateway(folder, zone=DirectoryZone(volume / "landing")) as gateway:
        # In one step, also back: while nothing is there, the gateway would make a directory.
        new.write_text("no directory")
        new.replace(volume)
        assert gateway.post("audit_logs", event % 1).status == 202
        gateway.kill()
        gateway.start()
        assert gateway.post("audit_logs", event % 2).status == 202
        refused = gateway.post("billing_usage", bill)
        assert refused.status == 503 and int(refused.headers["Retry-After"]) >= 1
        assert problem(refused)["type"].endswith("landing-unavailable")
        assert "Not a directory" in gateway.request("GET", "/readyz?verbose").body.decode()
        new.symlink_to(disk)
        new.replace(volume)
        assert {line["event_key"] for line in gateway.wait_landed("audit_logs", 2)} == {"1", "2"}
        assert gateway.post("billing_usage", bill).status == 201
        assert gateway.stop() == 0, gateway.tail()
        status, report = gateway.verify()
        assert (status, report["complete"]) == (0, True), report
