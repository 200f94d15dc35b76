"""Strong streams over several gateways and one bucket: one object, one truth."""

import concurrent.futures
import json
import time

import pytest

from gateway import Gateway, problem
from s3 import faults
from s3.plan import Always, Script
from s3.proxy import FaultProxy
from test_s3_faults import IMPATIENT, QUICK, wait_for_probe
from zones import S3Zone


def usage(key, quantity=1):
    return b'{"event_id":"%s","event_time":"2026-01-01T00:00:00Z","usage_quantity":%d}\n' % (key.encode(), quantity)


@pytest.fixture
def pair(s3, folder):
    """Two gateways with one bucket behind one proxy."""
    with FaultProxy(s3) as proxy:
        bucket = s3.fresh_bucket()
        gateways = []
        try:
            for name in ("a", "b"):
                (folder / name).mkdir()
                settings = {**QUICK, "gateway": {"name": f"gw-{name}"}}
                gateway = Gateway(folder / name, settings, zone=S3Zone(s3, bucket, proxy.endpoint, **IMPATIENT))
                gateways.append(gateway)
                gateway.start()
            wait_for_probe(proxy)
            time.sleep(0.5)
            yield (*gateways, proxy)
        finally:
            for gateway in gateways:
                gateway.__exit__()
        assert not proxy.errors and not proxy.record.stored_twice() and not proxy.record.unconditional()


def truth(response):
    """What a receipt says, but for the two things that may differ: who was first, and when."""
    receipt = json.loads(response.body)
    return {key: value for key, value in receipt.items() if key != "replayed"}


def test_the_same_batch_to_two_gateways_at_once_is_one_object_and_one_truth(pair):
    first, second, proxy = pair
    # Slow enough that both are on their way together.
    proxy.plan = Always(faults.delay(0.05), only=lambda entry: entry.method == "PUT" and "keyed" in entry.key)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for number in range(25):
            key, body = f"both-{number}", usage(f"both-{number}")
            sent = [pool.submit(gateway.post, "billing_usage", body, key=key) for gateway in (first, second)]
            answers = [future.result() for future in sent]
            assert {answer.status for answer in answers} <= {200, 201}, [a.body for a in answers]
            assert truth(answers[0]) == truth(answers[1])
            assert len(proxy.record.stored()[truth(answers[0])["object"]]) == 1
    attempts = [entry for entry in proxy.record.puts() if "keyed" in entry.key]
    assert len(attempts) >= 50 and {entry.upstream_status for entry in attempts} >= {200, 412}
    assert first.stop() == 0 and second.stop() == 0
    assert sorted(line["event_key"] for line in first.landed("billing_usage")) == sorted(f"both-{n}" for n in range(25))
    status, report = first.verify()
    assert (status, report["complete"]) == (0, True), report


def test_a_batch_whose_reply_was_lost_is_retried_on_another_gateway(pair):
    first, second, proxy = pair
    for number in range(10):
        key, body = f"lost-{number}", usage(f"lost-{number}")
        # The first gateway's PUT commits and is not heard of; then the link goes, and so does that gateway.
        proxy.plan = Script(faults.drop_reply(), *[faults.reset_at_once()] * 200, only=lambda entry: "keyed" in entry.key)
        with pytest.raises(OSError):
            first.post("billing_usage", body, key=key, timeout=1)
        proxy.plan = Always()
        answer = second.post("billing_usage", body, key=key)
        assert answer.status in (200, 201), answer
        later = first.post("billing_usage", body, key=key)
        assert later.status in (200, 201) and truth(later) == truth(answer)
    assert first.stop() == 0 and second.stop() == 0
    assert len(first.landed("billing_usage")) == 10
    assert first.verify()[0] == 0


def test_the_same_key_with_another_body_is_refused_everywhere_and_changes_nothing(pair):
    first, second, proxy = pair
    original = first.post("billing_usage", usage("x", 1), key="taken")
    assert original.status == 201
    name = truth(original)["object"]
    stored = proxy.record.stored()[name]
    for gateway in (first, second):
        refused = gateway.post("billing_usage", usage("x", 2), key="taken")
        assert refused.status == 422 and problem(refused)["type"].endswith("key-reused"), refused
        same = gateway.post("billing_usage", usage("x", 1), key="taken")
        assert (same.status, truth(same)) == (200, truth(original))
    assert proxy.record.stored()[name] == stored
    assert [line["payload"]["usage_quantity"] for line in first.landed("billing_usage")] == [1]


def test_two_bodies_under_one_key_at_once_one_wins_and_the_other_is_told(pair):
    first, second, proxy = pair
    proxy.plan = Always(faults.delay(0.05), only=lambda entry: entry.method == "PUT" and "keyed" in entry.key)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for number in range(10):
            sent = [pool.submit(gateway.post, "billing_usage", usage(f"r{number}", quantity), key=f"race-{number}")
                    for quantity, gateway in enumerate((first, second), 1)]
            assert sorted(future.result().status for future in sent) == [201, 422]
    assert len(first.landed("billing_usage")) == 10


def refused_at_start(gateway):
    """A strong batch is refused for good; an available one is taken."""
    deadline = time.monotonic() + 20
    while "create-only" not in gateway.log.read_text():
        assert time.monotonic() < deadline, gateway.tail()
        time.sleep(0.1)
    refused = gateway.post("billing_usage", usage("x"), key="x")
    assert refused.status == 503 and "create-only" in problem(refused)["detail"], refused
    assert gateway.objects("billing_usage") == []
    body = b'{"eventID":"a","eventTime":"2026-01-01T00:00:00Z"}\n'
    assert gateway.post("audit_logs", body, key="a").status == 202
    gateway.wait_landed("audit_logs", 1)


def test_a_store_that_never_sees_the_condition_is_refused_for_strong_streams(moto, folder):
    with FaultProxy(moto, Always(faults.ignore_condition())) as proxy:
        with Gateway(folder, QUICK, zone=S3Zone(moto, endpoint=proxy.endpoint)) as gateway:
            refused_at_start(gateway)


def test_a_real_store_that_ignores_the_condition_is_refused_for_strong_streams(ceph, folder):
    """Ceph 16.2 ignores it in versioned buckets."""
    with Gateway(folder, QUICK, zone=S3Zone(ceph, ceph.fresh_bucket(versioned=True))) as gateway:
        refused_at_start(gateway)
