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
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from shared.meta.signature import Keyring
from shared.meta.split import split

from services.receiver import metrics
from shared.contracts.raw import RawEvent
from shared.contracts.wire import raw_record
from shared.errors import Rejected, Transient
from shared.stream.protocols import Writer

BODY_SECONDS = 10.0
"""How long a body may take. Meta sends from memory; who is slower is not Meta, or not in order."""

ACKNOWLEDGE_SECONDS = 3.8
"""Then the answer is 503: design §4 promises one within 4 seconds, Meta waits for 5."""

IN_FLIGHT_BYTES = 32 * 1024 * 1024
"""Bodies held at once. With the copies made on their way to Kafka this bounds our memory."""

RETRY_AFTER_SECONDS = 2
_QUIET_SECONDS = 10.0

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer; `reason` is its body, its metric label and what is logged."""

    status: int
    reason: str
    close: bool = False

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """The answer's headers, ready for ASGI."""
        found = [
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", str(len(self.reason)).encode()),
        ]
        if self.status == 503:
            found.append((b"retry-after", str(RETRY_AFTER_SECONDS).encode()))
        if self.close:
            found.append((b"connection", b"close"))
        return found


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
        self._clock = clock
        self._held_bytes = 0
        self._signed_by: dict[tuple[str, int], Callable[[], None]] = {}
        self._unlogged: Counter[str] = Counter()
        self._logged_at: dict[str, float] = {}

    @contextmanager
    def holding(self) -> Iterator["Held"]:
        """Count the bytes of one body as held while the block runs."""
        held = Held(self)
        try:
            yield held
        finally:
            self._held_bytes -= held.size
            metrics.IN_FLIGHT.set(self._held_bytes)

    def hold(self, size: int) -> bool:
        """Count `size` more bytes; False, and nothing is counted, when that is too much."""
        if self._held_bytes + size > IN_FLIGHT_BYTES:
            return False
        self._held_bytes += size
        metrics.IN_FLIGHT.set(self._held_bytes)
        return True

    async def take(self, signature: bytes | None, body: bytes) -> Answer:
        """Bring a whole body to Kafka and say what to answer. Raises nothing that is not a bug."""
        try:
            signer = self._keyring.verify(signature, body)
            events = split(body, signer.app, datetime.now(UTC))
            traceparent = _new_trace()
            await self._writer.write([raw_record(event, traceparent) for event in events])
        except Rejected as exc:
            return Answer(exc.status, exc.reason)
        except Transient as exc:
            return Answer(503, exc.reason)
        self._count(signer.app, signer.secret_index, events)
        return ACCEPTED

    def finish(self, answer: Answer, started: float) -> None:
        """Count `answer`; refusals are also logged, at most once in a while for each reason."""
        metrics.REQUESTS.labels(answer.reason).inc()
        now = self._clock()
        metrics.DURATION.observe(now - started)
        if answer.status != 200:
            self._log_refusal(answer, now)

    def _count(self, app: str, secret_index: int, events: list[RawEvent]) -> None:
        metrics.SIGNED_BY.labels(app, str(secret_index)).inc()
        metrics.LAST_DELIVERY.labels(app).set_to_current_time()
        kinds: Mapping[str, int] = Counter(event.kind for event in events)
        for kind, count in kinds.items():
            metrics.EVENTS.labels(kind).inc(count)

    def _log_refusal(self, answer: Answer, now: float) -> None:
        self._unlogged[answer.reason] += 1
        if now - self._logged_at.get(answer.reason, -_QUIET_SECONDS) >= _QUIET_SECONDS:
            self._logged_at[answer.reason] = now
            count = self._unlogged.pop(answer.reason)
            _log.warning("refused", status=answer.status, reason=answer.reason, count=count)


class Held:
    """What is held of one body."""

    __slots__ = ("_intake", "size")

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self.size = 0

    def add(self, size: int) -> bool:
        """Hold `size` bytes more; False when all bodies together would be too much."""
        if not self._intake.hold(size):
            return False
        self.size += size
        return True


def _new_trace() -> bytes:
    """A W3C trace context for one delivery (https://www.w3.org/TR/trace-context/)."""
    trace = random.getrandbits(128)
    span = random.getrandbits(64)
    return b"00-%032x-%016x-00" % (trace, span)
