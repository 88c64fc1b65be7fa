"""What becomes of one delivery: the rules of the receiver, whichever protocol class it came by.

| status | when |
|---|---|
| 200 | every event is on Kafka |
| 400 | not a JSON object or array |
| 401 | unsigned or wrongly signed |
| 408 | the body took too long |
| 413 | the body is too large |
| 503 | Kafka did not acknowledge in time, or too much is in flight: Meta shall come again |
"""

import random
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import structlog

from services.receiver import metrics
from services.receiver.bodies import Bodies
from shared.contracts.raw import Kind, RawEvent
from shared.contracts.records import Outgoing
from shared.contracts.wire import raw_record
from shared.errors import Rejected, Transient
from shared.meta.signature import Keyring, Signer
from shared.meta.split import split
from shared.stream.protocols import Writer

BODY_SECONDS = 10.0
"""How long a body may take. Meta sends from memory; who is slower is not Meta, or not in order."""

ACKNOWLEDGE_SECONDS = 3.5
"""Then the answer is 503: design §4 promises one within 4 seconds, Meta waits for 5."""

UNACKNOWLEDGED_BYTES = 32 * 1024 * 1024
"""What may be on its way to Kafka; beyond it a delivery is answered 503 at once."""

RETRY_AFTER_SECONDS = 2
_QUIET_SECONDS = 10.0

_log = structlog.get_logger()


class Answer:
    """An HTTP answer; `reason` is its body, its metric label and what is logged."""

    __slots__ = ("body", "headers", "reason", "status")

    def __init__(self, status: int, reason: str, *, close: bool = False) -> None:
        self.status = status
        self.reason = reason
        self.body = reason.encode()
        self.headers = [
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", str(len(self.body)).encode()),
        ]
        if status == 503:
            self.headers.append((b"retry-after", str(RETRY_AFTER_SECONDS).encode()))
        if close:
            self.headers.append((b"connection", b"close"))


ACCEPTED = Answer(200, "accepted")
TOO_LARGE = Answer(413, "too_large", close=True)
SLOW_BODY = Answer(408, "slow_body", close=True)
OVERLOADED = Answer(503, "overloaded", close=True)
CUT_OFF = Answer(400, "cut_off", close=True)


class Intake:
    """Verifies, splits and writes deliveries, and counts what became of them."""

    def __init__(
        self,
        keyring: Keyring,
        writer: Writer,
        max_body_bytes: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._keyring = keyring
        self._writer = writer
        self.max_body_bytes = max_body_bytes
        self.bodies = Bodies()
        self._clock = clock
        self._unlogged: Counter[str] = Counter()
        self._logged_at: dict[str, float] = {}

    async def take(self, signature: bytes | None, body: bytes) -> Answer:
        """Bring a whole body to Kafka and say what to answer. Raises nothing that is not a bug."""
        try:
            signer = self._keyring.verify(signature, body)
            events = split(body, signer.app, datetime.now(UTC))
            kinds = _kinds(events)
            await self._writer.write(_records(events))
        except Rejected as exc:
            return Answer(exc.status, exc.reason)
        except Transient as exc:
            return Answer(503, exc.reason)
        self._count(signer, kinds)
        return ACCEPTED

    def finish(self, answer: Answer, started: float) -> None:
        """Count `answer`, and log it if it is a refusal."""
        metrics.requests(answer.reason).inc()
        metrics.DURATION.observe(self._clock() - started)
        if answer is not ACCEPTED:
            self.log_refusal(answer.status, answer.reason)

    def log_refusal(self, status: int, reason: str) -> None:
        """Log a refusal, at most once in a while for each reason: strangers may cause them."""
        now = self._clock()
        self._unlogged[reason] += 1
        if now - self._logged_at.get(reason, -_QUIET_SECONDS) >= _QUIET_SECONDS:
            self._logged_at[reason] = now
            count = self._unlogged.pop(reason)
            _log.warning("refused", status=status, reason=reason, count=count)

    def _count(self, signer: Signer, kinds: Mapping[Kind, int]) -> None:
        metrics.signed_by(signer.app, signer.secret_index).inc()
        metrics.last_delivery(signer.app).set(time.time())
        for kind, count in kinds.items():
            metrics.events(kind).inc(count)


def _kinds(events: Sequence[RawEvent]) -> Mapping[Kind, int]:
    if len(events) == 1:
        return {events[0].kind: 1}
    return Counter(event.kind for event in events)


def _records(events: list[RawEvent]) -> list[Outgoing]:
    """`events`, which are gone afterwards: while a delivery waits for Kafka its bytes are held once
    and nothing else of it."""
    traceparent = _new_trace()
    records = [raw_record(event, traceparent) for event in events]
    events.clear()
    return records


def _new_trace() -> bytes:
    """A W3C trace context for one delivery (https://www.w3.org/TR/trace-context/)."""
    trace = random.getrandbits(128)
    span = random.getrandbits(64)
    return b"00-%032x-%016x-00" % (trace, span)
