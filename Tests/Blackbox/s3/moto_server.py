"""moto's S3 (and the rest of its AWS), run as a process of its own. It checks no signatures and keeps all in memory."""

import pathlib
import sys
import time
import urllib.error
import urllib.request

from ports import free_port

from .server import Daemons, S3Server, StartFailed


class MotoServer(S3Server):
    name = "moto"

    def __init__(self):
        super().__init__()
        self._daemons = None
        self.start_seconds = None

    def start(self):
        began = time.monotonic()
        self._daemons = Daemons("moto")
        app = pathlib.Path(__file__).with_name("moto_app.py")
        try:
            for _ in range(5):
                self.port = free_port()
                process = self._daemons.spawn("moto", [sys.executable, str(app), str(self.port)])
                try:
                    self._daemons.wait("answer of moto", self._serves, 60)
                    self.start_seconds = time.monotonic() - began
                    return
                except StartFailed:
                    # The port was taken meanwhile: another one. Anything else is told at the last try.
                    if process.poll() is None:
                        raise
                    self._daemons.processes.pop()
            raise StartFailed(f"moto did not start; is `moto[server]` installed?\n{self._daemons.logs()}")
        except BaseException:
            self.stop()
            raise

    def _serves(self):
        try:
            with urllib.request.urlopen(f"{self.endpoint}/moto-api/", timeout=5) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def session(self):
        # Its session tokens are always the same; those of a role are not.
        role = "arn:aws:iam::123456789012:role/landing"
        return self.service("sts").assume_role(RoleArn=role, RoleSessionName="tests")["Credentials"]

    def stop(self):
        if self._daemons:
            self._daemons.stop()
            self._daemons = None
