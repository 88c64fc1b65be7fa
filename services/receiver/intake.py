"""What becomes of one delivery: the rules of the receiver, whichever way it came in.

| status | when |
|---|---|
| 200 | every event is on Kafka |
| 400 | not a JSON object or array |
| 401 | unsigned or wrongly signed |
| 503 | Kafka did not acknowledge in time, or too much is in flight: Meta shall come again |

What a connection may do at all is `connection.py`'s: 400, 408, 413 and 431.
"""

import asyncio
import itertools
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import structlog

from services.receiver import metrics
from services.receiver.answers import ACCEPTED, Answer, refusal
from shared.contracts.raw import Kind, RawEvent
from shared.contracts.records import Outgoing
from shared.contracts.wire import raw_record
from shared.errors import Rejected, Transient
from shared.meta.signature import Keyring, Signer
from shared.meta.split import split
from shared.stream.protocols import Writer

ACKNOWLEDGE_SECONDS = 3.5
"""Then the answer is 503: design §4 promises one within 4 seconds, Meta waits for 5."""

UNACKNOWLEDGED_BYTES = 32 * 1024 * 1024
"""What may be on its way to Kafka; beyond it a delivery is answered 503 at once."""

_QUIET_SECONDS = 10.0

_log = structlog.get_logger()


class Taken(NamedTuple):
    """A delivery on its way to Kafka; `durable` is done when it is there, or fails with
    Transient."""

    signer: Signer
    kinds: Sequence[Kind]
    durable: asyncio.Future[None]


class Intake:
    """Verifies, splits and writes deliveries, and counts what became of them."""

    def __init__(
        self, keyring: Keyring, writer: Writer, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._keyring = keyring
        self._writer = writer
        self.clock = clock
        self._accepted: list[Taken] = []
        self._unlogged: Counter[str] = Counter()
        self._logged_at: dict[str, float] = {}

    def begin(self, signature: bytes | None, body: bytes) -> Taken | Answer:
        """Verify and split a whole body and send it on its way; an answer if that is all."""
        try:
            signer = self._keyring.verify(signature, body)
            events = split(body, signer.app, datetime.now(UTC))
            kinds = [event.kind for event in events]
            return Taken(signer, kinds, self._writer.write(_records(events)))
        except Rejected as exc:
            return refusal(exc.status, exc.reason)
        except Transient as exc:
            return refusal(503, exc.reason)

    def end(self, taken: Taken) -> Answer:
        """What to answer now that `taken.durable` is done."""
        trouble = taken.durable.exception()
        if isinstance(trouble, Transient):
            return refusal(503, trouble.reason)
        if trouble is not None:
            raise trouble
        self._count(taken)
        return ACCEPTED

    async def take(self, signature: bytes | None, body: bytes) -> Answer:
        """Bring a whole body to Kafka and say what to answer. Raises nothing that is not a bug."""
        taken = self.begin(signature, body)
        if isinstance(taken, Answer):
            return taken
        del body  # while it waits for Kafka its bytes are held once
        await asyncio.wait([taken.durable])
        return self.end(taken)

    def finish(self, answer: Answer, started: float) -> None:
        """Count `answer` to what began at `started` by the clock; log it if it is a refusal."""
        metrics.DURATION.observe(self.clock() - started)
        if answer is not ACCEPTED:  # those are counted already
            metrics.requests(answer.reason).inc()
            self.log_refusal(answer.status, answer.reason)

    def log_refusal(self, status: int, reason: str) -> None:
        """Log a refusal, at most once in a while for each reason: strangers may cause them."""
        now = self.clock()
        self._unlogged[reason] += 1
        if now - self._logged_at.get(reason, -_QUIET_SECONDS) >= _QUIET_SECONDS:
            self._logged_at[reason] = now
            count = self._unlogged.pop(reason)
            _log.warning("refused", status=status, reason=reason, count=count)

    def _count(self, taken: Taken) -> None:
        """Count an accepted delivery: those that Kafka acknowledged together at once, since each
        counter costs as much as signing does."""
        if not self._accepted:
            asyncio.get_running_loop().call_soon(self._count_accepted)
        self._accepted.append(taken)

    def _count_accepted(self) -> None:
        accepted, self._accepted = self._accepted, []
        metrics.requests(ACCEPTED.reason).inc(len(accepted))
        for signer, count in Counter(taken.signer for taken in accepted).items():
            metrics.signed_by(signer.app, signer.secret_index).inc(count)
            metrics.last_delivery(signer.app).set(time.time())
        kinds = Counter(itertools.chain.from_iterable(taken.kinds for taken in accepted))
        for kind, count in kinds.items():
            metrics.events(kind).inc(count)


def _records(events: list[RawEvent]) -> list[Outgoing]:
    """`events`, which are gone afterwards: while a delivery waits for Kafka its bytes are held once
    and nothing else of it."""
    traceparent = _new_trace()
    records = [raw_record(event, traceparent) for event in events]
    events.clear()
    return records


def _new_trace() -> bytes:
    """A W3C trace context for one delivery (https://www.w3.org/TR/trace-context/)."""
    digits = random.getrandbits(192).to_bytes(24, "big").hex()
    return f"00-{digits[:32]}-{digits[32:]}-00".encode()
