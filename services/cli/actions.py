"""`parley actions`: what was done and is to be done, how to take it back or try it again."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Never

import typer

from services.cli import screen, undoing
from services.cli.config import (
    ActionsConfig,
    KafkaOption,
    PostgresConfig,
    PostgresOption,
    YesOption,
    load,
)
from services.cli.owners import AccountOption, name_of, owner_of
from services.cli.screen import Output, OutputOption
from services.cli.spans import SinceOption, since
from services.cli.undo import Step
from services.cli.work import connected_pool, perform
from shared.contracts.actions import ActionKind, ActionState
from shared.postgres.action_rows import Kept
from shared.postgres.actions import Actions, Filters, Past
from shared.postgres.rules import EVERYBODY, Owner

actions = typer.Typer(no_args_is_help=True, help="See, undo, retry and settle actions.")

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="As `parley actions list` has it.")]
RuleOption = Annotated[str | None, typer.Option(help="Only those of this rule.")]

_COLUMNS = ("id", "kind", "state", "reason", "account", "rule", "requested_at", "state_at")


@actions.command("list")
def show_all(  # noqa: PLR0913 (one argument for each option)
    account: AccountOption = None,
    kind: Annotated[ActionKind | None, typer.Option(help="Only those of this kind.")] = None,
    state: Annotated[ActionState | None, typer.Option(help="Only those in this state.")] = None,
    rule: RuleOption = None,
    age: SinceOption = None,
    *,
    limit: Annotated[int, typer.Option(min=1, help="No more than so many.")] = 100,
    output: OutputOption = Output.TABLE,
    postgres: PostgresOption = None,
) -> None:
    """List actions, the latest first, with what became of them.

    Example: parley actions list --state unknown --since 2h
    """
    config = load(PostgresConfig, postgres=postgres)
    filters = _filters(account, rule, age, kind=kind, state=state)

    async def work() -> list[Kept]:
        async with connected_pool(config.postgres) as pool:
            return await Actions(pool).list(filters, limit)

    screen.rows(output, [_row(known) for known in perform(work())], _COLUMNS)


@actions.command("show")
def show_one(
    id_: IdArgument, output: OutputOption = Output.TABLE, postgres: PostgresOption = None
) -> None:
    """Show one action whole, and each change of its state.

    Example: parley actions show instagram:178:comment:179/scam/hide
    """
    config = load(PostgresConfig, postgres=postgres)

    async def work() -> tuple[Kept, Past] | None:
        async with connected_pool(config.postgres) as pool:
            return await Actions(pool).show(id_)

    found = perform(work())
    if found is None:
        _fail_unknown([id_])
    known, past = found
    if output is Output.JSON:
        screen.data({"action": known, "changes": past})
        return
    fields = {name: getattr(known.action, name) for name in known.action.__struct_fields__}
    fields |= {name: getattr(known, name) for name in known.__slots__ if name != "action"}
    screen.table(["", ""], [(name, value) for name, value in fields.items() if value is not None])
    changes = [(each.at, each.state, each.reason or "", each.attempt) for each in past]
    screen.table(["AT", "STATE", "REASON", "ATTEMPT"], changes)


@actions.command()
def undo(  # noqa: PLR0913 (one argument for each option)
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Which.")] = None,
    rule: Annotated[str | None, typer.Option(help="All of this rule; asks first.")] = None,
    age: SinceOption = None,
    account: AccountOption = None,
    output: OutputOption = Output.TABLE,
    postgres: PostgresOption = None,
    kafka: KafkaOption = None,
    *,
    yes: YesOption = False,
) -> None:
    """Take actions back: show what was hidden, unblock, take tags off, and stop what has not
    happened yet. A comment that waits to be deleted is shown again. What Meta can't take back is
    named. Exits 3 if some of it can't be undone.

    Example: parley actions undo --rule scam --since 2h
    """
    if bool(ids) == bool(rule) or (rule and not age):
        screen.fail("Say which: the ids of actions, or --rule NAME with --since SPAN.", 2)
    config = load(ActionsConfig, postgres=postgres, kafka=kafka)
    if rule:
        steps = perform(undoing.plan_run(config, _filters(account, rule, age)))
    else:
        steps, unknown = perform(undoing.plan(config, ids or []))
        if unknown:
            _fail_unknown(unknown)
    _show_steps(steps, output)
    wanted = [step for step in steps if step.does in {"stop", "reverse"}]
    if wanted and rule and not yes:
        screen.ask(f"Undo these {len(wanted)} actions?")
    late = perform(undoing.carry_out(config, wanted)) if wanted else []
    _conclude(steps, late)


def _conclude(steps: Sequence[Step], late: Sequence[str]) -> None:
    impossible = [step for step in steps if step.does == "impossible"]
    done = sum(step.does in {"stop", "reverse"} for step in steps) - len(late)
    screen.say(f"{done} undone or requested to be; {len(impossible) + len(late)} can't be.")
    if late:
        names = ", ".join(map(screen.printable, late))
        screen.say(f"Under way before they could be stopped, try again in a moment: {names}")
    if impossible or late:
        raise typer.Exit(3 if done else 1)


@actions.command()
def retry(id_: IdArgument, postgres: PostgresOption = None) -> None:
    """Request once more what failed or came too late. It is done at most once, as ever.

    Example: parley actions retry instagram:178:comment:179/faq/reply
    """
    config = load(PostgresConfig, postgres=postgres)

    async def work() -> bool:
        async with connected_pool(config.postgres) as pool:
            return await Actions(pool).retry(id_)

    if not perform(work()):
        screen.fail("There is no such action that failed or expired and may be tried again.")
    screen.say("Requested again.")


@actions.command()
def settle(
    id_: IdArgument,
    postgres: PostgresOption = None,
    *,
    present: Annotated[
        bool, typer.Option("--present/--absent", help="Whether you saw at Meta that it was done.")
    ],
) -> None:
    """Say what you saw at Meta, when an action stays `unknown` because Graph does not tell. What is
    absent counts as failed: `parley actions retry` has it done.

    Example: parley actions settle instagram:178:comment:179/faq/reply --absent
    """
    config = load(PostgresConfig, postgres=postgres)

    async def work() -> bool:
        async with connected_pool(config.postgres) as pool:
            return await Actions(pool).settle(id_, "present" if present else "absent")

    if not perform(work()):
        screen.fail("There is no such action that is unknown: see `parley actions show`.")
    screen.say("Settled.")


def _filters(
    account: str | None,
    rule: str | None,
    age: str | None,
    *,
    kind: ActionKind | None = None,
    state: ActionState | None = None,
) -> Filters:
    owner = owner_of(account)
    platform, id_ = (None, None) if owner == EVERYBODY else owner
    return Filters(
        platform=platform,
        account=id_,
        kind=kind,
        state=state,
        rule=rule,
        since=since(age) if age else None,
    )


def _row(known: Kept) -> dict[str, object]:
    action = known.action
    return {
        "id": action.id,
        "kind": action.kind,
        "state": known.state,
        "reason": known.reason,
        "account": name_of(Owner(action.platform, action.account)),
        "rule": action.rule,
        "requested_at": known.requested_at,
        "state_at": known.state_at,
        "due_at": known.due_at,
        "expires_at": known.expires_at,
        "settled": known.settled,
        "attempts": known.attempts,
        "created_id": known.created_id,
        "event_id": action.event_id,
    }


_DOES: Mapping[str, str] = {
    "stop": "stop it",
    "nothing": "nothing to do",
    "impossible": "can't be undone",
}


def _show_steps(steps: Sequence[Step], output: Output) -> None:
    found = [
        {
            "id": step.known.action.id,
            "state": step.known.state,
            "do": step.opposite or _DOES[step.does],
            "because": step.because,
        }
        for step in steps
    ]
    screen.rows(output, found, ("id", "state", "do", "because"))
    if not found:
        screen.say("There are no such actions.")


def _fail_unknown(ids: Sequence[str]) -> Never:
    names = ", ".join(map(screen.printable, ids))
    screen.fail(f"There is no action {names}: see `parley actions list`.")
