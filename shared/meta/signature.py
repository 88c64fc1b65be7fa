"""Who sent this? Meta signs each delivery with the secret of the app it is for (platform §2)."""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple, Self

from shared.errors import Rejected

if TYPE_CHECKING:
    from hashlib import _Hash

_BLOCK_BYTES = 64
_INNER = bytes(byte ^ 0x36 for byte in range(256))
_OUTER = bytes(byte ^ 0x5C for byte in range(256))
_PREFIX = b"sha256="
_LENGTH = len(_PREFIX) + 64


class Signer(NamedTuple):
    """Which app's secret signed a delivery; index 0 is its current secret, higher ones older."""

    app: str
    secret_index: int


class _Begun(NamedTuple):
    """A secret as the two SHA-256 that HMAC is made of, begun with it (RFC 2104): going on from
    copies of them costs half of what the library's HMAC objects do (tests/bench/RESULTS.md)."""

    signer: Signer
    inner: "_Hash"
    outer: "_Hash"


@dataclass(frozen=True, slots=True)
class Keyring:
    """Every app's secrets, kept only as HMACs that were begun with them."""

    _begun: tuple[_Begun, ...] = field(repr=False)

    @classmethod
    def of(cls, secrets: Mapping[str, Sequence[str]]) -> Self:
        """The keyring of apps by name, each with its current secret first.

        Raises:
            ValueError: a secret is empty, with which anyone could sign.
        """
        if not all(secret for ordered in secrets.values() for secret in ordered):
            raise ValueError("an empty secret")
        return cls(
            tuple(
                _begin(Signer(app, index), secret.encode())
                for app, ordered in secrets.items()
                for index, secret in enumerate(ordered)
            )
        )

    def verify(self, header: bytes | None, body: bytes) -> Signer:
        """Who signed `body`, whose raw bytes `header` (X-Hub-Signature-256) must match.

        Raises:
            Rejected: `unsigned` without a header, `bad_signature` for any that is not ours.
        """
        if not header:
            raise Rejected("unsigned", 401)
        if len(header) == _LENGTH and header.startswith(_PREFIX):
            claimed = header[len(_PREFIX) :].lower()
            for signer, inner, outer in self._begun:
                inside = inner.copy()
                inside.update(body)
                outside = outer.copy()
                outside.update(inside.digest())
                if hmac.compare_digest(outside.hexdigest().encode(), claimed):
                    return signer
        raise Rejected("bad_signature", 401)


def _begin(signer: Signer, secret: bytes) -> _Begun:
    key = sha256(secret).digest() if len(secret) > _BLOCK_BYTES else secret
    block = key.ljust(_BLOCK_BYTES, b"\0")
    return _Begun(signer, sha256(block.translate(_INNER)), sha256(block.translate(_OUTER)))
