"""Calls on the journal's files that fail under a running gateway, each with its own error: refused, survived, nothing lost."""

import json
import time

import pytest

from control import eventually
from gateway import Gateway, problem
from injection import Injection, journal_paths, need_strace
from producers import assert_exactly_once, settle, started

# What the producer is told: whether waiting for room can help is all that it can act on.
FAILURES = [
    ("pwritev", "EBADF", "journal-failed"),
    ("pwritev", "EROFS", "journal-failed"),
    ("pwritev", "EDQUOT", "journal-full"),
    ("fdatasync", "EBADF", "journal-failed"),
    ("fdatasync", "EROFS", "journal-failed"),
    ("fdatasync", "EDQUOT", "journal-full"),
    ("fallocate", "EIO", "journal-failed"),
    ("fallocate", "EDQUOT", "journal-full"),
    ("fsync", "EIO", "journal-failed"),
    ("rename", "EIO", "journal-failed"),
    ("openat", "EIO", "journal-failed"),
]


@pytest.mark.parametrize("call, error, kind", FAILURES, ids=[f"{call}-{error}" for call, error, _ in FAILURES])
def test_a_failing_call_is_refused_under_its_own_name_and_survived(folder, call, error, kind, injected):
    """Twice: once the fault goes away under the running gateway, once the gateway is killed while it is there."""
    need_strace()
    with Gateway(folder) as gateway:
        producers = started(gateway, 2, batch=5)

        def go_on():
            """Each producer is told of one batch more, and of one that it began since."""
            known = [len(producer.acknowledged) for producer in producers]
            eventually(lambda: all(len(p.acknowledged) > before + 1 for p, before in zip(producers, known)))

        count = 0
        for end in ("healed", "killed"):
            event = f'{{"eventID":"{end}","eventTime":"2026-01-01T00:00:00Z"}}'.encode()
            go_on()
            # The runtime does not survive that it can't open what it needs; the journal must.
            paths = journal_paths(gateway, "audit_logs") if call == "openat" else ()
            refused = sum(producer.refused[kind] for producer in producers)
            with Injection(f"{call}:error={error}", paths=paths).on(gateway) as injection:
                eventually(lambda: sum(producer.refused[kind] for producer in producers) > refused + 5)
                # Long enough for what is open to come to its age, and for one try to seal it after another.
                time.sleep(1.2)
                answer = gateway.post("audit_logs", event, key=end)
                assert answer.status == 503 and int(answer.headers["Retry-After"]) >= 1, answer
                assert problem(answer)["type"] == f"urn:sluice:problem:{kind}"
                # Where the journal lies is told to operators alone.
                assert str(folder) not in problem(answer)["detail"]
                assert gateway.request("GET", "/livez").status == 200
                if end == "killed":
                    assert gateway.kill(), gateway.tail()
            count += injection.count()
            # Once, and not for each of some thousand batches.
            told = [line for line in gateway.log.read_text().splitlines()
                    if "the journal can't take a batch" in line and "stream=audit_logs" in line]
            assert 1 <= len(told) <= 4 and all(str(folder) in line for line in told), told
            if end == "killed":
                gateway.start()
            # The same key is taken now, whatever became of it.
            eventually(lambda: gateway.post("audit_logs", event, key=end).status in (200, 202))
            producers[0].acknowledged[end] = [end]
        go_on()
        for producer in producers:
            producer.halt()
        settle(gateway, producers)
        for producer in producers:
            assert set(producer.refused) == {kind}, producer.refused
        assert gateway.stop() == 0, gateway.tail()
        assert assert_exactly_once(gateway, producers) > 0
        status, report = gateway.verify()
        assert (status, report["complete"]) == (0, True), report
        injected(f"{error} from {call}", count)


@pytest.mark.parametrize("error", ["EOPNOTSUPP", "ENOSYS"])
def test_a_file_system_that_cannot_reserve_space_is_no_failure(folder, error, injected):
    need_strace()
    with Gateway(folder) as gateway:
        with Injection(f"fallocate:error={error}").on(gateway) as injection:
            for number in range(5):
                event = b'{"eventID":"%d","eventTime":"2026-01-01T00:00:00Z"}' % number
                assert gateway.post("audit_logs", event, key=f"k{number}").status == 202
                time.sleep(0.4)
            assert gateway.stop() == 0, gateway.tail()
        assert injection.count() > 1
        assert [line["event_key"] for line in gateway.landed("audit_logs")] == ["0", "1", "2", "3", "4"]
        assert gateway.verify()[0] == 0
        injected(f"{error} from fallocate", injection.count())


def test_a_segment_that_cannot_be_sealed_is_told_of_and_lands_once_it_can(folder, injected):
    need_strace()

    def health():
        return json.loads(gateway.request("GET", "/readyz?verbose").body)

    # The fault must be there before the first seal.
    with Gateway(folder, {"journal": {"segment_max_age_seconds": 5}}) as gateway:
        event = b'{"eventID":"a","eventTime":"2026-01-01T00:00:00Z"}'
        assert gateway.post("audit_logs", event, key="a").status == 202
        with Injection("rename:error=EIO", paths=journal_paths(gateway, "audit_logs")).on(gateway) as injection:
            eventually(lambda: health()["status"] == "degraded")
            eventually(lambda: injection.count() > 2)
            assert any("audit_logs can't be sealed" in check["detail"] for check in health()["checks"])
            assert gateway.log.read_text().count("a segment can't be sealed") == 1
        eventually(lambda: health()["status"] == "ok")
        assert gateway.stop() == 0, gateway.tail()
        assert [line["event_key"] for line in gateway.landed("audit_logs")] == ["a"]
        injected("EIO from rename", injection.count())
