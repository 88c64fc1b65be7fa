"""`appsecret_proof`: shows Graph that a token is used by its own app (platform §8.3).

Which of an app's secrets proves tokens on graph.instagram.com is not confirmed, nor that the host
takes proofs at all. So an app's secrets are tried in turn, and no proof last, until Graph accepts
one; that one stays.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence

from shared.contracts.credential import Credential
from shared.meta import lenient
from shared.meta.graph_errors import is_error, judge_read


class Proofs:
    """Which proof to send for a token; `secrets` are by app, newest first."""

    def __init__(self, secrets: Mapping[str, Sequence[str]]) -> None:
        self._secrets = secrets
        self._accepted: dict[tuple[str, str], str | None] = {}

    def candidates(self, credential: Credential) -> list[str | None]:
        """The app secrets to try, None for no proof; one of them once Graph has accepted it."""
        key = (credential.app, credential.login)
        if key in self._accepted:
            return [self._accepted[key]]
        return [*self._secrets.get(credential.app, ()), None]

    def accept(self, credential: Credential, secret: str | None) -> None:
        """Graph answered a call that was proven with `secret`."""
        self._accepted.setdefault((credential.app, credential.login), secret)


def proof(token: str, secret: str | None) -> list[tuple[str, str]]:
    """The parameter that goes with `token`; none without a secret."""
    if secret is None:
        return []
    digest = hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()
    return [("appsecret_proof", digest)]


def reception(status: int, answer: object) -> bool | None:
    """Whether Graph took the proof; None where its answer does not tell.

    A wrong proof is a bad parameter like any other, code 100 without a subcode.
    """
    if isinstance(answer, list):
        operations = [lenient.fields(operation) for operation in answer]
        if any(lenient.number(operation, "code") == 200 for operation in operations):
            return True
        bodies = [lenient.read((lenient.text(each, "body") or "").encode()) for each in operations]
        return False if bodies and all(_bad_parameter(400, body) for body in bodies) else None
    if status == 200 and not is_error(answer):
        return True
    return False if _bad_parameter(status, answer) else None


def _bad_parameter(status: int, answer: object) -> bool:
    error = judge_read(status, answer)
    return error.code == 100 and error.subcode is None
