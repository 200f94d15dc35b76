"""What became of a batch, asked by its key; and answers that wait for landing."""

import json
import threading
import time
import urllib.parse

from control import eventually
from gateway import Gateway, problem

EVENT = b'{"eventID":"%d","eventTime":"2026-01-01T00:00:00Z"}'
BILL = b'{"event_id":"a","event_time":"2026-01-01T00:00:00Z","usage_quantity":1}'


def receipt(gateway, stream, key, status=200):
    response = gateway.request("GET", f"/v1/streams/{stream}/receipts/{urllib.parse.quote(key, safe='')}")
    assert response.status == status, response
    return json.loads(response.body)


def kind(response):
    return problem(response)["type"].split(":")[-1]


def wait_landed(gateway, stream, key, seconds=15):
    deadline = time.monotonic() + seconds
    while (found := receipt(gateway, stream, key))["durability"] != "landed":
        assert time.monotonic() < deadline, (found, gateway.tail())
        time.sleep(0.05)
    return found


def test_a_receipt_follows_its_batch_into_the_landing_zone_and_over_restarts(folder):
    with Gateway(folder, {"journal": {"segment_max_age_seconds": 3}}) as gateway:
        key = 'odd key/with "all" % of it'
        body = EVENT % 1 + b"\nnot json\n"
        quoted = key.replace('"', '\\"')
        first = json.loads(gateway.post("audit_logs", body, key=quoted).body)
        journaled = receipt(gateway, "audit_logs", key)
        assert (journaled["durability"], journaled["object"]) == ("journaled", None)
        gateway.kill()
        gateway.start()
        landed = wait_landed(gateway, "audit_logs", key)
        assert [landed["object"]] == gateway.objects("audit_logs")
        for field in ("stream", "batch_key", "events", "sequence"):
            assert landed[field] == first[field]
        assert [(r["index"], r["reason"]) for r in landed["rejected"]] == [(1, "malformed_json")]
        for stop in (gateway.kill, gateway.stop):
            stop()
            gateway.start()
            assert receipt(gateway, "audit_logs", key) == landed
            again = gateway.post("audit_logs", body, key=quoted)
            replayed = json.loads(again.body)
            assert (again.status, replayed["durability"], replayed["object"]) == (200, "landed", landed["object"])
        missing = receipt(gateway, "audit_logs", "never sent", 404)
        assert missing["type"].endswith(":unknown-batch") and missing["idempotency_window_seconds"] == 86400
        assert receipt(gateway, "nobody", "k", 404)["type"].endswith(":unknown-stream")
        assert gateway.request("GET", "/v1/streams/audit_logs/receipts/a/b").status == 400


def test_a_strong_receipt_is_the_same_at_every_gateway(folder):
    for name in ("a", "b"):
        (folder / name).mkdir()
    with Gateway(folder / "a") as one:
        with Gateway(folder / "b", {"gateway": {"name": "test-b"}}, zone=one.zone) as other:
            first = json.loads(one.post("billing_usage", BILL, key="hour-1").body)
            assert receipt(one, "billing_usage", "hour-1") == {**first, "replayed": True}
            assert receipt(other, "billing_usage", "hour-1") == {**first, "replayed": True}
            missing = receipt(other, "billing_usage", "hour-2", 404)
            assert missing["idempotency_window_seconds"] == 30 * 86400


def test_a_strong_request_on_an_available_stream_is_answered_once_landed(folder):
    with Gateway(folder, {"journal": {"segment_max_age_seconds": 60}}) as gateway:
        began = time.monotonic()
        response = gateway.post("audit_logs", EVENT % 1, key="a", Sluice_Consistency="strong")
        assert time.monotonic() - began < 20
        landed = json.loads(response.body)
        assert (response.status, landed["durability"], landed["replayed"]) == (201, "landed", False)
        assert [landed["object"]] == gateway.objects("audit_logs")
        again = gateway.post("audit_logs", EVENT % 1, key="a", Sluice_Consistency="strong")
        assert (again.status, json.loads(again.body)["object"]) == (200, landed["object"])
        assert gateway.post("audit_logs", EVENT % 2, key="b", Sluice_Consistency="available").status == 202
        assert gateway.post("billing_usage", BILL, key="a", Sluice_Consistency="strong").status == 201
        for stream, value in (("audit_logs", "Strong"), ("audit_logs", "eventual"), ("billing_usage", "available")):
            refused = gateway.post(stream, EVENT % 3, key="c", Sluice_Consistency=value)
            assert (refused.status, kind(refused)) == (400, "invalid-consistency")
        assert gateway.stop() == 0
        assert [line["event_key"] for line in gateway.landed("audit_logs")] == ["1", "2"]
        assert gateway.verify()[0] == 0


def test_many_strong_requests_share_seals(folder):
    with Gateway(folder, {"journal": {"segment_max_age_seconds": 60}}) as gateway:
        statuses = []

        def send(first):
            for number in range(first, first + 20):
                statuses.append(gateway.post("audit_logs", EVENT % number, Sluice_Consistency="strong").status)

        began = time.monotonic()
        threads = [threading.Thread(target=send, args=(20 * index,)) for index in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took = time.monotonic() - began
        assert statuses == [201] * 160
        assert len(gateway.objects("audit_logs")) <= took / 0.2 + 2, took
        assert gateway.stop() == 0
        assert gateway.verify()[0] == 0


def test_a_strong_request_that_cannot_land_in_time_says_that_it_is_journaled(folder):
    """The landing zone's staging is in the way of every create; then it is not."""
    with Gateway(folder, {
            "journal": {"segment_max_age_seconds": 60}, "listen": {"request_timeout_seconds": 2}}) as gateway:
        eventually(lambda: gateway.post("audit_logs", EVENT % 0, key="z", Sluice_Consistency="strong").status in (200, 201))
        stream = gateway.zone.directory / "audit_logs"
        aside = gateway.zone.directory / ".aside"
        stream.rename(aside)
        stream.write_text("a file where a directory belongs")
        response = gateway.post("audit_logs", EVENT % 1, key="a", Sluice_Consistency="strong")
        assert (response.status, kind(response)) == (503, "landing-pending"), response
        assert int(response.headers["Retry-After"]) >= 1 and "journaled" in problem(response)["detail"]
        assert receipt(gateway, "audit_logs", "a")["durability"] == "journaled"
        stream.unlink()
        aside.rename(stream)
        deadline = time.monotonic() + 30
        while (again := gateway.post("audit_logs", EVENT % 1, key="a", Sluice_Consistency="strong")).status == 503:
            assert time.monotonic() < deadline, gateway.tail()
        assert again.status == 200 and json.loads(again.body)["durability"] == "landed"
        assert gateway.stop() == 0
        assert [line["event_key"] for line in gateway.landed("audit_logs")] == ["0", "1"]
