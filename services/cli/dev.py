"""`parley dev`: the whole product on this machine, live, with a verdict at the end."""

import asyncio
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import aiohttp
import typer
from pydantic import SecretStr
from rich.console import Console

from services.cli.events import describe
from services.cli.gauges import Scraper
from services.cli.live import Screen, View
from services.cli.stack import APPS, Broken, Options, Stack, stack
from services.cli.troubles import troubles
from shared import topics
from shared.errors import Transient
from shared.postgres.audit import missing
from shared.postgres.pool import connect
from shared.stream.browse import follow

SETTLE_SECONDS = 60.0
"""How long, after the last event was sent, all of them may take to be persisted."""


def dev(
    seconds: Annotated[
        float | None, typer.Option(min=1, help="End after so many seconds; else with Ctrl-C.")
    ] = None,
    profile: Annotated[str, typer.Option(help="Traffic: smoke, busy or chaos.")] = "smoke",
    rate: Annotated[float, typer.Option(min=0.1, help="Events a second.")] = 40.0,
    seed: Annotated[int, typer.Option(help="The same seed makes the same traffic.")] = 1,
    kafka: Annotated[
        str | None, typer.Option(help="A real Kafka, host:port, instead of the embedded broker.")
    ] = None,
    postgres: Annotated[
        str | None, typer.Option(help="A real Postgres, by URL, instead of the embedded one.")
    ] = None,
    keep: Annotated[
        Path | None,
        typer.Option(help="Keep data and logs in this folder; else they are discarded."),
    ] = None,
) -> None:
    """Run everything on this machine and watch it: Kafka, Postgres, all services, Meta simulated.

    Ends with exit code 0 only if every event that was acknowledged is in Postgres.

    Example: parley dev --seconds 20 --profile chaos
    """
    options = Options(
        kafka=kafka, postgres=postgres, keep=keep, profile=profile, rate=rate, seed=seed
    )
    try:
        held = asyncio.run(_watch(options, seconds))
    except Broken as exc:
        typer.echo(str(exc), err=True)
        raise typer.Exit(1) from None
    raise typer.Exit(0 if held else 1)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What became of everything that was acknowledged."""

    acknowledged: int
    waiting: int
    missing: Sequence[str]
    fallen: Sequence[str]

    @property
    def holds(self) -> bool:
        """Whether nothing is missing, and something was there to be."""
        return self.acknowledged > 0 and not self.missing and not self.fallen


async def _watch(options: Options, seconds: float | None) -> bool:
    started = time.monotonic()
    console = Console()
    console.print("Starting Kafka, Postgres, the services and the simulator …", style="dim")
    async with stack(options) as running, aiohttp.ClientSession() as session:
        view = View(header=_header(running, options), next_commands=_next(running))
        stopping = _until_told(seconds)
        with Screen(console, view) as screen:
            await _follow(running, session, view, screen, stopping, started)
        console.print("Stopping the traffic, waiting until all of it has arrived …", style="dim")
        verdict = await judge(running, session)
        _summarise(console, view, verdict)
    return verdict.holds


def _until_told(seconds: float | None) -> asyncio.Event:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()

    def stop(signum: signal.Signals) -> None:
        stopping.set()
        loop.remove_signal_handler(signum)  # the second time it ends us at once

    for signum in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signum, stop, signum)
    if seconds is not None:
        loop.call_later(seconds, stopping.set)
    return stopping


async def _follow(
    running: Stack,
    session: aiohttp.ClientSession,
    view: View,
    screen: Screen,
    stopping: asyncio.Event,
    started: float,
) -> None:
    """Show what happens until told to stop, or until a service ends that should not."""
    scraper = Scraper(running, session)
    async with asyncio.TaskGroup() as tasks:
        tailing = tasks.create_task(_tail(running, view))
        view.now, before = await scraper.read(), time.monotonic()
        while not stopping.is_set() and not running.fallen():
            await _wait(stopping, 1.0 if view.first_seconds else 0.25)
            now = time.monotonic()
            view.update(await scraper.read(), now - before)
            view.problems = troubles(running)
            before = now
            if view.now.persisted and view.first_seconds is None:
                view.first_seconds = now - started
            screen.show()
        tailing.cancel()


async def _wait(stopping: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stopping.wait()
    except TimeoutError:
        return


async def _tail(running: Stack, view: View) -> None:
    names = [topic.name for topic in topics.ENRICHED]
    while True:
        with suppress(Transient):  # it is only a view: Kafka's troubles show in the gauges
            async for record in follow(running.kafka, names):
                view.latest.append(describe(record))


async def judge(running: Stack, session: aiohttp.ClientSession) -> Verdict:
    """Let everything settle, then hold what was acknowledged against what is in Postgres."""
    control = f"http://127.0.0.1:{running.admin_ports['simulator']}"
    fallen = running.fallen()
    if "simulator" in fallen:
        return Verdict(acknowledged=0, waiting=0, missing=(), fallen=fallen)
    async with session.post(f"{control}/stop-sending") as answer:
        answer.raise_for_status()
    async with session.get(f"{control}/ledger?ids=1") as answer:
        ids = (await answer.json())["ids"]
    async with connect(SecretStr(running.postgres), "parley dev") as connections:
        lost = await missing(connections, ids["acknowledged"])
        deadline = time.monotonic() + SETTLE_SECONDS
        while lost and time.monotonic() < deadline and not running.fallen():
            await asyncio.sleep(0.2)
            lost = await missing(connections, lost)
    return Verdict(
        acknowledged=len(ids["acknowledged"]),
        waiting=len(ids["waiting"]),
        missing=lost,
        fallen=running.fallen(),
    )


def _header(running: Stack, options: Options) -> list[str]:
    kafka = running.kafka if options.kafka else f"{running.kafka} (in memory, a few MB a partition)"
    data = str(options.keep) if options.keep else "discarded at the end (--keep FOLDER keeps it)"
    metrics = "  ".join(f"{name} :{port}" for name, port in running.admin_ports.items())
    return [
        "parley dev · NOT FOR PRODUCTION",
        f"webhooks   {running.webhook_url}   secrets {_secrets()}",
        f"Kafka      {kafka}",
        f"Postgres   {running.postgres if not options.postgres else 'as given'}",
        f"/metrics   {metrics}",
        f"data       {data}   logs {running.folder}",
    ]


def _secrets() -> str:
    return ", ".join(app["secrets"][0] for app in APPS.values())


def _next(running: Stack) -> list[str]:
    parley = Path(sys.argv[0]) if Path(sys.argv[0]).name == "parley" else Path("parley")
    url = running.webhook_url
    return [
        f"{parley} trigger comment --text 'how much is it?' --url {url}",
        f"{parley} tail comments.enriched --kafka {running.kafka}",
        f"{parley} dlq list enricher --kafka {running.kafka}",
    ]


def _summarise(console: Console, view: View, verdict: Verdict) -> None:
    console.print(view.line(), highlight=False, soft_wrap=True, markup=False)
    if view.first_seconds is not None:
        console.print(f"first event persisted {view.first_seconds:.1f} s after the start")
    console.print(
        f"acknowledged {verdict.acknowledged}, of these persisted "
        f"{verdict.acknowledged - len(verdict.missing)}, missing {len(verdict.missing)}, "
        f"never acknowledged {verdict.waiting}"
    )
    for id_ in verdict.missing[:10]:
        console.print(f"  missing: {id_}", markup=False)
    for name in verdict.fallen:
        console.print(f"  {name} ended by itself", style="red")
    console.print("Nothing was lost." if verdict.holds else "NOT everything is accounted for.")
