"""Talks to the control plane of a gateway under test, with or without an operator's key."""

import http.client
import json
import subprocess
import time

from gateway import Response, binary


class Control:
    def __init__(self, gateway, key=None):
        self.gateway, self.key = gateway, key

    @property
    def url(self):
        return f"http://127.0.0.1:{self.gateway.control_port}"

    def request(self, method, path, body=None, headers=None, timeout=30):
        fields = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        if body is not None:
            fields["Content-Type"] = "application/json"
        fields.update(headers or {})
        connection = http.client.HTTPConnection("127.0.0.1", self.gateway.control_port, timeout=timeout)
        try:
            connection.request(method, path, body, fields)
            response = connection.getresponse()
            return Response(response.status, response.headers, response.read())
        finally:
            connection.close()

    def get(self, path):
        response = self.request("GET", path)
        assert response.status == 200, response
        return json.loads(response.body)

    def post(self, path, body, expected=200):
        response = self.request("POST", path, body)
        assert response.status == expected, response
        return json.loads(response.body)

    def metrics(self):
        """Every sample by its name with labels."""
        text = self.request("GET", "/metrics").body.decode()
        lines = [line for line in text.splitlines() if not line.startswith("#")]
        return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines}

    def trail(self):
        return self.get("/v1/trail?limit=1000")["entries"]

    def sluice(self, *arguments, key=None, timeout=60):
        """A command that speaks to this control plane."""
        import os
        environment = {**os.environ, "SLUICE_URL": self.url}
        if key or self.key:
            environment["SLUICE_KEY"] = key or self.key
        return subprocess.run(
            [str(binary()), *map(str, arguments)], capture_output=True, text=True, timeout=timeout, env=environment)


def first_admin(gateway):
    """The control plane, with the key that the gateway made for the first admin."""
    return Control(gateway, (gateway.folder / "state" / "first-admin.key").read_text().strip())


def eventually(check, seconds=60):
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.05)
