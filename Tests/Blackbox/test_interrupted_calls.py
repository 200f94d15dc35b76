"""Calls that a signal interrupts, or that would have to wait, are made again and nobody notices; a sync is not."""

import json
import os
import time

import pytest

from control import eventually
from gateway import Gateway, problem
from injection import Injection, journal_paths, need_strace
from producers import assert_exactly_once, started

EVENT = b'{"eventID":"%d","eventTime":"2026-01-01T00:00:00Z"}'
INTERRUPTED = ["openat", "pwritev", "pread64", "ftruncate", "fallocate", "rename", "unlink"]
FAULTS = {"EINTR": INTERRUPTED, "EAGAIN": ["pwritev", "pread64"]}


def faults(error, calls):
    """Every second call, so that each that is made again goes well. Only calls on the journal's files are to be injected: the
    loader's and the runtime's own are not ours to answer for."""
    return [f"{call}:error={error}:when=1+2" for call in calls]


def assert_nothing_failed(gateway):
    """Also what is tried again later would be in the log: each failed call is told with its errno."""
    assert "errno" not in gateway.log.read_text(), gateway.tail()


def assert_no_space_kept(gateway, stream):
    """What was reserved behind a segment's end was given back before it landed (a hard link of the very file)."""
    for name in gateway.objects(stream):
        status = os.stat(gateway.zone.directory / name)
        # One block of ext4 for the last bytes, and one for a file whose extents don't fit into its inode.
        assert status.st_blocks * 512 <= status.st_size + 8192, (name, status)


@pytest.mark.parametrize("error", FAULTS)
def test_interrupted_calls_of_a_running_gateway_are_made_again(folder, error, injected):
    need_strace()
    with Gateway(folder) as gateway:
        producers = started(gateway, 2, batch=5)
        eventually(lambda: all(producer.acknowledged for producer in producers))
        with Injection(*faults(error, FAULTS[error]), paths=journal_paths(gateway, "audit_logs")).on(gateway) as injection:
            # Each kind is made by the time a segment or two has been begun, sealed, landed and retired.
            eventually(lambda: all(injection.count(call) > 1 for call in FAULTS[error]))
        for producer in producers:
            producer.halt()
        assert all(set(producer.statuses) == {202} for producer in producers), [p.refused for p in producers]
        assert gateway.stop() == 0, gateway.tail()
        assert_nothing_failed(gateway)
        assert_no_space_kept(gateway, "audit_logs")
        assert assert_exactly_once(gateway, producers) > 0
        status, report = gateway.verify()
        assert (status, report["complete"]) == (0, True), report
        injected(f"{error} from a call that is made again", injection.count())


# A start makes no segment of the stream anew, so it reserves nothing.
AT_START = {"EINTR": [call for call in INTERRUPTED if call != "fallocate"] + ["flock"], "EAGAIN": FAULTS["EAGAIN"]}


@pytest.mark.parametrize("error", AT_START)
def test_a_start_whose_calls_are_interrupted_recovers_all_the_same(folder, error, injected):
    """Killed with an open segment, a torn tail behind it, and a landed one's keys."""
    need_strace()
    with Gateway(folder, {"journal": {"segment_max_age_seconds": 2}}) as gateway:
        assert gateway.post("audit_logs", EVENT % 0, key="k0").status == 202
        eventually(lambda: any(path.stat().st_size for path in gateway.journal.glob("audit_logs/keys/*.keys")))
        assert gateway.post("audit_logs", EVENT % 1, key="k1").status == 202
        assert gateway.kill(), gateway.tail()
        (segment,) = gateway.journal.glob("audit_logs/*-00000001.json.gz")
        with open(segment, "ab") as file:
            file.write(b"\x1f\x8b\x08\x04torn")
        files = [gateway.journal, *gateway.journal.rglob("*"), f"{segment}.sealed", f"{segment}.sealing"]
        injection = Injection(*faults(error, AT_START[error]), paths=files)
        gateway.prefix = injection.prefix
        gateway.start()
        for number in range(2):
            again = gateway.post("audit_logs", EVENT % number, key=f"k{number}")
            assert again.status == 200 and json.loads(again.body)["sequence"]["first"] == number, again
        assert gateway.stop() == 0, gateway.tail()
        assert_nothing_failed(gateway)
        made = {call.name for call in injection.calls() if call.injected}
        assert made == set(AT_START[error]), made
        assert [line["event_key"] for line in gateway.landed("audit_logs")] == ["0", "1"]
        status, report = gateway.verify()
        assert (status, report["complete"]) == (0, True), report
        injected(f"{error} from a call that is made again", injection.count())


@pytest.mark.parametrize("call", ["fdatasync", "fsync"])
def test_an_interrupted_sync_has_failed_and_its_segment_is_never_written_or_synced_again(folder, call, injected):
    """After a sync that failed the kernel may have marked the pages clean: a second one would say that all is well. fdatasync
    is of the segment, fsync of the directory that names it."""
    need_strace()
    # The fault must be there before the first seal.
    with Gateway(folder, {"journal": {"segment_max_age_seconds": 10}}) as gateway:
        # Then the segment that fails holds something, and is copied; else none is open, and one has to be begun.
        first = 0 if call == "fdatasync" else 1
        if first == 0:
            assert gateway.post("audit_logs", EVENT % 0, key="k0").status == 202
        # Only the first of each thread: made again, it would go well.
        with Injection(f"{call}:error=EINTR:when=1", watch=["pwritev", "fdatasync", "fsync"]).on(gateway) as injection:
            refused = gateway.post("audit_logs", EVENT % 1, key="k1")
            assert refused.status == 503 and int(refused.headers["Retry-After"]) >= 1, refused
            assert problem(refused)["type"] == "urn:sluice:problem:journal-failed"
            for number in range(1, 4):
                taken = gateway.post("audit_logs", EVENT % number, key=f"k{number}")
                assert taken.status == 202, taken
                time.sleep(0.6)
            gateway.wait_landed("audit_logs", 4 - first)
        assert gateway.stop() == 0, gateway.tail()
        assert [line["event_key"] for line in gateway.landed("audit_logs")] == [str(number) for number in range(first, 4)]
        assert gateway.verify()[0] == 0
        calls = list(injection.calls())
        failed = next(index for index, one in enumerate(calls) if one.injected and "/audit_logs" in one.paths[0])
        thread, name, paths, *_ = calls[failed]
        assert name == call, calls[failed]
        if call == "fdatasync":
            assert paths[0].startswith(f"{gateway.journal}/") and paths[0].endswith("-00000000.json.gz"), calls[failed]
            # By its writer, that is: landing syncs the copy, which has the name by then.
            again = [one for one in calls[failed + 1:] if one.thread == thread and paths[0] in one.paths]
            assert not again, again
        injected("EINTR from a sync, which counts as failed", injection.count())
