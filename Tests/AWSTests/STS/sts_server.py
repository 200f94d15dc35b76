"""moto's Security Token Service, with what moto leaves out: signatures and their times are checked, by botocore's signer.

Prints its port once it serves; ends when its standard input does.
"""

import datetime
import io
import os
import re
import sys
import threading
import urllib.parse

os.environ.setdefault("MOTO_ALLOW_NONEXISTENT_REGION", "true")

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

# Key id to secret and token: one long-lived key, and those that AssumeRole has given.
KEYS = {"AKIABASE": ("base-secret/with+signs", None)}
TOLERANCE = datetime.timedelta(minutes=5)
AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, "
    r"SignedHeaders=([^,]+), Signature=([0-9a-f]{64})")


def refusal(code, message, status=403):
    body = (f'<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>'
            f"<Code>{code}</Code><Message>{message}</Message></Error><RequestId>test</RequestId></ErrorResponse>")
    return Response(body, status=status, content_type="text/xml")


def check(request, body):
    """A refusal, or None when the signature is good."""
    match = AUTHORIZATION.fullmatch(request.headers.get("Authorization", ""))
    if not match:
        return refusal("MissingAuthenticationToken", "Request is missing Authentication Token")
    key, day, region, service, names, signature = match.groups()
    names = names.split(";")
    if key not in KEYS:
        return refusal("InvalidClientTokenId", "The security token included in the request is invalid.")
    secret, token = KEYS[key]
    if token != request.headers.get("X-Amz-Security-Token"):
        return refusal("InvalidClientTokenId", "The security token included in the request is invalid.")
    if not {"host", "x-amz-date", "content-type"} | ({"x-amz-security-token"} if token else set()) <= set(names):
        return refusal("SignatureDoesNotMatch", "a header that must be signed is not")
    date = request.headers["X-Amz-Date"]
    if not date.startswith(day) or service != "sts":
        return refusal("SignatureDoesNotMatch", "Credential should be scoped to a valid day and service")
    signed_at = datetime.datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
    now = datetime.datetime.now(datetime.timezone.utc)
    if now - signed_at > TOLERANCE:
        return refusal("SignatureDoesNotMatch", f"Signature expired: {date} is now earlier than what is allowed")
    if signed_at - now > TOLERANCE:
        return refusal("SignatureDoesNotMatch", f"Signature not yet current: {date} is still later than what is allowed")
    again = AWSRequest(request.method, request.url, data=body, headers={n: request.headers[n] for n in names})
    again.context["timestamp"] = date
    signer = SigV4Auth(Credentials(key, secret, token), service, region)
    if signer.signature(signer.string_to_sign(again, signer.canonical_request(again)), again) != signature:
        return refusal("SignatureDoesNotMatch", "The request signature we calculated does not match")
    return None


class Service:
    def __init__(self):
        self._moto = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ, start_response):
        request = Request(environ)
        body = request.get_data(cache=True, parse_form_data=False)
        form = dict(urllib.parse.parse_qsl(body.decode()))
        refused = self._refuse(request, body, form)
        if refused:
            return refused(environ, start_response)
        response = Response.from_app(self._moto, self._environ(environ, body))
        self._remember(response.get_data(as_text=True))
        return response(environ, start_response)

    def _refuse(self, request, body, form):
        role = form.get("RoleArn", "")
        if "/denied" in role:
            return refusal("AccessDenied", f"User is not authorized to perform: sts:{form['Action']} on resource: {role}")
        if form.get("Action") == "AssumeRoleWithWebIdentity":
            if request.headers.get("Authorization"):
                return refusal("SignatureDoesNotMatch", "the token is the proof, not a signature", 400)
            token = form.get("WebIdentityToken")
            if token == "expired":
                return refusal("ExpiredTokenException", "Token expired: current date/time must be before", 400)
            return None if token == "good.web.token" else refusal("InvalidIdentityToken", "No OpenIDConnect provider", 400)
        return check(request, body)

    @staticmethod
    def _environ(environ, body):
        return {**environ, "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body)),
                "HTTP_HOST": "sts.amazonaws.com"}

    @staticmethod
    def _remember(text):
        found = {name: re.search(f"<{name}>(.*?)</{name}>", text, re.S) for name in
                 ("AccessKeyId", "SecretAccessKey", "SessionToken")}
        if all(found.values()):
            key, secret, token = (match.group(1).strip() for match in found.values())
            KEYS[key] = (secret, token)


class Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type, message, *args):
        pass


def main():
    server = make_server("127.0.0.1", 0, Service(), threaded=True, request_handler=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.port, flush=True)
    sys.stdin.read()


main()
