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
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial

import structlog

from services.receiver import metrics
from services.receiver.answers import ACCEPTED, Answer, refusal
from shared.contracts.raw import Kind, RawEvent
from shared.contracts.records import Outgoing
from shared.contracts.wire import raw_record
from shared.errors import Rejected, Transient
from shared.meta.signature import Keyring, Signer
from shared.meta.split import split
from shared.service import tracing
from shared.stream.protocols import Writer

ACKNOWLEDGE_SECONDS = 3.5
"""Then the answer is 503: design §4 promises one within 4 seconds, Meta waits for 5."""

UNACKNOWLEDGED_BYTES = 32 * 1024 * 1024
"""What may be on its way to Kafka; beyond it a delivery is answered 503 at once."""

_QUIET_SECONDS = 10.0

_log = structlog.get_logger()


TOGETHER_BYTES = 256 * 1024
"""How much of one turn of the loop is taken in one go, at each step."""

Reply = Callable[[Answer], None]


class Intake:
    """Verifies, splits and writes deliveries, and counts what became of them.

    What arrives in one turn of the event loop is taken step by step: a step done for many in a row
    costs half of what it does in between others (tests/bench/RESULTS.md).
    """

    def __init__(
        self, keyring: Keyring, writer: Writer, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._keyring = keyring
        self._writer = writer
        self.clock = clock
        self._loop = asyncio.get_running_loop()
        self._arrived: list[tuple[bytes | None, bytes, Reply]] = []
        self._arrived_bytes = 0
        self._accepted: list[tuple[Signer, Sequence[Kind]]] = []
        self._unlogged: Counter[str] = Counter()
        self._logged_at: dict[str, float] = {}

    async def take(self, signature: bytes | None, body: bytes) -> Answer:
        """Bring a whole body to Kafka and say what to answer. Raises nothing that is not a bug."""
        answered: asyncio.Future[Answer] = self._loop.create_future()
        self.submit(signature, body, partial(_tell, answered))
        del body  # while it waits for Kafka its bytes are held once
        return await answered

    def submit(self, signature: bytes | None, body: bytes, reply: Reply) -> None:
        """As `take`, but what to answer is told to `reply`, now or later, once."""
        if not self._arrived:
            self._loop.call_soon(self.take_arrived)
        self._arrived.append((signature, body, reply))
        self._arrived_bytes += len(body)
        if self._arrived_bytes > TOGETHER_BYTES:
            self.take_arrived()

    def take_arrived(self) -> None:
        """Take all that was submitted, now."""
        arrived, self._arrived, self._arrived_bytes = self._arrived, [], 0
        self._write(self._split(self._verify(arrived)))

    def _verify(
        self, arrived: list[tuple[bytes | None, bytes, Reply]]
    ) -> list[tuple[Signer, bytes, Reply]]:
        verified = []
        for signature, body, reply in arrived:
            try:
                verified.append((self._keyring.verify(signature, body), body, reply))
            except Rejected as exc:
                reply(refusal(exc.status, exc.reason))
        return verified

    def _split(
        self, verified: list[tuple[Signer, bytes, Reply]]
    ) -> list[tuple[Signer, list[RawEvent], Reply]]:
        now = datetime.now(UTC)
        split_ = []
        for signer, body, reply in verified:
            try:
                split_.append((signer, split(body, signer.app, now), reply))
            except Rejected as exc:
                reply(refusal(exc.status, exc.reason))
        return split_

    def _write(self, deliveries: list[tuple[Signer, list[RawEvent], Reply]]) -> None:
        records = [_records(events) for _, events, _ in deliveries]
        for (signer, events, reply_), (outgoing, finish) in zip(deliveries, records, strict=True):
            kinds = [event.kind for event in events]
            reply = reply_ if finish is None else partial(_traced, finish, reply_)
            try:
                durable = self._writer.write(outgoing)
            except Transient as exc:
                reply(refusal(503, exc.reason))
            else:
                durable.add_done_callback(partial(self._settle, signer, kinds, reply))

    def _settle(
        self, signer: Signer, kinds: Sequence[Kind], reply: Reply, durable: asyncio.Future[None]
    ) -> None:
        trouble = durable.exception()
        if trouble is None:
            self._count(signer, kinds)
            reply(ACCEPTED)
        elif isinstance(trouble, Transient):
            reply(refusal(503, trouble.reason))
        else:
            raise trouble

    def finish(self, answer: Answer, started: float) -> None:
        """Count `answer` to what began at `started` by the clock; log it if it is a refusal."""
        metrics.duration(answer.status).observe(self.clock() - started)
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

    def _count(self, signer: Signer, kinds: Sequence[Kind]) -> None:
        """Count an accepted delivery: those that Kafka acknowledged together at once, since each
        counter costs as much as the HMAC does."""
        if not self._accepted:
            self._loop.call_soon(self._count_accepted)
        self._accepted.append((signer, kinds))

    def _count_accepted(self) -> None:
        accepted, self._accepted = self._accepted, []
        metrics.requests(ACCEPTED.reason).inc(len(accepted))
        for signer, count in Counter(signer for signer, _ in accepted).items():
            metrics.signed_by(signer.app, signer.secret_index).inc(count)
            metrics.last_delivery(signer.app).set(time.time())
        for kind, count in Counter(kind for _, kinds in accepted for kind in kinds).items():
            metrics.events(kind).inc(count)


def _tell(answered: asyncio.Future[Answer], answer: Answer) -> None:
    if not answered.done():  # its task may have been cancelled
        answered.set_result(answer)


def _traced(finish: tracing.Finish, reply: Reply, answer: Answer) -> None:
    reply(answer)
    finish(answer.status)


def _records(events: list[RawEvent]) -> tuple[list[Outgoing], tracing.Finish | None]:
    traceparent, finish = tracing.delivery(events)
    return [raw_record(event, traceparent) for event in events], finish
