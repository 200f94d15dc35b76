"""An S3 server that forgets what it is given, so that a benchmark measures the client: `PutObject` with `If-None-Match: *`,
the checksum verified and stated again, and `HeadObject`. It keeps names, lengths and hashes."""

import base64
import hashlib
import http.server
import threading


class Sink(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Exchange)
        # Name: length and checksum.
        self.objects = {}
        self.lock = threading.Lock()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def lengths(self, stream):
        """Bytes of each object of the stream."""
        with self.lock:
            return [length for name, (length, _) in self.objects.items() if f"/{stream}/" in name]


class Exchange(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def do_PUT(self):
        length, digest = int(self.headers["Content-Length"]), hashlib.sha256()
        buffer, left = memoryview(bytearray(1 << 20)), length
        while left:
            count = self.rfile.readinto1(buffer[:min(left, len(buffer))])
            if not count:
                self.close_connection = True
                return
            digest.update(buffer[:count])
            left -= count
        checksum = base64.b64encode(digest.digest()).decode()
        if self.headers["x-amz-checksum-sha256"] not in (None, checksum):
            return self.answer(400)
        with self.server.lock:
            taken = self.path in self.server.objects
            if not taken:
                self.server.objects[self.path] = (length, checksum)
        self.answer(412) if taken else self.answer(200, 0, checksum)

    def do_HEAD(self):
        with self.server.lock:
            found = self.server.objects.get(self.path)
        self.answer(200, *found) if found else self.answer(404)

    def answer(self, status, length=0, checksum=None):
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        if checksum:
            self.send_header("ETag", f'"{checksum}"')
            self.send_header("x-amz-checksum-sha256", checksum)
        self.end_headers()
