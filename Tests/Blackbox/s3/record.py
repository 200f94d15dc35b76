"""What the proxy saw: an account of every request that owes nothing to the client's or the store's own."""

import dataclasses
import threading
import time


@dataclasses.dataclass
class Entry:
    """One request as it arrived, what became of it upstream, and what the client was told."""

    number: int
    connection: int
    method: str
    target: str
    bucket: str
    key: str
    condition: str | None
    # Who signed, by the Authorization header, and with what session token.
    access_key: str | None = None
    session_token: str | None = None
    fault: str = "pass"
    body_sha256: str | None = None
    body_bytes: int = 0
    # None: never sent on. -1: sent on, without an answer.
    upstream_status: int | None = None
    # A status, or `reset`, `closed`, `held`, `cut`: what the client got instead of a whole answer.
    answered: int | str | None = None
    # Nothing more comes of it: the client was answered, or its connection has ended. One that is held is not over.
    over: bool = False
    # When its head had arrived, on the monotonic clock.
    at: float = dataclasses.field(default_factory=time.monotonic)

    @property
    def stored(self) -> bool:
        return self.method == "PUT" and "?" not in self.target and self.upstream_status == 200


class Record:
    """Thread-safe; may be shared by several proxies."""

    def __init__(self):
        self._lock = threading.Lock()
        self._entries = []
        # Called with each entry whose object was stored; must be quick.
        self.on_stored = lambda entry: None
        # For each key, the SHA-256 of every body that the store said it had stored, in the order of its answers.
        self._stored = {}

    def begin(self, **fields) -> Entry:
        with self._lock:
            entry = Entry(number=len(self._entries), **fields)
            self._entries.append(entry)
            return entry

    def settle(self, entry: Entry, status: int):
        """The store answered."""
        with self._lock:
            entry.upstream_status = status
            name = (entry.bucket, entry.key)
            if entry.stored:
                self._stored.setdefault(name, []).append(entry.body_sha256)
                self.on_stored(entry)
            elif entry.method == "DELETE" and status in (200, 204):
                self._stored.pop(name, None)

    def __len__(self):
        with self._lock:
            return len(self._entries)

    def since(self, number) -> list:
        """The entries from that number on."""
        with self._lock:
            return self._entries[number:]

    def entries(self, method=None, key=None, prefix="") -> list:
        with self._lock:
            return [entry for entry in self._entries if (method is None or entry.method == method)
                    and (key is None or entry.key == key) and entry.key.startswith(prefix)]

    def puts(self, prefix="") -> list:
        return self.entries("PUT", prefix=prefix)

    def stored(self, bucket=None, prefix="") -> dict:
        """For each key, every SHA-256 that was stored under it."""
        with self._lock:
            return {key: list(hashes) for (where, key), hashes in self._stored.items()
                    if (bucket is None or where == bucket) and key.startswith(prefix)}

    def stored_twice(self, bucket=None, prefix="") -> dict:
        """Keys that the store wrote more than once, even with the same bytes: the condition did not hold."""
        return {key: hashes for key, hashes in self.stored(bucket, prefix).items() if len(hashes) > 1}

    def overwritten(self, bucket=None, prefix="") -> dict:
        """Keys that were stored with different bytes: data was destroyed."""
        return {key: hashes for key, hashes in self.stored(bucket, prefix).items() if len(set(hashes)) > 1}

    def unconditional(self, prefix="") -> list:
        """PUTs of objects without `If-None-Match: *`."""
        return [entry for entry in self.puts(prefix)
                if entry.key and "?" not in entry.target and entry.condition != "*"]

    def faults(self) -> dict:
        """How often each fault was played, and the client got to see it: it may have left before, and a connection's first
        request finds none that was idle."""
        counts = {}
        for entry in self.entries():
            if entry.answered is not None and (entry.fault != "close-idle" or entry.answered == "closed"):
                counts[entry.fault] = counts.get(entry.fault, 0) + 1
        return counts
