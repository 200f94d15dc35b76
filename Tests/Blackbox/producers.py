"""Producers that keep a ledger of what they were told, and retry with the same key until they are told something."""

import collections
import http.client
import json
import threading


def started(gateway, count, **options):
    """So many producers, each with a pause after every batch."""
    producers = [Producer(gateway.port, f"p{number}", **options) for number in range(count)]
    for producer in producers:
        producer.pause = 0.005
        producer.start()
    return producers


class Producer(threading.Thread):
    """Posts batch after batch over one connection until stopped; a batch without an answer is kept and sent again."""

    def __init__(self, port, name, stream="audit_logs", batch=20, padding=200):
        super().__init__(daemon=True)
        self.port, self.name_, self.stream, self.batch, self.padding = port, name, stream, batch, padding
        self.pause = 0.0
        self.acknowledged = {}
        self.doubted = 0
        self.statuses = {}
        # Refusals by the problem's type.
        self.refused = collections.Counter()
        self._pending = None
        self._number = 0
        self._halt = threading.Event()

    def next_batch(self):
        if self._pending is None:
            key = f"{self.name_}-{self._number}"
            self._number += 1
            events = [f"{key}-{index}" for index in range(self.batch)]
            body = "".join(
                json.dumps({
                    "eventID": event, "event_id": event, "eventTime": "2026-01-01T00:00:00Z",
                    "event_time": "2026-01-01T00:00:00Z", "usage_quantity": 1, "pad": "x" * self.padding,
                }) + "\n" for event in events).encode()
            self._pending = (key, events, body)
        return self._pending

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        while not self._halt.is_set():
            key, events, body = self.next_batch()
            try:
                connection.request(
                    "POST", f"/v1/streams/{self.stream}/events", body,
                    {"Content-Type": "application/x-ndjson", "Idempotency-Key": f'"{key}"'})
                response = connection.getresponse()
                receipt = response.read()
            except (OSError, http.client.HTTPException):
                self.doubted += 1
                connection.close()
                self._halt.wait(0.005)
                continue
            self.statuses[response.status] = self.statuses.get(response.status, 0) + 1
            if response.status in (200, 201, 202):
                assert json.loads(receipt)["events"]["accepted"] == len(events), receipt
                self.acknowledged[key] = events
                self._pending = None
                self._halt.wait(self.pause)
            else:
                assert response.status == 503, (response.status, receipt)
                assert int(response.headers["Retry-After"]) >= 1
                self.refused[json.loads(receipt)["type"].rsplit(":", 1)[1]] += 1
                self._halt.wait(0.02)
        connection.close()

    def halt(self):
        self._halt.set()
        self.join(30)

    def resumed(self):
        """A new thread that goes on where this one was stopped."""
        again = Producer(self.port, self.name_, self.stream, self.batch, self.padding)
        again.acknowledged, again._pending, again._number = self.acknowledged, self._pending, self._number
        again.doubted, again.statuses, again.refused = self.doubted, self.statuses, self.refused
        return again


def settle(gateway, producers, seconds=120):
    """Lets every producer get an answer for what it has in doubt."""
    import time
    deadline = time.monotonic() + seconds
    while any(producer._pending for producer in producers) and time.monotonic() < deadline:
        for index, producer in enumerate(producers):
            if producer._pending:
                key, events, body = producer._pending
                response = gateway.post(producer.stream, body, key=key)
                if response.status in (200, 201, 202):
                    producer.acknowledged[key] = events
                    producer._pending = None
                else:
                    time.sleep(0.05)
    assert not any(producer._pending for producer in producers), gateway.tail()


def assert_exactly_once(gateway, producers, stream="audit_logs"):
    """Every acknowledged event is landed once; nothing else is."""
    landed = [line["event_key"] for line in gateway.landed(stream)]
    counts = {}
    for key in landed:
        counts[key] = counts.get(key, 0) + 1
    acknowledged = {event for p in producers for events in p.acknowledged.values() for event in events}
    missing = [event for event in acknowledged if event not in counts]
    doubled = [event for event, count in counts.items() if count > 1]
    unknown = [event for event in counts if event not in acknowledged]
    assert not missing, f"{len(missing)} acknowledged events are missing, e.g. {missing[:3]}\n{gateway.tail()}"
    assert not doubled, f"{len(doubled)} events landed twice, e.g. {doubled[:3]}\n{gateway.tail()}"
    assert not unknown, f"{len(unknown)} landed events were never acknowledged, e.g. {unknown[:3]}"
    return len(landed)
