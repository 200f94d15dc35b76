"""Few descriptors: connections are refused or wait, whoever is served is answered, and nothing acknowledged is lost."""

import contextlib
import http.client
import json
import os
import resource
import socket
import time

from control import eventually
from gateway import Gateway, Response, problem

# Each event loop has three.
FEW = 58 + 3 * (os.cpu_count() or 1)


class Door:
    """One connection to the data plane, which is kept; `taken` are the events acknowledged over it."""

    def __init__(self, gateway):
        self.gateway, self.taken, self._number = gateway, [], 0
        self._connection = None

    def post(self, name=None):
        """The answer to one event, a new one unless it has a name."""
        if name is None:
            name, self._number = f"e{self._number}", self._number + 1
        body = json.dumps({"eventID": name, "eventTime": "2026-01-01T00:00:00Z"})
        self._connection.request(
            "POST", "/v1/streams/audit_logs/events", body, {"Content-Type": "application/x-ndjson", "Idempotency-Key": name})
        answer = self._connection.getresponse()
        answer = Response(answer.status, answer.headers, answer.read())
        if answer.status in (200, 202):
            self.taken.append(name)
        return name, answer

    def open(self):
        """Where only one is served, it may take a moment before the gateway has seen the last one leave."""
        def is_served():
            self._connection = http.client.HTTPConnection("127.0.0.1", self.gateway.port, timeout=20)
            with contextlib.suppress(OSError, http.client.HTTPException):
                return self.post()[1].status == 202
        eventually(is_served)
        return self

    def close(self):
        self._connection.close()

    def post_for(self, seconds, pause=0.05):
        """Long enough for segments to be sealed and begun, which takes descriptors; what was refused, by its name."""
        deadline, refused = time.monotonic() + seconds, {}
        while time.monotonic() < deadline:
            name, answer = self.post()
            if answer.status != 202:
                refused[name] = answer
            time.sleep(pause)
        return refused


def assert_survived(gateway, door, flood):
    """It lives, is ready once they have left, and what was acknowledged meanwhile lands."""
    assert gateway.process.poll() is None, gateway.tail()
    for one in flood:
        one.close()
    door.close()
    gateway.wait_ready()
    assert gateway.stop() == 0, gateway.tail()
    assert sorted(line["event_key"] for line in gateway.landed("audit_logs")) == sorted(door.taken)
    status, report = gateway.verify()
    assert (status, report["complete"]) == (0, True), report


def test_with_few_descriptors_one_connection_is_served_and_a_flood_is_turned_away(folder, injected):
    """What is left after the gateway's own needs is one connection. `ulimit -n 64` on two cores, hard too, or it would raise it."""
    with Gateway(folder, prefix=["prlimit", f"--nofile={FEW}:{FEW}"]) as gateway:
        assert resource.prlimit(gateway.process.pid, resource.RLIMIT_NOFILE) == (FEW, FEW)
        assert "fewer connections than configured" in gateway.log.read_text()
        door = Door(gateway).open()
        flood = []
        for _ in range(5):
            for _ in range(30):
                one = socket.create_connection(("127.0.0.1", gateway.port), timeout=20)
                answer = http.client.HTTPResponse(one)
                answer.begin()
                refused = Response(answer.status, answer.headers, answer.read())
                assert problem(refused)["type"] == "urn:sluice:problem:too-many-connections"
                assert (refused.status, problem(refused)["limit"]) == (503, 1) and int(refused.headers["Retry-After"]) >= 1
                # Closed at that end; at this one they all stay.
                assert one.recv(1) == b""
                flood.append(one)
            assert door.post_for(0.5) == {}
        assert_survived(gateway, door, flood)
        injected("a connection too many for the descriptors", len(flood))


def test_with_few_descriptors_connections_to_the_control_plane_leave_the_journal_its_own(folder, injected):
    """More than the process has: the journal could not begin its next segment, and libdispatch would end the process."""
    with Gateway(folder, {"journal": {"segment_max_age_seconds": 1}}, prefix=["prlimit", f"--nofile={FEW}:{FEW}"]) as gateway:
        door = Door(gateway).open()
        flood = [socket.create_connection(("127.0.0.1", gateway.control_port), timeout=20) for _ in range(60)]
        assert door.post_for(5) == {}
        assert_survived(gateway, door, flood)
        injected("a connection too many for the descriptors", len(flood))
