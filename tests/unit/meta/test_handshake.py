"""Meta's question whether a callback is ours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Rejected
from shared.meta.handshake import answer_challenge

TOKENS = (b"shop's token", "cafè's token".encode())


def ask(**changed: str | None) -> str:
    """The answer to a good query with some of its parameters changed, or left out if None."""
    query: dict[str, str | None] = {
        "mode": "subscribe",
        "challenge": "1158201444",
        "verify_token": "shop's token",
    }
    query |= changed
    return answer_challenge({f"hub.{k}": v for k, v in query.items() if v is not None}, TOKENS)


@pytest.mark.parametrize("token", ["shop's token", "cafè's token"])
def test_each_app(token: str) -> None:
    """The token of any of our apps will do."""
    assert ask(verify_token=token) == "1158201444"


@pytest.mark.parametrize("challenge", ["007", "99999999999999999999999", "<b>é</b>", " 1 "])
def test_as_it_came(challenge: str) -> None:
    """The challenge comes back exactly, number or not."""
    assert ask(challenge=challenge) == challenge


@pytest.mark.parametrize(
    "changed",
    [
        {"verify_token": "wrong"},
        {"verify_token": ""},
        {"verify_token": None},
        {"verify_token": "shop's token "},
        {"verify_token": "\ud800"},
        {"mode": "unsubscribe"},
        {"mode": None},
        {"verify_token": "wrong", "challenge": None},
    ],
)
def test_refused(changed: dict[str, str | None]) -> None:
    """Without the token and the mode there is no answer."""
    with pytest.raises(Rejected) as refusal:
        ask(**changed)
    assert (refusal.value.reason, refusal.value.status) == ("wrong_verify_token", 403)


@pytest.mark.parametrize("challenge", [None, ""])
def test_no_challenge(challenge: str | None) -> None:
    """Who knows the token but asks nothing is told so."""
    with pytest.raises(Rejected) as refusal:
        ask(challenge=challenge)
    assert (refusal.value.reason, refusal.value.status) == ("no_challenge", 400)


@given(st.text())
def test_empty_token(token: str) -> None:
    """An empty token opens to nobody."""
    query = {"hub.mode": "subscribe", "hub.challenge": "1", "hub.verify_token": token}
    with pytest.raises(Rejected, match="wrong_verify_token"):
        answer_challenge(query, (b"",))
