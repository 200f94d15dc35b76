"""A gateway that lands with temporary credentials from a container endpoint or IMDSv2, while they end, are revoked, or
can't be had. The session tokens are the S3 server's own; Ceph verifies them."""

import contextlib
import json
import time

import pytest

from gateway import Gateway
from s3.issuer import Issuer
from s3.proxy import FaultProxy
from test_s3_faults import IMPATIENT, QUICK
from test_s3_settings import assert_healed, assert_held
from test_s3_strong import usage
from zones import S3Zone


@contextlib.contextmanager
def issued(s3, folder, protocol, life_seconds, refuses=False):
    """A gateway whose only credentials are those of an issuer, and a proxy that takes no others."""
    s3 = s3.sessions()
    with Issuer(s3, life_seconds) as issuer, FaultProxy(s3, issuer) as proxy:
        issuer.refuses = refuses
        # Where none are served, a strong batch is refused only when its time is over.
        settings = {**QUICK, "listen": {"request_timeout_seconds": 5 if refuses else 30}, "log": {"level": "trace"}}
        gateway = Gateway(folder, settings, zone=S3Zone(s3, endpoint=proxy.endpoint, **IMPATIENT))
        gateway.environment = issuer.environment(protocol, folder)
        with gateway:
            yield gateway, issuer, proxy
        assert not proxy.errors and not proxy.record.stored_twice()
        for path in [gateway.log, *(folder / "state").rglob("*"), *(folder / "journal").rglob("*")]:
            if path.is_file():
                content = path.read_bytes()
                for secret in issuer.secrets:
                    assert secret.encode() not in content, f"a secret is in {path}"


def land(gateway, number):
    """One batch to each kind of stream."""
    landed = gateway.post("billing_usage", usage(f"u{number}"), key=f"u{number}", timeout=90)
    assert landed.status == 201 and json.loads(landed.body)["durability"] == "landed", (landed, gateway.tail())
    body = b'{"eventID":"e%d","eventTime":"2026-01-01T00:00:00Z"}\n' % number
    assert gateway.post("audit_logs", body, key=f"e{number}").status == 202


def assert_landed(gateway, count):
    assert gateway.stop() == 0, gateway.tail()
    for stream in ("audit_logs", "billing_usage"):
        assert len({line["event_key"] for line in gateway.landed(stream)}) == len(gateway.landed(stream)) == count
    assert gateway.verify()[0] == 0


# Each way of serving meets each server, in one test or another.
ONE = pytest.mark.parametrize("protocol, s3", [("container", "moto"), ("imds", "ceph")], indirect=["s3"])
OTHER = pytest.mark.parametrize("protocol, s3", [("container", "ceph"), ("imds", "moto")], indirect=["s3"])


@ONE
def test_credentials_are_renewed_before_they_end_and_nothing_notices(s3, folder, protocol):
    began = time.monotonic()
    with issued(s3, folder, protocol, life_seconds=6) as (gateway, issuer, proxy):
        number, deadline = 0, time.monotonic() + 60
        # Three lives: the first ends, the second replaces it, and so does a third.
        while len({entry.access_key for entry in proxy.record.entries()}) < 3:
            assert time.monotonic() < deadline, issuer.issued
            land(gateway, number)
            number += 1
            time.sleep(0.1)
        assert_landed(gateway, number)
        entries = proxy.record.entries()
        # Not one request went out with credentials that had ended.
        assert {entry.fault for entry in entries} == {"pass"}
        assert all(entry.session_token for entry in entries)
        # An end is stated in whole seconds: from 2.5 s on half of a life is over, and the next one may be asked for.
        assert len(issuer.issued) <= (time.monotonic() - began) / 2.5 + 2, "one renewal for each life, whoever asks"


@OTHER
def test_credentials_that_are_revoked_are_replaced_at_the_first_refusal(s3, folder, protocol):
    with issued(s3, folder, protocol, life_seconds=3600) as (gateway, issuer, proxy):
        land(gateway, 0)
        (first,) = issuer.issued
        # Younger ones are not asked for again: there would be no newer.
        time.sleep(10.5)
        issuer.revoke()
        land(gateway, 1)
        assert_landed(gateway, 2)
        assert len(issuer.issued) == 2
        refused = [entry for entry in proxy.record.entries() if entry.fault != "pass"]
        assert refused and {entry.access_key for entry in refused} == {first}


@ONE
def test_a_source_that_serves_none_is_named_and_waited_for(s3, folder, protocol):
    with issued(s3, folder, protocol, life_seconds=3600, refuses=True) as (gateway, issuer, _):
        assert_held(gateway, {"container": "container endpoint", "imds": "instance metadata at"}[protocol], "status 503")
        issuer.refuses = False
        assert_healed(gateway)
