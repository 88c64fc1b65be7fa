"""Which rules hold for an account."""

from typing import Any

import msgspec
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from shared.postgres.rules import EVERYBODY, Owner, RuleSets
from tests.moderating import US, Desk, a_rule, comment, import_rules

OTHER = "17841400000000002"


async def _matched(desk: Desk, name: str, **envelope: Any) -> list[str]:
    event = comment(name, **envelope)
    await desk.handle(event)
    return [match.rule for match in (await desk.decision(event)).matches]


def _errors() -> float:
    return REGISTRY.get_sample_value("parley_moderator_rule_set_errors_total") or 0


async def test_no_rules(desk: Desk) -> None:
    """Without a set an event is kept as one that nobody asked about."""
    await desk.handle(comment("c1"))

    assert (await desk.decision(comment("c1"))).excuse == "no_rules"


async def test_both(desk: Desk) -> None:
    """The rules for all hold for everybody, those of an account for it alone."""
    await import_rules(desk.pool, a_rule("all"))
    await import_rules(desk.pool, a_rule("ours"), owner=US)

    assert await _matched(desk, "c1") == ["all", "ours"]
    assert await _matched(desk, "c2", account=OTHER) == ["all"]


async def test_changed(desk: Desk) -> None:
    """A new version is in force from the next batch on, and decisions say which was."""
    before = await import_rules(desk.pool, a_rule("before"))
    assert await _matched(desk, "c1") == ["before"]

    after = await import_rules(desk.pool, a_rule("after"))
    assert await _matched(desk, "c2") == ["after"]

    assert [(await desk.decision(comment(each))).versions for each in ("c1", "c2")] == [
        (before,),
        (after,),
    ]


async def test_broken(desk: Desk) -> None:
    """A set that can't be used leaves the one before in force, also for who starts only then; it is
    told and counted."""
    await import_rules(desk.pool, a_rule("good"))
    sets = RuleSets(desk.pool)
    await sets.add(EVERYBODY, '{"rules": "none"}', "tests")
    wrong = {"rules": [{"name": "a", "when": {"pattern": {"re": "("}}}]}
    await sets.add(EVERYBODY, msgspec.json.encode(wrong).decode(), "tests")
    errors = _errors()

    with capture_logs() as logs:
        assert await _matched(desk, "c1") == ["good"]
        assert await _matched(desk, "c2") == ["good"]

    assert [line["event"] for line in logs] == ["rule_set_unusable"] * 2
    assert _errors() == errors + 2
    await import_rules(desk.pool, a_rule("mended"))
    assert await _matched(desk, "c3") == ["mended"]
    assert _errors() == errors + 2


async def test_never_good(desk: Desk) -> None:
    """An account whose sets were never right goes by the rules for all."""
    await import_rules(desk.pool, a_rule("all"))
    await RuleSets(desk.pool).add(US, "[]", "tests")

    assert await _matched(desk, "c1") == ["all"]


async def test_scorer(desk: Desk) -> None:
    """A scorer is asked where a rule asks for it."""
    toxic = a_rule("rude", when={"score": {"least": 0.8}})
    await import_rules(desk.pool, toxic, owner=US)

    assert await _matched(desk, "c1", text="you are a fucking idiot") == ["rude"]
    assert await _matched(desk, "c2", text="you are lovely") == []
    assert await _matched(desk, "c3", text="you are a fucking idiot", account=OTHER) == []


async def test_other_platform(desk: Desk) -> None:
    """A Page with the same number is another account."""
    await import_rules(desk.pool, a_rule("page"), owner=Owner("page", US.account))

    assert await _matched(desk, "c1") == []
    assert await _matched(desk, "c2", platform="page") == ["page"]
