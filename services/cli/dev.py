"""`parley dev`: the whole product on this machine, live, with a verdict at the end."""

import asyncio
import shlex
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal

import aiohttp
import typer
from pydantic import SecretStr

from services.cli import screen
from services.cli.events import describe
from services.cli.gauges import Scraper
from services.cli.live import Screen, View
from services.cli.stack import APPS, Broken, Options, Stack, last_words, stack
from services.cli.troubles import troubles
from services.cli.verdict import Verdict, judge
from services.cli.work import perform
from shared import topics
from shared.errors import Transient
from shared.postgres.action_rows import Kept
from shared.postgres.actions import Actions, Filters
from shared.postgres.pool import connect
from shared.stream.browse import follow


def dev(
    seconds: Annotated[
        float | None, typer.Option(min=1, help="End after so many seconds; else with Ctrl-C.")
    ] = None,
    profile: Annotated[
        Literal["smoke", "busy", "chaos"],
        typer.Option(help="smoke: every kind in turn; busy: bursts; chaos: all faults."),
    ] = "smoke",
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
    """Run everything on this machine and watch it: Kafka, Postgres, all services, Meta simulated,
    and an example of rules in force.

    Ends with exit code 0 only if every event that was acknowledged is in Postgres, and everything
    that was done at Meta was decided and done once.

    Example: parley dev --seconds 20 --profile chaos
    """
    options = Options(
        kafka=kafka, postgres=postgres, keep=keep, profile=profile, rate=rate, seed=seed
    )
    try:
        held = perform(_watch(options, seconds))
    except Broken as exc:
        screen.fail(str(exc))
    raise typer.Exit(0 if held else 1)


async def _watch(options: Options, seconds: float | None) -> bool:
    started = time.monotonic()
    screen.line("Starting Kafka, Postgres, the services and the simulator …")
    async with stack(options) as running, aiohttp.ClientSession() as session:
        view = View(header=_header(running), next_commands=_next(running))
        scraper = Scraper(running, session)
        stopping = _until_told(seconds)
        with Screen(view) as shown:
            await _follow(running, scraper, view, shown, stopping, started)
        screen.line("Stopping the traffic, waiting until all of it has arrived …")
        verdict = await judge(running, session)
        view.now = await scraper.read()
        _summarise(view, running, verdict)
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
    scraper: Scraper,
    view: View,
    shown: Screen,
    stopping: asyncio.Event,
    started: float,
) -> None:
    """Show what happens until told to stop, or until a service ends that should not."""
    async with asyncio.TaskGroup() as tasks:
        tailing = tasks.create_task(_tail(running, view))
        suggesting = tasks.create_task(_suggest(running, view))
        view.now, before = await scraper.read(), time.monotonic()
        while not stopping.is_set() and not running.fallen():
            await _wait(stopping, 1.0 if view.first_seconds else 0.25)
            now = time.monotonic()
            view.update(await scraper.read(), now - before)
            view.problems = troubles(running)
            before = now
            if view.now.persisted and view.first_seconds is None:
                view.first_seconds = now - started
            shown.show()
        tailing.cancel()
        suggesting.cancel()


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


async def _suggest(running: Stack, view: View) -> None:
    """Offer to explain a comment that was hidden, once there is one."""
    hidden: list[Kept] = []
    async with connect(SecretStr(running.postgres), "parley dev") as pool:
        while not hidden:
            await asyncio.sleep(1)
            with suppress(Transient):
                hidden = await Actions(pool).list(Filters(kind="hide", state="sent"), 1)
    (acted_upon,) = hidden
    database = _database(running)
    view.next_commands += [
        f"{_parley()} rules explain {acted_upon.action.event_id} {database}",
        f"{_parley()} actions undo {acted_upon.action.id} {database} --kafka {running.kafka}",
    ]


def _header(running: Stack) -> list[str]:
    options = running.options
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
    parley, kafka = _parley(), running.kafka
    return [
        f"{parley} trigger comment --text 'how much is it?' --url {running.webhook_url}",
        f"{parley} tail comments.enriched --kafka {kafka}",
        f"{parley} dlq list enricher --kafka {kafka}",
        f"{parley} actions list {_database(running)}",
    ]


def _parley() -> Path:
    return Path(sys.argv[0]) if Path(sys.argv[0]).name == "parley" else Path("parley")


def _database(running: Stack) -> str:
    """The option that names the database; one's own is known, and has a password."""
    url = "URL" if running.options.postgres else shlex.quote(running.postgres)
    return f"--postgres {url}"


def _summarise(view: View, running: Stack, verdict: Verdict) -> None:
    now = view.now
    screen.line(f"received {now.received} · enriched {now.enriched} · persisted {now.persisted}")
    screen.line(f"hidden {now.hidden} · replied {now.replied} · queued {now.queued}")
    screen.line(view.totals())
    if view.first_seconds is not None:
        screen.line(f"first event persisted {view.first_seconds:.1f} s after the start")
    for name in verdict.fallen:
        code = running.processes[name].returncode
        screen.line(f"{name} ended by itself, exit code {code}; {last_words(running, name)}")
    for line in verdict.lines():
        screen.line(line)
