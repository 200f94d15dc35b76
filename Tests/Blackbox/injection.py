"""Makes system calls of the real gateway fail, by strace, and tells from strace's own log which ones did."""

import collections
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time

import pytest

# `error` is the name of the errno, or nothing where the call went well; `paths` are all that strace names in the call.
Call = collections.namedtuple("Call", "thread name paths error injected")


def need_strace():
    if not shutil.which("strace"):
        pytest.fail("strace is missing: run `make deps`")
    probe = subprocess.run(["strace", "-f", "-o", "/dev/null", "true"], capture_output=True)
    if probe.returncode != 0:
        pytest.skip("STRACE CAN'T TRACE HERE: the injected-fault tests did not run: " + probe.stderr.decode())


def journal_paths(gateway, stream, ordinals=64):
    """What a running gateway opens of a stream's journal, also in the seconds to come: strace knows no patterns."""
    folder = gateway.journal / stream
    life = re.findall(r" gateway=\S+ incarnation=(\w+)", gateway.log.read_text())[-1]
    segments = [folder / f"{life}-{ordinal:08}.json.gz" for ordinal in range(ordinals)]
    return [folder, folder / "keys", folder / "keys" / "0.keys",
            *segments, *(pathlib.Path(f"{path}{suffix}") for path in segments for suffix in (".sealed", ".sealing", ".rescue"))]


class Injection:
    """`faults` as strace's inject takes them, such as `fdatasync:error=EIO:when=1+2` (each thread counts for itself); only in
    calls on one of `paths`, where there are any. Calls named by `watch` are logged and left as they are."""

    def __init__(self, *faults, paths=(), watch=()):
        self._log = tempfile.NamedTemporaryFile(prefix="sluice-strace-")
        calls = [*dict.fromkeys(fault.split(":")[0] for fault in faults), *watch]
        self._command = ["strace", "-f", "-qq", "-y", "-s", "0", "-o", self._log.name, "-e", "trace=" + ",".join(calls)]
        for fault in faults:
            self._command += ["-e", f"inject={fault}"]
        for path in paths:
            self._command += ["-P", str(path)]

    @property
    def prefix(self):
        """For a gateway that is to be started under it; the gateway stays the child of whoever starts it."""
        return [*self._command, "-D"]

    def on(self, gateway):
        """Attached to a running gateway, until it is left."""
        self._gateway = gateway
        return self

    def __enter__(self):
        pid = self._gateway.process.pid
        self._tracer = subprocess.Popen([*self._command, "-p", str(pid)], stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while not traced(pid):
            assert time.monotonic() < deadline and self._tracer.poll() is None, "strace did not attach"
            time.sleep(0.02)
        return self

    def __exit__(self, *_):
        # A call that strace lets go of between its start and its end fails with ENOSYS, whatever else it was to fail with: so it
        # lets go while the gateway stands still, with no call under way.
        process = self._gateway.process
        lives = process.poll() is None
        if lives:
            process.send_signal(signal.SIGSTOP)
            deadline = time.monotonic() + 10
            while not stopped(process.pid) and time.monotonic() < deadline:
                time.sleep(0.02)
        self._tracer.terminate()
        self._tracer.wait()
        if lives:
            process.send_signal(signal.SIGCONT)

    def calls(self):
        """Every call so far, in the order in which they ended."""
        begun = {}
        for line in pathlib.Path(self._log.name).read_text(errors="replace").splitlines():
            thread, _, rest = line.partition(" ")
            rest = rest.strip()
            if rest.endswith("<unfinished ...>"):
                begun[thread] = rest.removesuffix("<unfinished ...>")
                continue
            if resumed := re.match(r"<\.\.\. \w+ resumed>", rest):
                rest = begun.pop(thread, "") + rest[resumed.end():]
            if ended := re.match(r"(\w+)\((.*) = (?:-1 (\w+) \([^()]*\)|[^=]*?)( \(INJECTED\))?$", rest):
                paths = re.findall(r'[<"](/[^>"]*)[>"]', ended[2])
                yield Call(thread, ended[1], paths, ended[3], bool(ended[4]))

    def count(self, name=None):
        """How many calls, of this name or of any, were made to fail so far."""
        return sum(call.injected for call in self.calls() if name in (None, call.name))


def stopped(pid) -> bool:
    """Whether every thread of the process has stood still for a moment, as it does at each call that is traced."""
    for _ in range(3):
        for thread in pathlib.Path(f"/proc/{pid}/task").iterdir():
            try:
                state = (thread / "stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                return False  # One that ended meanwhile: look again.
            if state not in "Tt":
                return False
        time.sleep(0.02)
    return True


def traced(pid) -> bool:
    """Whether every thread of the process has a tracer."""
    try:
        threads = list(pathlib.Path(f"/proc/{pid}/task").iterdir())
        return all("\nTracerPid:\t0\n" not in (thread / "status").read_text() for thread in threads)
    except FileNotFoundError:
        return False  # One that ended meanwhile: look again.
