"""`sluice verify` and `sluice replay` over a real bucket, and between buckets, directories and gateways."""

import base64
import gzip
import json
import os
import re
import subprocess
import time

import pytest
import yaml

from gateway import Gateway, binary

EVENT = b'{"eventID":"%d","eventTime":"2026-01-01T00:00:00Z"}\n'
BILL = b'{"event_id":"%s","event_time":"2026-01-01T00:00:00Z","usage_quantity":1}\n'


def sluice(server, *arguments, stdin=None, timeout=300):
    """Runs the command with the server's credentials and endpoint in its environment."""
    return subprocess.run(
        [str(binary()), *map(str, arguments)], capture_output=True, text=True, timeout=timeout, input=stdin,
        env={**os.environ, **(server.environment("unused") if server else {})})


def report(result, status=0):
    assert result.returncode == status, (result.returncode, result.stdout[-2000:], result.stderr[-2000:])
    return json.loads(result.stdout)


def verify(server, *places, status=0):
    return report(sluice(server, "verify", "--json", *places), status)


def kinds(found):
    return {finding["kind"] for finding in found["findings"]}


def zone(server, bucket, prefix="land"):
    return {"main": {"kind": "s3", "bucket": bucket, "prefix": prefix, "endpoint": server.endpoint}}


def serving(folder, server, zones, **more):
    gateway = Gateway(folder, more, environment=server.environment("unused"))
    gateway.settings["zones"] = zones
    return gateway


def fill(gateway, batches=3, bills=5):
    for number in range(batches):
        assert gateway.post("audit_logs", EVENT % number + EVENT % (1000 + number), key=f"b-{number}").status == 202
    for number in range(bills):
        assert gateway.post("billing_usage", BILL % str(number).encode(), key=f"bill-{number}").status == 201


@pytest.fixture
def landed(folder, s3):
    """A bucket into which a gateway landed a little, and has stopped."""
    bucket = s3.fresh_bucket()
    with serving(folder, s3, zone(s3, bucket)) as gateway:
        fill(gateway)
        assert gateway.post("anything", b"bad\n1\nworse\n2\n", key="mixed").status == 202
        assert gateway.stop() == 0, gateway.tail()
    return s3, bucket


def test_a_bucket_is_complete_until_an_object_goes(landed):
    server, bucket = landed
    place = f"s3://{bucket}/land"
    found = verify(server, place)
    events = {stream["stream"]: stream["events"] for stream in found["streams"]}
    assert found["complete"] and events["audit_logs"] == 6 and events["billing_usage"] == 5
    assert all(stream.get("complete_through") for stream in found["streams"] if stream["stream"] == "audit_logs")
    bill = next(key for key in server.keys(bucket) if "/billing_usage/" in key)
    logs = next(key for key in server.keys(bucket) if "/audit_logs/" in key)
    for key in (bill, logs):
        server.boto3.delete_object(Bucket=bucket, Key=key)
    found = verify(server, place, status=1)
    missing = [finding for finding in found["findings"] if finding["kind"] == "missing_object"]
    assert {"land/" + finding["object"] for finding in missing} == {bill, logs}
    assert all(finding["zone"] == "main" and "zone main" in finding["detail"] for finding in missing)
    assert kinds(found) == {"missing_object", "gap"}


def test_an_object_with_other_bytes_is_found(landed):
    server, bucket = landed
    key = next(key for key in server.keys(bucket) if "/audit_logs/" in key)
    body = bytearray(server.object(bucket, key).body)
    body[-6] ^= 1
    server.boto3.put_object(Bucket=bucket, Key=key, Body=bytes(body))
    assert "hash" in kinds(verify(server, f"s3://{bucket}/land", status=1))


def test_replaying_into_an_empty_bucket_makes_it_complete_and_doing_it_again_does_nothing(landed):
    server, bucket = landed
    other = server.fresh_bucket()
    source, target = f"s3://{bucket}/land", f"s3://{other}/again/here"
    dry = report(sluice(server, "replay", "land", source, target, "--dry-run", "--json"))
    assert dry["would_land"] == dry["tally"]["objects"] > 5 and server.keys(other) == []
    # Cut off: only the strong stream's objects.
    part = report(sluice(server, "replay", "land", source, target, "--stream", "billing_usage", "--json"))
    assert part["landed"] == 5
    rest = report(sluice(server, "replay", "land", source, target, "--json"))
    assert rest["already_there"] == 5 and rest["landed"] == dry["would_land"] - 5
    assert verify(server, target)["complete"]
    again = report(sluice(server, "replay", "land", source, target, "--json"))
    assert again["landed"] == 0 and again["already_there"] == dry["would_land"]
    for key in server.keys(other):
        copy, original = server.object(other, key), server.object(bucket, key.replace("again/here/", "land/"))
        assert copy.body == original.body
        assert copy.metadata == original.metadata


def test_a_name_that_other_bytes_have_is_a_problem_and_stays(landed):
    server, bucket = landed
    other = server.fresh_bucket()
    key = next(key for key in server.keys(bucket, "land/audit_logs"))
    server.boto3.put_object(Bucket=other, Key=key, Body=b"mine")
    result = report(sluice(server, "replay", "land", f"s3://{bucket}/land", f"s3://{other}/land", "--json"), 1)
    assert [problem["object"] for problem in result["tally"]["examples"]] == [key.removeprefix("land/")]
    assert server.object(other, key).body == b"mine"


def test_a_list_of_objects_and_a_range_of_time(landed, folder):
    server, bucket = landed
    source, target = f"s3://{bucket}/land", folder / "copy"
    names = [key.removeprefix("land/") for key in server.keys(bucket, "land/audit_logs")]
    result = report(
        sluice(server, "replay", "land", source, target, "--objects", "-", "--json",
               stdin="\n".join([*names, "audit_logs/no/such/name.json.gz", names[0].replace("_0-", "_777-").replace(
                   re.search(r"-(\d+)\.json", names[0])[1] + ".json", "999.json")])), 1)
    assert result["landed"] == len(names) and result["tally"]["problems"] == 2
    nothing = sluice(server, "replay", "land", source, target, "--since", "2020-01-01", "--until", "2020-01-02")
    assert nothing.returncode == 0 and "nothing matched" in nothing.stderr and "30 days" in nothing.stderr
    assert report(sluice(server, "replay", "land", source, target, "--since", "1d", "--json"))["tally"]["problems"] == 0
    assert verify(None, target)["complete"]


def test_batches_sent_again_are_known_here_and_new_elsewhere_with_the_same_keys(folder, moto):
    bucket, other = moto.fresh_bucket(), moto.fresh_bucket()
    source = f"s3://{bucket}/land"
    (folder / "a").mkdir()
    (folder / "b").mkdir()
    with serving(folder / "a", moto, zone(moto, bucket)) as first:
        fill(first)
        # As JSON, so that the same batch sent as lines has another body; and one with refused events and derived keys.
        assert first.post("audit_logs", b'[{"eventID":"j","eventTime":"2026-01-01T00:00:00Z"}]', key="json",
                          content_type="application/json").status == 202
        assert first.post("anything", b"bad\n1\nworse\n2\n", key="mixed").status == 202
        first.stop()
        before = {line["event_key"] for line in lines(moto, bucket, "anything")}
        assert before == {"mixed:1", "mixed:3"}
        first.start()
        url = f"http://127.0.0.1:{first.port}"
        known = report(sluice(moto, "replay", "post", source, "--url", url, "--json"))
        assert (known["taken"], known["already_known"], known["batches"]) == (0, 10, 10)
        assert first.stop() == 0
    with serving(folder / "b", moto, zone(moto, other), gateway={"name": "test-b"}) as second:
        url = f"http://127.0.0.1:{second.port}"
        dry = report(sluice(moto, "replay", "post", source, "--url", url, "--dry-run", "--json"))
        assert (dry["batches"], dry["taken"], dry["events"]) == (10, 0, 14)
        taken = report(sluice(moto, "replay", "post", source, "--url", url, "--json", "--rate", "1000"))
        assert (taken["taken"], taken["already_known"], taken["events_accepted"]) == (10, 0, 14)
        assert (taken["placeholders"], taken["events_quarantined"]) == (2, 0)
        again = report(sluice(moto, "replay", "post", source, "--url", url, "--json"))
        assert (again["taken"], again["already_known"]) == (0, 10)
        assert second.stop() == 0
    for stream in ("audit_logs", "billing_usage", "anything"):
        one, two = ({(line["event_key"], json.dumps(line["payload"])) for line in lines(moto, where, stream)}
                    for where in (bucket, other))
        assert one == two, stream
    assert verify(moto, f"s3://{other}/land")["complete"]
    assert verify(moto, source)["complete"]


def test_what_a_gateway_refuses_is_named_and_an_absent_one_ends_it(folder, moto):
    bucket = moto.fresh_bucket()
    (folder / "a").mkdir()
    (folder / "b").mkdir()
    with serving(folder / "a", moto, zone(moto, bucket)) as first:
        assert first.post("anything", b"1\n2\n", key="k").status == 202
        assert first.post("small", b'{"a":1}\n', key="s").status == 202
        assert first.stop() == 0
    source = f"s3://{bucket}/land"
    with Gateway(folder / "b", {"streams": {"anything": {"consistency": "strong"}}}) as second:
        url = f"http://127.0.0.1:{second.port}"
        result = report(sluice(moto, "replay", "post", source, "--url", url, "--json"), 1)
        assert result["taken"] == 1 and result["tally"]["problems"] == 1
        (problem,) = result["tally"]["examples"]
        assert problem["batch_key"] == "k" and "invalid-events" in problem["detail"]
        del second.settings["streams"]["small"]
        second.stop()
        second.start()
        result = sluice(moto, "replay", "post", source, "--url", url, "--stream", "small")
        assert result.returncode == 2 and "unknown-stream" in result.stderr
        second.stop()
        result = sluice(moto, "replay", "post", source, "--url", url, "--patience", "1")
        assert result.returncode == 2 and "given up" in result.stderr


def test_listings_page_and_several_zones_are_one_check(folder, moto):
    """More objects than one listing gives; the ledger in another zone than the data."""
    bucket, own = moto.fresh_bucket(), moto.fresh_bucket()
    zones = {"bulk": {"kind": "s3", "bucket": bucket, "prefix": "p", "endpoint": moto.endpoint},
             "own": {"kind": "s3", "bucket": own, "endpoint": moto.endpoint}}
    with serving(folder, moto, zones, ledger={"zone": "own"}) as gateway:
        for number in range(1100):
            assert gateway.post("billing_usage", BILL % str(number).encode(), key=f"n-{number}").status == 201
        assert gateway.stop() == 0, gateway.tail()
        config = gateway.config
    assert len(moto.keys(bucket)) > 1100
    found = verify(moto, "--config", config)
    bills = next(stream for stream in found["streams"] if stream["stream"] == "billing_usage")
    assert found["complete"] and bills["objects"] == 1100
    assert verify(moto, f"s3://{bucket}/p", f"s3://{own}")["complete"]
    # Without the zone that holds the data, the ledger says where it should be.
    alone = verify(moto, "--config", config, "own", status=1)
    assert len(alone["findings"]) == 1100 and alone["findings"][0]["zone"] == "bulk"
    assert "not among those checked" in alone["findings"][0]["detail"]
    last = moto.keys(bucket)[-1]
    moto.boto3.delete_object(Bucket=bucket, Key=last)
    found = verify(moto, "--config", config, status=1)
    assert [(f["kind"], f["object"], f["zone"]) for f in found["findings"]] == [
        ("missing_object", last.removeprefix("p/"), "bulk")]
    copy = moto.fresh_bucket()
    result = report(sluice(moto, "replay", "land", "--config", config, "bulk", f"s3://{copy}", "--json"))
    assert result["landed"] == 1099


def test_large_objects_are_read_and_copied_in_little_memory(folder, moto):
    """Objects of many pieces, of which none is ever held whole; the copy waits on disk meanwhile, and leaves nothing there."""
    bucket, other = moto.fresh_bucket(), moto.fresh_bucket()
    batches, megabytes = 24, 8
    with serving(folder, moto, zone(moto, bucket)) as gateway:
        # One object: neither its size nor its age seals it before the end.
        gateway.stop()
        gateway.settings["journal"].update(segment_max_age_seconds=3600, segment_max_bytes=1 << 30)
        gateway.start()
        for number in range(batches):
            body = b"".join(
                b'{"eventID":"%d-%d","eventTime":"2026-01-01T00:00:00Z","pad":"%s"}\n' % (
                    number, event, base64.b64encode(os.urandom(750_000))) for event in range(megabytes))
            assert gateway.post("audit_logs", body, key=f"big-{number}").status == 202
        assert gateway.stop() == 0, gateway.tail()
    source, target = f"s3://{bucket}/land", f"s3://{other}"
    largest = max(len(stored.body) for stored in moto.objects(bucket, "land/audit_logs/"))
    assert largest > 130 << 20
    found, peak = measured(moto, folder, "verify", "--json", source)
    assert found["complete"] and peak < 100 << 20, peak
    copied, peak = measured(moto, folder, "replay", "land", source, target, "--json")
    assert copied["tally"]["problems"] == 0 and copied["landed"] > 0 and peak < 100 << 20, peak
    assert verify(moto, target)["complete"]
    assert not list(folder.glob("sluice-replay-*"))


def measured(server, folder, *arguments):
    """The command's result, and its peak memory in bytes: the kernel's own mark, looked at until the end."""
    with open(folder / "out", "w+") as output:
        process = subprocess.Popen(
            [str(binary()), *map(str, arguments)], stdout=output,
            env={**os.environ, **server.environment("unused"), "TMPDIR": str(folder)})
        peak = 0
        while process.poll() is None:
            with open(f"/proc/{process.pid}/status") as status:
                found = re.search(r"VmHWM:\s+(\d+) kB", status.read())
            peak = max(peak, int(found[1]) << 10 if found else 0)
            time.sleep(0.02)
        output.seek(0)
        assert process.returncode == 0 and peak > 0
        return json.load(output), peak


def test_since_leaves_out_what_is_older(folder, moto):
    bucket = moto.fresh_bucket()
    with serving(folder, moto, zone(moto, bucket)) as gateway:
        fill(gateway)
        assert gateway.stop() == 0
    place = f"s3://{bucket}/land"
    assert verify(moto, place, "--since", "1d")["complete"]
    nothing = verify(moto, place, "--since", "2100-01-01")
    assert nothing["complete"] and all(stream["objects"] == 0 for stream in nothing["streams"])


def test_what_can_not_be_checked_says_why(folder, moto):
    bucket = moto.fresh_bucket()
    cases = [
        (["verify", "s3://no-such-bucket-here"], "NoSuchBucket"),
        (["verify", "s3://UPPER/x"], "no bucket name"),
        (["verify", folder / "nothing"], "no directory"),
        (["verify", "s3://"], "is required"),
        (["replay", "land", "s3://no-such-bucket-here", f"s3://{bucket}"], "NoSuchBucket"),
    ]
    for arguments, words in cases:
        result = sluice(moto, *arguments)
        assert result.returncode == 2 and words in result.stderr, (arguments, result.stderr)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SLUICE_S3_"))}
    environment["HOME"] = str(folder)
    result = subprocess.run(
        [str(binary()), "verify", f"s3://{bucket}"], capture_output=True, text=True, timeout=60, env=environment)
    assert result.returncode == 2 and "no region is set" in result.stderr and "AWS_REGION" in result.stderr


def test_config_check_names_what_is_wrong_with_a_bucket(folder):
    path = folder / "s3.yaml"
    path.write_text(yaml.safe_dump({
        "streams": {"logs": {"consistency": "available"}},
        "zones": {"far": {"kind": "s3", "bucket": "bucket", "profile": "nobody", "ca_file": str(folder / "none.pem")}},
    }, sort_keys=False))
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SLUICE_S3_"))}
    environment["HOME"] = str(folder)
    result = subprocess.run(
        [str(binary()), "config", "check", "--config", str(path)], capture_output=True, text=True, timeout=60,
        env=environment)
    assert result.returncode == 2
    said = result.stderr.splitlines()
    for place, words in [
            (f"{path}:5:3: zones.far.region:", "no region is set"),
            (f"{path}:8:5: zones.far.profile:", "no profile `nobody`"),
            (f"{path}:9:5: zones.far.ca_file:", "none.pem can't be read")]:
        assert any(line.startswith(place) and words in line for line in said), said


def lines(server, bucket, stream):
    """Every landed line of a stream."""
    for stored in server.objects(bucket, f"land/{stream}/"):
        yield from map(json.loads, gzip.decompress(stored.body).splitlines())
