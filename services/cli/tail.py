"""`parley tail`: what a topic carries, as it comes."""

import heapq
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated

import msgspec
import typer
from rich.text import Text

from services.cli import screen
from services.cli.attributes import account_of, kind_of
from services.cli.config import KafkaConfig, KafkaOption, load
from services.cli.events import document, line
from services.cli.screen import Output, OutputOption, printable
from services.cli.topics import named
from services.cli.work import perform
from shared.contracts.records import Record
from shared.stream.browse import Start, browse, follow


@dataclass(frozen=True, kw_only=True)
class _Filter:
    key: str | None
    kind: str | None
    account: str | None

    def passes(self, record: Record) -> bool:
        key = (record.key or b"").decode(errors="replace")
        return (
            (self.key is None or key.startswith(self.key))
            and self.kind in (None, kind_of(record))
            and self.account in (None, account_of(record))
        )


def tail(  # noqa: PLR0913 (one argument for each option)
    topic: Annotated[str, typer.Argument(help="comments, comments.enriched, dead.enricher, …")],
    last: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="The latest N there are, and no more.")
    ] = None,
    key: Annotated[str | None, typer.Option(help="Only keys that start like this.")] = None,
    kind: Annotated[str | None, typer.Option(help="Only events of this kind.")] = None,
    account: Annotated[str | None, typer.Option(help="Only this account's.")] = None,
    kafka: KafkaOption = None,
    output: OutputOption = Output.TABLE,
    *,
    from_beginning: Annotated[
        bool, typer.Option("--from-beginning", help="Begin with all there is.")
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Headers too.")] = False,
) -> None:
    """Watch what a topic carries.

    A line for each event, until Ctrl-C. With -o json each line is one record, whole: {"topic",
    "partition", "offset", "key", "headers", "value", …}.

    Example: parley tail comments.enriched --last 20
    """
    if last is not None and from_beginning:
        screen.fail("Give --last or --from-beginning, not both.", 2)
    name = named(topic).name
    servers = load(KafkaConfig, kafka=kafka).kafka
    chosen = _Filter(key=key, kind=kind, account=account)
    show = _show_json if output is Output.JSON else _show_with_headers if verbose else _show

    async def work() -> None:
        if last is not None:
            for record in await _latest(_only(chosen, browse(servers, name)), last):
                show(record)
            return
        start: Start = "earliest" if from_beginning else "latest"
        async for record in _only(chosen, follow(servers, [name], start)):
            show(record)

    with suppress(KeyboardInterrupt):
        perform(work())


async def _only(chosen: _Filter, records: AsyncIterator[Record]) -> AsyncIterator[Record]:
    async for record in records:
        if chosen.passes(record):
            yield record


async def _latest(records: AsyncIterator[Record], count: int) -> list[Record]:
    """The `count` that were written last, in that order."""
    kept: list[tuple[int, int, int, Record]] = []
    async for record in records:
        entry = (record.timestamp_ms, record.partition, record.offset, record)
        (heapq.heappush if len(kept) < count else heapq.heappushpop)(kept, entry)
    return [record for *_, record in sorted(kept, key=lambda entry: entry[:3])]


def _show(record: Record) -> None:
    at, kind, account, words = line(record)
    text = Text.assemble(
        (at, "dim"), " ", (f"{kind:<12}", "cyan"), " ", (f"{account:<17}", "dim"), " ", words
    )
    screen.console().print(text, no_wrap=True, overflow="ellipsis", crop=True)


def _show_with_headers(record: Record) -> None:
    _show(record)
    where = f"{record.topic} {record.partition}:{record.offset}"
    screen.line(f"         {where} key {printable((record.key or b'').decode(errors='replace'))}")
    for name, value in record.headers:
        screen.line(f"         {printable(name)}: {printable(value.decode(errors='replace'))}")


def _show_json(record: Record) -> None:
    screen.line(msgspec.json.encode(document(record)).decode())
