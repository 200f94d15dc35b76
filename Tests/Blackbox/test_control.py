"""The control plane of a real server: what it shows, what it orders, and the trail that tells of it."""

import gzip
import http.client
import json
import signal
import subprocess
import time

import yaml

from control import Control, eventually
from gateway import Gateway, binary, problem

EVENT = b'{"eventID":"%d","eventTime":"2026-01-01T00:00:00Z"}\n'


def stream(control, name):
    return control.get(f"/v1/streams/{name}")


def test_status_streams_segments_and_receipts_tell_the_truth(folder):
    with Gateway(folder, {"journal": {"segment_max_age_seconds": 10}}) as gateway:
        control = Control(gateway)
        for number in range(3):
            assert gateway.post("audit_logs", EVENT % number, key=f"k{number}").status == 202
        gateway.post("billing_usage", b'{"event_id":"1","event_time":"2026-01-01T00:00:00Z","usage_quantity":1}', key="b")
        status = control.get("/v1/status")
        assert status["gateway"] == "test-a" and status["ready"]
        assert {s["name"] for s in status["streams"]} >= {"audit_logs", "billing_usage", "_ledger", "_trail", "_quarantine"}
        logs = stream(control, "audit_logs")
        assert logs["backlog"]["events"] == 3 and logs["backlog"]["segments"] == 1 and logs["events_journaled"] == 3
        assert logs["backlog"]["oldest_age_seconds"] < 10
        (segment,) = control.get("/v1/segments?stream=audit_logs")["segments"]
        assert segment["state"] == "open" and segment["backlog"]["events"] == 3
        receipt = control.get("/v1/receipts/audit_logs/k1")
        assert receipt["durability"] == "journaled" and receipt["sequence"]["first"] == 1
        assert control.get("/v1/receipts/billing_usage/b")["durability"] == "landed"
        assert control.request("GET", "/v1/receipts/audit_logs/none").status == 404
        gateway.wait_landed("audit_logs", 3)
        eventually(lambda: stream(control, "audit_logs")["backlog"]["events"] == 0)
        assert control.get("/v1/receipts/audit_logs/k1")["durability"] == "landed"
        metrics = control.metrics()
        assert metrics['sluice_events_accepted_total{stream="audit_logs"}'] == 3
        assert metrics['sluice_landing_outcomes_total{stream="audit_logs",outcome="created"}'] == 1
        assert metrics['sluice_backlog_events{stream="audit_logs"}'] == 0
        assert metrics["process_resident_memory_bytes"] > 1e6
        gateway.kill()
        gateway.start()
        # Killed between landing and retiring, the segment is found landed once more.
        eventually(lambda: control.get("/v1/receipts/audit_logs/k1")["durability"] == "landed")


def test_what_is_wrong_is_said_and_changes_nothing(gateway):
    control = Control(gateway)
    for method, path, body, status in [
        ("GET", "/nothing", None, 404), ("GET", "/v1/streams/Nobody", None, 404), ("DELETE", "/v1/status", None, 405),
        ("POST", "/v1/producers", b"{", 400), ("POST", "/v1/producers", b"[]", 400),
        ("POST", "/v1/producers", {"name": "Not Good", "streams": ["*"]}, 400),
        ("POST", "/v1/producers", {"name": "anonymous", "streams": ["*"]}, 400),
        ("POST", "/v1/producers", {"name": "a"}, 400), ("POST", "/v1/producers", {"name": "a", "streams": []}, 400),
        ("POST", "/v1/producers", {"name": "a", "streams": ["_ledger"]}, 400),
        ("POST", "/v1/producers", {"name": "a", "streams": ["*"], "events_per_second": 0}, 400),
        ("POST", "/v1/producers", {"name": "a", "streams": ["*"], "events_per_second": True}, 400),
        ("POST", "/v1/producers", {"name": "a", "streams": ["*"], "unknown": 1}, 400),
        ("POST", "/v1/zones/main/hold", {}, 400), ("POST", "/v1/zones/none/hold", {"reason": "r"}, 404),
        ("GET", "/v1/segments?limit=0", None, 400), ("DELETE", "/v1/producers/none", None, 404),
        ("POST", "/v1/producers", b" " * 65537, 413),
    ]:
        answer = control.request(method, path, body)
        assert answer.status == status, (method, path, body, answer)
        problem(answer)
    assert control.request("DELETE", "/v1/status").headers["Allow"] == "GET"
    assert control.request("POST", "/v1/reload", "x", {"Content-Type": "text/plain"}).status == 415
    assert control.get("/v1/producers") == {"producers": []} and control.trail() == []


def test_a_held_zone_keeps_its_backlog_until_it_is_given_back(gateway):
    control = Control(gateway)
    held = control.sluice("partition", "hold", "--reason", "maintenance of the bucket")
    assert held.returncode == 0 and "mode hold" in held.stdout, held.stderr
    assert gateway.post("audit_logs", EVENT % 1).status == 202
    bill = b'{"event_id":"1","event_time":"2026-01-01T00:00:00Z","usage_quantity":1}'
    assert gateway.post("billing_usage", bill).status == 503
    time.sleep(2.5)
    assert gateway.landed("audit_logs") == []
    assert "PARTITIONED" in control.sluice("status").stdout
    assert control.metrics()['sluice_zone_state{zone="main",state="partitioned"}'] == 1
    assert control.sluice("partition", "auto", "--reason", "done").returncode == 0
    gateway.wait_landed("audit_logs", 1)
    lines = [(e["action"], e["actor"], e.get("reason")) for e in control.trail() if e["action"] != "zone_changed"]
    assert lines == [("zone_held", "anonymous", "maintenance of the bucket"), ("zone_auto", "anonymous", "done")]


def test_the_trail_is_chained_survives_kills_and_lands_and_verify_checks_it(folder):
    with Gateway(folder, {"ledger": {"position_interval_seconds": 1}}) as gateway:
        control = Control(gateway)
        for number in range(12):
            control.post("/v1/producers", {"name": f"p{number}", "streams": ["*"], "reason": 'quote " and \\ line\n'}, 201)
            if number % 4 == 3:
                gateway.kill()
                gateway.start()
        assert [entry["number"] for entry in control.trail()] == list(range(1, 13))
        assert gateway.stop() == 0
        landed = [line["payload"] for line in gateway.landed("_trail")]
        assert sorted(entry["number"] for entry in landed) == list(range(1, 13))
        assert all(entry["actor"] == "anonymous" and entry["address"] == "127.0.0.1" for entry in landed)
        status, report = gateway.verify()
        assert status == 0, report

        # The chain's beginning is taken away: names do not tell where that is, and what is missing at the end breaks no chain.
        first = next(path for name in gateway.objects("_trail") if b'"number":1,' in gzip.decompress(
            (path := gateway.folder / "landing" / name).read_bytes()))
        kept = first.read_bytes()
        first.unlink()
        status, report = gateway.verify()
        assert status == 1 and "trail_broken" in {finding["kind"] for finding in report["findings"]}
        assert any("are missing" in f["detail"] for f in report["findings"] if f["kind"] == "trail_broken")
        first.write_bytes(kept)
        assert gateway.verify()[0] == 0
        assert gzip.decompress(kept).count(b"producer_added") >= 1


def test_live_events_carry_status_and_trail(gateway):
    control = Control(gateway)
    connection = http.client.HTTPConnection("127.0.0.1", gateway.control_port, timeout=20)
    connection.request("GET", "/v1/events")
    response = connection.getresponse()
    assert response.status == 200 and response.headers["Content-Type"] == "text/event-stream"
    control.post("/v1/producers", {"name": "a", "streams": ["*"]}, 201)
    seen = {}
    deadline = time.monotonic() + 15
    while set(seen) != {"status", "trail"} and time.monotonic() < deadline:
        line = response.fp.readline().decode().strip()
        if line.startswith("event: "):
            kind = line.removeprefix("event: ")
        elif line.startswith("data: "):
            seen[kind] = json.loads(line.removeprefix("data: "))
    assert seen["status"]["gateway"] == "test-a" and seen["trail"]["action"] == "producer_added"
    started = time.monotonic()
    assert gateway.stop() == 0
    assert time.monotonic() - started < 20, "an open feed does not hold a stop up"
    connection.close()


def test_a_reload_puts_in_force_what_it_can_and_names_the_rest(gateway):
    control = Control(gateway)
    big = b'{"eventID":"1","pad":"%s"}' % (b"x" * 3000)
    assert gateway.post("audit_logs", big).status == 202
    gateway.settings["streams"]["audit_logs"]["body_max_bytes"] = 2048
    gateway.settings["streams"]["small"]["consistency"] = "strong"
    gateway.settings["log"] = {"level": "debug"}
    gateway.settings["workers"] = 3
    gateway.config.write_text(yaml.safe_dump(gateway.settings))
    done = control.post("/v1/reload", {"reason": "smaller bodies"})
    assert done == {
        "applied": ["log.level", "streams.audit_logs.body_max_bytes", "access.json"],
        "needs_restart": ["workers", "streams.small.consistency"]}
    assert gateway.post("audit_logs", big).status == 413
    again = control.sluice("reload", "--json")
    assert json.loads(again.stdout) == {**done, "applied": ["access.json"]}

    gateway.config.write_text(gateway.config.read_text().replace("body_max_bytes: 2048", "body_max_bytes: many"))
    refused = control.request("POST", "/v1/reload", {})
    assert refused.status == 422 and "body_max_bytes: `many`" in problem(refused)["faults"][0]
    command = control.sluice("reload")
    assert command.returncode == 1 and "`many`" in command.stderr
    assert gateway.post("audit_logs", big).status == 413, "the old settings stay in force"

    gateway.process.send_signal(signal.SIGHUP)
    eventually(lambda: [e["action"] for e in control.trail()].count("reload_refused") == 3)
    gateway.settings["streams"]["audit_logs"]["body_max_bytes"] = 1 << 20
    gateway.config.write_text(yaml.safe_dump(gateway.settings))
    gateway.process.send_signal(signal.SIGHUP)
    eventually(lambda: gateway.post("audit_logs", big).status in (200, 202))
    eventually(lambda: control.trail()[-1]["action"] == "settings_reloaded")
    assert (control.trail()[-1]["actor"], control.trail()[-1]["reason"]) == ("gateway", "SIGHUP")


def test_the_commands_read_as_a_person_would_want(gateway):
    control = Control(gateway)
    gateway.post("audit_logs", EVENT % 1, key="k")
    # Before it has landed.
    assert "journaled: 1 of 1" in control.sluice("receipt", "audit_logs", "k").stdout
    page = control.sluice("status")
    assert page.returncode == 0 and "test-a  ready" in page.stdout and "audit_logs" in page.stdout
    assert json.loads(control.sluice("status", "--json").stdout)["ready"]
    assert "billing_usage" in control.sluice("streams").stdout
    assert json.loads(control.sluice("streams", "--json").stdout)["streams"]
    assert control.sluice("receipt", "audit_logs", "none").returncode == 1
    made = control.sluice("producers", "add", "a", "--events-per-second", 5, "--expires-in-days", 30, "--json")
    assert json.loads(made.stdout)["key"].startswith("slp_")
    again = control.sluice("producers", "add", "a")
    assert again.returncode == 1 and "name is taken" in again.stderr
    assert control.sluice("producers", "key", "a").returncode == 0
    listed = json.loads(control.sluice("producers", "list", "--json").stdout)["producers"][0]
    assert len(listed["keys"]) == 2 and listed["events_per_second"] == 5
    assert control.sluice("producers", "set", "a", "--events-per-second", 0, "--stream", "audit_logs").returncode == 0
    listed = json.loads(control.sluice("producers", "list", "--json").stdout)["producers"][0]
    assert listed["streams"] == ["audit_logs"] and listed.get("events_per_second") is None
    assert control.sluice("producers", "revoke", "a", "--key", listed["keys"][0]["id"]).returncode == 0
    assert control.sluice("producers", "revoke", "a").returncode == 0
    assert "no producer" in control.sluice("producers").stdout
    watch = subprocess.Popen(
        [str(binary()), "status", "--watch", "--interval", "0.2", "--url", control.url], stdout=subprocess.PIPE, text=True)
    shown = 0
    while shown < 2:
        line = watch.stdout.readline()
        assert line, "it ended by itself"
        shown += "test-a  ready" in line
    watch.terminate()
    watch.communicate(timeout=60)
    gateway.kill()
    lost = control.sluice("status")
    assert lost.returncode == 2 and "is the gateway running" in lost.stderr
