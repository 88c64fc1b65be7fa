"""`parley rules test` on a log of real events: what would have been, and nothing else."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from services.persister import store
from shared.contracts.enriched import Comment, EnrichedComment, Person
from shared.postgres.pool import Pool
from tests.actions import Table
from tests.cli import Ran, parley
from tests.heard import ACCOUNT, comment, items

NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)
SET = """
rules:
  - name: scam
    mode: enforce
    when: {words: {of: [free followers]}}
    then: {hide: true}
  - name: prices
    when: {words: {of: [price]}}
    then:
      reply: {texts: ["Hi!"]}
"""


def said(
    id_: str,
    text: str | None,
    ago: timedelta = HOUR,
    who: str = "88",
    thread: str | None = None,
) -> EnrichedComment:
    """A comment as Instagram tells it; without a text the item does not have it, but Graph did."""
    value: dict[str, object] = {
        "id": id_,
        "from": {"id": who, "username": f"user{who}"},
        "media": {"id": "m1"},
    }
    if text is not None:
        value["text"] = text
    if thread is not None:
        value["parent_id"] = thread
    return comment(
        id_,
        comment=Comment(id=id_, text=text or "free followers", author=Person(id=who)),
        own=who == ACCOUNT,
        thread=thread or id_,
        occurred_at=NOW - ago,
        received_at=NOW - ago,
        item=json.dumps({"field": "comments", "value": value}).encode(),
    )


LOG = (
    said("1", "f.r.e.e followers"),
    said("2", "what is the price?"),
    said("3", "lovely"),
    said("4", "free followers", ago=timedelta(days=40)),
    said("5", "free followers", who=ACCOUNT),
    said("6", None),
)


class Desk:
    """A log, and somebody who tries out rules on it."""

    def __init__(self, pool: Pool, database: SecretStr, folder: Path) -> None:
        self.pool = pool
        self._postgres = database.get_secret_value()
        self._folder = folder

    async def rules(self, word: str, text: str, *more: str) -> Ran:
        """Run a command of `parley rules` on these rules."""
        path = self._folder / "rules.yaml"
        path.write_text(text)
        return await parley("rules", word, str(path), *more, postgres=self._postgres)

    async def rows(self) -> list[int]:
        """How much there is in the tables that judging writes."""
        tables = ("decisions", "hits", "sayings", "contacts", "rule_rates", "actions", "rule_sets")
        return [await self.pool.fetchval(f"SELECT count(*) FROM {table}") for table in tables]


@pytest.fixture
async def desk(pool: Pool, database: SecretStr, tmp_path: Path) -> Desk:
    """One with a log."""
    await store.save(pool, items(LOG))
    return Desk(pool, database, tmp_path)


async def test_matched(desk: Desk) -> None:
    """Each rule's matches are counted, what it would do and what it is kept from, with samples; a
    text that only Graph told is known."""
    ran = await desk.rules("test", SET, "-o", "json")
    assert ran.code == 0, ran.err
    found = ran.json
    rules = {rule["rule"]: rule for rule in found["rules"]}
    assert (found["events"], found["judged"], found["left_alone"]) == (5, 4, {"own": 1})
    assert (rules["scam"]["matched"], rules["scam"]["done"]) == (2, {"hide": 2})
    assert rules["prices"]["held"] == {"reply: observing": 1}
    samples = {sample["text"] for sample in rules["scam"]["samples"]}
    assert samples == {"f.r.e.e followers", "free followers"}


async def test_difference(desk: Desk) -> None:
    """What would be done more, and less, than by the rules in force."""
    await desk.rules("import", SET, "--yes")
    same = (await desk.rules("test", SET, "-o", "json")).json
    assert (same["more"], same["less"]) == ({}, {})

    changed = SET.replace("free followers", "lovely")
    ran = (await desk.rules("test", changed, "-o", "json")).json
    (more,), (less, _) = ran["more"]["hide"]["samples"], ran["less"]["hide"]["samples"]
    assert (more["text"], less["because"]) == ("lovely", ["scam"])
    assert ran["in_force"][0]["matched"] == 2


async def test_reads_only(desk: Desk) -> None:
    """Trying out leaves no trace."""
    before = await desk.rows()
    await desk.rules("test", SET)
    assert await desk.rows() == before


async def test_shown(desk: Desk) -> None:
    """A person gets a table, examples and the difference."""
    shown = (await desk.rules("test", SET)).out
    assert "f.r.e.e followers" in shown
    assert "5 events, 4 of them judged, the others left alone: own 1" in shown
    assert "+ hide: 2 events" in shown


@pytest.mark.parametrize(
    ("words", "events"),
    [
        (("--since", "60d"), 6),
        (("--since", "1m"), 0),
        (("--account", f"instagram/{ACCOUNT}"), 5),
        (("--account", "page/1"), 0),
    ],
)
async def test_which_events(desk: Desk, words: tuple[str, ...], events: int) -> None:
    """Only events of that time and account are looked at."""
    ran = await desk.rules("test", SET, "-o", "json", *words)
    assert ran.json["events"] == events


@pytest.mark.parametrize(
    ("rule", "done", "held"), [("faq", {"reply": 1}, {}), (None, {}, {"reply: taken_over": 1})]
)
async def test_answered(
    desk: Desk, rule: str | None, done: dict[str, int], held: dict[str, int]
) -> None:
    """Where a person of ours answered, rules would have kept quiet; not where a rule did."""
    await store.save(desk.pool, items([said("7", "Hi!", 2 * HOUR, ACCOUNT, thread="2")]))
    who = "rule" if rule else "person"
    await Table(desk.pool).put(
        "reply", "sent", account=ACCOUNT, rule=rule, requested_by=who, created_id="7"
    )
    text = SET.replace("name: prices", "name: prices\n    mode: enforce")
    ran = await desk.rules("test", text, "-o", "json")
    (prices,) = [each for each in ran.json["rules"] if each["rule"] == "prices"]
    assert (prices["done"], prices["held"]) == (done, held)
