"""Regions in network namespaces of the test's own: each with a gateway, its producers, and one link to the landing zone that
can be cut, cut one way, or slowed down. Nothing leaves this machine."""

import contextlib
import ctypes
import fcntl
import os
import pathlib
import signal
import socket
import subprocess
import threading
import time

from gateway import Gateway
from producers import Producer
from zones import S3Zone

CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)


def can_make_namespaces() -> bool:
    name = f"sluice-try-{os.getpid()}"
    try:
        ip("netns", "add", name)
        ip("netns", "del", name)
        return True
    except (OSError, subprocess.CalledProcessError):
        return False


@contextlib.contextmanager
def sole_user_of_links():
    """One test run at a time: the links' names and addresses are the machine's. What a killed run has left is removed first."""
    with open("/tmp/sluice-regions.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for namespace in os.listdir("/run/netns") if os.path.isdir("/run/netns") else []:
            if namespace.startswith("sluice-"):
                remove_namespace(namespace)
        for device in os.listdir("/sys/class/net"):
            if device.startswith("slu") and device.endswith("-near"):
                subprocess.run(["ip", "link", "del", device], capture_output=True)
        yield


def remove_namespace(namespace):
    """With what still runs in it: a process would keep it, and its link, alive."""
    inhabitants = subprocess.run(["ip", "netns", "pids", namespace], capture_output=True, text=True).stdout.split()
    for process in inhabitants:
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(process), signal.SIGKILL)
    subprocess.run(["ip", "netns", "del", namespace], capture_output=True)


def enter(namespace):
    """Moves the calling thread, and no other, into the namespace: its new sockets live there."""
    with open(f"/run/netns/{namespace}") as file:
        if _libc.setns(file.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"can't enter {namespace}")


def inside(namespace, body):
    """What `body` returns, run by a thread in the namespace."""
    result = {}

    def run():
        try:
            enter(namespace)
            result["value"] = body()
        except BaseException as error:  # noqa: BLE001 - handed on below
            result["error"] = error

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if "error" in result:
        raise result["error"]
    return result["value"]


class Relay(threading.Thread):
    """Passes TCP connections on from an address of the link to the server on this machine's loopback."""

    def __init__(self, address, target):
        super().__init__(daemon=True)
        self.target = target
        self.listener = socket.create_server((address, 0))
        self.port = self.listener.getsockname()[1]

    def run(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            try:
                server = self.connect(client)
            except OSError:
                client.close()
                continue
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=self.pipe, args=(source, sink), daemon=True).start()

    def connect(self, client):
        server = socket.create_connection(self.target, timeout=5)
        server.settimeout(None)
        return server

    @staticmethod
    def pipe(source, sink):
        try:
            while data := source.recv(1 << 16):
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def stop(self):
        self.listener.close()


class RegionGateway(Gateway):
    """A gateway that lives in a namespace; asked from there."""

    def __init__(self, namespace, folder, settings, zone):
        super().__init__(folder, settings, prefix=["ip", "netns", "exec", namespace], zone=zone)
        self.namespace = namespace

    def request(self, *arguments, **more):
        return inside(self.namespace, lambda: super(RegionGateway, self).request(*arguments, **more))


class RegionProducer(Producer):
    """A producer in the region's namespace that notes when it was told what."""

    def __init__(self, namespace, *arguments, **more):
        super().__init__(*arguments, **more)
        self.namespace = namespace
        self.told = []
        noted = self

        class Acknowledged(dict):
            def __setitem__(self, key, value):
                noted.told.append((time.monotonic(), key))
                super().__setitem__(key, value)

        self.acknowledged = Acknowledged()

    def run(self):
        enter(self.namespace)
        super().run()

    def between(self, start, end):
        return [key for at, key in self.told if start <= at <= end]


class Region:
    """A namespace with a link of its own (10.77.<number>.0/30) to where the S3 server is."""

    def __init__(self, number, folder, server, bucket, settings):
        self.name = f"region-{number}"
        self.namespace = f"sluice-{os.getpid()}-{number}"
        self.near, self.far = f"slu{number}-near", f"slu{number}-far"
        self.here, self.there = f"10.77.{number}.1", f"10.77.{number}.2"
        ip("netns", "add", self.namespace)
        ip("link", "add", self.near, "type", "veth", "peer", "name", self.far)
        ip("link", "set", self.far, "netns", self.namespace)
        ip("addr", "add", f"{self.here}/30", "dev", self.near)
        ip("link", "set", self.near, "up")
        ip("-n", self.namespace, "addr", "add", f"{self.there}/30", "dev", self.far)
        for device in (self.far, "lo"):
            ip("-n", self.namespace, "link", "set", device, "up")
        host, port = server.endpoint.removeprefix("http://").split(":")
        self.relay = Relay(self.here, (host, int(port)))
        self.relay.start()
        zone = S3Zone(server, bucket, endpoint=f"http://{self.here}:{self.relay.port}")
        path = pathlib.Path(folder) / self.name
        path.mkdir()
        self.gateway = RegionGateway(self.namespace, path, {**settings, "gateway": {"name": self.name}}, zone)
        self.producers = []

    def start(self):
        self.gateway.start()
        for stream, batch in (("audit_logs", 10), ("anything", 10), ("billing_usage", 3)):
            producer = RegionProducer(
                self.namespace, self.gateway.port, f"{self.name}-{stream}", stream=stream, batch=batch)
            producer.pause = 0.02
            self.producers.append(producer)
            producer.start()

    def producer(self, stream):
        return next(producer for producer in self.producers if producer.stream == stream)

    def cut(self):
        ip("link", "set", self.near, "down")

    def cut_replies(self):
        """One way only: requests arrive, and what is answered goes nowhere."""
        ip("route", "replace", "blackhole", f"{self.there}/32")

    def slow_down(self, rate):
        for prefix, device in (([], self.near), (["ip", "netns", "exec", self.namespace], self.far)):
            subprocess.run(
                [*prefix, "tc", "qdisc", "replace", "dev", device, "root", "tbf", "rate", rate, "burst", "32kbit",
                 "latency", "400ms"], check=True, capture_output=True)

    def heal(self):
        with contextlib.suppress(subprocess.CalledProcessError):
            ip("route", "del", "blackhole", f"{self.there}/32")
        for prefix, device in (([], self.near), (["ip", "netns", "exec", self.namespace], self.far)):
            subprocess.run([*prefix, "tc", "qdisc", "del", "dev", device, "root"], capture_output=True)
        ip("link", "set", self.near, "up")

    def tear_down(self):
        for producer in self.producers:
            producer._halt.set()
        self.gateway.__exit__()
        self.relay.stop()
        subprocess.run(["ip", "link", "del", self.near], capture_output=True)
        remove_namespace(self.namespace)
