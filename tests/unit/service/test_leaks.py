"""What people wrote, and secrets, get into no log and no metric, wherever they are."""

import asyncio
import contextlib
import io
import logging
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import generate_latest

from services.enricher.enrich import Work, lane, take
from shared import topics
from shared.contracts.records import Outgoing, Record
from shared.contracts.wire import raw_record
from shared.errors import Poison, Transient
from shared.meta.split import split
from shared.service import logs
from shared.service.settings import AppsSettings, PostgresSettings, Settings, Unusable, load
from shared.stream.consumer import Consumer
from shared.stream.dead_letters import DeadLetters
from shared.stream.memory import MemoryBroker
from tests.consuming import no_wait
from tests.receiving import body_of, receiver, request
from tests.streams import until

MARK = "ż"
"""Stands in whatever is planted, and in nothing of ours."""

_WRITTEN = (MARK, "\\u017c", quote(MARK), quote(MARK).lower(), "Å¼")

# With all that can end a word, a quotation, a line or a template.
PLANTED = st.text(st.sampled_from("aZ9'\"{%s}:\n /=&ł"), min_size=4, max_size=300).map(
    lambda text: MARK + text + MARK
)
KEYS = st.text(st.characters(categories=["Ll"], codec="ascii"), min_size=1, max_size=9).filter(
    lambda key: key not in logs.WORDS | {"exc_info"}
)


@contextlib.contextmanager
def sink() -> Iterator[io.StringIO]:
    """What a service writes while the block runs."""
    root, hook = logging.getLogger(), sys.excepthook
    handlers, level = root.handlers, root.level
    root.handlers = []
    written = io.StringIO()
    try:
        with contextlib.redirect_stderr(written):
            logs.configure("receiver")
            yield written
    finally:
        root.handlers, sys.excepthook = handlers, hook
        root.setLevel(level)
        logging.captureWarnings(capture=False)
        structlog.reset_defaults()
        structlog.contextvars.clear_contextvars()


def clean(said: str) -> bool:
    """Whether something was said, and nothing of what was planted."""
    return bool(said) and not any(form in said for form in _WRITTEN)


def record(text: str) -> Record:
    """A record in which everything is planted."""
    planted = text.encode()
    return Record(topics.COMMENTS.name, 0, 0, 0, planted, planted, [("traceparent", planted)])


def raised(trouble: Exception) -> None:
    """Log it as whoever caught it does."""
    try:
        raise trouble
    except type(trouble):
        structlog.get_logger().exception("failed")


def caused(text: str) -> None:
    """A failure among whose causes are texts."""
    trouble = Transient("away")
    trouble.__cause__ = ExceptionGroup(text, [ValueError(text), OSError(5, text, text)])
    raised(trouble)


def warned(text: str) -> None:
    """A warning of some library's."""
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(text, stacklevel=1)


def crashed(text: str) -> None:
    """The end of a process."""
    sys.excepthook(ValueError, ValueError(text), None)


def failed_line(text: str) -> None:
    """A line whose template does not fit what it is given."""
    logging.getLogger("library").error("%d of %d", text, text)


PLACES: dict[str, Callable[[str], object]] = {
    "a container": lambda text: structlog.get_logger().info(
        "said", reason=[text], item={"a": text}
    ),
    "an exception": lambda text: raised(ValueError(text)),
    "its causes": caused,
    "its record": lambda text: raised(Poison(record(text), "undecodable")),
    "a crash": crashed,
    "a warning": warned,
    "a library's argument": lambda text: logging.getLogger("x").error("no %s, %r", text, text),
    "a library's mapping": lambda text: logging.getLogger("x").error("no %(a)s", {"a": text}),
    "a library's sentence": lambda text: logging.getLogger("x").error(f"no {text}"),  # noqa: G004 (as some do)
    "a library's exception": lambda text: logging.getLogger("x").error("no %s", OSError(5, text)),
    "a line that does not fit": failed_line,
}


@pytest.mark.parametrize("where", PLACES)
@settings(max_examples=30)
@given(text=PLANTED)
def test_planted(where: str, text: str) -> None:
    """Nothing reaches the log from whatever is handed to it."""
    with sink() as written:
        PLACES[where](text)
    assert clean(written.getvalue())


@settings(max_examples=50)
@given(key=KEYS, text=PLANTED)
def test_unknown_key(key: str, text: str) -> None:
    """Text is logged under keys that are known to hold none of anybody's, and under no other."""
    with sink() as written:
        structlog.get_logger().info("said", **{key: text})
    assert clean(written.getvalue())


async def _deliver(text: str) -> None:
    """To the receiver, in every place of a request."""
    said = body_of({"object": "instagram", "entry": [{"id": text, "messaging": [{"a": text}]}]})
    plain = text.encode()
    header = quote(text)
    async with receiver() as door:
        await door.get(f"/webhooks/meta?hub.mode=subscribe&hub.verify_token={header}")
        await door.get(f"/{header}")
        for sent in (
            request(said),
            request(plain),
            request(said, signature=f"sha256={header}"),
            request(plain, signature=""),
            request(said, **{"x-custom": header, "authorization": f"Bearer {header}"}),
        ):
            await door.send(sent)


async def _consume(text: str) -> None:
    """Records that cannot be decoded, and one whose handling fails first one way, then another."""
    broker = MemoryBroker()
    troubles: list[Exception] = [Transient("away"), Poison(record(text), "unstorable")]

    async def handle(batch: Sequence[Work]) -> None:
        trouble = troubles.pop(0)
        trouble.__cause__ = ValueError(text)
        raise Poison(batch[0].record, trouble.reason) if isinstance(trouble, Poison) else trouble

    good = _raw_event(text)
    async with (
        broker.writer() as writer,
        broker.reader("enricher", [topics.COMMENTS.name]) as reader,
    ):
        await writer.write([Outgoing(topics.COMMENTS.name, b"k", text.encode(), []), good])
        letters = DeadLetters(writer=writer, group="enricher", topic=topics.DEAD_ENRICHER.name)
        consumer = Consumer(reader, letters, take, handle, lane, sleep=no_wait)
        stopping = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(consumer.run(stopping))
            await until(lambda: len(broker.records(topics.DEAD_ENRICHER.name)) == 2)
            stopping.set()


def _raw_event(text: str) -> Outgoing:
    change = {"field": "comments", "value": {"id": "1", "text": text, "from": {"username": text}}}
    body = body_of({"object": "instagram", "entry": [{"id": "17", "time": 1, "changes": [change]}]})
    (event,) = split(body, "shop", datetime.now(UTC))
    return raw_record(event, b"00-" + b"1" * 32 + b"-" + b"1" * 16 + b"-00")


@settings(max_examples=15, deadline=None)
@given(text=PLANTED)
def test_through_the_receiver(text: str) -> None:
    """Neither a delivery nor a stranger's request gets into a log or a metric."""
    with sink() as written:
        asyncio.run(_deliver(text))
    assert clean(written.getvalue())
    assert clean(generate_latest().decode())


@settings(max_examples=15, deadline=None)
@given(text=PLANTED)
def test_through_a_consumer(text: str) -> None:
    """Nor does what is handled, fails and is buried."""
    with sink() as written:
        asyncio.run(_consume(text))
    assert clean(written.getvalue())
    assert clean(generate_latest().decode())


class _Config(AppsSettings, PostgresSettings, Settings):
    """Settings that hold secrets."""


@given(text=PLANTED)
def test_settings(text: str) -> None:
    """Settings that are wrong are named, and not shown; those that are right show no secret."""
    with pytest.raises(Unusable) as wrong:
        load(_Config, apps=text, postgres=text)
    assert clean(" ".join(wrong.value.problems))
    right = load(
        _Config,
        apps={"shop": {"secrets": [text], "verify_token": text}},
        postgres=f"postgresql://parley:{text}@host/parley",
    )
    assert clean(repr(right))
    with sink() as written:
        structlog.get_logger().info("loaded", config=right, problem=str(wrong.value))
    assert clean(written.getvalue())
