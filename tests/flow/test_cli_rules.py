"""`parley rules` on a real Postgres: sets in and out, single rules, brakes, and why."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from pydantic import SecretStr

from services.moderator.decision import Decision, Match, Wanted
from services.moderator.rules import RuleSet
from shared.postgres.pool import Pool
from shared.postgres.rules import EVERYBODY, Brakes, Owner, RuleSets
from tests.cli import Ran, parley

SHOP = "instagram/17841400000000001"
OWNER = Owner("instagram", "17841400000000001")
SET = """
rules:
  - name: scam
    note: nobody gives followers away
    mode: enforce
    when: {words: {of: [free followers]}}
    then: {hide: true}
  - name: prices
    when: {words: {of: [price]}}
    then:
      reply: {texts: ["Hi {username|there}!"]}
"""
EVENT = f"instagram:{OWNER.account}:comment:5"


class Desk:
    """Where somebody edits rules: a folder, and a database."""

    def __init__(self, pool: Pool, database: SecretStr, folder: Path) -> None:
        self.pool = pool
        self.sets = RuleSets(pool)
        self.folder = folder
        self._postgres = database.get_secret_value()

    async def run(self, *words: str) -> Ran:
        """Run `parley rules`."""
        return await parley("rules", *words, postgres=self._postgres)

    def file(self, text: str = SET) -> str:
        """A file with these rules."""
        path = self.folder / "rules.yaml"
        path.write_text(text)
        return str(path)

    async def imported(self, text: str = SET, *words: str) -> Ran:
        """Import these rules."""
        return await self.run("import", self.file(text), "--yes", *words)

    async def in_force(self, owner: Owner = EVERYBODY) -> RuleSet:
        """The set that holds."""
        stored = await self.sets.up_to(owner)
        assert stored is not None
        return msgspec.json.decode(stored.document, type=RuleSet)


@pytest.fixture
def desk(pool: Pool, database: SecretStr, tmp_path: Path) -> Desk:
    """One without rules."""
    return Desk(pool, database, tmp_path)


async def test_import(desk: Desk) -> None:
    """A set is shown as what it changes, put into force under a version, and not twice."""
    ran = await desk.imported()
    assert ran.code == 0, ran.err
    assert "scam" in ran.out
    assert ran.err == "Version 1 is in force for all.\n"
    assert [rule.name for rule in (await desk.in_force()).rules] == ["scam", "prices"]

    again = await desk.imported()
    assert (again.code, again.out) == (0, "")
    assert again.err == "Nothing to do: these rules are in force.\n"


async def test_import_asks(desk: Desk) -> None:
    """Without --yes, and with nobody to ask, nothing is put into force."""
    ran = await desk.run("import", desk.file())
    assert ran.code == 2
    assert await desk.sets.in_force() == []


async def test_import_for_account(desk: Desk) -> None:
    """An account has a set of its own beside that for all."""
    await desk.imported()
    ran = await desk.imported(SET.replace("scam", "spam"), "--account", SHOP)
    assert ran.err == f"Version 2 is in force for {SHOP}.\n"
    assert (await desk.in_force(OWNER)).rules[0].name == "spam"
    assert (await desk.in_force()).rules[0].name == "scam"


async def test_broken(desk: Desk) -> None:
    """A set that is not right is refused, with everything that is wrong in it."""
    wrong = SET.replace("mode: enforce", "mode: maybe").replace("{of: [price]}", "{off: [price]}")
    ran = await desk.imported(wrong)
    assert ran.code == 2
    assert "maybe" in ran.err or "mode" in ran.err
    assert "off" in ran.err
    assert await desk.sets.in_force() == []


async def test_word_file(desk: Desk) -> None:
    """A list of words may be in a file beside the set."""
    (desk.folder / "words.txt").write_text("free followers\ncheap likes\n")
    text = "lists: {scams: {file: words.txt}}\n" + SET.replace(
        "{of: [free followers]}", "{lists: [scams]}"
    )
    ran = await desk.imported(text)
    assert ran.code == 0, ran.err
    assert (await desk.in_force()).lists == {"scams": ("free followers", "cheap likes")}


async def test_export(desk: Desk) -> None:
    """What is exported can be imported, and changes nothing; earlier versions are kept."""
    await desk.imported()
    exported = await desk.run("export")
    assert (await desk.run("diff", desk.file(exported.out))).code == 0
    await desk.run("disable", "scam")
    assert (await desk.run("export", "--version", "1")).out == exported.out
    assert (await desk.run("export", "--version", "9")).code == 1


async def test_diff(desk: Desk) -> None:
    """A file's differences are shown, and nothing is changed."""
    await desk.imported()
    ran = await desk.run("diff", desk.file(SET.replace("price]", "cost]")))
    assert ran.code == 1
    assert "prices" in ran.out
    assert "scam" not in ran.out
    assert len(await desk.sets.versions(EVERYBODY)) == 1


async def test_list(desk: Desk) -> None:
    """All rules are listed with what they do, in which mode, and how often they matched."""
    await desk.imported()
    await desk.imported(SET.replace("scam", "spam"), "--account", SHOP)
    await desk.run("stop", "--reason", "lunch")
    ran = await desk.run("list", "-o", "json")
    assert [(row["for"], row["rule"], row["mode"]) for row in ran.json] == [
        ("all", "scam", "enforce"),
        ("all", "prices", "observe"),
        (SHOP, "spam", "enforce"),
        (SHOP, "prices", "observe"),
    ]
    assert ran.json[0]["does"] == ["hide"]
    assert "lunch" in ran.err


async def test_show(desk: Desk) -> None:
    """One rule is shown as it is written, with the last events it matched."""
    await desk.imported()
    await desk.pool.execute(
        "INSERT INTO hits VALUES ($1, 'scam', 1, $2, $3, '5', '88', '{hide}', now())",
        EVENT,
        *OWNER,
    )
    ran = await desk.run("show", "scam")
    assert "free followers" in ran.out
    assert "price" not in ran.out
    assert EVENT in ran.out
    shown = (await desk.run("show", "scam", "-o", "json")).json
    assert (shown["version"], shown["hits"][0]["event_id"]) == (1, EVENT)
    assert (await desk.run("show", "nothing")).code == 1


async def test_enable(desk: Desk) -> None:
    """A rule is taken out, put back, and told to act; each time under a new version."""
    await desk.imported()
    assert (await desk.run("disable", "scam")).code == 0
    assert (await desk.in_force()).rules[0].enabled is False
    await desk.run("enable", "scam", "--observe")
    rule = (await desk.in_force()).rules[0]
    assert (rule.enabled, rule.mode) == (True, "observe")
    await desk.run("enable", "prices", "--enforce")
    assert (await desk.in_force()).rules[1].mode == "enforce"
    assert len(await desk.sets.versions(EVERYBODY)) == 4
    again = await desk.run("enable", "prices")
    assert again.err == "Nothing to do: it is so already.\n"
    assert (await desk.run("enable", "nothing")).code == 1


async def test_which(desk: Desk) -> None:
    """A name that two sets have needs the account with it."""
    await desk.imported()
    await desk.imported(SET, "--account", SHOP)
    ran = await desk.run("disable", "scam")
    assert ran.code == 1
    assert SHOP in ran.err
    assert (await desk.run("disable", "scam", "--account", SHOP)).code == 0
    assert (await desk.in_force(OWNER)).rules[0].enabled is False
    assert (await desk.in_force()).rules[0].enabled is True


@pytest.mark.parametrize("how", ["import", "enable"])
async def test_breaker(desk: Desk, how: str) -> None:
    """A breaker that is open shows, and a new version closes it, which is said."""
    await desk.imported()
    await desk.pool.execute(
        "INSERT INTO breakers VALUES (1, 'scam', $1, $2, now(), 0.5, 0.01)", *OWNER
    )
    listed = (await desk.run("list", "-o", "json")).json
    assert listed[0]["mode"] == "observe (breaker open)"

    ran = await (desk.imported() if how == "import" else desk.run("enable", "scam"))

    assert "The breaker of scam is closed." in ran.err
    assert await Brakes(desk.pool).breakers() == []


async def test_stop(desk: Desk) -> None:
    """The kill switch, for all and for one account, with who pulled it and why."""
    assert (await desk.run("stop")).code == 2
    await desk.run("stop", "--reason", "wrong text")
    await desk.run("stop", "--reason", "holidays", "--account", SHOP)
    pulled = await Brakes(desk.pool).pulled()
    assert [(each.platform, each.reason) for each in pulled] == [
        ("", "wrong text"),
        ("instagram", "holidays"),
    ]
    again = await desk.run("stop", "--reason", "again")
    assert again.err == "Was stopped already: all.\n"

    started = await desk.run("start", "--account", SHOP)
    assert started.code == 0
    assert "All accounts are stopped together" in started.err
    assert (await desk.run("start")).err == "Started: all.\n"
    assert await Brakes(desk.pool).pulled() == []


async def test_explain(desk: Desk) -> None:
    """An event's decision is told with what matched, what was done, and what was not and why."""
    await desk.imported()
    decision = Decision(
        event_id=EVENT,
        decided_at=datetime(2026, 11, 20, tzinfo=UTC),
        versions=(1,),
        matches=(Match(rule="scam", version=1, mode="enforce", because=("free followers",)),),
        wanted=(
            Wanted(kind="hide", rule="scam"),
            Wanted(kind="reply", rule="scam", held="hidden"),
        ),
    )
    await desk.pool.execute(
        "INSERT INTO decisions VALUES"
        " ($1, $2, $3, '5', 'comment', '88', 'acted', NULL, true, now(), now(), $4)",
        EVENT,
        *OWNER,
        msgspec.json.encode(decision).decode(),
    )
    ran = await desk.run("explain", EVENT)
    assert ran.code == 0
    assert "scam, version 1, enforce: free followers" in ran.out
    assert "hide (scam): yes" in ran.out
    assert "reply (scam): no, nothing is answered that is hidden" in ran.out
    assert "no match   prices" in ran.out
    shown = (await desk.run("explain", EVENT, "-o", "json")).json
    assert shown["decision"]["matches"][0]["rule"] == "scam"


async def test_explain_nothing(desk: Desk) -> None:
    """What nobody has heard of can't be explained."""
    ran = await desk.run("explain", "nothing")
    assert (ran.code, ran.err) == (1, "Nothing is known of nothing.\n")
