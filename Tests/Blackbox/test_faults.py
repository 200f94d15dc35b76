"""Injected faults: failing syncs, death at every system call, a full disk."""

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import threading
import time

import pytest

from control import Control, eventually
from gateway import Gateway, problem
from injection import Injection, need_strace
from producers import Producer, assert_exactly_once, settle, started


# The long form (`make torture`) has more of each.
EIO_SECONDS = int(os.environ.get("SLUICE_EIO_SECONDS", "5"))
DISK_ROUNDS = int(os.environ.get("SLUICE_DISK_ROUNDS", "1"))


def strace(*options):
    return ["strace", "-f", "-qq", "-o", "/dev/null", *options]


def finish(gateway, producers):
    """A healthy restart: everything in doubt is answered, everything acknowledged has landed once."""
    for producer in producers:
        producer.halt()
    if gateway.process.poll() is None:
        subprocess.run(["pkill", "-KILL", "-P", str(gateway.process.pid)])
        # strace ends after what it traces: killed, it would leave a gateway that may still hold its locks.
        gateway.process.wait(30)
    gateway.prefix = []
    gateway.start()
    settle(gateway, producers)
    assert gateway.stop() == 0, gateway.tail()
    events = assert_exactly_once(gateway, producers)
    status, report = gateway.verify()
    assert (status, report["complete"]) == (0, True), report
    return events


@pytest.mark.parametrize("which", [1, 2, 3, 5, 8, 13, 21, 34])
def test_an_io_error_on_the_kth_fdatasync_is_refused_and_survived(folder, which):
    need_strace()
    gateway = Gateway(folder, prefix=strace(
        "-e", "trace=fdatasync", "-e", f"inject=fdatasync:error=EIO:when={which}"))
    try:
        gateway.start(wait=False)
        try:
            gateway.wait_ready()
        except AssertionError:
            # A sync failed before the first batch: a clear error and a failed start are right.
            assert b"error" in gateway.log.read_bytes().lower() or b"EIO" in gateway.log.read_bytes()
        producers = [Producer(gateway.port, f"p{n}", batch=5) for n in range(2)]
        for producer in producers:
            producer.start()
        time.sleep(2.5)
        assert finish(gateway, producers) > 0 or not any(p.acknowledged for p in producers)
    finally:
        gateway.__exit__()


def test_io_errors_again_and_again(folder, injected):
    """Every seventh sync of each thread fails, for some seconds or, in the long run, for minutes."""
    need_strace()
    gateway = Gateway(folder, {"journal": {"segment_max_age_seconds": 1}})
    injection = Injection("fdatasync:error=EIO:when=3+7", "pwritev:error=EIO:when=11+31")

    def errors():
        """Calls on the journal's files that returned the error."""
        return sum(call.injected and call.paths[0].startswith(f"{gateway.journal}/") for call in injection.calls() if call.paths)

    try:
        gateway.start()
        producers = [Producer(gateway.port, f"p{n}", batch=5) for n in range(3)]
        for producer in producers:
            producer.start()
        with injection.on(gateway):
            time.sleep(EIO_SECONDS)
            eventually(lambda: errors() > EIO_SECONDS)
        assert gateway.process.poll() is None, gateway.tail()
        for producer in producers:
            producer.halt()
        settle(gateway, producers)
        assert gateway.stop() == 0, gateway.tail()
        assert assert_exactly_once(gateway, producers) > 0
        status, report = gateway.verify()
        assert (status, report["complete"]) == (0, True), report
        assert any(503 in producer.statuses for producer in producers)
        injected("EIO from a sync or a write of the journal", errors())
    finally:
        gateway.__exit__()


def test_a_failed_sync_gives_503_and_the_next_batch_a_new_segment(folder):
    """The stream's own first sync fails: 503, then the same key is taken."""
    need_strace()
    gateway = Gateway(folder)
    with gateway:
        pass_through = gateway.post("audit_logs", b'{"eventID":"a","eventTime":"2026-01-01T00:00:00Z"}', key="a")
        assert pass_through.status == 202
        body = b'{"eventID":"b","eventTime":"2026-01-01T00:00:00Z"}'
        with Injection("fdatasync:error=EIO").on(gateway):
            refused = gateway.post("audit_logs", body, key="b")
            assert refused.status == 503 and int(refused.headers["Retry-After"]) >= 1, refused
            assert "journal" in problem(refused)["type"]
        deadline = time.monotonic() + 10
        while (taken := gateway.post("audit_logs", body, key="b")).status != 202:
            assert time.monotonic() < deadline, gateway.tail()
            time.sleep(0.2)
        assert json.loads(taken.body)["sequence"]["first"] == 1
        assert gateway.stop() == 0, gateway.tail()
        assert [line["event_key"] for line in gateway.landed("audit_logs")] == ["a", "b"]
        status, report = gateway.verify()
        assert (status, report["complete"]) == (0, True), report


def test_a_sync_that_takes_seconds_holds_acknowledgements_back_and_intake_within_its_bound(folder):
    need_strace()
    delay, bound = 2, 1 << 20
    with Gateway(folder, {"admission": {"in_flight_max_bytes": bound}}) as gateway:
        control = Control(gateway)
        event = '{"eventID":"%s","eventTime":"2026-01-01T00:00:00Z","pad":"' + "x" * 400_000 + '"}'
        answers, most, words = {}, 0, set()

        def post(name):
            # Whoever finds no room in time is told so, and comes again.
            while (answer := gateway.post("audit_logs", (event % name).encode(), key=name, timeout=120)).status != 202:
                assert answer.status == 503 and int(answer.headers["Retry-After"]) >= 1, answer
                assert problem(answer)["type"].endswith("overloaded"), answer
                time.sleep(0.5)
            answers[name] = time.monotonic()

        # Three times what may be in memory at once.
        posts = [threading.Thread(target=post, args=(f"e{number}",)) for number in range(8)]
        with Injection(f"fdatasync:delay_enter={delay}s").on(gateway):
            began = time.monotonic()
            for thread in posts:
                thread.start()
            while any(thread.is_alive() for thread in posts):
                most = max(most, control.get("/v1/status")["in_flight_bytes"])
                assert gateway.request("GET", "/livez").status == 200
                health = gateway.request("GET", "/readyz?verbose")
                assert health.status == 200
                words.add(json.loads(health.body)["status"])
                time.sleep(0.1)
        assert "degraded" in words
        assert len(answers) == len(posts) and min(answers.values()) - began >= delay, answers
        assert 0 < most <= bound
        eventually(lambda: json.loads(gateway.request("GET", "/readyz?verbose").body)["status"] == "ok")
        assert gateway.stop() == 0, gateway.tail()
        assert sorted(line["event_key"] for line in gateway.landed("audit_logs")) == sorted(answers)


CALLS = ["openat", "pwritev", "fdatasync", "fsync", "rename", "link", "unlink", "ftruncate", "fallocate", "mkdir",
         "read", "pread64", "accept4", "flock"]


@pytest.mark.parametrize("call", CALLS)
def test_death_at_the_kth_system_call_of_a_whole_small_run(folder, call, injected):
    """SIGKILL at the k-th call of each kind, for every k (every few for large ones), from start to a clean end: start,
    take batches, seal, land, retire, stop."""
    need_strace()
    gateway = Gateway(folder, {"journal": {"segment_max_age_seconds": 60}})
    producers, died, k = [], 0, 1
    try:
        while True:
            gateway.prefix = strace("-e", f"trace={call}", "-e", f"inject={call}:signal=SIGKILL:when={k}")
            gateway.start(wait=False)
            producer = Producer(gateway.port, f"{call}-{k}", batch=3, padding=20)
            producer.start()
            producers.append(producer)
            deadline = time.monotonic() + 5
            while len(producer.acknowledged) < 3 and gateway.process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.005)
            producer.halt()
            subprocess.run(["pkill", "-TERM", "-P", str(gateway.process.pid)])
            ended = gateway.process.wait(30)
            if ended == 0:
                break
            # strace ends as what it traces did.
            assert ended == -signal.SIGKILL, f"{call} {k}: it ended with {ended}:\n{gateway.tail()}"
            died += 1
            k += 1 if k < 40 else k // 4
        gateway.prefix = []
        gateway.start()
        settle(gateway, producers)
        assert gateway.stop() == 0, gateway.tail()
        events = assert_exactly_once(gateway, producers)
        status, report = gateway.verify()
        assert (status, report["complete"]) == (0, True), report
        print(f"{call}: died {died} times, {events} events landed once")
        assert died > 0, "it makes no such call"
        injected("death at a system call", died)
    finally:
        gateway.__exit__()


@pytest.fixture
def small_disk():
    """A tmpfs of 12 MiB."""
    place = pathlib.Path("/tmp") / f"sluice-small-{os.getpid()}"
    place.mkdir(exist_ok=True)
    mount = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(place)], capture_output=True, text=True)
    if mount.returncode != 0:
        place.rmdir()
        pytest.skip(f"A TMPFS CAN'T BE MOUNTED HERE: the full-disk test did not run: {mount.stderr}")
    yield place
    subprocess.run(["umount", "-l", str(place)])
    place.rmdir()


def fill(path):
    """Takes all the space there is, which may be none."""
    with contextlib.suppress(OSError), open(path, "wb") as file:
        while True:
            file.write(bytes(65536))
            file.flush()


def test_a_full_disk_refuses_and_goes_on_when_space_returns(small_disk):
    gateway = Gateway(small_disk, {"journal": {"segment_max_age_seconds": 1, "reserve_bytes": 2 << 20}})
    gateway.log = pathlib.Path(str(small_disk) + ".log")
    ballast = small_disk / "ballast"
    try:
        with gateway:
            body = b'{"eventID":"first","eventTime":"2026-01-01T00:00:00Z"}'
            assert gateway.post("audit_logs", body, key="first").status == 202
            fill(ballast)
            refused = gateway.post("audit_logs", body.replace(b"first", b"second"), key="second")
            assert refused.status == 503 and int(refused.headers["Retry-After"]) >= 1, refused
            assert problem(refused)["type"].endswith("journal-full")
            # What was acknowledged lands all the same: landing needs no space.
            assert [line["event_key"] for line in gateway.wait_landed("audit_logs", 1)] == ["first"]
            ballast.unlink()
            deadline = time.monotonic() + 10
            while (taken := gateway.post("audit_logs", body.replace(b"first", b"second"), key="second")).status != 202:
                assert time.monotonic() < deadline, gateway.tail()
                time.sleep(0.2)
            assert gateway.stop() == 0, gateway.tail()
            assert sorted(line["event_key"] for line in gateway.landed("audit_logs")) == ["first", "second"]
            status, report = gateway.verify()
            assert (status, report["complete"]) == (0, True), report
    finally:
        gateway.log.unlink(missing_ok=True)


@pytest.mark.parametrize("episode", range(DISK_ROUNDS))
def test_a_disk_that_fills_under_load_loses_nothing(small_disk, injected, episode):
    settings = {"journal": {"segment_max_age_seconds": 1, "reserve_bytes": 1 << 20}}
    gateway = Gateway(small_disk, settings)
    gateway.log = pathlib.Path(str(small_disk) + ".log")
    ballast = small_disk / "ballast"
    try:
        with gateway:
            # With pauses: what lands stays, and must not fill the disk by itself.
            producers = started(gateway, 2, batch=50, padding=300)
            for _ in range(3):
                # It takes again what it refused in the last round, and then refuses again.
                taken = sum(len(producer.acknowledged) for producer in producers)
                eventually(lambda: sum(len(producer.acknowledged) for producer in producers) > taken)
                time.sleep(0.7)
                refused = sum(producer.refused["journal-full"] for producer in producers)
                fill(ballast)
                eventually(lambda: sum(producer.refused["journal-full"] for producer in producers) > refused)
                time.sleep(0.7)
                ballast.unlink(missing_ok=True)
            for producer in producers:
                producer.halt()
            settle(gateway, producers)
            assert gateway.stop() == 0, gateway.tail()
            assert_exactly_once(gateway, producers)
            assert gateway.verify()[0] == 0
            injected("a full disk", 3)
    finally:
        gateway.log.unlink(missing_ok=True)


def test_recovery_needs_no_space(small_disk):
    """Killed with an open segment, on a disk without a free byte: it starts, and lands what was acknowledged."""
    gateway = Gateway(small_disk, {"journal": {"segment_max_age_seconds": 60, "reserve_bytes": 2 << 20}})
    gateway.log = pathlib.Path(str(small_disk) + ".log")
    try:
        with gateway:
            assert gateway.post("audit_logs", b'{"eventID":"a","eventTime":"2026-01-01T00:00:00Z"}').status == 202
            gateway.kill()
            with open(small_disk / "ballast", "wb", buffering=0) as file:
                for size in (65536, 4096, 1):
                    try:
                        while file.write(b"\0" * size):
                            pass
                    except OSError:
                        pass
            gateway.start()
            assert [line["event_key"] for line in gateway.wait_landed("audit_logs", 1)] == ["a"]
    finally:
        gateway.log.unlink(missing_ok=True)
