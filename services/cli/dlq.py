"""`parley dlq`: what a consumer group could not handle, and what to do with it."""

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec
import typer

from services.cli import failures, ledger, screen
from services.cli.config import KafkaConfig, KafkaOption, load
from services.cli.events import document
from services.cli.letters import Letter, Place, Resolution, Selection, parse_place
from services.cli.screen import Output, OutputOption, printable
from services.cli.topics import named
from services.cli.work import perform
from shared import topics

dlq = typer.Typer(
    no_args_is_help=True, help="See, retry or drop what a consumer group could not handle."
)

Group = Annotated[
    Literal["enricher", "moderator", "executor", "persister"],
    typer.Argument(help="The consumer group.", show_default=False),
]
Places = Annotated[
    list[str] | None, typer.Argument(metavar="LETTER", help="As `list` names them, like 3:17.")
]
ReasonOption = Annotated[str | None, typer.Option("--reason", help="Only with this reason.")]
AccountOption = Annotated[str | None, typer.Option("--account", help="Only this account's.")]
TopicOption = Annotated[str | None, typer.Option("--topic", help="Only from this topic.")]
LimitOption = Annotated[int | None, typer.Option("--limit", min=1, help="No more than so many.")]
ActOption = Annotated[bool, typer.Option("--yes", "-y", help="Do it; else it is only shown.")]


@dlq.command("list")
def show_all(
    group: Group,
    *,
    reason: ReasonOption = None,
    account: AccountOption = None,
    topic: TopicOption = None,
    limit: LimitOption = None,
    kafka: KafkaOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """List the dead letters of a group that are still open.

    Example: parley dlq list enricher --reason undecodable
    """
    selection = _selection(None, reason, account, topic, limit)
    _show(_read(group, selection, kafka), output)


@dlq.command("show")
def show_one(
    group: Group,
    place: Annotated[str, typer.Argument(metavar="LETTER", help="As `list` names it, like 3:17.")],
    *,
    kafka: KafkaOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Show one dead letter whole: why, from where, its headers and its value.

    Example: parley dlq show enricher 3:17
    """
    (letter,) = _read(group, Selection(places=_places([place])), kafka)
    if output is Output.JSON:
        screen.data(_row(letter) | document(letter.record))
        return
    fields = [*_row(letter).items(), *document(letter.record).items()]
    hidden = ("headers", "value", "value_base64")
    screen.table(["", ""], [(name, value) for name, value in fields if name not in hidden])
    headers = [(name, value.decode(errors="replace")) for name, value in letter.record.headers]
    screen.table(["HEADER", ""], headers)
    for line in _pretty(letter.record.value).splitlines():
        screen.line(printable(line))


@dlq.command()
def retry(  # noqa: PLR0913 (one argument for each option)
    group: Group,
    places: Places = None,
    *,
    reason: ReasonOption = None,
    account: AccountOption = None,
    topic: TopicOption = None,
    limit: LimitOption = None,
    kafka: KafkaOption = None,
    output: OutputOption = Output.TABLE,
    yes: ActOption = False,
) -> None:
    """Put dead letters back on the topic they came from, as they were. Without --yes it only shows
    which. Exits 3 if some could not be.

    Example: parley dlq retry enricher --reason undecodable --yes
    """
    letters = _read(group, _selection(places, reason, account, topic, limit), kafka)
    returnable = {found.name for found in topics.read_by(group)}
    fit = [letter for letter in letters if letter.about and letter.about.topic in returnable]
    _show(fit, output)
    for letter in letters:
        if letter not in fit:
            screen.say(
                f"{letter.place} names no topic that the {group} reads: drop it, or leave it."
            )
    _settle(fit, "retried", kafka, yes=yes)
    if len(fit) < len(letters):
        raise typer.Exit(3)


@dlq.command()
def drop(  # noqa: PLR0913 (one argument for each option)
    group: Group,
    places: Places = None,
    *,
    reason: ReasonOption = None,
    account: AccountOption = None,
    topic: TopicOption = None,
    limit: LimitOption = None,
    kafka: KafkaOption = None,
    output: OutputOption = Output.TABLE,
    yes: ActOption = False,
) -> None:
    """Close dead letters for good. Without --yes it only shows which. The records stay on the
    dead-letter topic until its retention removes them.

    Example: parley dlq drop persister 3:17 4:2 --yes
    """
    letters = _read(group, _selection(places, reason, account, topic, limit), kafka)
    _show(letters, output)
    _settle(letters, "dropped", kafka, yes=yes)


def _selection(
    places: list[str] | None,
    reason: str | None,
    account: str | None,
    topic: str | None,
    limit: int | None,
) -> Selection:
    return Selection(
        places=_places(places or []),
        reason=reason,
        account=account,
        topic=named(topic).name if topic else None,
        limit=limit,
    )


def _places(written: Sequence[str]) -> frozenset[Place]:
    found = {each: parse_place(each) for each in written}
    for each, place in found.items():
        if place is None:
            screen.fail(f"{printable(each)} names no letter: `parley dlq list` does, as 3:17.", 2)
    return frozenset(filter(None, found.values()))


def _read(group: str, selection: Selection, kafka: str | None) -> list[Letter]:
    """The selected open letters; ends the command when one is named that is not open."""
    servers = load(KafkaConfig, kafka=kafka).kafka
    letters = perform(ledger.read(servers, named(f"dead.{group}")))
    missing = selection.places - {letter.place for letter in letters}
    if missing:
        names = ", ".join(str(place) for place in sorted(missing))
        screen.fail(f"No open letter of the {group}: {names}.")
    return selection.of(letters)


def _row(letter: Letter) -> dict[str, object]:
    about = letter.about
    return {
        "letter": str(letter.place),
        "reason": letter.reason,
        "from": about and about.topic,
        "account": letter.account,
        "event": letter.event_id,
        "failed_at": about and about.failed_at,
        "attempt": letter.attempt,
    }


def _show(letters: Sequence[Letter], output: Output) -> None:
    columns = ("letter", "reason", "from", "account", "event", "failed_at", "attempt")
    screen.rows(output, [_row(letter) for letter in letters], columns)
    if not letters:
        screen.say("No open letters.")


def _pretty(value: bytes | None) -> str:
    try:
        return msgspec.json.format((value or b"").decode(), indent=2)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return (value or b"").decode(errors="replace")


def _settle(
    letters: Sequence[Letter], outcome: Resolution, kafka: str | None, *, yes: bool
) -> None:
    if not letters:
        return
    if not yes:
        screen.say(f"Nothing was done: with --yes these {len(letters)} are {outcome}.")
        return
    done, trouble = perform(ledger.settle(load(KafkaConfig, kafka=kafka).kafka, letters, outcome))
    screen.say(f"{done} of {len(letters)} {outcome}.")
    if trouble:
        screen.fail(failures.advice(trouble), 3 if done else 1)
