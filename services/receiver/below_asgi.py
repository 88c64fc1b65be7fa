"""The short way: the one hot POST answered without scope, task and ASGI messages.

A whole, ordinary delivery costs so little that ASGI is a third of it (tests/bench/RESULTS.md). What
is out of the ordinary goes to the app. Both keep the same rules: those of a connection are
inherited, those of a delivery are the intake's.
"""

from functools import partial
from typing import Any

from services.receiver.answers import ACCEPTED, Answer
from services.receiver.app import PATHS
from services.receiver.connection import Connection
from services.receiver.connections import Connections

_URLS = frozenset(path.encode() for path in PATHS)


class _NobodyWaits:
    def set(self) -> None:
        """As an event's."""


_NOBODY_WAITS = _NobodyWaits()


class _Delivery:
    """A POST under way; to uvicorn it is the cycle of one request and its response."""

    __slots__ = ("began", "body", "disconnected", "keep_alive", "response_complete")
    message_event = _NOBODY_WAITS

    def __init__(self, began: float, *, keep_alive: bool) -> None:
        self.began = began
        self.body: list[bytes] = []
        self.keep_alive = keep_alive
        self.disconnected = False
        self.response_complete = False


class ShortConnection(Connection):
    """A connection that answers ordinary deliveries itself."""

    def __init__(self, connections: Connections, **uvicorn: Any) -> None:  # noqa: ANN401
        super().__init__(connections, **uvicorn)
        self.delivery: _Delivery | None = None

    def dispatch(self) -> None:
        """Take an ordinary delivery, and leave all else to the app."""
        if self._is_ordinary():
            keep_alive = self.parser.should_keep_alive() and not self.all.leaving
            delivery: Any = _Delivery(self.began, keep_alive=keep_alive)
            self.delivery = self.cycle = delivery
        else:
            self.delivery = None
            super().dispatch()

    def add(self, body: bytes) -> None:
        """Keep a part of the body."""
        if self.delivery is None:
            super().add(body)
        else:
            self.delivery.body.append(body)

    def complete(self) -> None:
        """Hand the delivery in; it is answered when Kafka has it."""
        delivery = self.delivery
        if delivery is None:
            super().complete()
            return
        chunks = delivery.body
        body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        chunks.clear()
        signature = self.fields.get(b"x-hub-signature-256")
        self.intake.submit(signature, body, partial(self._answer, delivery))

    def _answer(self, delivery: _Delivery, answer: Answer) -> None:
        self.intake.finish(answer, delivery.began)
        delivery.response_complete = True
        if delivery.disconnected or self.transport.is_closing():
            return
        if answer is ACCEPTED and not self.trusted:
            self.trust()
        self.transport.write(answer.wire(self.preface(), keep=delivery.keep_alive))
        if not delivery.keep_alive:
            self.transport.close()
        self.on_response_complete()

    def _is_ordinary(self) -> bool:
        fields = self.fields
        return (
            self.url in _URLS
            and self.parser.get_method() == b"POST"
            and b"content-length" in fields
            and b"expect" not in fields
            and not self.flow.write_paused
            and self.cycle.response_complete
        )
