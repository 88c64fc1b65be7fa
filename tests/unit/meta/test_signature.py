"""Who signed a delivery, and that nobody else can."""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Rejected
from shared.meta.signature import Keyring, Signer

KEYRING = Keyring.of({"shop": ["newest", "previous"], "cafe": ["other ümlaut"]})
SECRETS = {("shop", 0): "newest", ("shop", 1): "previous", ("cafe", 0): "other ümlaut"}


def sign(secret: str, body: bytes) -> bytes:
    """The header Meta would send."""
    return b"sha256=" + hmac.digest(secret.encode(), body, "sha256").hex().encode()


def reason(header: bytes | None, body: bytes) -> str:
    """Why the header is refused, or that it is not."""
    try:
        KEYRING.verify(header, body)
    except Rejected as refusal:
        return f"{refusal.status} {refusal.reason}"
    return "accepted"


@given(st.binary(), st.sampled_from(sorted(SECRETS)))
def test_signer(body: bytes, signer: tuple[str, int]) -> None:
    """Whatever the body, the app and which of its secrets is known by the signature."""
    assert KEYRING.verify(sign(SECRETS[signer], body), body) == Signer(*signer)


@given(st.text(min_size=1, max_size=200), st.binary())
def test_any_secret(secret: str, body: bytes) -> None:
    """Secrets of any length, also longer than a block of the hash, sign as the library's HMAC."""
    assert Keyring.of({"shop": [secret]}).verify(sign(secret, body), body) == Signer("shop", 0)


@given(st.binary(max_size=100))
def test_any_header(header: bytes) -> None:
    """A header of any bytes is refused in order."""
    assert reason(header, b"{}") == ("401 bad_signature" if header else "401 unsigned")


@given(st.binary(min_size=64, max_size=64))
def test_any_digest(digest: bytes) -> None:
    """So is one of the right length that is no hexadecimal number at all."""
    assert reason(b"sha256=" + digest, b"{}") == "401 bad_signature"


@given(st.binary(), st.integers(min_value=0), st.sampled_from([b"", b"x", b"0", b"\xff", b" "]))
def test_damaged_header(body: bytes, place: int, damage: bytes) -> None:
    """A signature with a byte more, less or other is refused."""
    header = sign("newest", body)
    place %= len(header)
    damaged = header[:place] + damage + header[place + 1 :]
    expected = "accepted" if damaged == header else "401 bad_signature"
    assert reason(damaged, body) == expected


@given(st.binary(min_size=1), st.integers(min_value=0))
def test_damaged_body(body: bytes, place: int) -> None:
    """A signature fits its body and no other."""
    header = sign("newest", body)
    place %= len(body)
    other = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
    assert reason(header, other) == "401 bad_signature"


@pytest.mark.parametrize(
    "header",
    [
        b"sha1=" + hmac.digest(b"newest", b"{}", "sha1").hex().encode(),
        sign("newest", b"{}").removeprefix(b"sha256="),
        sign("newest", b"{}").replace(b"sha256", b"SHA256"),
        sign("newest", b"{}") + b"00",
        sign("newest", b"{}")[:-1],
        sign("stranger's", b"{}"),
        b"sha256=" + hashlib.sha256(b"{}").hexdigest().encode(),
        b"x" * 5_000_000,
    ],
    ids=["sha1", "bare", "prefix", "longer", "shorter", "stranger", "unkeyed", "giant"],
)
def test_refused(header: bytes) -> None:
    """What is nearly a signature is none."""
    assert reason(header, b"{}") == "401 bad_signature"


@pytest.mark.parametrize("header", [None, b""])
def test_unsigned(header: bytes | None) -> None:
    """No signature has a reason of its own, for it means another fault."""
    assert reason(header, b"{}") == "401 unsigned"


def test_upper_case() -> None:
    """Hexadecimal digits may be in upper case."""
    header = sign("previous", b"{}")
    assert KEYRING.verify(header.upper().replace(b"SHA", b"sha"), b"{}") == Signer("shop", 1)


def test_not_ascii_body() -> None:
    """The bytes as they came are signed, not what they mean."""
    escaped, literal = rb'{"text":"\u00e9"}', '{"text":"é"}'.encode()
    assert reason(sign("newest", escaped), escaped) == "accepted"
    assert reason(sign("newest", literal), literal) == "accepted"
    assert reason(sign("newest", escaped), literal) == "401 bad_signature"


def test_secrets_stay_inside() -> None:
    """A keyring does not show its secrets."""
    assert "newest" not in repr(KEYRING)


@pytest.mark.parametrize("secrets", [[""], ["good", ""]])
def test_empty_secret(secrets: list[str]) -> None:
    """An empty secret, with which anyone could sign, makes no keyring."""
    with pytest.raises(ValueError, match="empty"):
        Keyring.of({"shop": secrets})


def test_empty_keyring() -> None:
    """Without secrets nobody is known."""
    with pytest.raises(Rejected, match="bad_signature"):
        Keyring.of({}).verify(sign("newest", b""), b"")
