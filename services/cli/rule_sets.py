"""`parley rules import` and its kind: rule sets from and to YAML, and what is in force."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from msgspec.structs import replace

from services.cli import screen
from services.cli.config import PostgresConfig, PostgresOption, YesOption, load
from services.cli.owners import AccountOption, me, name_of, owner_of
from services.cli.screen import Output, OutputOption
from services.cli.work import connected_pool, perform
from services.moderator.differences import differences
from services.moderator.rules import Mode, Rule, RuleSet
from services.moderator.yaml import Unusable, parse_rules, write_rules
from shared.postgres.decisions import Decisions, Hit
from shared.postgres.rules import Brake, Brakes, Breaker, Owner, RuleSets, StoredSet

FileArgument = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, help="A rule set in YAML.")
]
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="A rule, by its name.")]


def parsed(file: Path) -> RuleSet:
    """The rule set in `file`. Exits 2 with everything that is wrong in it."""

    def lines(name: str) -> list[str]:
        """A list of words stands beside the set that names it."""
        return (file.parent / name).read_text().splitlines()

    try:
        return parse_rules(file.read_text(), lines)
    except Unusable as exc:
        screen.fail("\n".join(map(screen.printable, exc.problems)), 2)
    except (OSError, UnicodeDecodeError) as exc:
        screen.fail(f"{file} cannot be read: {exc}", 2)


def decoded(stored: StoredSet) -> RuleSet:
    """A set as it was kept."""
    return msgspec.json.decode(stored.document, type=RuleSet)


def import_(
    file: FileArgument,
    account: AccountOption = None,
    postgres: PostgresOption = None,
    *,
    yes: YesOption = False,
) -> None:
    """Put a rule set into force, after showing what changes. A set that is not right in every part
    is refused, with all that is wrong named. Breakers that are open are closed by it.

    Example: parley rules import rules.yaml --account instagram/17841400000000001
    """
    owner, wanted = owner_of(account), parsed(file)
    config = load(PostgresConfig, postgres=postgres)
    before, breakers = perform(_in_force(config, owner))
    changes = differences(decoded(before) if before else RuleSet(), wanted)
    for change in changes:
        screen.line(screen.printable(change))
    if before and not changes and not breakers:
        screen.say("Nothing to do: these rules are in force.")
        return
    if not yes:
        screen.ask(f"Put these rules into force for {name_of(owner)}?")
    _say(perform(_add(config, owner, wanted)), breakers)


def diff(
    file: FileArgument, account: AccountOption = None, postgres: PostgresOption = None
) -> None:
    """Show what importing a file would change. Exits 1 if something would.

    Example: parley rules diff rules.yaml
    """
    owner, wanted = owner_of(account), parsed(file)
    before, _ = perform(_in_force(load(PostgresConfig, postgres=postgres), owner))
    changes = differences(decoded(before) if before else RuleSet(), wanted)
    for change in changes:
        screen.line(screen.printable(change))
    if changes:
        raise typer.Exit(1)
    screen.say(f"These rules are in force for {name_of(owner)}.")


def export(
    account: AccountOption = None,
    version: Annotated[int | None, typer.Option(help="An earlier one; else the latest.")] = None,
    postgres: PostgresOption = None,
) -> None:
    """Print a rule set as YAML, as `import` takes it.

    Example: parley rules export > rules.yaml
    """
    owner, config = owner_of(account), load(PostgresConfig, postgres=postgres)

    async def work() -> list[StoredSet]:
        async with connected_pool(config.postgres) as pool:
            return await RuleSets(pool).versions(owner)

    found = [each for each in perform(work()) if version in (None, each.version)]
    if not found:
        screen.fail(f"There is no such rule set for {name_of(owner)}.")
    screen.line(write_rules(decoded(found[0])).rstrip("\n"))


def show_all(output: OutputOption = Output.TABLE, postgres: PostgresOption = None) -> None:
    """Show all rules that are in force, in their order, and how often each matched in a day.

    Example: parley rules list
    """
    config = load(PostgresConfig, postgres=postgres)

    async def work() -> tuple[list[StoredSet], list[Breaker], list[Brake], dict[str, int]]:
        async with connected_pool(config.postgres) as pool:
            sets, brakes = RuleSets(pool), Brakes(pool)
            hits = await Decisions(pool).hits(timedelta(days=1))
            return await sets.in_force(), await brakes.breakers(), await brakes.pulled(), hits

    sets, breakers, pulled, hits = perform(work())
    opened = {(each.version, each.rule) for each in breakers}
    found = [
        {
            "for": name_of(Owner(each.platform, each.account)),
            "version": each.version,
            "rule": rule.name,
            "mode": _mode(rule, broken=(each.version, rule.name) in opened),
            "does": _does(rule),
            "hits": hits.get(rule.name, 0),
            "note": rule.note,
        }
        for each in sets
        for rule in decoded(each).rules
    ]
    screen.rows(output, found, ("for", "version", "rule", "mode", "does", "hits", "note"))
    for brake in pulled:
        whose = name_of(Owner(brake.platform, brake.account))
        since = f"{brake.stopped_at:%Y-%m-%d %H:%M} UTC by {brake.stopped_by}: {brake.reason}"
        screen.say(screen.printable(f"Stopped for {whose} since {since}"))


def show(
    name: NameArgument,
    account: AccountOption = None,
    output: OutputOption = Output.TABLE,
    postgres: PostgresOption = None,
) -> None:
    """Show one rule as YAML, and the last events that it matched.

    Example: parley rules show scam-links
    """
    config = load(PostgresConfig, postgres=postgres)
    stored, rule = _found(config, name, account)

    async def work() -> list[Hit]:
        async with connected_pool(config.postgres) as pool:
            return await Decisions(pool).latest_hits(name, 10)

    hits = perform(work())
    if output is Output.JSON:
        screen.data({"version": stored.version, "rule": rule, "hits": hits})
        return
    screen.line(write_rules(RuleSet(rules=(rule,))).rstrip("\n"))
    screen.table(("AT", "EVENT", "DID"), [(hit.at, hit.event_id, hit.kinds) for hit in hits])


def enable(
    name: NameArgument,
    account: AccountOption = None,
    postgres: PostgresOption = None,
    *,
    enforce: Annotated[
        bool | None, typer.Option("--enforce/--observe", help="Act, or only look; else as before.")
    ] = None,
) -> None:
    """Let a rule work, or only observe. Makes a new version of its set, which closes breakers.

    Example: parley rules enable scam-links --enforce
    """
    config = load(PostgresConfig, postgres=postgres)
    told: dict[bool | None, Mode] = {True: "enforce", False: "observe"}

    def enabled(rule: Rule) -> Rule:
        return replace(rule, enabled=True, mode=told.get(enforce, rule.mode))

    _change(config, name, account, enabled)


def disable(
    name: NameArgument, account: AccountOption = None, postgres: PostgresOption = None
) -> None:
    """Take a rule out of judgement. Makes a new version of its set.

    Example: parley rules disable scam-links
    """
    config = load(PostgresConfig, postgres=postgres)
    _change(config, name, account, lambda rule: replace(rule, enabled=False))


def _change(
    config: PostgresConfig, name: str, account: str | None, change: Callable[[Rule], Rule]
) -> None:
    stored, rule = _found(config, name, account)
    before = decoded(stored)
    changed = change(rule)
    owner = Owner(stored.platform, stored.account)
    _, breakers = perform(_in_force(config, owner))
    if changed == rule and not breakers:
        screen.say("Nothing to do: it is so already.")
        return
    rules = tuple(changed if each.name == name else each for each in before.rules)
    _say(perform(_add(config, owner, replace(before, rules=rules))), breakers)


def _found(config: PostgresConfig, name: str, account: str | None) -> tuple[StoredSet, Rule]:
    """The rule of that name, and the set it is in. Exits 1 if there is none, or more than one."""

    async def work() -> list[StoredSet]:
        async with connected_pool(config.postgres) as pool:
            return await RuleSets(pool).in_force()

    wanted = owner_of(account)
    found = [
        (stored, rule)
        for stored in perform(work())
        if account is None or (stored.platform, stored.account) == wanted
        for rule in decoded(stored).rules
        if rule.name == name
    ]
    if not found:
        screen.fail(f"There is no rule {screen.printable(name)}: see `parley rules list`.")
    if len(found) > 1:
        owners = ", ".join(name_of(Owner(stored.platform, stored.account)) for stored, _ in found)
        screen.fail(f"More than one set has it, those for {owners}: say which with --account.")
    return found[0]


async def _in_force(config: PostgresConfig, owner: Owner) -> tuple[StoredSet | None, list[Breaker]]:
    """The set of `owner`, and the breakers that are open in it."""
    async with connected_pool(config.postgres) as pool:
        stored = await RuleSets(pool).up_to(owner)
        breakers = await Brakes(pool).breakers()
    return stored, [each for each in breakers if stored and each.version == stored.version]


async def _add(config: PostgresConfig, owner: Owner, wanted: RuleSet) -> StoredSet:
    async with connected_pool(config.postgres) as pool:
        return await RuleSets(pool).add(owner, msgspec.json.encode(wanted).decode(), me())


def _say(stored: StoredSet, breakers: Sequence[Breaker]) -> None:
    owner = name_of(Owner(stored.platform, stored.account))
    closed = "".join(f" The breaker of {each.rule} is closed." for each in breakers)
    screen.say(f"Version {stored.version} is in force for {owner}.{closed}")


def _mode(rule: Rule, *, broken: bool) -> str:
    if not rule.enabled:
        return "off"
    return "observe (breaker open)" if broken else rule.mode


def _does(rule: Rule) -> list[str]:
    return [name for name, value in msgspec.to_builtins(rule.then).items() if value]
