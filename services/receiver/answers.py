"""The receiver's HTTP answers, each with a reason from a closed set."""

from functools import cache
from http import HTTPStatus

RETRY_AFTER_SECONDS = 2


class Answer:
    """An HTTP answer; `reason` is its body, its metric label and what is logged.

    With `close` the connection ends with it.
    """

    __slots__ = ("_closing", "_keeping", "_line", "body", "close", "headers", "reason", "status")

    def __init__(self, status: int, reason: str, *, close: bool = False) -> None:
        self.status = status
        self.reason = reason
        self.close = close
        self.body = reason.encode()
        self.headers = [
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", str(len(self.body)).encode()),
        ]
        if status == 503:
            self.headers.append((b"retry-after", str(RETRY_AFTER_SECONDS).encode()))
        fields = b"".join(b"%s: %s\r\n" % header for header in self.headers)
        self._line = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n".encode()
        self._keeping = fields + b"\r\n" + self.body
        self._closing = fields + b"connection: close\r\n\r\n" + self.body
        if close:
            self.headers.append((b"connection", b"close"))

    def wire(self, fields: bytes, *, keep: bool) -> bytes:
        """The whole answer with `fields`, header lines that the server adds to each."""
        return self._line + fields + (self._keeping if keep else self._closing)


ACCEPTED = Answer(200, "accepted")
CUT_OFF = Answer(400, "cut_off", close=True)
NOT_HTTP = Answer(400, "not_http", close=True)
SLOW_BODY = Answer(408, "slow_body", close=True)
SLOW_HEAD = Answer(408, "slow_head", close=True)
TOO_LARGE = Answer(413, "too_large", close=True)
HEAD_TOO_LARGE = Answer(431, "head_too_large", close=True)
OVERLOADED = Answer(503, "overloaded", close=True)


@cache
def refusal(status: int, reason: str) -> Answer:
    """The answer to a delivery that was not accepted; the connection goes on."""
    return Answer(status, reason)
