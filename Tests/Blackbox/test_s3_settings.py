"""Wrong credentials, wrong region, no bucket, a wrong clock: said clearly, nothing lost, healed by itself once mended."""

import datetime
import pathlib
import subprocess
import time

import pytest

from gateway import Gateway
from regions import Relay
from s3 import faults
from s3.plan import Always
from s3.proxy import FaultProxy
from test_s3_faults import IMPATIENT, QUICK
from test_s3_strong import usage
from zones import S3Zone

EVENT = b'{"eventID":"a","eventTime":"2026-01-01T00:00:00Z"}\n'


def wait_for_log(gateway, *texts, seconds=20):
    deadline = time.monotonic() + seconds
    while not all(text in gateway.log.read_text() for text in texts):
        assert time.monotonic() < deadline, f"the log does not say {texts}:\n{gateway.tail()}"
        time.sleep(0.1)


def assert_held(gateway, *texts):
    """Available batches are taken, strong ones refused for now, the log says why, and no secret is in it."""
    assert gateway.post("audit_logs", EVENT, key="a").status == 202
    refused = gateway.post("billing_usage", usage("u"), key="u", timeout=90)
    assert refused.status == 503 and int(refused.headers["Retry-After"]) >= 1, refused
    wait_for_log(gateway, *texts)
    assert gateway.process.poll() is None


def assert_healed(gateway, seconds=40):
    """Both streams' batches land, without a restart."""
    deadline = time.monotonic() + seconds
    while (response := gateway.post("billing_usage", usage("u"), key="u", timeout=90)).status == 503:
        assert time.monotonic() < deadline, (response, gateway.tail())
        time.sleep(0.2)
    assert response.status in (200, 201)
    assert [line["event_key"] for line in gateway.wait_landed("audit_logs", 1, seconds)] == ["a"]
    assert gateway.stop(60) == 0
    assert len(gateway.landed("billing_usage")) == len(gateway.landed("audit_logs")) == 1
    assert gateway.verify()[0] == 0


QUICKER = {**QUICK, "listen": {"request_timeout_seconds": 3}}


def test_a_missing_bucket_is_named_and_used_once_it_is_there(s3, folder):
    name = s3.fresh_bucket()
    s3.boto3.delete_bucket(Bucket=name)
    with Gateway(folder, QUICKER, zone=S3Zone(s3, name, **IMPATIENT)) as gateway:
        assert_held(gateway, "NoSuchBucket", name, "create the bucket")
        s3.boto3.create_bucket(Bucket=name)
        assert_healed(gateway)


def test_a_wrong_region_is_named_with_the_right_one(s3, folder):
    with FaultProxy(s3, Always(faults.wrong_region("eu-central-1"))) as proxy:
        with Gateway(folder, QUICKER, zone=S3Zone(s3, endpoint=proxy.endpoint, **IMPATIENT)) as gateway:
            assert_held(gateway, "it is in region eu-central-1", "the settings say us-east-1")
            proxy.plan = Always()
            assert_healed(gateway)


def test_a_redirect_is_not_followed_but_told(s3, folder):
    with FaultProxy(s3, Always(faults.redirect("ap-south-1"))) as proxy:
        with Gateway(folder, QUICKER, zone=S3Zone(s3, endpoint=proxy.endpoint, **IMPATIENT)) as gateway:
            assert_held(gateway, "PermanentRedirect", "it is in region ap-south-1")
            proxy.plan = Always()
            assert_healed(gateway)


@pytest.mark.parametrize("fault, text", [
    (faults.access_denied(), "AccessDenied"), (faults.expired_token(), "ExpiredToken")])
def test_refused_credentials_hold_everything_until_they_are_good(s3, folder, fault, text):
    with FaultProxy(s3, Always(fault)) as proxy:
        with Gateway(folder, QUICKER, zone=S3Zone(s3, endpoint=proxy.endpoint, **IMPATIENT)) as gateway:
            assert_held(gateway, text)
            proxy.plan = Always()
            assert_healed(gateway)


def test_wrong_credentials_in_the_shared_file_are_mended_without_a_restart(ceph, folder):
    """Verified by the store itself."""
    file = folder / "credentials"

    def write(secret):
        file.write_text(f"[default]\naws_access_key_id = {ceph.access_key}\naws_secret_access_key = {secret}\n")

    write("wrong-" + ceph.secret_key)
    zone = S3Zone(ceph, **IMPATIENT)
    gateway = Gateway(folder, QUICKER, zone=zone)
    gateway.environment = {
        "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_SHARED_CREDENTIALS_FILE": str(file),
        "AWS_EC2_METADATA_DISABLED": "true"}
    with gateway:
        assert_held(gateway, "SignatureDoesNotMatch")
        assert ceph.secret_key not in gateway.log.read_text()
        write(ceph.secret_key)
        assert_healed(gateway)
        assert ceph.secret_key not in gateway.log.read_text()


@pytest.fixture(scope="session")
def wrong_clock(tmp_path_factory):
    """A library that sets a program's wall clock wrong."""
    library = tmp_path_factory.mktemp("clock") / "wrong_clock.so"
    source = pathlib.Path(__file__).with_name("wrong_clock.c")
    subprocess.run(["gcc", "-O1", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return library


@pytest.mark.parametrize("hours", [-2, 2])
def test_a_wrong_clock_is_corrected_by_the_stores(ceph, folder, wrong_clock, hours):
    """The gateway's own clock is two hours off, and the store allows fifteen minutes."""
    with FaultProxy(ceph) as proxy:
        gateway = Gateway(
            folder, QUICK, zone=S3Zone(ceph, endpoint=proxy.endpoint, **IMPATIENT),
            environment={"LD_PRELOAD": str(wrong_clock), "WRONG_CLOCK_SECONDS": str(hours * 3600)})
        with gateway:
            response = gateway.post("billing_usage", usage("u"), key="u")
            assert response.status == 201, (response, gateway.tail())
            assert gateway.post("audit_logs", EVENT, key="a").status == 202
            (line,) = gateway.wait_landed("audit_logs", 1)
            received = datetime.datetime.fromisoformat(line["received_at"]).timestamp() - time.time()
            assert abs(received - hours * 3600) < 600, "the clock was not wrong"
            assert gateway.stop(60) == 0 and gateway.verify()[0] == 0
        statuses = [entry.upstream_status for entry in proxy.record.entries()]
        # Found out by a refusal, then right for good.
        assert statuses.count(403) in (1, 2, 3) and statuses.count(200) > 3, statuses


class ForwardProxy(Relay):
    """An HTTP proxy as a company's network has one: takes absolute URLs of any host, all of which are the store."""

    def __init__(self, upstream):
        super().__init__("127.0.0.1", ("127.0.0.1", upstream.port))
        self.url, self.asked = f"http://127.0.0.1:{self.port}", []

    def connect(self, client):
        head = b""
        while b"\r\n\r\n" not in head:
            if not (part := client.recv(65536)):
                raise ConnectionError("the client left")
            head += part
        method, url, rest = head.split(b" ", 2)
        host, _, path = url.removeprefix(b"http://").partition(b"/")
        self.asked.append(host.decode())
        # One request for each connection, so that only the first line need be looked at.
        line, _, fields = rest.partition(b"\r\n")
        store = super().connect(client)
        store.sendall(method + b" /" + path + b" " + line + b"\r\nConnection: close\r\n" + fields)
        return store


@pytest.fixture
def forward_proxy(s3):
    proxy = ForwardProxy(s3)
    proxy.start()
    yield proxy
    proxy.stop()


def test_a_proxy_of_the_environment_is_used(s3, forward_proxy, folder):
    """The store's name is known to the proxy alone."""
    zone = S3Zone(s3, endpoint="http://store", path_style=True)
    through = {"http_proxy": forward_proxy.url}
    with Gateway(folder, QUICKER, zone=zone, environment=through) as gateway:
        assert gateway.post("billing_usage", usage("u"), key="u", timeout=60).status == 201, gateway.tail()
        assert gateway.stop() == 0 and len(gateway.landed("billing_usage")) == 1
    assert set(forward_proxy.asked) == {"store"}
    # Without it, or where it must not be used, nothing lands.
    with Gateway(folder, QUICKER, zone=zone, environment={**through, "no_proxy": "store"}) as gateway:
        for _ in range(3):
            assert gateway.post("billing_usage", usage("v"), key="v", timeout=60).status == 503
        wait_for_log(gateway, "resolve host")
        assert gateway.process.poll() is None, gateway.tail()
