"""A proxy in front of an S3 server that plays faults on the wire and keeps a record of its own.

Requests go upstream byte for byte, the Host header included: the client signed the proxy's host and port, and both moto
and Ceph verify over the Host that they are sent. Every request gets a connection upstream of its own, so the proxy never
sends anything twice. A thread serves each connection of a client.
"""

import dataclasses
import hashlib
import re
import select
import socket
import threading
import time
import urllib.parse
import uuid

from ports import free_port

from .plan import Always
from .record import Entry, Record
from .wire import Gone, Head, Wire


@dataclasses.dataclass(frozen=True)
class Reply:
    status: int
    reason: str
    fields: tuple
    body: bytes
    # A reply to HEAD states a length and has no body.
    length: str | None = None

    def with_field(self, name, value) -> "Reply":
        kept = tuple(field for field in self.fields if field[0].lower() != name.lower())
        return dataclasses.replace(self, fields=(*kept, (name, value)))

    def with_body(self, body) -> "Reply":
        return dataclasses.replace(self, body=body)

    def encoded(self) -> bytes:
        length = self.length if self.length is not None else str(len(self.body))
        fields = list(self.fields)
        if self.status not in (204, 304) and self.status >= 200:
            fields.append(("Content-Length", length))
        head = f"HTTP/1.1 {self.status} {self.reason}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields)
        return head.encode("latin-1") + b"\r\n" + self.body


class Exchange:
    """One request on its way through the proxy: the verbs of which faults are made."""

    def __init__(self, proxy, client: Wire, head: Head, entry: Entry, number_on_connection: int):
        self._proxy, self._client, self._head, self._entry = proxy, client, head, entry
        self._body = None
        self._content = b""
        self.number_on_connection = number_on_connection
        self.open = True

    @property
    def entry(self) -> Entry:
        return self._entry

    def body(self, over=0.0):
        """Reads the whole body, if that has not been done; `over` so many seconds."""
        if self._body is not None:
            return
        self._welcome()
        if (self._head.get("Transfer-Encoding") or "").lower() == "chunked":
            self._body, self._content = self._client.chunks()
        else:
            length = int(self._head.get("Content-Length") or 0)
            if over and length:
                parts, step = [], max(1, length // 20)
                while (got := sum(map(len, parts))) < length:
                    parts.append(self._client.exactly(min(step, length - got)))
                    self.pause(over / 20)
                self._body = b"".join(parts)
            else:
                self._body = self._client.exactly(length)
            self._content = self._body
        self._entry.body_bytes = len(self._content)
        self._entry.body_sha256 = hashlib.sha256(self._content).hexdigest()

    def body_until(self, byte, upstream):
        """Reads so many bytes of the body and, if told, passes just these on; the store must not make an object of them."""
        self._welcome()
        length = int(self._head.get("Content-Length") or 0)
        part = self._client.exactly(min(byte, max(0, length - 1)))
        self._entry.body_bytes = len(part)
        if upstream:
            link = self._proxy.connect_upstream()
            try:
                link.send(self._head.raw + part)
                self._entry.upstream_status = -1
            finally:
                link.reset()

    def _welcome(self):
        if (self._head.get("Expect") or "").lower() == "100-continue":
            self._client.send(b"HTTP/1.1 100 Continue\r\n\r\n")

    def forward(self, without=()) -> Reply:
        """Sends the request on, once, and reads the store's answer to the end."""
        self.body()
        head = self._head.without(*without) if without else self._head
        link = self._proxy.connect_upstream()
        try:
            self._entry.upstream_status = -1
            link.send(head.raw + self._body)
            reply = self._read_reply(link)
        finally:
            link.close()
        self._proxy.record.settle(self._entry, reply.status)
        return reply

    def _read_reply(self, link: Wire) -> Reply:
        while True:
            head = link.head()
            _, status, *reason = head.start.split(" ", 2)
            if not status.startswith("1"):
                break
        status, length = int(status), head.get("Content-Length")
        if self._entry.method == "HEAD" or status in (204, 304):
            body = b""
        elif (head.get("Transfer-Encoding") or "").lower() == "chunked":
            body = link.chunks()[1]
        elif length is not None:
            body = link.exactly(int(length))
        else:
            body = link.rest()
        hops = ("connection", "keep-alive", "transfer-encoding", "content-length")
        fields = tuple(field for field in head.fields if field[0].lower() not in hops)
        stated = (length or "0") if self._entry.method == "HEAD" else None
        return Reply(status, " ".join(reason), fields, body, stated)

    def answer(self, reply: Reply, over=0.0, cut_at=None):
        """Gives the client an answer: at once, in a trickle over so many seconds, or only its first bytes."""
        data = reply.encoded()
        if cut_at is not None:
            self._client.send(data[:cut_at])
            # The bytes must have left before the reset discards what is still queued.
            self.pause(0.05)
            self._end("cut", self._client.reset)
            return
        if over:
            step = max(1, len(data) // 20)
            for start in range(0, len(data), step):
                self._client.send(data[start:start + step])
                self.pause(over / 20)
        else:
            self._client.send(data)
        self._entry.answered = reply.status

    def answer_error(self, status, code, message, headers=(), body=None):
        """An error as S3 words it."""
        if body is None:
            body = (f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message>'
                    f"<Resource>/{self._entry.bucket}/{self._entry.key}</Resource>"
                    f"<RequestId>{uuid.uuid4().hex}</RequestId></Error>").encode()
        fields = [("Content-Type", "application/xml"), ("x-amz-request-id", uuid.uuid4().hex), *headers]
        head_only = self._entry.method == "HEAD"
        self.answer(Reply(status, code or "Error", tuple(fields), b"" if head_only else body, str(len(body))))

    def raw(self, data: bytes):
        self._client.send(data)
        self.pause(0.05)
        self._end("closed", self._client.close)

    def end(self, how):
        """Ends the client's connection without an answer: `reset` or `close`."""
        self._end(*{"reset": ("reset", self._client.reset), "close": ("closed", self._client.close)}[how])

    def _end(self, told, act):
        self._entry.answered = told
        self.open = False
        act()

    def hold(self, seconds=None):
        """Says nothing until the client gives up, the time is over, or the proxy stops."""
        self._entry.answered = "held"
        self.open = False
        deadline = time.monotonic() + seconds if seconds is not None else None
        # Only the end is looked for, nothing is read: a client whose body nobody takes must feel it.
        watch = select.poll()
        watch.register(self._client.socket, select.POLLRDHUP)
        while not self._proxy.stopping.is_set() and (deadline is None or time.monotonic() < deadline):
            if watch.poll(50):
                break
        self._client.reset()

    def pause(self, seconds):
        self._proxy.stopping.wait(seconds)


class FaultProxy:
    def __init__(self, upstream, plan=None, record=None):
        """`upstream` is a server with a `port`; `plan` may be exchanged at any time; `record` may be shared."""
        self._upstream = upstream
        self.plan = plan or Always()
        self.record = record or Record()
        self.stopping = threading.Event()
        self.port = None
        self._listener = None
        self._lock = threading.Lock()
        self._clients = set()
        self._connections = 0
        self.errors = []

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        self.up()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.down()

    @property
    def is_up(self) -> bool:
        return self._listener is not None

    def up(self):
        """Listens; after `down`, on the same port again."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        for attempt in range(10):
            port = self.port or free_port()
            try:
                listener.bind(("127.0.0.1", port))
                break
            except OSError:
                if attempt == 9:
                    raise
                time.sleep(0.2)
        self.port = port
        listener.listen(128)
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def down(self):
        """Refuses connections and resets those there are."""
        if self._listener:
            # Closing alone would leave the accepting thread, and with it the port, in the call.
            try:
                self._listener.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            self._listener.close()
            self._listener = None
        with self._lock:
            clients = list(self._clients)
        for client in clients:
            try:
                client.socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def connect_upstream(self) -> Wire:
        connection = socket.create_connection(("127.0.0.1", self._upstream.port), timeout=60)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return Wire(connection)

    def _accept(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client = Wire(connection)
            with self._lock:
                self._clients.add(client)
                self._connections += 1
                number = self._connections
            threading.Thread(target=self._serve, args=(client, number), daemon=True).start()

    def _serve(self, client, connection):
        try:
            count = 0
            while not self.stopping.is_set():
                exchange = self._exchange(client, client.head(), connection, count)
                count += 1
                self._play(exchange)
                if not exchange.open:
                    break
        except Gone:
            # The client left, or the store did: either way the client sees its connection end.
            pass
        except Exception as error:  # a fault of the proxy itself: the tests look here
            self.errors.append(error)
        finally:
            with self._lock:
                self._clients.discard(client)
            client.close()

    def _play(self, exchange):
        fault = self.plan.choose(exchange.entry)
        exchange.entry.fault = fault.name
        try:
            fault.act(exchange)
        finally:
            exchange.entry.over = True

    def _exchange(self, client, head, connection, count) -> Exchange:
        method, target, _ = head.start.split(" ")
        path = target.partition("?")[0]
        bucket, _, key = path.lstrip("/").partition("/")
        signer = re.search(r"Credential=([^/]+)/", head.get("Authorization") or "")
        entry = self.record.begin(
            connection=connection, method=method, target=target, bucket=urllib.parse.unquote(bucket),
            key=urllib.parse.unquote(key), condition=head.get("If-None-Match"),
            access_key=signer and signer[1], session_token=head.get("x-amz-security-token"))
        return Exchange(self, client, head, entry, count)
