"""Through when a stream is provably complete, over two gateways in one landing zone, and who holds it back."""

import datetime
import json
import subprocess
import time

import pytest

from control import Control, eventually
from gateway import Gateway, binary

EVENT = b'{"eventID":"%d","eventTime":"2026-01-01T00:00:00Z"}'
BILL = b'{"event_id":"%d","event_time":"2026-01-01T00:00:00Z","usage_quantity":1}'
# Seconds. A healthy gateway's newest position is some two seconds old, on a busy machine more.
LAG = "10"


def verify(zone, *options, lag=LAG):
    result = subprocess.run(
        [str(binary()), "verify", "--json", "--lag", lag, *options, str(zone.local())], capture_output=True, text=True,
        timeout=120)
    assert result.returncode in (0, 1), result.stderr
    return {stream["stream"]: stream for stream in json.loads(result.stdout)["streams"]}


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def wait_through(zone, stream, time_, seconds=30):
    deadline = time.monotonic() + seconds
    while True:
        found = verify(zone)[stream]
        if "complete_through" in found and moment(found["complete_through"]) >= time_:
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.3)


@pytest.fixture
def pair(folder):
    for name in ("a", "b"):
        (folder / name).mkdir()
    with Gateway(folder / "a") as one:
        with Gateway(folder / "b", {"gateway": {"name": "test-b"}}, zone=one.zone) as other:
            yield one, other


def test_it_stands_still_for_the_gateway_that_died_names_it_and_moves_on_after(pair):
    one, other = pair
    for number, gateway in enumerate(pair):
        assert gateway.post("audit_logs", EVENT % number).status == 202
        assert gateway.post("billing_usage", BILL % number).status == 201
    healthy = now()
    for stream in ("audit_logs", "billing_usage", "_quarantine"):
        found = wait_through(one.zone, stream, healthy)
        assert {part["gateway"] for part in found["by_gateway"]} == {"test-a", "test-b"}

    # Its last event is acknowledged and can't land any more.
    assert other.post("audit_logs", EVENT % 7).status == 202
    other.kill()
    killed = now()
    time.sleep(int(LAG) + 2)
    for stream in ("audit_logs", "billing_usage"):
        found = verify(one.zone)[stream]
        assert moment(found["complete_through"]) <= killed
        (hold,) = found["held_back_by"]
        assert hold["gateway"] == "test-b" and hold["since"] == found["complete_through"], hold
        parts = {part["gateway"]: moment(part["complete_through"]) for part in found["by_gateway"]}
        assert parts["test-a"] > killed >= parts["test-b"]
    text = subprocess.run(
        [str(binary()), "verify", "--lag", LAG, str(one.zone.local())], capture_output=True, text=True).stdout
    assert "held back by test-b/" in text
    # `sluice status` says the same, from names and ledgers alone.
    page = Control(one).sluice("status", "--lag", LAG, "--zone", one.zone.local()).stdout
    assert "COMPLETE THROUGH" in page and "test-b/" in page and "test-a  ready" in page, page
    landed = json.loads(Control(one).sluice("status", "--json", "--lag", LAG, "--zone", one.zone.local()).stdout)
    assert landed["gateway"]["ready"]
    asked = {stream["stream"]: stream for stream in landed["landed"]}
    for stream in ("audit_logs", "billing_usage"):
        assert asked[stream]["complete_through"] == verify(one.zone)[stream]["complete_through"]
        assert [hold["gateway"] for hold in asked[stream]["held_back_by"]] == ["test-b"]
    name = f"test-b/{hold['incarnation']}"
    assert moment(verify(one.zone, "--written-off", name)["audit_logs"]["complete_through"]) > killed

    other.start()
    assert other.post("audit_logs", EVENT % 8).status == 202
    found = wait_through(one.zone, "audit_logs", now())
    assert not [hold for hold in found["held_back_by"] if hold["incarnation"] in name]
    # A clean stop retires a gateway: it holds nothing back.
    assert other.stop() == 0
    stopped = now()
    time.sleep(1)
    found = wait_through(one.zone, "billing_usage", stopped)
    assert {part["gateway"]: part["state"] for part in found["by_gateway"]} == {"test-a": "running", "test-b": "ended"}
    assert one.stop() == 0
    found = verify(one.zone)["audit_logs"]
    assert found["held_back_by"] == [] and found["complete_through"]
    assert one.verify()[0] == 0, one.verify()


def test_a_range_that_is_gone_is_named(gateway):
    for number in range(3):
        assert gateway.post("audit_logs", EVENT % number, Sluice_Consistency="strong").status == 201
        time.sleep(1.2)
    assert gateway.stop() == 0
    whole = moment(verify(gateway.zone)["audit_logs"]["complete_through"])
    first, second, third = gateway.objects("audit_logs")
    (gateway.zone.directory / second).unlink()
    found = verify(gateway.zone, lag="0")["audit_logs"]
    assert moment(found["complete_through"]) < whole
    (hold,) = found["held_back_by"]
    assert (hold["reason"], hold["first"], hold["end"]) == ("missing", 1, 2)
    assert hold["since"] == found["complete_through"]


def last_life(gateway):
    """A life that dies with an event in its journal, of which a position speaks: the segment's path, and when it died."""
    gateway.settings["journal"]["segment_max_age_seconds"] = 60
    gateway.start()
    assert gateway.post("audit_logs", EVENT % 1).status == 202
    eventually(lambda: '"stream":"audit_logs","next_sequence":1' in gateway.journaled("_ledger"))
    gateway.kill()
    (segment,) = (gateway.journal / "audit_logs").glob("*.json.gz")
    gateway.settings["journal"]["segment_max_age_seconds"] = 1
    return segment, now()


def change(segment, offset, value):
    content = bytearray(segment.read_bytes())
    assert content.count(b"\x1f\x8b\x08\x04") == 1
    content[offset] = value(content[offset])
    segment.write_bytes(content)


def test_the_damaged_end_of_a_journal_is_reported_and_holds_nothing_back(folder):
    gateway = Gateway(folder)
    segment, died = last_life(gateway)
    change(segment, 60, lambda byte: byte ^ 0x40)
    with gateway:
        wait_through(gateway.zone, "audit_logs", died)
        status, report = gateway.verify()
        (finding,) = report["findings"]
        assert status == 1 and finding["kind"] == "damaged" and finding["stream"] == "audit_logs", finding
        assert f"{segment.name.split('-')[0]}: 0-0 was acknowledged" in finding["detail"], finding


def test_a_life_that_this_version_cannot_read_has_not_ended(folder):
    gateway = Gateway(folder)
    segment, died = last_life(gateway)
    # As a later version would have written it.
    change(segment, 16, lambda version: version + 1)
    with gateway:
        assert gateway.post("audit_logs", EVENT % 2, Sluice_Consistency="strong").status == 201
        time.sleep(int(LAG) + 2)
        found = verify(gateway.zone)["audit_logs"]
        assert moment(found["complete_through"]) <= died
        assert segment.name.startswith(found["held_back_by"][0]["incarnation"]), found
        assert gateway.stop() == 0
        change(segment, 16, lambda version: version - 1)
        gateway.start()
        wait_through(gateway.zone, "audit_logs", now())
        assert gateway.verify()[0] == 0, gateway.verify()
