"""`parley rules explain` and `test`: why something was done, and what would have been done."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

import msgspec
import typer

from services.cli import screen
from services.cli.config import PostgresConfig, PostgresOption, load
from services.cli.explain import why
from services.cli.owners import name_of
from services.cli.screen import Output, OutputOption, printable
from services.cli.work import connected_pool, perform
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
