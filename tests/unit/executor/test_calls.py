"""Every kind of action at the simulator's Graph side, and every way it may go wrong."""

from datetime import UTC, datetime, timedelta
from time import time

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from services.executor.calls import carry_out
from services.executor.results import Ended, Later, Result, Sent, Unsure
from services.simulator.accounts import Account
from services.simulator.graph.faults import Fault
from services.simulator.things import Comment
from shared.contracts.actions import AT_META, Action, ActionKind
from shared.graph.client import graph
from shared.graph.holds import Hold, Scope
from shared.graph.settings import GraphSettings
from tests.acting import Stage, action
from tests.graph import OpenGraph, Tokens
from tests.unit.simulator.conftest import Meta

OLD = timedelta(minutes=5)
SAYING: list[ActionKind] = ["reply", "private_reply", "message"]
AMONG_COMMENTS: list[ActionKind] = ["hide", "unhide", "delete", "reply"]


async def done(acting: Stage, asked: Action, *, attempted: bool = False) -> Result:
    """What becomes of one try."""
    return await carry_out(acting.graph, asked, datetime.now(UTC), attempted=attempted)


def wanted(acting: Stage, account: Account, kind: ActionKind) -> Action:
    """An action of this kind that can be carried out."""
    if kind == "message":
        return action(account, kind, person_id=acting.person(account).id)
    return action(account, kind, acting.comment(account))


def aged(asked: Action) -> Action:
    """The same, no longer fresh."""
    earlier = asked.requested_at - OLD
    return structs.replace(asked, written_at=earlier, requested_at=earlier)


def is_hidden(comment: Comment) -> bool:
    """Whether it is hidden by now."""
    return comment.hidden


async def test_hide(acting: Stage, account: Account) -> None:
    """A comment is hidden, and shown again, by its platform's own name for it."""
    comment = acting.comment(account)
    assert await done(acting, action(account, "hide", comment)) == Sent()
    assert is_hidden(comment)
    assert await done(acting, action(account, "unhide", comment)) == Sent()
    assert not is_hidden(comment)
    assert acting.ledger() == [("hide", comment.id), ("unhide", comment.id)]


async def test_delete(acting: Stage, account: Account) -> None:
    """A comment is deleted."""
    comment = acting.comment(account)
    assert await done(acting, action(account, "delete", comment)) == Sent()
    assert acting.meta.world.comment(comment.id) is None


async def test_reply(acting: Stage, account: Account) -> None:
    """A public reply appears below its comment, and its id is known."""
    comment = acting.comment(account)
    sent = await done(acting, action(account, "reply", comment, text="merci ❤️ & à bientôt"))
    assert isinstance(sent, Sent)
    (below,) = acting.meta.world.below(comment.id)
    assert (below.id, below.text) == (sent.created_id, "merci ❤️ & à bientôt")


async def test_private_reply(acting: Stage, account: Account) -> None:
    """A private reply tells its message's id and who the commenter is."""
    comment = acting.comment(account)
    sent = await done(acting, action(account, "private_reply", comment))
    assert isinstance(sent, Sent)
    assert sent.recipient_id == comment.author.id
    assert sent.created_id
    message = acting.meta.world.message(sent.created_id)
    assert message
    assert message.recipient_id == comment.author.id


async def test_message(acting: Stage, account: Account) -> None:
    """A message is sent."""
    person = acting.person(account)
    sent = await done(acting, action(account, "message", person_id=person.id, text="é" * 500))
    assert isinstance(sent, Sent)
    assert (sent.recipient_id, bool(sent.created_id)) == (person.id, True)


async def test_human_agent(acting: Stage, account: Account) -> None:
    """After a day only a person's message goes out, marked as such."""
    person = acting.person(account, time() - 2 * 86_400)
    by_rule = action(account, "message", person_id=person.id, human_agent=True)
    late = await done(acting, by_rule)
    assert isinstance(late, Ended)
    assert (late.state, late.reason) == ("expired", "window")
    by_person = action(
        account, "message", person_id=person.id, human_agent=True, requested_by="person"
    )
    assert isinstance(await done(acting, by_person), Sent)


@pytest.mark.parametrize("kind", SAYING)
@pytest.mark.parametrize("text", [None, "", " \n"])
async def test_nothing_to_say(acting: Stage, kind: ActionKind, text: str | None) -> None:
    """Without words nothing is called."""
    account = acting.meta.instagram
    asked = action(account, kind, acting.comment(account), person_id="88", text=text)
    assert await done(acting, asked) == Ended("failed", "text")
    assert not acting.network.calls


@pytest.mark.parametrize("kind", ["private_reply", "message"])
async def test_too_much_to_say(acting: Stage, account: Account, kind: ActionKind) -> None:
    """Instagram's limit counts bytes, a Page's characters; a longer text is not even tried."""
    most = 2_000 if account.platform == "page" else 500
    person = acting.person(account)
    for length, state in ((most, "sent"), (most + 1, "failed")):
        comment = acting.comment(account)
        asked = action(account, kind, comment, person_id=person.id, text="é" * length)
        result = await done(acting, asked)
        assert (result == Ended("failed", "text")) is (state == "failed")
    assert len(acting.network.writes) == 1


@pytest.mark.parametrize("kind", sorted(AT_META))
@pytest.mark.parametrize("target", [None, "", "..", "a{b}", "x" * 600, "\ud800"])
async def test_no_target(acting: Stage, kind: ActionKind, target: str | None) -> None:
    """What names nothing, or nothing that can stand in a path, is not called."""
    asked = action(acting.meta.instagram, kind, comment_id=target, person_id=target)
    assert await done(acting, asked) == Ended("failed", "no_target")
    assert not acting.network.calls


async def test_ours(acting: Stage) -> None:
    """Meta never hears of our own kinds."""
    account = acting.meta.instagram
    asked = action(account, "block", acting.comment(account))
    assert await done(acting, asked) == Ended("failed", "not_at_meta")
    assert not acting.network.calls


@pytest.mark.parametrize(
    ("kind", "result"),
    [("hide", "sent"), ("delete", "sent"), ("unhide", "failed"), ("reply", "failed")],
)
async def test_gone(acting: Stage, account: Account, kind: ActionKind, result: str) -> None:
    """A comment that is gone is as good as hidden and deleted; it can't be answered (B10)."""
    asked = aged(wanted(acting, account, kind))
    assert asked.comment_id
    acting.meta.world.remove_comment(asked.comment_id)
    found = await done(acting, asked)
    if result == "sent":
        assert found == Sent(reason="gone")
    else:
        assert isinstance(found, Ended)
        assert (found.state, found.reason) == ("failed", "gone")


@pytest.mark.parametrize("kind", AMONG_COMMENTS)
async def test_denied_by_mistake(acting: Stage, account: Account, kind: ActionKind) -> None:
    """A comment that Graph denies once but shows when asked again is tried later."""
    asked = aged(wanted(acting, account, kind))
    acting.fail(Fault(code=100, subcode=33, status=400, times=1))
    later = await done(acting, asked)
    assert isinstance(later, Later)
    assert (later.reason, later.called) == ("not_yet", True)
    assert isinstance(await done(acting, asked), Sent)


async def test_denied_while_fresh(acting: Stage) -> None:
    """A comment of a moment ago may be one that Graph does not know yet."""
    asked = wanted(acting, acting.meta.instagram, "hide")
    acting.fail(Fault(code=100, subcode=33, status=400, seconds=60))
    later = await done(acting, asked)
    assert isinstance(later, Later)
    assert (later.reason, later.called) == ("not_yet", True)


async def test_denied_unreadably(acting: Stage) -> None:
    """Graph is believed only when it says twice that a comment is gone."""
    asked = aged(wanted(acting, acting.meta.instagram, "delete"))
    acting.fail(Fault(method="DELETE", code=100, subcode=33, status=400, times=1))
    acting.fail(Fault(method="GET", code=613, status=400, times=1))
    assert isinstance(await done(acting, asked), Later)


async def test_too_old_for_a_private_reply(acting: Stage, account: Account) -> None:
    """After seven days there is no private reply, and none is tried (B7)."""
    comment = acting.comment(account)
    comment.at -= 7 * 86_400 + 10
    assert await done(acting, action(account, "private_reply", comment)) == Ended(
        "expired", "window"
    )
    assert not acting.network.calls


@pytest.mark.parametrize("days", [None, 6])
async def test_age_is_read(acting: Stage, account: Account, days: int | None) -> None:
    """Where nobody knows when a comment was made, or only when we heard of it, Graph is asked."""
    told = None if days is None else datetime.now(UTC) - timedelta(days=days)
    old, young = acting.comment(account), acting.comment(account)
    old.at -= 7 * 86_400 + 10
    asked = action(account, "private_reply", old, written_at=told)
    assert await done(acting, asked) == Ended("expired", "window")
    assert not acting.network.writes
    asked = action(account, "private_reply", young, written_at=told)
    assert isinstance(await done(acting, asked), Sent)


async def test_age_of_the_young(acting: Stage) -> None:
    """A comment that is surely young enough costs no read."""
    asked = wanted(acting, acting.meta.instagram, "private_reply")
    assert isinstance(await done(acting, asked), Sent)
    assert len(acting.network.calls) == 1


async def test_age_is_not_told(acting: Stage) -> None:
    """Where Graph can't tell the age for now the reply waits; where it never will, it is tried."""
    account = acting.meta.instagram
    asked = action(account, "private_reply", acting.comment(account), written_at=None)
    acting.fail(Fault(method="GET", code=10, status=403, times=1))
    assert isinstance(await done(acting, asked), Sent)
    asked = action(account, "private_reply", acting.comment(account), written_at=None)
    acting.fail(Fault(method="GET", code=613, status=400, times=1))
    later = await done(acting, asked)
    assert isinstance(later, Later)
    assert later.reason == "throttled"


async def test_used(acting: Stage, account: Account) -> None:
    """A second private reply is refused; where the first may have been ours, it was."""
    comment = acting.comment(account)
    await done(acting, action(account, "private_reply", comment))
    again = action(account, "private_reply", comment)
    refused = await done(acting, again)
    assert isinstance(refused, Ended)
    assert (refused.state, refused.reason) == ("failed", "used")
    assert await done(acting, again, attempted=True) == Sent(reason="used")


@pytest.mark.parametrize("kind", ["hide", "reply", "private_reply"])
async def test_broadcast_is_over(acting: Stage, kind: ActionKind) -> None:
    """What can't be done to a live comment is too late, not wrong."""
    account = acting.meta.instagram
    comment = acting.comment(account, "live-comment")
    comment.at -= 86_400
    result = await done(acting, action(account, kind, comment))
    assert isinstance(result, Ended)
    assert (result.state, result.reason) == ("expired", "live")


@pytest.mark.parametrize(
    ("code", "subcode", "reason"),
    [
        (10, None, "forbidden"),
        (551, 1545041, "recipient"),
        (100, 2534014, "recipient"),
        (100, None, "refused"),
        (506, None, "refused"),
        (3, None, "config"),
        (100, 2018294, "content"),
        (424_242, None, "refused"),
    ],
)
async def test_refused_for_good(acting: Stage, code: int, subcode: int | None, reason: str) -> None:
    """What Meta will always refuse has failed, and says by which code."""
    asked = wanted(acting, acting.meta.instagram, "message")
    acting.fail(Fault(code=code, subcode=subcode, status=400))
    result = await done(acting, asked)
    assert isinstance(result, Ended)
    assert result.error
    assert (result.state, result.reason, result.error.code) == ("failed", reason, code)


@pytest.mark.parametrize(
    ("code", "subcode", "reason"),
    [
        (4, None, "throttled"),
        (613, 2534040, "throttled"),
        (80002, None, "throttled"),
        (368, None, "paused"),
        (10, 1893063, "paused"),
        (190, 460, "reauthenticate"),
        (190, 458, "reauthenticate"),
        (200, None, "reauthenticate"),
        (100, 2534037, "not_yet"),
    ],
)
async def test_not_now(acting: Stage, code: int, subcode: int | None, reason: str) -> None:
    """What may be possible later waits, and surely did not happen."""
    asked = wanted(acting, acting.meta.instagram, "message")
    acting.fail(Fault(code=code, subcode=subcode, status=400))
    result = await done(acting, asked)
    assert isinstance(result, Later)
    assert (result.reason, result.called) == (reason, True)
    assert result.seconds > 0
    assert not acting.ledger()


async def test_throttle_says_for_how_long(acting: Stage) -> None:
    """Meta's estimate counts, and is told for those who share it."""
    account = acting.meta.instagram
    asked = wanted(acting, account, "hide")
    acting.fail(Fault(code=80002, status=400, regain_minutes=7, times=1))
    result = await done(acting, asked)
    assert isinstance(result, Later)
    assert result.seconds == 420
    assert Hold(Scope("instagram", "instagram", account.id), 420, "throttled") in result.holds
    assert await done(acting, asked) == Later("throttled", 420)


async def test_not_connected(acting: Stage) -> None:
    """Without a token an action waits for one."""
    hide = action(acting.meta.instagram, "hide", comment_id="18")
    asked = structs.replace(hide, account="unknown")
    result = await done(acting, asked)
    assert isinstance(result, Later)
    assert (result.reason, result.called) == ("no_token", False)


AFTER_WRITING = [
    Fault(after_write=True, code=1, subcode=1357046),
    Fault(after_write=True, code=2, status=503, transient=True),
    Fault(after_write=True, code=20, subcode=1772107, status=400),
    Fault(after_write=True, answer="html", status=502),
    Fault(after_write=True, answer="html", status=200),
    Fault(after_write=True, answer="empty", status=200),
    Fault(after_write=True, answer="garbage", status=200),
    Fault(after_write=True, answer="garbage", status=500),
    Fault(after_write=True, answer="drop"),
]


@pytest.mark.parametrize("kind", sorted(AT_META))
@pytest.mark.parametrize("fault", AFTER_WRITING, ids=lambda each: f"{each.answer}-{each.status}")
async def test_done_and_denied(
    acting: Stage, account: Account, kind: ActionKind, fault: Fault
) -> None:
    """What Meta did and did not say so may have happened, and is called once."""
    asked = wanted(acting, account, kind)
    acting.fail(fault)
    assert isinstance(await done(acting, asked), Unsure)
    assert len(acting.ledger()) == len(acting.network.writes) == 1


@pytest.mark.parametrize("kind", sorted(AT_META))
async def test_answer_too_late(acting: Stage, account: Account, kind: ActionKind) -> None:
    """What Meta did after we stopped waiting may have happened."""
    asked = wanted(acting, account, kind)
    acting.network.losses = 1
    result = await done(acting, asked)
    assert isinstance(result, Unsure)
    assert result.reason == "slow"
    assert len(acting.ledger()) == 1


@pytest.mark.parametrize("kind", SAYING)
async def test_done_without_an_id(open_graph: OpenGraph, meta: Meta, kind: ActionKind) -> None:
    """An answer that names nothing does not prove that something was made."""
    client = await open_graph(lambda _: httpx.Response(200, json={"success": True}))
    now = datetime.now(UTC)
    asked = action(meta.instagram, kind, comment_id="18", person_id="88", written_at=now)
    result = await carry_out(client, asked, now, attempted=False)
    assert result == Unsure("unreadable")


@settings(deadline=None)
@given(
    st.sampled_from(sorted(AT_META)),
    st.integers(200, 599),
    st.binary(max_size=100) | st.sampled_from([b'{"error":{"code":100,"error_subcode":33}}']),
    st.booleans(),
)
async def test_never_raises(kind: ActionKind, status: int, body: bytes, attempted: bool) -> None:
    """Whatever comes back, reads and writes alike, it is one of the four results."""
    transport = httpx.MockTransport(lambda _: httpx.Response(status, content=body))
    now = datetime.now(UTC)
    asked = Action(
        id="1",
        kind=kind,
        platform="instagram",
        account="1",
        thread="t",
        requested_by="rule",
        requested_at=now - OLD,
        comment_id="18",
        person_id="88",
        text="hi",
        written_at=now - OLD,
    )
    async with graph(GraphSettings(), {}, Tokens(), transport) as client:
        result = await carry_out(client, asked, now, attempted=attempted)
    assert isinstance(result, Sent | Ended | Later | Unsure)
