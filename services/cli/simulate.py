"""`parley simulate`: made-up traffic at a rate, and how the receiver answered it."""

import asyncio
import signal
from time import time
from typing import Annotated, Literal

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from services.cli import screen
from services.cli.screen import Output, OutputOption
from services.cli.traffic import DEFAULT_URL, SeedOption, UrlOption, hint, target
from services.cli.work import perform
from services.simulator.accounts import accounts
from services.simulator.posting import Target
from services.simulator.report import Report
from services.simulator.sender import Manner, Sender, sender
from services.simulator.traffic.deliveries import Run, deliveries
from services.simulator.traffic.profiles import PROFILES
from services.simulator.world import World

_DEFAULT_SECONDS = 10.0


def simulate(  # noqa: PLR0913 (one argument for each option)
    profile: Annotated[
        Literal["smoke", "busy", "chaos"],
        typer.Option(
            help="smoke: every kind in turn; busy: mixed, in batches; chaos: with faults."
        ),
    ] = "smoke",
    *,
    rate: Annotated[float, typer.Option(min=0.1, help="Events a second.")] = 50.0,
    seconds: Annotated[
        float | None, typer.Option(min=0.1, help="For how long.", show_default="10")
    ] = None,
    total: Annotated[int | None, typer.Option(min=1, help="How many events.")] = None,
    give_up: Annotated[
        float,
        typer.Option(min=0, metavar="SECONDS", help="Retry a delivery for so long; Meta: hours."),
    ] = 30.0,
    url: UrlOption = DEFAULT_URL,
    seed: SeedOption = 1,
    output: OutputOption = Output.TABLE,
) -> None:
    """Send webhooks at a rate and measure the answers.

    What is not acknowledged is sent again, as Meta does. Latency counts from when a delivery was
    due, so that a receiver that stalls cannot hide it. Exits 1 if something was not acknowledged in
    the end.

    Example: parley simulate --profile busy --rate 500 --seconds 30
    """
    if seconds is not None and total is not None:
        screen.fail("Give --seconds or --total, not both.", 2)
    run = Run(
        profile=PROFILES[profile],
        seed=seed,
        started_at=time(),
        rate=rate,
        total=total or round(rate * (seconds or _DEFAULT_SECONDS)) or 1,
    )
    report = perform(_send(run, give_up, target(url)))
    if output is Output.JSON:
        screen.data(report.as_dict())
    else:
        _show(report)
    if not report.complete:
        answers = set(report.answers)
        screen.fail(hint(answers, url) or "Not everything that was sent was acknowledged.")


async def _send(run: Run, give_up_seconds: float, receiver: Target) -> Report:
    world = World(run.seed, accounts(run.seed, apps=tuple(receiver.secrets)))
    manner = Manner(
        rate=run.rate,
        give_up_seconds=give_up_seconds,
        rebatch=run.profile.rebatch,
        seed=run.seed,
    )
    async with sender(receiver, manner) as sending, asyncio.TaskGroup() as tasks:
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, _stop, sending)
        watching = tasks.create_task(_watch(sending, run.total or 0))
        report = await sending.send(deliveries(run, world))
        watching.cancel()
    return report


def _stop(sending: Sender) -> None:
    """Ctrl-C ends the traffic, a second one the retries too; the summary comes all the same."""
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, sending.abandon)
    sending.end()


async def _watch(sending: Sender, total: int) -> None:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    console = screen.console(stderr=True)
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("acknowledged", total=total)
        while True:
            counts = sending.ledger.counts()
            bar.update(task, completed=counts["acknowledged"] + counts["refused"])
            await asyncio.sleep(0.1)


def _show(report: Report) -> None:
    events = {name.replace("_", " "): count for name, count in report.events.items()}
    latencies = {name: _milliseconds(value) for name, value in report.latency_seconds.items()}
    screen.table(["EVENTS", ""], list(events.items()))
    screen.table(["ANSWERS", ""], list(report.answers.items()))
    screen.table(["LATENCY", "MS"], list(latencies.items()))
    screen.line(f"{report.events_per_second:.0f} events/s over {report.seconds:.1f} s")


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f}"
