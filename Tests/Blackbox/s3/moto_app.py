"""Runs moto's server with one change: requests are carried out one at a time.

moto looks for the key and stores it in two steps, so that two create-only PUTs at once could both succeed, which no real
store allows. A request's body is read before its turn comes, so a slow client holds up nobody.
"""

import io
import os
import sys
import threading

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server


class Handler(WSGIRequestHandler):
    # Keep-alive, as S3 does.
    protocol_version = "HTTP/1.1"
    timeout = 120

    def log(self, type, message, *args):
        """Silent: the tests' proxy keeps the record."""


class InTurn:
    def __init__(self, app):
        self._app = app
        self._turn = threading.Lock()

    def __call__(self, environ, start_response):
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length) if length or environ.get("wsgi.input_terminated") else b""
        if length > len(body):
            # The client went away in mid-body: what arrived is no request. Real stores drop it likewise.
            raise ConnectionAbortedError(f"{len(body)} of {length} bytes of the body")
        environ["wsgi.input"] = io.BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))
        with self._turn:
            return [b"".join(self._app(environ, start_response))]


def main():
    port = int(sys.argv[1])
    os.environ["MOTO_PORT"] = str(port)
    app = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", port, InTurn(app), threaded=True, request_handler=Handler)
    server.daemon_threads = True
    server.serve_forever()


if __name__ == "__main__":
    main()
