"""Credentials as AWS's own places serve them: the container endpoint (ECS, EKS Pod Identity) and IMDSv2, on loopback."""

import datetime
import http.server
import json
import secrets
import threading
import time

from . import faults


class Issuer(http.server.ThreadingHTTPServer):
    """Serves temporary credentials that the S3 server itself has issued, and counts as good only what it has served,
    for as long as it said. As a plan for the proxy, it answers `ExpiredToken` to all others."""

    daemon_threads = True

    def __init__(self, server, life_seconds):
        super().__init__(("127.0.0.1", 0), Handler)
        self.life_seconds = life_seconds
        # While true, it refuses to serve any.
        self.refuses = False
        self._server = server
        self._lock = threading.Lock()
        # Access key: session token and the moment of its end.
        self._good = {}
        # Whatever must not be seen in a log.
        self.secrets = [secrets.token_hex(24)]
        self._imds_tokens = set()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

    @property
    def authorization(self):
        """What the container endpoint wants to be shown."""
        return self.secrets[0]

    def environment(self, protocol, folder) -> dict:
        """What points a gateway here; all else that it might find is shut."""
        shut = {name: "" for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")}
        shut |= {"AWS_CONFIG_FILE": "/nowhere", "AWS_SHARED_CREDENTIALS_FILE": "/nowhere"}
        url = f"http://127.0.0.1:{self.server_address[1]}"
        if protocol == "imds":
            return {**shut, "AWS_EC2_METADATA_SERVICE_ENDPOINT": url}
        token = folder / "authorization"
        token.write_text(self.authorization + "\n")
        return {
            **shut, "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{url}/v2/credentials/task",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(token)}

    def issue(self) -> dict:
        fresh = self._server.session()
        end = time.time() + self.life_seconds
        with self._lock:
            self._good[fresh["AccessKeyId"]] = (fresh["SessionToken"], end)
            self.secrets += [fresh["SecretAccessKey"], fresh["SessionToken"]]
        expiration = datetime.datetime.fromtimestamp(end, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {
            "AccessKeyId": fresh["AccessKeyId"], "SecretAccessKey": fresh["SecretAccessKey"],
            "Token": fresh["SessionToken"], "Expiration": expiration}

    @property
    def issued(self) -> list:
        """The access keys served so far."""
        with self._lock:
            return list(self._good)

    def revoke(self):
        """All that was served is no good any more."""
        with self._lock:
            self._good = {key: (token, 0) for key, (token, _) in self._good.items()}

    def choose(self, entry):
        with self._lock:
            token, end = self._good.get(entry.access_key, (None, 0))
        return faults.through() if token == entry.session_token and time.time() < end else faults.expired_token()

    def new_imds_token(self) -> str:
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._imds_tokens.add(token)
            self.secrets.append(token)
        return token

    def knows_imds_token(self, token) -> bool:
        with self._lock:
            return token in self._imds_tokens


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    ROLE = "/latest/meta-data/iam/security-credentials/"

    def log_message(self, *_):
        pass

    def do_PUT(self):
        if self.path != "/latest/api/token":
            return self._answer(404)
        seconds = self.headers["X-aws-ec2-metadata-token-ttl-seconds"] or ""
        if not seconds.isdigit() or not 1 <= int(seconds) <= 21600 or self.headers["X-Forwarded-For"]:
            return self._answer(400)
        self._answer(200, self.server.new_imds_token(), [("X-aws-ec2-metadata-token-ttl-seconds", seconds)])

    def do_GET(self):
        if self.path == "/v2/credentials/task":
            if self.headers["Authorization"] != self.server.authorization:
                return self._answer(401, json.dumps({"code": "Unauthorized", "message": "no such token"}))
            return self._credentials({})
        if not self.server.knows_imds_token(self.headers["X-aws-ec2-metadata-token"]):
            return self._answer(401)
        if self.path == self.ROLE:
            return self._answer(200, "landing")
        if self.path == self.ROLE + "landing":
            return self._credentials({"Code": "Success", "Type": "AWS-HMAC"})
        self._answer(404)

    def _credentials(self, more):
        if self.server.refuses:
            return self._answer(503)
        self._answer(200, json.dumps({**more, **self.server.issue()}), [("Content-Type", "application/json")])

    def _answer(self, status, text="", fields=()):
        body = text.encode()
        self.send_response(status)
        for name, value in [*fields, ("Content-Length", str(len(body)))]:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
