"""What became of unclear calls, read back at the simulator's Graph side."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from time import time

import pytest

from services.executor.calls import carry_out
from services.executor.results import Unsure
from services.executor.settling import read_back
from services.executor.sightings import Absent, Present, Unreadable, Verdict
from services.simulator.accounts import Account
from services.simulator.graph.faults import Answer, Fault
from services.simulator.things import Comment, Person
from shared.contracts.actions import AT_META, Action, ActionKind
from tests.acting import Stage, action

KINDS = sorted(AT_META)


async def settled(
    acting: Stage, asked: Action, called_at: datetime | None = None, taken: tuple[str, ...] = ()
) -> Verdict:
    """What is read of a call that began just now, or when it is told."""

    async def others(ids: Collection[str]) -> Collection[str]:
        return {*taken} & {*ids}

    return await read_back(acting.graph, asked, called_at or datetime.now(UTC), others)


def wanted(acting: Stage, account: Account, kind: ActionKind) -> Action:
    """An action of this kind that has not been carried out."""
    if kind == "message":
        return action(account, kind, person_id=acting.person(account).id)
    comment = acting.comment(account)
    comment.hidden = kind == "unhide"
    return action(account, kind, comment)


async def lost(acting: Stage, asked: Action) -> str:
    """Carry out an action and lose the answer; gives the id of what was made."""
    acting.fail(Fault(after_write=True, answer="drop", times=1))
    result = await carry_out(acting.graph, asked, datetime.now(UTC), attempted=False)
    assert isinstance(result, Unsure)
    created: str = acting.meta.graph.writes.listed()[-1]["created"]
    return created


def say_below(acting: Stage, comment: Comment, text: str, author: Person) -> Comment:
    """Somebody says something below a comment."""
    said = Comment(
        id=f"{comment.id}9{len(acting.meta.world.below(comment.id))}",
        account=comment.account,
        media_id=comment.media_id,
        author=author,
        text=text,
        at=time(),
        parent_id=comment.id,
    )
    acting.meta.world.add_comment(said)
    return said


@pytest.mark.parametrize("kind", KINDS)
async def test_present(acting: Stage, account: Account, kind: ActionKind) -> None:
    """What happened is found, with the id of what was made and whom it went to."""
    asked = wanted(acting, account, kind)
    created_id = await lost(acting, asked)
    found = await settled(acting, asked)
    assert isinstance(found, Present)
    assert (found.created_id or "") == created_id
    messaged = kind in ("private_reply", "message")
    recipient_id = asked.person_id or acting.meta.graph.writes.listed()[-1]["target"]
    if kind == "private_reply":
        comment = acting.meta.world.comment(recipient_id)
        assert comment
        recipient_id = comment.author.id
    assert found.recipient_id == (recipient_id if messaged else None)


@pytest.mark.parametrize("kind", KINDS)
async def test_absent(acting: Stage, account: Account, kind: ActionKind) -> None:
    """What did not happen is proven absent."""
    assert await settled(acting, wanted(acting, account, kind)) == Absent()


@pytest.mark.parametrize("kind", ["reply", "private_reply", "message"])
async def test_of_others(acting: Stage, account: Account, kind: ActionKind) -> None:
    """What another action made is not this one's."""
    asked = wanted(acting, account, kind)
    created_id = await lost(acting, asked)
    assert await settled(acting, asked, taken=(created_id,)) == Absent()


@pytest.mark.parametrize("kind", ["reply", "private_reply", "message"])
async def test_said_before(acting: Stage, account: Account, kind: ActionKind) -> None:
    """The same words from long before the call are not the call's; a minute is the clocks'."""
    asked = wanted(acting, account, kind)
    created_id = await lost(acting, asked)
    now = datetime.now(UTC)
    assert await settled(acting, asked, now + timedelta(minutes=3)) == Absent()
    found = await settled(acting, asked, now + timedelta(seconds=50))
    assert isinstance(found, Present)
    assert found.created_id == created_id


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("code", [613, 190, 10])
async def test_unreadable(acting: Stage, kind: ActionKind, code: int) -> None:
    """While Graph refuses to answer, nothing is proven."""
    asked = wanted(acting, acting.meta.instagram, kind)
    acting.fail(Fault(method="GET", code=code, status=400))
    assert isinstance(await settled(acting, asked), Unreadable)


@pytest.mark.parametrize(
    ("answer", "status"), [("error", 500), ("html", 200), ("empty", 200), ("drop", 200)]
)
async def test_no_answer(acting: Stage, answer: Answer, status: int) -> None:
    """Nor while it answers nothing that could be understood."""
    asked = wanted(acting, acting.meta.instagram, "message")
    acting.fail(Fault(method="GET", answer=answer, status=status))
    acting.network.calls.clear()
    assert await settled(acting, asked) == Unreadable("unavailable")
    assert len(acting.network.calls) == 1


@pytest.mark.parametrize("kind", KINDS)
async def test_slow(acting: Stage, kind: ActionKind) -> None:
    """Right after a time-out the account is left alone; a little later it is read."""
    asked = wanted(acting, acting.meta.instagram, kind)
    acting.network.losses = 1
    await carry_out(acting.graph, asked, datetime.now(UTC), attempted=False)
    assert await settled(acting, asked) == Unreadable("slow")
    acting.clock.now += 6
    assert isinstance(await settled(acting, asked), Present)


@pytest.mark.parametrize(
    ("kind", "verdict"),
    [
        ("hide", Present()),
        ("delete", Present()),
        ("unhide", Unreadable("gone")),
        ("reply", Unreadable("gone")),
        ("private_reply", Unreadable("gone")),
    ],
)
async def test_comment_gone(
    acting: Stage, account: Account, kind: ActionKind, verdict: Verdict
) -> None:
    """A comment that Graph does not show is hidden or deleted; of the rest that proves nothing."""
    asked = wanted(acting, account, kind)
    assert asked.comment_id
    acting.meta.world.remove_comment(asked.comment_id)
    assert await settled(acting, asked) == verdict


async def test_gone_in_other_words(acting: Stage) -> None:
    """Code 803 says the same."""
    asked = wanted(acting, acting.meta.instagram, "delete")
    acting.fail(Fault(code=803, status=400))
    assert await settled(acting, asked) == Present()


async def test_reply_to_a_reply(acting: Stage) -> None:
    """A reply to a reply is found where Meta puts it, below the first comment."""
    top = acting.comment(acting.meta.instagram)
    below = say_below(acting, top, "and me?", top.author)
    asked = action(acting.meta.instagram, "reply", below)
    assert await settled(acting, asked) == Absent()
    created_id = await lost(acting, asked)
    assert await settled(acting, asked) == Present(created_id)


async def test_many_replies(acting: Stage, account: Account) -> None:
    """Our reply is found on whichever page it is."""
    comment = acting.comment(account)
    asked = action(account, "reply", comment)
    created_id = await lost(acting, asked)
    for number in range(240):
        say_below(acting, comment, f"me too {number}", comment.author)
    assert await settled(acting, asked) == Present(created_id)


async def test_page_missing(acting: Stage) -> None:
    """If one of the pages can't be read, what was not found is not absent."""
    comment = acting.comment(acting.meta.instagram)
    for number in range(60):
        say_below(acting, comment, f"me too {number}", comment.author)
    asked = action(acting.meta.instagram, "reply", comment)
    assert await settled(acting, asked) == Absent()
    acting.network.refused = "after="
    assert await settled(acting, asked) == Unreadable("forbidden")


async def test_same_words_of_others(acting: Stage, account: Account) -> None:
    """Somebody who repeats our words did not write our reply."""
    comment = acting.comment(account)
    asked = action(account, "reply", comment)
    say_below(acting, comment, asked.text or "", comment.author)
    assert await settled(acting, asked) == Absent()


async def test_below_a_hidden_comment(acting: Stage, account: Account) -> None:
    """Graph may not tell what is below a hidden comment."""
    comment = acting.comment(account)
    comment.hidden = True
    assert await settled(acting, action(account, "reply", comment)) == Unreadable("veiled")


async def test_below_a_live_comment(acting: Stage) -> None:
    """Nor what is below a live one."""
    account = acting.meta.instagram
    comment = acting.comment(account, "live-comment")
    assert await settled(acting, action(account, "reply", comment)) == Unreadable("veiled")


async def test_buried(acting: Stage, account: Account) -> None:
    """A message below twenty later ones can't be seen, nor that it is missing."""
    person = acting.person(account)
    asked = action(account, "message", person_id=person.id)
    await lost(acting, asked)
    for number in range(20):
        acting.say(account, person, person.id, f"hello {number}", time())
    assert await settled(acting, asked) == Unreadable("too_many")


async def test_long_conversation(acting: Stage, account: Account) -> None:
    """Where the twenty reach back before the call, absence is proven."""
    person = acting.person(account)
    for number in range(30):
        acting.say(account, person, person.id, f"hello {number}", time() - 3600)
    assert await settled(acting, action(account, "message", person_id=person.id)) == Absent()


async def test_words_of_the_person(acting: Stage, account: Account) -> None:
    """A person who repeats our words did not send our message."""
    person = acting.person(account)
    asked = action(account, "message", person_id=person.id)
    acting.say(account, person, person.id, asked.text or "", time())
    assert await settled(acting, asked) == Absent()


async def test_conversation_of_others(acting: Stage, account: Account) -> None:
    """The same words to another person are another message."""
    one, other = acting.person(account), acting.person(account)
    asked = action(account, "message", person_id=one.id)
    acting.say(account, other, account.id, asked.text or "", time())
    assert await settled(acting, asked) == Absent()


@pytest.mark.parametrize(
    ("kind", "verdict"), [("message", Unreadable("no_conversation")), ("private_reply", Absent())]
)
async def test_no_conversation(
    acting: Stage, account: Account, kind: ActionKind, verdict: Verdict
) -> None:
    """A private reply would have begun a conversation; a message only goes to one that exists."""
    stranger = acting.meta.world.person(account, 499).id
    asked = action(account, kind, acting.comment(account), person_id=stranger)
    assert await settled(acting, asked) == verdict


async def test_one_read_of_conversations(acting: Stage, account: Account) -> None:
    """Settling a message costs one call of the edge that allows two a second."""
    asked = wanted(acting, account, "message")
    acting.network.calls.clear()
    await settled(acting, asked)
    (call,) = acting.network.calls
    assert call.url.path.endswith("/conversations")


async def test_ours(acting: Stage) -> None:
    """Meta knows nothing of our own kinds."""
    account = acting.meta.instagram
    asked = action(account, "block", acting.comment(account))
    assert await settled(acting, asked) == Unreadable("not_at_meta")


@pytest.mark.parametrize("kind", [*KINDS, "block"])
async def test_no_target(acting: Stage, kind: ActionKind) -> None:
    """What was never called is not read."""
    asked = action(acting.meta.instagram, kind)
    assert await settled(acting, asked) == Unreadable("no_target")
