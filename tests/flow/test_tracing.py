"""Spans as a collector gets them: one trace from the delivery to Graph, Postgres and back to Meta,
and no word of anybody in it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from services.cli.stack import Options, Stack, stack
from services.cli.verdict import judge

WORDS = "fr33 f0llowers zebra-crossing http://win.example/prize"


class Collector:
    """What was exported, by service."""

    def __init__(self) -> None:
        self.spans: dict[str, list[Span]] = {}

    async def take(self, request: web.Request) -> web.Response:
        """One export of OTLP over HTTP."""
        exported = ExportTraceServiceRequest.FromString(await request.read())
        for resource in exported.resource_spans:
            names = {each.key: each.value.string_value for each in resource.resource.attributes}
            for scope in resource.scope_spans:
                self.spans.setdefault(names["service.name"], []).extend(scope.spans)
        return web.Response()


@asynccontextmanager
async def collecting() -> AsyncIterator[tuple[Collector, str]]:
    """A collector and its address."""
    collector = Collector()
    app = web.Application(client_max_size=2**26)
    app.router.add_post("/v1/traces", collector.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield collector, site.name.replace("0.0.0.0", "127.0.0.1")  # noqa: S104 (never listens there)
    finally:
        await runner.cleanup()


async def trigger(running: Stack, session: aiohttp.ClientSession) -> str:
    """One comment with WORDS; its event id."""
    url = f"http://127.0.0.1:{running.admin_ports['simulator']}/trigger"
    async with session.post(url, json={"kind": "comment", "text": WORDS}) as answer:
        (delivery,) = (await answer.json())["deliveries"]
        (id_,) = delivery["events"]
        return str(id_)


@pytest.mark.xdist_group("stack")
async def test_one_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    """A comment is one trace through every service, with its calls of Graph and Postgres."""
    async with collecting() as (collector, address):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
        async with stack(Options(rate=0.1)) as running, aiohttp.ClientSession() as session:
            id_ = await trigger(running, session)
            assert (await judge(running, session)).holds
    spans = [span for found in collector.spans.values() for span in found]
    traces = {span.trace_id for span in collector.spans["receiver"]}
    hidden = {span.trace_id for span in spans if span.name == "graph hide"}
    assert hidden
    assert hidden <= traces
    by_id = {span.span_id: span for span in spans}
    for trace in hidden:
        whole = {span.name for span in spans if span.trace_id == trace}
        assert {
            "receive delivery",
            "process parley.comments.v1",
            "process parley.comments.enriched.v1",
            "process parley.actions.v1",
            "carry out hide",
        } <= whole
        (enriching,) = [
            span
            for span in collector.spans["enricher"]
            if span.name == "process parley.comments.v1" and span.trace_id == trace
        ]
        assert by_id[enriching.parent_span_id].name == "receive delivery"
    assert "graph media" in {span.name for span in collector.spans["enricher"]}
    assert "postgres INSERT INTO comments" in {span.name for span in collector.spans["persister"]}
    told = "".join(str(span) for span in spans)
    assert [word for word in (*WORDS.split(), id_.rpartition(":")[2]) if word in told] == []
