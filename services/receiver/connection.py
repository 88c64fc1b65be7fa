"""One connection: what it may do, whatever answers on it.

| status | when |
|---|---|
| 400 | not HTTP, or cut off in mid-body |
| 408 | the head or the body took too long |
| 413 | the body is too large, or in too many pieces |
| 431 | the head is too large |
| 503 | the bodies of all are too much together, and this one is the largest |
"""

import asyncio
from typing import Any, cast

from httptools import HttpParserError, HttpParserUpgrade
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from services.receiver.answers import (
    CUT_OFF,
    HEAD_TOO_LARGE,
    NOT_HTTP,
    SLOW_BODY,
    SLOW_HEAD,
    TOO_LARGE,
    Answer,
)
from services.receiver.connections import MOST_BODY_BYTES_TOGETHER, Connections, Phase

HEAD_SECONDS = 5.0
"""How long a new connection may stay silent, and any may take for a head."""

BODY_SECONDS = 10.0
"""How long a request may take to come. Meta sends from memory; who is slower is not Meta, or not in
order."""

KEEP_SECONDS = 75.0
"""How long a connection that has brought a delivery is kept for the next: longer than load
balancers keep theirs, who would else send into one that is just being closed."""

ANSWER_SECONDS = 30.0
"""How long it may take from the beginning of a request until its answer has been read."""

MOST_HEAD_BYTES = 32 * 1024
MOST_PIPELINED = 16
MOST_CRUMBS = 4096
"""In how many pieces smaller than half a kilobyte a body may come: each costs as much as a whole
small one."""

_DISCARD_FACTOR = 4
_LINGER_SECONDS = 2.0


class _Answered:
    """What stands for a request and its response before the first."""

    response_complete = True
    message_event = asyncio.Event()


_BEFORE_THE_FIRST = cast("RequestResponseCycle", _Answered())


class Connection(HttpToolsProtocol):
    """uvicorn's HTTP connection within those limits, whatever app answers on it."""

    phase: Phase

    def __init__(self, connections: Connections, **uvicorn: Any) -> None:  # noqa: ANN401
        super().__init__(**uvicorn)
        self.cycle = _BEFORE_THE_FIRST
        self.all = connections
        self.intake = connections.intake
        self.began = 0.0
        self._dispatched = False
        self.fields: dict[bytes, bytes] = {}
        self.held_bytes = 0
        self._body_bytes = 0
        self._pieces = 0
        self._until = 0.0
        self._barren_bytes = 0  # received since the last that brought something on
        self.trusted = False
        self.phase = Phase.IDLE
        self._since = connections.now

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, as asyncio says."""
        super().connection_made(cast("asyncio.Transport", transport))
        self.all.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """End, as asyncio says."""
        super().connection_lost(exc)
        self.all.remove(self)
        if self.phase is Phase.BODY and not self.cycle.response_complete:
            self.intake.finish(CUT_OFF, self.began)
        self._release()
        self.phase = Phase.END

    def data_received(self, data: bytes) -> None:
        """Go on, as asyncio says, but later in the same turn of the loop."""
        self.all.receive(self, data)

    def parse(self, data: bytes) -> None:
        """Go on with what came."""
        self._barren_bytes += len(data)
        if self.phase is Phase.END:
            if self._barren_bytes > _DISCARD_FACTOR * self.all.max_body_bytes:
                self.transport.close()
            return
        try:
            self.parser.feed_data(data)
        except HttpParserUpgrade:
            pass  # to what we do not speak: it is answered as if it had not asked
        except HttpParserError:
            self.refuse(NOT_HTTP)
        if self._barren_bytes > MOST_HEAD_BYTES:
            self.refuse(HEAD_TOO_LARGE)

    def on_message_begin(self) -> None:
        """A request begins; the rest of uvicorn's own beginning waits for `dispatch`."""
        if self.phase is not Phase.END:
            self.url = b""
            self.headers = []
            self._dispatched = False
            self.phase = Phase.HEAD
            self._since = self.all.now

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header."""
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """The head is whole."""
        if self.phase is Phase.END:
            return
        self.phase = Phase.BODY
        self.began = self.intake.clock()
        self.fields = dict(self.headers)
        self._body_bytes = self._pieces = 0
        received, self._barren_bytes = self._barren_bytes, 0
        if received > MOST_HEAD_BYTES and self._head_size() > MOST_HEAD_BYTES:
            self.refuse(HEAD_TOO_LARGE)
        elif int(self.fields.get(b"content-length", b"0")) > self.all.max_body_bytes:
            self.refuse(TOO_LARGE)
        elif len(self.pipeline) >= MOST_PIPELINED:
            self._end(ANSWER_SECONDS)
        else:
            self._dispatched = True
            self.dispatch()

    def dispatch(self) -> None:
        """Hand the request to the app."""
        url, headers = self.url, self.headers
        super().on_message_begin()
        self.url = url
        self.headers = self.scope["headers"] = headers
        self.expect_100_continue = self.fields.get(b"expect", b"").lower() == b"100-continue"
        self.scope["state"]["trust"] = self.trust
        super().on_headers_complete()
        self.cycle.keep_alive &= not self.all.leaving

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        if self.phase is Phase.END:
            return
        size = len(body)
        self._barren_bytes = 0
        self._body_bytes += size
        self._pieces += 1
        self.held_bytes += size
        self.all.held_bytes += size
        crumbled = self._pieces > MOST_CRUMBS + self._body_bytes // 512
        if crumbled or self._body_bytes > self.all.max_body_bytes:
            self.refuse(TOO_LARGE)
        elif self.all.held_bytes <= MOST_BODY_BYTES_TOGETHER or self.all.make_room(self):
            self.add(body)

    def add(self, body: bytes) -> None:
        """Keep a part of the body for the app."""
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        if self.phase is Phase.END:
            return
        self._barren_bytes = 0
        if self.cycle.response_complete:
            self.phase = Phase.IDLE
            self._since = self.all.now
        else:
            self.phase = Phase.ANSWER
            self.complete()

    def complete(self) -> None:
        """Let the app know that it has all of the body."""
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """An answer is written. Unlike uvicorn's this sets no timer."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._start_asgi_task(cycle, app)
            return
        self._release()
        if self.phase is Phase.ANSWER:
            self.phase = Phase.IDLE
            self._since = self.all.now

    def trust(self) -> None:
        """It has brought a delivery that was accepted: it may stay."""
        self.all.strangers.pop(self, None)
        self.trusted = True

    def refuse(self, answer: Answer) -> None:
        """Answer in the app's place, and end. What still comes is read for a while: closing at once
        would reset the connection, and who is still sending would never see the answer."""
        if self.phase is Phase.END or self.transport.is_closing():
            return
        self.flow.resume_reading()
        waiting = not self.cycle.response_complete
        if self.pipeline or waiting != self._dispatched:
            # It would be taken for the answer to another request, or be a second one.
            self._end(ANSWER_SECONDS if waiting else 0)
            return
        self.intake.finish(answer, self.began if self.phase is Phase.BODY else self.intake.clock())
        self._release()
        self.transport.write(answer.wire(self.preface(), keep=False))
        self.transport.write_eof()
        if waiting:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self._wait(_LINGER_SECONDS)

    def preface(self) -> bytes:
        """The header lines that are the same in all answers."""
        return self.all.preface(self.server_state.default_headers)

    def check(self, now: float) -> None:
        """End what takes too long."""
        waited = now - self._since
        if self.phase is Phase.HEAD and waited > HEAD_SECONDS:
            self.refuse(SLOW_HEAD)
        elif self.phase is Phase.BODY and waited > BODY_SECONDS:
            self.refuse(SLOW_BODY)
        elif self.phase is Phase.ANSWER and waited > ANSWER_SECONDS:
            self.transport.abort()
        elif self.phase is Phase.IDLE and waited > (KEEP_SECONDS if self.trusted else HEAD_SECONDS):
            self.transport.close()
        elif self.phase is Phase.END and now > self._until:
            self.transport.abort()

    def _wait(self, seconds: float) -> None:
        """Throw away what still comes, for so many seconds."""
        self.phase = Phase.END
        self._until = self.all.now + seconds

    def _end(self, seconds: float) -> None:
        """Take nothing more, and close after the answers that are due or so many seconds."""
        self._wait(seconds)
        if seconds:
            self.cycle.keep_alive = False
        else:
            self.transport.abort()

    def _head_size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) for name, value in self.headers)

    def _release(self) -> None:
        self.all.held_bytes -= self.held_bytes
        self.held_bytes = 0
