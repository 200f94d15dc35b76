"""openapi.yaml is valid, and the running server answers as it says."""

import json
import pathlib

import jsonschema
import pytest
import yaml
from openapi_spec_validator import validate

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def spec():
    return yaml.safe_load((ROOT / "openapi.yaml").read_text())


def resolve(spec, node):
    while "$ref" in node:
        found = spec
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    return node


def check(spec, path, method, response):
    """Status, type, headers and body are those of the description."""
    described = spec["paths"][path][method]["responses"]
    assert str(response.status) in described, (path, method, response)
    answer = resolve(spec, described[str(response.status)])
    kind = response.headers["Content-Type"].split(";")[0]
    assert kind in answer["content"], (kind, response)
    for name, header in answer.get("headers", {}).items():
        header = resolve(spec, header)
        if header.get("required"):
            assert response.headers[name], (name, response)
    schema = {**answer["content"][kind]["schema"], "components": spec["components"]}
    body = json.loads(response.body) if "json" in kind else response.body.decode()
    jsonschema.Draft202012Validator(schema).validate(body)
    return body


def test_the_descriptions_are_valid(spec):
    validate(spec)
    validate(yaml.safe_load((ROOT / "openapi-control.yaml").read_text()))


EVENT = b'{"eventID":"a","eventTime":"2026-01-01T00:00:00Z"}'
BILL = b'{"event_id":"a","event_time":"2026-01-01T00:00:00Z","usage_quantity":1}'
POST = "/v1/streams/{stream}/events"
RECEIPT = "/v1/streams/{stream}/receipts/{batch_key}"


def test_every_answer_is_as_described(spec, gateway):
    def post(expected, stream, body, **options):
        response = gateway.post(stream, body, **options)
        assert response.status == expected, response
        return check(spec, POST, "post", response)

    post(202, "audit_logs", EVENT, key="a")
    post(200, "audit_logs", EVENT, key="a")
    post(202, "audit_logs", EVENT.replace(b"a", b"b") + b"\nbad\n", key="b")
    post(201, "billing_usage", BILL, key="a")
    post(200, "billing_usage", BILL, key="a")
    post(422, "billing_usage", BILL.replace(b"1}", b"2}"), key="a")
    post(422, "billing_usage", b"{}", key="empty")
    post(422, "audit_logs", BILL, key="a")
    post(400, "audit_logs", b"")
    post(400, "audit_logs", b"[", content_type="application/json")
    post(400, "audit_logs", EVENT, Content_Encoding="gzip")
    post(404, "nobody", EVENT)
    post(413, "small", b" " * 65537)
    post(413, "small", b"{}\n" * 101)
    post(415, "audit_logs", EVENT, content_type="text/plain")
    post(415, "audit_logs", EVENT, Content_Encoding="br")
    response = gateway.request("GET", "/v1/streams/audit_logs/events")
    assert response.status == 405 and check(spec, POST, "post", response)
    post(201, "audit_logs", EVENT, key="landed", Sluice_Consistency="strong")
    post(400, "audit_logs", EVENT, key="no", Sluice_Consistency="perhaps")

    def ask(expected, stream, key):
        response = gateway.request("GET", f"/v1/streams/{stream}/receipts/{key}")
        assert response.status == expected, response
        return check(spec, RECEIPT, "get", response)

    assert ask(200, "audit_logs", "landed")["durability"] == "landed"
    assert ask(200, "billing_usage", "a")["replayed"] is True
    ask(200, "audit_logs", "b")
    ask(404, "audit_logs", "nothing")
    ask(404, "billing_usage", "nothing")
    ask(404, "nobody", "a")
    ask(400, "audit_logs", "%0a")
    wrong = gateway.request("DELETE", "/v1/streams/audit_logs/receipts/a")
    assert wrong.status == 405 and check(spec, RECEIPT, "get", wrong)
    for path in ("/livez", "/healthz", "/readyz", "/"):
        assert gateway.request("GET", path).status == 200
        check(spec, path, "get", gateway.request("GET", path))
    check(spec, "/readyz", "get", gateway.request("GET", "/readyz?verbose"))
    traced = gateway.post("audit_logs", EVENT, key="t", traceparent="00-" + "a" * 32 + "-" + "b" * 16 + "-01")
    assert traced.headers["traceparent"] == "00-" + "a" * 32 + "-" + "b" * 16 + "-01"
