"""HTTP/1.1 on a socket, as bytes: nothing is normalised, so that a signature over what was sent still holds."""

import socket
import struct


class Gone(Exception):
    """The other side ended the connection before the message was complete."""


class Head:
    """A start line and its header fields, with the very bytes they came in."""

    def __init__(self, raw: bytes):
        self.raw = raw
        self.start, *lines = raw.decode("latin-1").split("\r\n")
        self.fields = []
        for line in lines:
            if line:
                name, _, value = line.partition(":")
                self.fields.append((name, value.strip()))

    def get(self, name, default=None):
        return next((value for field, value in self.fields if field.lower() == name.lower()), default)

    def without(self, *names) -> "Head":
        """The same head without some fields; all other bytes stay."""
        lines = self.raw.split(b"\r\n")
        dropped = tuple(name.lower().encode() + b":" for name in names)
        return Head(b"\r\n".join(line for line in lines if not line.lower().startswith(dropped)))


class Wire:
    """A connected socket with a read buffer."""

    def __init__(self, connection: socket.socket):
        self.socket = connection
        self._buffer = b""

    def _more(self) -> bytes:
        try:
            data = self.socket.recv(65536)
        except OSError as error:
            raise Gone(str(error)) from error
        if not data:
            raise Gone("end of stream")
        return data

    def head(self) -> Head:
        """The next message's head; `Gone` when the other side closed instead."""
        while b"\r\n\r\n" not in self._buffer:
            self._buffer += self._more()
        raw, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        return Head(raw + b"\r\n\r\n")

    def some(self, count_max: int) -> bytes:
        """At least one byte, at most `count_max`."""
        if not self._buffer:
            self._buffer = self._more()
        data, self._buffer = self._buffer[:count_max], self._buffer[count_max:]
        return data

    def exactly(self, count: int) -> bytes:
        parts, left = [], count
        while left:
            parts.append(self.some(left))
            left -= len(parts[-1])
        return b"".join(parts)

    def line(self) -> bytes:
        while b"\r\n" not in self._buffer:
            self._buffer += self._more()
        line, _, self._buffer = self._buffer.partition(b"\r\n")
        return line + b"\r\n"

    def chunks(self) -> tuple:
        """A chunked body: its bytes as they stand on the wire, and what they carry."""
        raw, content = [], []
        while True:
            line = self.line()
            raw.append(line)
            size = int(line.split(b";")[0], 16)
            if size == 0:
                break
            data = self.exactly(size + 2)
            raw.append(data)
            content.append(data[:-2])
        while (line := self.line()) != b"\r\n":
            raw.append(line)
        raw.append(line)
        return b"".join(raw), b"".join(content)

    def rest(self) -> bytes:
        """Everything until the other side closes."""
        parts = []
        try:
            while True:
                parts.append(self.some(1 << 20))
        except Gone:
            return b"".join(parts)

    def send(self, data: bytes):
        try:
            self.socket.sendall(data)
        except OSError as error:
            raise Gone(str(error)) from error

    def close(self):
        """An orderly end (FIN)."""
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()

    def reset(self):
        """A hard end (RST)."""
        try:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except OSError:
            pass
        self.socket.close()
