"""What the exactly-once proof wants, and how it counts."""

from collections import Counter
from typing import Any

import pytest

from services.simulator.accounts import accounts
from tests.system.errands import ANSWER, PRIVATE, REPLY, RULES, Saying, sayings
from tests.system.tally import Tally, Wanted, tally

TABLES: tuple[Any, ...] = ("tags", "blocked", "queue")
EVENT = "instagram:1:comment:17"
HIDE = ("hide", "17", "")


def wanted(*effects: Any, kind: str = "comment") -> Wanted:
    """One thing was said that has these effects."""
    found = Wanted()
    found.add(Saying(kind=kind, account=0, person=1, text="", effects=effects), EVENT, "88")
    return found


def write(edge: str, target: str = "17", text: str = "", created: str = "") -> dict[str, Any]:
    """One line of the simulator's ledger."""
    return {"edge": edge, "target": target, "text": text, "created": created}


def counts(found: Tally) -> tuple[int, int, int, int]:
    """What is wrong, in numbers."""
    wrong = (found.duplicates, found.missing, found.unwanted, found.orphans)
    assert found.clean is not any(wrong)
    a, b, c, d = map(len, wrong)
    return a, b, c, d


def test_clean() -> None:
    """Each wanted effect once, and known to be ours."""
    replied = write("reply", text=REPLY, created="r")
    found = tally(wanted("reply", "hide"), [replied, write("hide")], {"r"})
    assert counts(found) == (0, 0, 0, 0)
    assert (found.wanted, found.done) == (2, 2)


@pytest.mark.parametrize(
    ("writes", "expected"),
    [
        ([], (0, 1, 0, 0)),
        ([write("hide")] * 3, (2, 0, 0, 0)),
        ([write("hide"), write("unhide")], (0, 0, 1, 0)),
        ([write("hide", "18")], (0, 1, 1, 0)),
        ([write("hide"), write("reply", text="x", created="r")], (0, 0, 1, 1)),
    ],
)
def test_troubles(writes: list[dict[str, Any]], expected: tuple[int, int, int, int]) -> None:
    """What is there twice, not at all, unasked for, or known to nobody, is told apart."""
    assert counts(tally(wanted("hide"), writes, set())) == expected


def test_overtaken() -> None:
    """A comment that is deleted may have been hidden before, once."""
    deleted = write("delete")
    for hides, expected in ((0, 0), (1, 0), (2, 1)):
        found = tally(wanted("hide", "delete"), [deleted, *[write("hide")] * hides], set())
        assert counts(found) == (expected, 0, 0, 0)


def test_targets() -> None:
    """A message goes to the person; what else there is, to the comment."""
    must, _ = wanted("message", kind="message").effects(())
    assert must == Counter({("message", "88", ANSWER): 1})
    must, _ = wanted("private_reply").effects(())
    assert must == Counter({("private_reply", "17", PRIVATE): 1})


def test_nameless() -> None:
    """Whom nobody names is moderated, and answered by nobody."""
    must, _ = wanted("reply", "private_reply").effects({EVENT})
    assert not must
    assert wanted("hide").effects({EVENT})[0] == Counter([HIDE])


def test_kept() -> None:
    """What is ours is kept by who said it, or by the comment where nobody tells."""
    found = Wanted()
    for number, kept in enumerate(TABLES):
        said = Saying(kind="comment", account=0, person=number, text="", kept=kept)
        found.add(said, f"{EVENT}{number}", f"88{number}")
    assert [found.rows(table, ()) for table in ("tags", "blocked")] == [{"880"}, {"881"}]
    everyone = {f"{EVENT}{number}" for number in range(3)}
    assert [found.rows(table, everyone) for table in ("tags", "blocked")] == [{"170"}, set()]
    assert found.rows("queue", everyone) == {f"{EVENT}2"}


def test_sayings() -> None:
    """A seed says the same again, each saying is unlike all others, and rules know all effects."""
    everyone = accounts(3, 6, ("shop",))
    found = sayings(3, 400, everyone)
    assert found == sayings(3, 400, everyone)
    assert found != sayings(4, 400, everyone)
    assert len({each.text for each in found[6:]}) == len(found) - 6
    effects = [effect for each in found for effect in each.effects]
    assert 400 <= len(effects) <= 401
    assert {*effects} == {"hide", "unhide", "delete", "reply", "private_reply", "message"}
    assert {each.kept for each in found} == {"", "tags", "queue", "blocked"}
    assert all(rule["mode"] == "enforce" for rule in RULES["rules"])
