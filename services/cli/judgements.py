"""`parley rules explain` and `test`: why something was done, and what would have been done."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec
import typer
from rich.progress import Progress

from services.cli import outlook, screen
from services.cli.config import PostgresConfig, PostgresOption, load
from services.cli.explain import why
from services.cli.owners import AccountOption, name_of, owner_of
from services.cli.rule_sets import FileArgument, parsed
from services.cli.screen import Output, OutputOption, printable
from services.cli.spans import since
from services.cli.trial import trial_of
from services.cli.work import connected_pool, perform
from services.moderator.backtest import Backtest
from services.moderator.compile import join
from services.moderator.decision import Decision
from services.moderator.rules import RuleSet
from shared.postgres.action_rows import Kept
from shared.postgres.actions import Actions, Filters, Past
from shared.postgres.decisions import Decisions, LoggedEvent
from shared.postgres.pool import Pool
from shared.postgres.rules import EVERYBODY, Owner, RuleSets

_AT = "%Y-%m-%d %H:%M:%S UTC"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Story:
    """All that is known of one event; `rules` are those that were asked."""

    event: LoggedEvent | None
    decision: Decision | None
    rules: Sequence[str]
    actions: Sequence[tuple[Kept, Past]]


def try_out(
    file: FileArgument,
    age: Annotated[
        str, typer.Option("--since", metavar="SPAN", help="How far back: 90s, 15m, 2h, 30d, 4w.")
    ] = "30d",
    account: AccountOption = None,
    output: OutputOption = Output.TABLE,
    postgres: PostgresOption = None,
) -> None:
    """Run a rule set over the events of the log: what each rule would have matched and done, with
    examples, and what would have been otherwise than by the rules in force. Changes nothing.

    All rules count as they stand: those that observe are shown as held.

    Example: parley rules test rules.yaml --since 30d
    """
    owner, wanted, start = owner_of(account), parsed(file), since(age)
    config = load(PostgresConfig, postgres=postgres)
    result, events = perform(_try_out(config, wanted, owner, start))
    if output is Output.JSON:
        screen.data(outlook.document(result, events))
        return
    screen.table(("RULE", "MATCHED", "IN FORCE", "WOULD DO", "HELD"), outlook.rows(result))
    for line in outlook.lines(result, events):
        screen.line(line)


async def _try_out(
    config: PostgresConfig, wanted: RuleSet, owner: Owner, start: datetime
) -> tuple[Backtest, int]:
    console = screen.console(stderr=True)
    result = Backtest(join([]), join([]), timedelta())
    async with connected_pool(config.postgres) as pool:
        trial = trial_of(pool, wanted, owner, start, datetime.now(UTC))
        counts = await trial.counts()
        with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
            task = bar.add_task("events", total=sum(counts.values()))
            async for done in trial.walk(counts, result):
                bar.advance(task, done)
    return result, sum(counts.values())


def explain(
    event: Annotated[str, typer.Argument(metavar="EVENT", help="The id of an event.")],
    output: OutputOption = Output.TABLE,
    postgres: PostgresOption = None,
) -> None:
    """Print what was decided about an event: which rules matched and by what, what was done and
    what became of it, and why the rest was not done.

    Example: parley rules explain instagram:178:comment:179
    """
    config = load(PostgresConfig, postgres=postgres)

    async def work() -> _Story:
        async with connected_pool(config.postgres) as pool:
            return await _story(pool, event)

    story = perform(work())
    if story.event is None and story.decision is None:
        screen.fail(f"Nothing is known of {printable(event)}.")
    if output is Output.JSON:
        changes = [{"action": known, "changes": past} for known, past in story.actions]
        screen.data({"event": story.event, "decision": story.decision, "actions": changes})
        return
    for title, words in _lines(story):
        screen.line(f"{title:<11}{printable(words)}")


async def _story(pool: Pool, event_id: str) -> _Story:
    decisions, actions = Decisions(pool), Actions(pool)
    event, stored = await decisions.event(event_id), await decisions.of(event_id)
    decision = msgspec.json.decode(stored.document, type=Decision) if stored else None
    rules: list[str] = []
    if stored and decision:
        rules = await _rules(pool, Owner(stored.platform, stored.account), decision.versions)
    known = await actions.list(Filters(event_id=event_id))
    found = [await actions.show(each.action.id) for each in reversed(known)]
    return _Story(
        event=event,
        decision=decision,
        rules=rules,
        actions=[each for each in found if each is not None],
    )


async def _rules(pool: Pool, owner: Owner, versions: Sequence[int]) -> list[str]:
    """The names of the rules that worked in these versions."""
    sets = [
        stored
        for version in versions
        for whose in (EVERYBODY, owner)
        if (stored := await RuleSets(pool).up_to(whose, version)) and stored.version == version
    ]
    return [
        rule.name
        for stored in sets
        for rule in msgspec.json.decode(stored.document, type=RuleSet).rules
        if rule.enabled
    ]


def _lines(story: _Story) -> Iterator[tuple[str, str]]:
    if story.event is not None:
        event = story.event
        account = name_of(Owner(event.platform, event.account))
        yield "event", event.id
        yield "", f"a {event.kind} to {account}, {event.occurred_at:{_AT}}, thread {event.thread}"
        if event.text:
            yield "said", event.text
    if story.decision is not None:
        yield from why(story.decision, story.rules)
    else:
        yield "judged", "not yet, or it is of a kind that rules never see"
    for known, past in story.actions:
        yield "action", known.action.id
        life = " → ".join(f"{each.state} {each.at:%H:%M:%S}" for each in past)
        yield "", f"{known.action.kind}: {life}{_because(known)}"


def _because(known: Kept) -> str:
    waits = f", due {known.due_at:{_AT}}" if known.state == "requested" else ""
    reason = f" ({known.reason})" if known.reason else ""
    settled = f", settled: {known.settled}" if known.settled else ""
    return f"{reason}{settled}{waits}"
