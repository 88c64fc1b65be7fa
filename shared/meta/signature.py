"""Who sent this? Meta signs each delivery with the secret of the app it is for (platform §2)."""

import hmac
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Self

from shared.errors import Rejected

_PREFIX = b"sha256="
_LENGTH = len(_PREFIX) + 64


class Signer(NamedTuple):
    """Which app's secret signed a delivery; index 0 is its current secret, higher ones older."""

    app: str
    secret_index: int


@dataclass(frozen=True, slots=True)
class Keyring:
    """Every app's secrets, kept only as HMACs that were begun with them."""

    _begun: tuple[tuple[Signer, hmac.HMAC], ...] = field(repr=False)

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
                (Signer(app, index), hmac.new(secret.encode(), digestmod="sha256"))
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
            for signer, signature in self._signatures(body):
                if hmac.compare_digest(signature, claimed):
                    return signer
        raise Rejected("bad_signature", 401)

    def _signatures(self, body: bytes) -> Iterator[tuple[Signer, bytes]]:
        for signer, begun in self._begun:
            signature = begun.copy()
            signature.update(body)
            yield signer, signature.hexdigest().encode()
