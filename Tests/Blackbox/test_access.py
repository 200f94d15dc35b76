"""Keys of producers and operators, as they hold at both planes of a real server."""

import json
import os
import stat
import threading
import time

import pytest

from control import Control, eventually, first_admin
from gateway import Gateway, problem

EVENT = b'{"eventID":"%d","eventTime":"2026-01-01T00:00:00Z"}\n'
REQUIRED = {"access": {"authentication": "required"}}


@pytest.fixture
def guarded(folder):
    with Gateway(folder, REQUIRED) as gateway:
        yield gateway


def post(gateway, key, stream="audit_logs", number=1, **headers):
    if key:
        headers["Authorization"] = f"Bearer {key}"
    return gateway.post(stream, EVENT % number, key=f"b{number}", **headers)


def test_the_first_admin_makes_a_producer_which_sends_under_its_name(guarded):
    admin = first_admin(guarded)
    mode = os.stat(guarded.folder / "state" / "first-admin.key").st_mode
    assert stat.S_IMODE(mode) == 0o600
    assert admin.key not in guarded.log.read_text()
    made = admin.sluice("producers", "add", "team-a", "--stream", "audit_logs", "--reason", "onboarding")
    assert made.returncode == 0, made.stderr
    key = made.stdout.strip()
    assert key.startswith("slp_") and len(key) == 60

    assert post(guarded, key).status == 202
    assert problem(post(guarded, key, stream="anything"))["type"] == "urn:sluice:problem:stream-not-allowed"
    strangers = [post(guarded, None), post(guarded, key[:-1] + ("A" if key[-1] != "A" else "B")),
                 post(guarded, "nonsense"), post(guarded, admin.key), post(guarded, key, stream="nobody")]
    assert [answer.status for answer in strangers] == [401, 401, 401, 401, 404]
    assert len({answer.body for answer in strangers[:4]}) == 1
    assert all(answer.headers["WWW-Authenticate"] == 'Bearer realm="sluice"' for answer in strangers[:4])

    revoked = admin.sluice("producers", "revoke", "team-a", "--reason", "left")
    assert revoked.returncode == 0, revoked.stderr
    assert post(guarded, key, number=2).status == 401
    assert [line["producer"] for line in guarded.wait_landed("audit_logs", 1)] == ["team-a"]
    for text in (guarded.log.read_text(), (guarded.folder / "state" / "access.json").read_text()):
        assert key not in text and key[17:] not in text and admin.key[17:] not in text


def test_keys_survive_a_restart_and_a_kill(guarded):
    admin = first_admin(guarded)
    made = admin.post("/v1/producers", {"name": "a", "streams": ["*"]}, 201)
    guarded.kill()
    guarded.start()
    assert post(guarded, made["key"]).status == 202
    assert first_admin(guarded).key == admin.key, "no second admin is made"
    assert admin.get("/v1/whoami") == {"key_id": admin.key[4:16], "name": "first-admin", "role": "admin"}


def test_roles_allow_what_they_should_and_no_more(guarded):
    admin = first_admin(guarded)
    keys = {role: admin.post("/v1/operators", {"name": role, "role": role}, 201)["key"]
            for role in ("viewer", "operator", "admin")}
    producer = admin.post("/v1/producers", {"name": "p", "streams": ["audit_logs"]}, 201)["key"]
    tries = [
        ("GET", "/v1/status", None, {"viewer": 200, "operator": 200, "admin": 200}),
        ("GET", "/metrics", None, {"viewer": 200, "operator": 200, "admin": 200}),
        ("GET", "/v1/producers", None, {"viewer": 200, "operator": 200, "admin": 200}),
        ("POST", "/v1/zones/main/auto", {"reason": "r"}, {"viewer": 403, "operator": 200, "admin": 200}),
        ("POST", "/v1/reload", {}, {"viewer": 403, "operator": 200, "admin": 200}),
        ("PATCH", "/v1/producers/p", {"events_per_second": 5}, {"viewer": 403, "operator": 200, "admin": 200}),
        ("GET", "/v1/operators", None, {"viewer": 403, "operator": 403, "admin": 200}),
        ("POST", "/v1/operators", {"name": "x", "role": "admin"}, {"viewer": 403, "operator": 403, "admin": 201}),
    ]
    for method, path, body, expected in tries:
        for role, status in expected.items():
            assert Control(guarded, keys[role]).request(method, path, body).status == status, (method, path, role)
        for stranger in (None, producer, "slo_" + "a" * 56):
            answer = Control(guarded, stranger).request(method, path, body)
            assert answer.status == 401 and answer.headers["WWW-Authenticate"], (method, path)
    assert Control(guarded).request("GET", "/livez").status == 200
    assert Control(guarded).request("GET", "/readyz").status == 200


def test_the_last_admin_stays(guarded):
    admin = first_admin(guarded)
    refused = admin.request("DELETE", "/v1/operators/first-admin")
    assert problem(refused)["type"] == "urn:sluice:problem:last-admin"
    own = admin.post("/v1/operators", {"name": "ann", "role": "admin"}, 201)["key"]
    assert Control(guarded, own).request("DELETE", "/v1/operators/first-admin").status == 204
    assert admin.request("GET", "/v1/status").status == 401


def test_a_quota_lets_through_what_it_says_on_average(guarded):
    admin = first_admin(guarded)
    key = admin.post(
        "/v1/producers", {"name": "a", "streams": ["*"], "events_per_second": 1}, 201)["key"]
    # 10 s worth of an event a second at once, then one a second.
    body = b"".join(EVENT % number for number in range(5))
    headers = {"Authorization": f"Bearer {key}"}
    answers = [guarded.post("audit_logs", body, key=f"q{number}", **headers) for number in range(4)]
    assert [answer.status for answer in answers] == [202, 202, 429, 429]
    refused = answers[2]
    assert problem(refused)["type"] == "urn:sluice:problem:quota-exceeded"
    assert int(refused.headers["Retry-After"]) == 1
    assert refused.headers["RateLimit-Policy"] == '"events";q=10;qu="events";w=10'
    assert refused.headers["RateLimit"].startswith('"events";r=0;t=')
    time.sleep(1.1)
    assert guarded.post("audit_logs", body, key="q2", **headers).status == 202
    admin.request("PATCH", "/v1/producers/a", {"events_per_second": None})
    assert guarded.post("audit_logs", body, key="q3", **headers).status == 202, "a change holds at once"
    assert admin.metrics()['sluice_batches_refused_total{stream="audit_logs",reason="quota-exceeded"}'] == 2


def test_an_expired_key_is_refused(guarded):
    admin = first_admin(guarded)
    key = admin.post("/v1/producers", {"name": "a", "streams": ["*"], "expires_in_seconds": 5}, 201)["key"]
    assert post(guarded, key).status == 202
    eventually(lambda: post(guarded, key, number=2).status == 401)


def test_a_faulty_access_file_is_named_and_the_gateway_does_not_start_open(guarded):
    admin = first_admin(guarded)
    path = guarded.folder / "state" / "access.json"
    good = path.read_text()
    path.write_text(good[:-20])
    refused = admin.request("POST", "/v1/reload", {})
    assert problem(refused)["type"] == "urn:sluice:problem:settings-faulty"
    assert "access.json" in problem(refused)["faults"][0]
    assert admin.get("/v1/status")["ready"], "what was read before stays in force"
    guarded.kill()
    guarded.start(wait=False)
    assert guarded.process.wait(20) == 2
    assert "access.json" in guarded.tail() and "restore it from a backup" in guarded.tail()


def test_without_keys_only_loopback_is_listened_on(folder):
    gateway = Gateway(folder, {"listen": {"host": "0.0.0.0"}})
    gateway.start(wait=False)
    assert gateway.process.wait(20) == 2
    assert "access.allow_open_network" in gateway.tail()


def test_pages_of_other_origins_and_names_are_refused(gateway):
    control = Control(gateway)
    own = f"127.0.0.1:{gateway.control_port}"
    for headers, status in [
        ({}, 200), ({"Origin": f"http://{own}"}, 200), ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "https://evil.example"}, 403), ({"Origin": "null"}, 403), ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Host": f"localhost:{gateway.control_port}"}, 200), ({"Host": "evil.example"}, 421),
        ({"Host": f"127.0.0.1.evil.example:{gateway.control_port}"}, 421),
    ]:
        answer = control.request("GET", "/v1/status", headers=headers)
        assert answer.status == status, headers
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert answer.headers["X-Content-Type-Options"] == "nosniff" and answer.headers["Cache-Control"] == "no-store"


def test_failed_logins_are_in_the_trail_once_and_not_once_each(guarded):
    admin = first_admin(guarded)
    for number in range(50):
        assert post(guarded, "wrong", number=number).status == 401
        assert Control(guarded, "wrong").request("GET", "/v1/status").status == 401
    eventually(lambda: len([e for e in admin.trail() if e["action"] == "login_failed"]) == 2)
    planes = {entry["target"]: entry for entry in admin.trail() if entry["action"] == "login_failed"}
    assert set(planes) == {"data plane", "control plane"}
    assert planes["data plane"]["after"] == {"addresses": "127.0.0.1", "count": "1"}
    metrics = admin.metrics()
    assert metrics['sluice_failed_logins_total{plane="data"}'] == 50
    assert metrics['sluice_failed_logins_total{plane="control"}'] == 50


def test_two_operators_at_once_leave_one_truth_and_two_lines_in_the_trail(guarded):
    admin = first_admin(guarded)
    people = {name: Control(guarded, admin.post("/v1/operators", {"name": name, "role": "operator"}, 201)["key"])
              for name in ("ann", "bob")}
    for attempt in range(10):
        before = len(orders(admin))
        ready = threading.Barrier(2)

        def order(name, mode):
            ready.wait()
            people[name].post(f"/v1/zones/main/{mode}", {"reason": f"try {attempt}"})

        threads = [threading.Thread(target=order, args=pair) for pair in (("ann", "hold"), ("bob", "release"))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        lines = orders(admin)[before:]
        assert sorted((line["actor"], line["action"]) for line in lines) == [("ann", "zone_held"), ("bob", "zone_released")]
        # Who comes last in the trail is in force.
        mode = {"zone_held": "hold", "zone_released": "release"}[lines[-1]["action"]]
        assert admin.get("/v1/status")["zones"][0]["mode"] == mode
    guarded.kill()
    guarded.start()
    assert admin.get("/v1/status")["zones"][0]["mode"] == mode, "after a restart too"


def orders(control):
    return [entry for entry in control.trail() if entry["action"] in ("zone_held", "zone_released", "zone_auto")]
