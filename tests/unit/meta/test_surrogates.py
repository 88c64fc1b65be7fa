"""Half surrogate pairs, which JSON may escape and msgspec does not read."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from shared.contracts.surrogates import restore, shield

_texts = st.text(alphabet=st.characters(categories=["Cs", "L", "So", "P", "Cc"]) | st.just("\\"))


@given(_texts)
def test_back_and_forth(text: str) -> None:
    """Shielded JSON is as long, can be skipped through, and becomes what it was."""
    written = json.dumps([text, "\U0001f60d"]).encode()
    shielded = shield(written)
    assert len(shielded) == len(written)
    assert restore(shielded) == written
    items = msgspec.json.decode(shielded, type=list[Raw])
    assert restore(bytes(items[0])) == json.dumps(text).encode()


@given(st.text())
def test_nothing_to_shield(text: str) -> None:
    """JSON without half pairs is left alone."""
    for ascii_only in (True, False):
        written = json.dumps(text, ensure_ascii=ascii_only).encode()
        assert shield(written) == restore(written) == written


@pytest.mark.parametrize("cut", [r'["\ud8"]', r'["\ud83-"]', r'["\udg00"]', r'["\ud83d\udc-x"]'])
def test_cut_escape(cut: str) -> None:
    """An escape that is no escape stays one that is refused."""
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(shield(cut.encode()), type=list[Raw])
