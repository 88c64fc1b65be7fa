"""`parley erase`: everything about an account or a person taken out of Postgres, and told to those
who keep copies."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

import typer

from services.cli import screen
from services.cli.config import ActionsConfig, KafkaOption, PostgresOption, YesOption, load
from services.cli.owners import owner_of
from services.cli.progress import progress
from services.cli.screen import Output, OutputOption
from services.cli.waiting import worked_through
from services.cli.work import connected_pool, connected_writer, perform
from shared import topics
from shared.contracts.erasure import Erasure
from shared.contracts.traces import following
from shared.contracts.wire import erasure_record
from shared.postgres.erasure import erase as erasing
from shared.postgres.erasure.erase import Subject


@dataclass(frozen=True, slots=True)
class _Ended:
    """What went, table by table; `behind` is the service that had not read all in time, and
    `under_way` counts actions that are being carried out."""

    rows: Mapping[str, int]
    behind: str | None
    under_way: int


def erase(  # noqa: PLR0913 (one argument for each option)
    *,
    account: Annotated[
        str | None,
        typer.Option(metavar="PLATFORM/ID", help="All of an account, as instagram/178…."),
    ] = None,
    person: Annotated[
        str | None,
        typer.Option(metavar="PLATFORM/ACCOUNT/ID", help="One person of an account."),
    ] = None,
    reason: Annotated[str, typer.Option(help="Why, for the topic.")] = "asked for",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what there is.")] = False,
    wait: Annotated[
        float,
        typer.Option(min=0, metavar="SECONDS", help="For what services have yet to read."),
    ] = 60,
    kafka: KafkaOption = None,
    postgres: PostgresOption = None,
    output: OutputOption = Output.TABLE,
    yes: YesOption = False,
) -> None:
    """Erase an account, or a person, and tell those who keep copies.

    It shows what will be erased from Postgres, and when it will have vanished from Kafka, and asks.
    Then the request goes to parley.erasures.v1; everything is erased, and once more when the
    services have read what was on Kafka already. What is erased does not come back when Meta or
    Kafka delivers it again; what is said from then on is new. Exits 3 if it has to be run again.

    Example: parley erase --person instagram/17841400000000001/7712345000000001 --reason ticket-7
    """
    subject = _subject(account, person)
    config = load(ActionsConfig, kafka=kafka, postgres=postgres)
    now = datetime.now(UTC)
    rows = perform(_found(config, subject))
    plan = _plan(rows, now)
    if output is Output.TABLE:
        _show(plan)
    if dry_run:
        if output is Output.JSON:
            screen.data(plan)
        screen.say("Nothing was done.")
        return
    if not yes:
        screen.ask(f"Erase {'/'.join(filter(None, subject))}?")
    request = _request(subject, reason, now)
    ended = perform(_erase(config, subject, request, wait))
    if output is Output.JSON:
        done = {"request": request.id, "erased": dict(ended.rows), "behind": ended.behind}
        screen.data(plan | done | {"under_way": ended.under_way})
    screen.say(f"Erased {sum(ended.rows.values())} rows, and told so as {request.id}.")
    if subject.person is None:
        screen.say("Unsubscribe it at Meta as well: what arrives from now on is kept as new.")
    _warn(ended)


def _warn(ended: _Ended) -> None:
    if ended.behind:
        screen.say(
            f"The {ended.behind} has not read all that is on Kafka: what it reads later comes in "
            "again. Run this again when `parley audit` says that nothing waits."
        )
    if ended.under_way:
        screen.say(f"{ended.under_way} actions are being carried out: run this again for them.")
    if ended.behind or ended.under_way:
        raise typer.Exit(3)


def _subject(account: str | None, person: str | None) -> Subject:
    if (account is None) == (person is None):
        screen.fail("Give --account or --person.", 2)
    if account is not None:
        return Subject(*owner_of(account))
    owner, _, id_ = str(person).rpartition("/")
    if not (id_.isascii() and id_.isdigit()) or "/" not in owner:
        shown = screen.printable(str(person))
        screen.fail(f"{shown} is no person: they are named like instagram/178…/7712….", 2)
    return Subject(*owner_of(owner), id_)


def _request(subject: Subject, reason: str, now: datetime) -> Erasure:
    whom = subject.person or "account"
    moment = int(now.timestamp() * 1000)
    return Erasure(
        id=f"{subject.platform}:{subject.account}:erasure:{whom}:{moment}",
        platform=subject.platform,
        account=subject.account,
        person=subject.person,
        requested_at=now,
        reason=reason,
    )


async def _found(config: ActionsConfig, subject: Subject) -> Counter[str]:
    async with connected_pool(config.postgres) as pool:
        with progress("looked through", None) as seen:
            return await erasing.found(pool, subject, seen)


async def _erase(
    config: ActionsConfig, subject: Subject, request: Erasure, wait_seconds: float
) -> _Ended:
    # The request first: broken off behind it this is done again, and they are told again.
    async with connected_writer(config.kafka) as writer:
        await writer.write([erasure_record(request, following(None))])
    async with connected_pool(config.postgres) as pool:
        with progress("looked through", None) as seen:
            rows = await erasing.erase(pool, subject, seen)
            behind = await worked_through(config.kafka, wait_seconds)
            rows += await erasing.erase(pool, subject, seen)
        return _Ended(rows, behind, await erasing.under_way(pool, subject))


def _plan(rows: Mapping[str, int], now: datetime) -> dict[str, list[dict[str, object]]]:
    return {
        "tables": [{"table": table, "rows": count} for table, count in rows.items()],
        "topics": [
            {"topic": topic.name, "gone_by": (now + topic.gone_after()).date().isoformat()}
            for topic in topics.ALL
            if topic is not topics.ERASURES
        ],
    }


def _show(plan: Mapping[str, Sequence[Mapping[str, object]]]) -> None:
    screen.rows(Output.TABLE, plan["tables"], ("table", "rows"))
    if not plan["tables"]:
        screen.say("There is nothing in Postgres about them.")
    screen.rows(Output.TABLE, plan["topics"], ("topic", "gone_by"))
    screen.say(
        "Kafka can't erase single records: what is there now is gone by the days above. Backups of "
        "Postgres are yours to let expire."
    )
