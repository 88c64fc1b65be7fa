"""`parley replay`: what Meta told us, published once more from the event log."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import typer
from msgspec.structs import replace

from services.cli import failures, screen
from services.cli.config import ActionsConfig, KafkaOption, PostgresOption, load
from services.cli.owners import AccountOption, name_of, owner_of
from services.cli.progress import Advance, progress
from services.cli.screen import Output, OutputOption
from services.cli.spans import moment
from services.cli.work import connected_pool, connected_writer, perform
from shared.contracts.raw import KINDS, Kind, RawEvent
from shared.contracts.traces import following
from shared.contracts.wire import raw_record
from shared.errors import Transient
from shared.postgres.past import Log, Place, Tally, beginning
from shared.postgres.pool import Pool
from shared.postgres.rules import Owner
from shared.stream.protocols import Writer

_AT_ONCE = 100
"""Events read, and written, together; Meta's items can be large."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Window:
    """Which events: of these kinds, of one account or all, behind the event `after`."""

    since: datetime
    until: datetime
    owner: Owner
    kinds: Sequence[Kind]
    after: str | None
    rate: int | None


@dataclass(slots=True)
class _Run:
    """How far it got; all up to the event `last` is on Kafka. Going on behind an event, nobody has
    counted how many are left."""

    total: int | None = None
    done: int = 0
    last: str = ""
    trouble: str = ""


def replay(  # noqa: PLR0913 (one argument for each option)
    from_: Annotated[
        str, typer.Option("--from", metavar="TIME", help="2026-11-20, 2026-11-20T08:30 or 2d.")
    ],
    to: Annotated[
        str, typer.Option("--to", metavar="TIME", help="The same; what happened then stays out.")
    ],
    *,
    account: AccountOption = None,
    kind: Annotated[Kind | None, typer.Option(help="Only events of this kind.")] = None,
    rate: Annotated[
        int | None, typer.Option(min=1, help="At most so many events a second.")
    ] = None,
    after: Annotated[
        str | None, typer.Option(metavar="EVENT", help="Go on behind this event.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count them.")] = False,
    kafka: KafkaOption = None,
    postgres: PostgresOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Publish events again that happened in a time.

    They come to the topics they came to, as they were, with the same ids and keys, and `origin` is
    `replay`: readers that have handled them see duplicates, rules do not act on them, and nothing
    is counted twice. They are enriched again, which takes quota: --rate spreads it. When it is
    interrupted it says how to go on. Exits 3 if only some were published.

    Example: parley replay --from 2026-11-19 --to 2026-11-20 --kind comment --rate 50
    """
    config = load(ActionsConfig, kafka=kafka, postgres=postgres)
    window = _Window(
        since=moment(from_),
        until=moment(to),
        owner=owner_of(account),
        kinds=(kind,) if kind else KINDS,
        after=after,
        rate=rate,
    )
    if window.since >= window.until:
        screen.fail("There is no time between --from and --to.", 2)
    run = _Run()
    if dry_run:
        _count(config, window, output)
        return
    try:
        perform(_replay(config, window, run))
    except KeyboardInterrupt:
        run.trouble = "Interrupted."
    _tell(run, output)


def _count(config: ActionsConfig, window: _Window, output: Output) -> None:
    async def work() -> list[Tally]:
        async with connected_pool(config.postgres) as pool:
            return await _log(pool, window).tally(window.since, window.owner)

    found = perform(work())
    rows = [
        {
            "kind": each.kind,
            "account": name_of(each.owner),
            "day": each.day.isoformat(),
            "events": each.events,
        }
        for each in found
    ]
    screen.rows(output, rows, ("kind", "account", "day", "events"))
    screen.say(f"{sum(each.events for each in found)} events; nothing was published.")


def _tell(run: _Run, output: Output) -> None:
    if output is Output.JSON:
        screen.data({"replayed": run.done, "of": run.total, "last": run.last or None})
    of = "" if run.total is None else f" of {run.total}"
    screen.say(f"Replayed {run.done}{of} events.")
    if run.trouble:
        screen.say(run.trouble)
        if run.last:
            screen.say(f"Go on with the same command and --after {screen.printable(run.last)}")
        raise typer.Exit(3 if run.done else 1)


def _log(pool: Pool, window: _Window) -> Log:
    return Log(pool, window.kinds, window.until)


async def _replay(config: ActionsConfig, window: _Window, run: _Run) -> None:
    async with connected_pool(config.postgres) as pool:
        log = _log(pool, window)
        found = await log.tally(window.since, window.owner)
        starts = await _starts(log, window, found)
        if window.after is None:
            run.total = sum(each.events for each in found)
        try:
            async with connected_writer(config.kafka) as writer:
                with progress("replayed", run.total) as advance:
                    await _publish(writer, _pages(log, starts, window), window.rate, run, advance)
        except Transient as exc:
            run.trouble = failures.advice(exc)


async def _starts(log: Log, window: _Window, found: Sequence[Tally]) -> dict[Owner, Place]:
    """Where to begin in each account's log; accounts come in the order of their names."""
    owners = sorted({each.owner for each in found})
    starts = dict.fromkeys(owners, beginning(window.since))
    if window.after is None:
        return starts
    known = await log.place(window.after)
    if known is None:
        screen.fail(f"There is no event {screen.printable(window.after)} to go on behind.", 2)
    owner, place = known
    later = {each: start for each, start in starts.items() if each > owner}
    return {owner: max(place, beginning(window.since)), **later} if owner in starts else later


async def _pages(
    log: Log, starts: Mapping[Owner, Place], window: _Window
) -> AsyncIterator[list[RawEvent]]:
    most = min(_AT_ONCE, window.rate or _AT_ONCE)
    for owner, start in starts.items():
        place = start
        while page := await log.page(owner, place, most):
            last = page[-1].event
            place = Place(last.occurred_at, last.id)
            yield [past.event for past in page]


async def _publish(
    writer: Writer,
    pages: AsyncIterator[list[RawEvent]],
    rate: int | None,
    run: _Run,
    advance: Advance,
) -> None:
    clock = asyncio.get_running_loop()
    began = clock.time()
    async for page in pages:
        again = [replace(event, origin="replay") for event in page]
        await writer.write([raw_record(event, following(None)) for event in again])
        run.done += len(page)
        run.last = page[-1].id
        advance(run.done, run.last)
        if rate is not None:
            await asyncio.sleep(began + run.done / rate - clock.time())
