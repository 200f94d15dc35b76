"""The faults that the proxy can play: each says what happens to one request and what the client gets to see.

`commits` tells whether the store carries the request out although the client does not learn it.
"""

import dataclasses
import email.utils
import time
from collections.abc import Callable


@dataclasses.dataclass(frozen=True)
class Fault:
    name: str
    act: Callable
    commits: bool = False


def through() -> Fault:
    """No fault."""
    return Fault("pass", lambda exchange: exchange.answer(exchange.forward()), commits=True)


# The answer is lost.

def drop_reply(how="reset") -> Fault:
    """The store commits, the client sees the connection end: by `reset`, or by `close` as a server ends an idle one."""
    def act(exchange):
        exchange.forward()
        exchange.end(how)
    return Fault(f"drop-reply-{how}", act, commits=True)


def cut_reply(at=20) -> Fault:
    """The store commits, the client gets the first bytes of the answer and then a reset."""
    return Fault("cut-reply", lambda exchange: exchange.answer(exchange.forward(), cut_at=at), commits=True)


def hold(commit=False, seconds=None) -> Fault:
    """One direction is cut: the request is read, no answer ever comes; with `commit` the store has carried it out."""
    def act(exchange):
        exchange.forward() if commit else exchange.body()
        exchange.hold(seconds)
    return Fault("hold-after" if commit else "hold-before", act, commits=commit)


# The request is lost.

def reset_at(byte, upstream=False) -> Fault:
    """The client's connection is reset after so many bytes of the body; with `upstream` the store had got those."""
    def act(exchange):
        exchange.body_until(byte, upstream)
        exchange.end("reset")
    return Fault("reset-upload" if upstream else "reset-body", act)


def reset_at_once() -> Fault:
    return Fault("reset-head", lambda exchange: exchange.end("reset"))


def close_idle() -> Fault:
    """A kept-alive connection is closed just as its next request comes; a connection's first request passes."""
    def act(exchange):
        if exchange.number_on_connection > 0:
            exchange.end("close")
        else:
            exchange.answer(exchange.forward())
    return Fault("close-idle", act)


def never_read(seconds=None) -> Fault:
    """The other direction is cut: the body is not read, nothing is answered."""
    return Fault("never-read", lambda exchange: exchange.hold(seconds))


# The store answers with an error.

def error(status, code, commit=False, headers=(), message="played by the tests", body=None) -> Fault:
    """An error answer as S3 words it; with `commit` the store has carried the request out all the same."""
    def act(exchange):
        exchange.forward() if commit else exchange.body()
        exchange.answer_error(status, code, message, headers, body)
    return Fault(f"{status}-{code}{'-after' if commit else ''}", act, commits=commit)


def internal_error(commit=False) -> Fault:
    return error(500, "InternalError", commit)


def slow_down(retry_after=None, commit=False) -> Fault:
    return error(503, "SlowDown", commit, [("Retry-After", str(retry_after))] if retry_after is not None else [])


def too_many(retry_after=1) -> Fault:
    return error(429, "TooManyRequests", headers=[("Retry-After", str(retry_after))] if retry_after is not None else [])


def conflict(commit=False) -> Fault:
    return error(409, "ConditionalRequestConflict", commit)


def false_exists() -> Fault:
    """412 although nothing is stored."""
    return error(412, "PreconditionFailed")


def expired_token() -> Fault:
    return error(403, "ExpiredToken")


def access_denied() -> Fault:
    return error(403, "AccessDenied")


def skewed(seconds=0) -> Fault:
    """RequestTimeTooSkewed; the answer's Date is the store's clock, so many seconds ahead of ours."""
    def act(exchange):
        exchange.body()
        date = email.utils.formatdate(time.time() + seconds, usegmt=True)
        exchange.answer_error(403, "RequestTimeTooSkewed", "played by the tests", [("Date", date)])
    return Fault("403-RequestTimeTooSkewed", act)


def redirect(region="eu-central-1") -> Fault:
    return error(301, "PermanentRedirect", headers=[("x-amz-bucket-region", region)])


def wrong_region(region="eu-central-1") -> Fault:
    """What AWS says when the signature names another region than the endpoint's."""
    body = (f"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>AuthorizationHeaderMalformed</Code>"
            f"<Message>the region is wrong; expecting '{region}'</Message><Region>{region}</Region></Error>")
    return error(400, "AuthorizationHeaderMalformed", body=body.encode())


# The answer lies.

def ok_with_error(commit=False) -> Fault:
    """200, and an error in its body."""
    return dataclasses.replace(error(200, "InternalError", commit), name=f"200-error{'-after' if commit else ''}")


def truncated_xml(status=200, commit=False) -> Fault:
    """An error document that ends in its middle; its length is honest."""
    def act(exchange):
        exchange.forward() if commit else exchange.body()
        exchange.answer_error(status, "", "", [], b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>Intern')
    return Fault(f"{status}-truncated-xml{'-after' if commit else ''}", act, commits=commit)


def truncated_body(share=0.5) -> Fault:
    """The store's own answer, its body cut short but with an honest length: a listing that is no longer XML."""
    def act(exchange):
        reply = exchange.forward()
        exchange.answer(reply.with_body(reply.body[:int(len(reply.body) * share)]))
    return Fault("truncated-body", act, commits=True)


def wrong_etag(etag='"00000000000000000000000000000000"') -> Fault:
    return Fault("wrong-etag", lambda exchange: exchange.answer(exchange.forward().with_field("ETag", etag)), commits=True)


def wrong_checksum(value="AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=") -> Fault:
    """`x-amz-checksum-sha256` of something else."""
    return Fault(
        "wrong-checksum",
        lambda exchange: exchange.answer(exchange.forward().with_field("x-amz-checksum-sha256", value)), commits=True)


def not_http() -> Fault:
    """Bytes that are no HTTP at all."""
    def act(exchange):
        exchange.body()
        exchange.raw(b"SSH-2.0-OpenSSH_9.2p1\r\n")
    return Fault("not-http", act)


# The link is slow.

def slow_reply(seconds=2.0) -> Fault:
    """The answer trickles."""
    return Fault("slow-reply", lambda exchange: exchange.answer(exchange.forward(), over=seconds), commits=True)


def slow_upload(seconds=2.0) -> Fault:
    """The body is read in a trickle."""
    def act(exchange):
        exchange.body(over=seconds)
        exchange.answer(exchange.forward())
    return Fault("slow-upload", act, commits=True)


def delay(seconds) -> Fault:
    """The store takes its time, and then answers."""
    def act(exchange):
        exchange.body()
        exchange.pause(seconds)
        exchange.answer(exchange.forward())
    return Fault("delay", act, commits=True)


# A store that lacks the feature.

def ignore_condition() -> Fault:
    """`If-None-Match` never reaches the store. Where signatures are verified, it must not be among the signed headers."""
    return Fault(
        "ignore-condition", lambda exchange: exchange.answer(exchange.forward(without=["If-None-Match"])), commits=True)
