"""The commands, as a person runs them."""

import json
import subprocess
import time

import yaml

from gateway import Gateway, binary
from ports import free_port


def sluice(*arguments, cwd=None, env=None):
    return subprocess.run(
        [str(binary()), *map(str, arguments)], capture_output=True, text=True, timeout=60, cwd=cwd, env=env)


EVENT = b'{"eventID":"%d","eventTime":"2026-01-01T00:00:00Z"}'


def test_a_faulty_config_names_every_fault_with_its_line(folder):
    path = folder / "bad.yaml"
    path.write_text(
        "gateway:\n  name: Not Good\nlisten:\n  prot: 1\n  port: 70000\nstreams:\n  _x:\n    consistency: strong\n"
        "  a:\n    consistency: perhaps\n    event_id: eventID\n")
    result = sluice("config", "check", "--config", path)
    assert result.returncode == 2
    for expected in (":2:", ":4:", "did you mean `listen.port`", ":5:", "0 to 65535", ":7:", ":10:", ":11:"):
        assert expected in result.stderr, (expected, result.stderr)
    assert sluice("serve", "--config", path).returncode == 2


def test_the_shipped_config_is_good(folder):
    import pathlib
    shipped = pathlib.Path(__file__).resolve().parents[2] / "config" / "local.yaml"
    result = sluice("config", "check", "--config", shipped)
    assert result.returncode == 0, result.stderr
    assert "billing_usage: strong" in result.stdout


def test_a_missing_config_says_so(folder):
    result = sluice("serve", "--config", folder / "none.yaml")
    assert result.returncode == 2 and "can't be read" in result.stderr


def test_a_second_gateway_on_the_same_journal_is_refused(gateway):
    second = dict(gateway.settings, listen={"host": "127.0.0.1", "port": free_port()})
    path = gateway.folder / "second.yaml"
    path.write_text(yaml.safe_dump(second))
    result = sluice("serve", "--config", path)
    assert result.returncode == 2 and "another process holds this journal" in result.stderr


def test_a_taken_port_is_refused(gateway):
    path = gateway.folder / "second.yaml"
    path.write_text(yaml.safe_dump({
        **gateway.settings, "control": {"port": free_port()}, "state": {"directory": str(gateway.folder / "other-state")},
        "journal": {"directory": str(gateway.folder / "other")},
        "zones": {"main": {"kind": "directory", "directory": str(gateway.folder / "other-landing")}}}))
    result = sluice("serve", "--config", path)
    assert result.returncode == 2 and str(gateway.port) in result.stderr


def test_the_journal_can_be_inspected_verified_and_exported(folder):
    with Gateway(folder, {"journal": {"segment_max_age_seconds": 60}}) as gateway:
        for number in range(3):
            assert gateway.post("audit_logs", EVENT % number).status == 202
        rows = json.loads(sluice("journal", "inspect", gateway.journal, "--stream", "audit_logs", "--json").stdout)
        assert [(row["state"], row["events"], row["first"], row["last"]) for row in rows] == [("open", 3, 0, 2)]
        assert sluice("journal", "verify", gateway.journal).returncode == 0
        lines = sluice("journal", "export", gateway.journal, "--stream", "audit_logs").stdout.splitlines()
        assert [json.loads(line)["event_key"] for line in lines] == ["0", "1", "2"]
        gateway.kill()
        segment = gateway.journal / "audit_logs" / rows[0]["file"].split("/")[-1]
        damaged = bytearray(segment.read_bytes())
        damaged[250] ^= 1
        segment.write_bytes(damaged)
        result = sluice("journal", "verify", gateway.journal)
        assert result.returncode == 1 and segment.name in result.stdout
    result = sluice("journal", "inspect", folder / "nothing")
    assert result.returncode == 2 and "No such file" in result.stderr


def test_rot_in_a_segment_is_named_and_the_rest_goes_on(folder):
    """A block in the middle rots: its range is named in log and ledger, what is around it lands."""
    with Gateway(folder, {"journal": {"segment_max_age_seconds": 60}}) as gateway:
        for number in range(3):
            gateway.post("audit_logs", EVENT % number)
        gateway.kill()
        (segment,) = (gateway.journal / "audit_logs").glob("*.json.gz")
        content = bytearray(segment.read_bytes())
        second = content.index(b"\x1f\x8b\x08\x04", 10)
        content[second + 60] ^= 0x40
        segment.write_bytes(content)
        gateway.settings["journal"]["segment_max_age_seconds"] = 1
        gateway.start()
        assert gateway.stop() == 0, gateway.tail()
        assert [line["event_key"] for line in gateway.landed("audit_logs")] == ["0", "2"]
        damaged = [line["payload"] for line in gateway.landed("_ledger") if line["payload"]["fact"] == "range_damaged"]
        assert [(fact["first"], fact["end"]) for fact in damaged] == [(1, 2)]
        assert "acknowledged events were lost" in gateway.log.read_text()
        status, report = gateway.verify()
        assert status == 1 and [finding["kind"] for finding in report["findings"]] == ["damaged"]
        assert list((gateway.journal / "damaged" / "audit_logs").iterdir())


def test_rot_in_a_key_log_is_named_and_costs_no_event(folder):
    """The record of a landed batch rots: the batch would be taken again, and log, ledger and `journal verify` say so."""
    with Gateway(folder) as gateway:
        for number in range(2):
            gateway.post("audit_logs", EVENT % number)
            gateway.wait_landed("audit_logs", number + 1)
        keys = gateway.journal / "audit_logs" / "keys" / "0.keys"
        deadline = time.monotonic() + 20
        while not keys.exists() or len(set(gateway.journal.glob("audit_logs/*.json.gz*"))) or keys.stat().st_size < 120:
            assert time.monotonic() < deadline, "the segments were not retired"
            time.sleep(0.1)
        gateway.kill()
        assert sluice("journal", "verify", gateway.journal).returncode == 0
        content = bytearray(keys.read_bytes())
        content[30] ^= 1
        keys.write_bytes(content)
        result = sluice("journal", "verify", gateway.journal)
        assert result.returncode == 1 and "0.keys" in result.stdout and "no longer known" in result.stdout, result
        gateway.start()
        assert "a key log can't be read everywhere" in gateway.log.read_text()
        assert json.loads(gateway.post("audit_logs", EVENT % 1).body)["replayed"] is True
        assert json.loads(gateway.post("audit_logs", EVENT % 0).body)["replayed"] is False
        assert gateway.stop() == 0, gateway.tail()
        facts = [line["payload"] for line in gateway.landed("_ledger") if line["payload"]["fact"] == "keys_damaged"]
        assert [(fact["stream"], fact["offset"], fact["batches_max"] >= 1) for fact in facts] == [("audit_logs", 0, True)]


def test_a_landing_zone_without_its_ledger_is_not_complete(gateway):
    gateway.post("audit_logs", EVENT % 1)
    gateway.stop()
    assert gateway.verify()[0] == 0
    for path in (gateway.zone.local() / "_ledger").rglob("*.json.gz"):
        path.unlink()
    status, report = gateway.verify()
    assert status == 1 and [finding["kind"] for finding in report["findings"]] == ["no_ledger"]


def test_a_journal_that_cannot_be_written_is_named(folder):
    """Not by permissions, as tests may run as root: a file in the way, and a file system that takes no directories."""
    (folder / "taken").write_text("")
    for directory, reason in ((folder / "taken" / "journal", "Not a directory"), ("/proc/journal", "No such file")):
        gateway = Gateway(folder, {"journal": {"directory": str(directory)}})
        gateway.config.write_text(yaml.safe_dump(gateway.settings))
        result = sluice("serve", "--config", gateway.config)
        assert result.returncode == 2 and str(directory) in result.stderr and reason in result.stderr, result.stderr


def test_verify_finds_what_is_missing_doubled_or_changed(gateway):
    for number in range(3):
        gateway.post("audit_logs", EVENT % number)
        time.sleep(1.3)
    gateway.stop()
    assert gateway.verify()[0] == 0
    first, second, *_ = (gateway.zone.directory / name for name in gateway.objects("audit_logs"))
    kept = second.read_bytes()

    second.unlink()
    status, report = gateway.verify()
    assert status == 1 and {finding["kind"] for finding in report["findings"]} == {"gap", "missing_object"}

    second.write_bytes(kept[:-5] + bytes([kept[-5] ^ 1]) + kept[-4:])
    status, report = gateway.verify()
    assert status == 1 and "hash" in {finding["kind"] for finding in report["findings"]}

    second.write_bytes(kept)
    copy = first.with_name(first.name.replace("_0-0.", "_9-9."))
    copy.write_bytes(first.read_bytes())
    status, report = gateway.verify()
    assert status == 1 and "duplicate" in {finding["kind"] for finding in report["findings"]}
    copy.unlink()
    status, report = gateway.verify()
    assert status == 0, report
    assert sluice("verify", gateway.folder / "nothing").returncode == 2


def test_sigterm_lands_everything_and_ends_with_0(gateway):
    for number in range(5):
        assert gateway.post("audit_logs", EVENT % number).status == 202
    assert gateway.stop() == 0
    assert len(gateway.landed("audit_logs")) == 5
    assert sorted(path.name for path in (gateway.journal / "audit_logs").iterdir()) == ["keys"]
