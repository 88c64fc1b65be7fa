"""Spans of what happens to an event, from its delivery through Kafka to Graph and Postgres.

They are sent where `OTEL_EXPORTER_OTLP_ENDPOINT` says, if the extra `tracing` is installed; without
the variable nothing here costs anything. Which deliveries are traced the receiver decides
(`OTEL_TRACES_SAMPLER`), and all others follow it, by the flag in `traceparent`. A batch has one
span for each traced record in it; what is done for all of them together hangs below the first.

No attribute holds an id or a word of anybody: kinds, counts, endpoints, statements without values.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from shared.contracts.raw import RawEvent
from shared.contracts.records import Record
from shared.contracts.traces import following, fresh, sampled

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")

# OpenTelemetry's names for messaging are still in development: they stand here only.
_SYSTEM, _DESTINATION = "messaging.system", "messaging.destination.name"
_GROUP, _BATCH = "messaging.consumer.group.name", "messaging.batch.message_count"

Finish = Callable[[int], None]
"""Ends a delivery's span; takes the HTTP status it was answered with."""

_tracer: "Tracer | None" = None
_spans: "ContextVar[Mapping[tuple[str, int, int], Span]]" = ContextVar("spans")


@contextmanager
def exporting(service: str) -> Iterator[None]:
    """Send spans while the block runs, if the environment says where to; the rest at its end."""
    if not any(os.environ.get(name) for name in ENDPOINTS):
        yield
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415 (extra)
            OTLPSpanExporter,
        )
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError:
        sys.exit("OTEL_EXPORTER_OTLP_ENDPOINT needs the extra: pip install 'parley[tracing]'")
    global _tracer  # noqa: PLW0603 (one for the process, as metrics are)
    resource = Resource.create({"service.namespace": "parley", "service.name": service})
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    _tracer = provider.get_tracer("parley")
    try:
        yield
    finally:
        _tracer = None
        provider.shutdown()


def enabled() -> bool:
    """Whether spans go anywhere."""
    return _tracer is not None


def delivery(events: Sequence[RawEvent]) -> tuple[bytes, Finish | None]:
    """The trace of a new delivery of `events`, and what ends its span if it has one."""
    if _tracer is None:
        return fresh(), None
    from opentelemetry.trace import SpanKind  # noqa: PLC0415

    span = _tracer.start_span(
        "receive delivery",
        kind=SpanKind.SERVER,
        attributes={
            "parley.events": len(events),
            "parley.kinds": sorted({event.kind for event in events}),
        },
    )

    def finish(status: int) -> None:
        span.set_attribute("http.response.status_code", status)
        span.end()

    return _written(span), finish


@contextmanager
def processing(group: str, records: Sequence[Record]) -> Iterator[None]:
    """Around the handling of a batch by a consumer group: a span for each traced record."""
    if _tracer is None:
        yield
        return
    with ExitStack() as exits:
        spans = dict(_process_spans(_tracer, group, records))
        if spans:
            from opentelemetry.trace import use_span  # noqa: PLC0415

            for span in spans.values():
                exits.callback(span.end)
            exits.enter_context(use_span(next(iter(spans.values())), end_on_exit=False))
        reset = _spans.set(spans)
        exits.callback(_spans.reset, reset)
        yield


def onward(record: Record) -> bytes:
    """The `traceparent` of what follows from `record`."""
    span = _spans.get({}).get((record.topic, record.partition, record.offset))
    return following(record.header("traceparent")) if span is None else _written(span)


@contextmanager
def calling(name: str) -> Iterator[None]:
    """Around a call to somebody else, as part of what is traced now, if anything is."""
    if _tracer is None or not _recording():
        yield
        return
    from opentelemetry.trace import SpanKind  # noqa: PLC0415

    with _tracer.start_as_current_span(name, kind=SpanKind.CLIENT, record_exception=False):
        yield


@contextmanager
def continuing(traceparent: str | None, name: str) -> Iterator[None]:
    """As part of a trace that was kept with what is to be done."""
    if _tracer is None or not sampled((traceparent or "").encode()):
        yield
        return
    from opentelemetry.propagate import extract  # noqa: PLC0415

    context = extract({"traceparent": traceparent})
    with _tracer.start_as_current_span(name, context=context, record_exception=False):
        yield


def called(name: str, seconds: float, *, failed: bool) -> None:
    """As `calling`, for a call that ended just now and took `seconds`."""
    if _tracer is None or not _recording():
        return
    from opentelemetry.trace import SpanKind, Status, StatusCode  # noqa: PLC0415

    end = time.time_ns()
    start = end - int(seconds * 1e9)
    span = _tracer.start_span(name, kind=SpanKind.CLIENT, start_time=start)
    if failed:
        span.set_status(Status(StatusCode.ERROR))
    span.end(end)


def current() -> dict[str, str]:
    """What a log line says of the span it belongs to, under OpenTelemetry's names."""
    if _tracer is None:
        return {}
    from opentelemetry.trace import get_current_span  # noqa: PLC0415

    context = get_current_span().get_span_context()
    if not context.is_valid:
        return {}
    return {"trace_id": f"{context.trace_id:032x}", "span_id": f"{context.span_id:016x}"}


def _process_spans(
    tracer: "Tracer", group: str, records: Sequence[Record]
) -> "Iterator[tuple[tuple[str, int, int], Span]]":
    from opentelemetry.propagate import extract  # noqa: PLC0415
    from opentelemetry.trace import Link, SpanKind  # noqa: PLC0415

    first: Span | None = None
    for record in records:
        trace = record.header("traceparent")
        if not sampled(trace):
            continue
        span = tracer.start_span(
            f"process {record.topic}",
            context=extract({"traceparent": (trace or b"").decode()}),
            kind=SpanKind.CONSUMER,
            links=[Link(first.get_span_context())] if first else [],
            attributes={
                _SYSTEM: "kafka",
                _DESTINATION: record.topic,
                _GROUP: group,
                _BATCH: len(records),
            },
        )
        first = first or span
        yield (record.topic, record.partition, record.offset), span


def _recording() -> bool:
    from opentelemetry.trace import get_current_span  # noqa: PLC0415

    return get_current_span().is_recording()


def _written(span: "Span") -> bytes:
    context = span.get_span_context()
    flags = int(context.trace_flags)
    return b"00-%032x-%016x-%02x" % (context.trace_id, context.span_id, flags)
