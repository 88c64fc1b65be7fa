"""Whose token is it, and does its app call: tokens and `appsecret_proof` (platform §8.3)."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any

from services.simulator.accounts import Account
from services.simulator.graph import errors
from services.simulator.graph.calls import Call
from services.simulator.graph.errors import Failure

_LIFETIME_SECONDS = 5_184_000
_SCOPES = {
    "instagram": (
        "instagram_business_basic",
        "instagram_business_manage_comments",
        "instagram_business_manage_messages",
    ),
    "facebook": (
        "instagram_basic",
        "instagram_manage_comments",
        "instagram_manage_messages",
        "pages_manage_metadata",
        "pages_messaging",
        "pages_read_engagement",
        "pages_show_list",
    ),
}


class Tokens:
    """All valid tokens; `secrets` are each app's, by the app's name."""

    def __init__(
        self,
        accounts: Sequence[Account],
        secrets: Mapping[str, Sequence[bytes]],
        *,
        require_proof: bool = False,
    ) -> None:
        self._accounts = {account.token: account for account in accounts}
        self._secrets = secrets
        self._require_proof = require_proof

    def holder(self, call: Call) -> Account | Failure:
        """The account that a call speaks for."""
        account = self._accounts.get(call.token)
        if account is None or account.login != call.login:
            return errors.BAD_TOKEN
        proof = call.text("appsecret_proof")
        if not proof:
            return errors.NO_PROOF if self._require_proof else account
        return account if self._proven(account, call, proof) else errors.WRONG_PROOF

    def describe(self, call: Call, now: float) -> dict[str, Any] | Failure:
        """What `/debug_token` tells an app (`app|secret`) or an account about a token."""
        if not self._is_app(call.token) and call.token not in self._accounts:
            return errors.BAD_TOKEN
        account = self._accounts.get(call.text("input_token"))
        if account is None:
            problem = {"code": 190, "message": "The access token cannot be read"}
            return {"data": {"is_valid": False, "scopes": [], "error": problem}}
        scopes = list(_SCOPES[account.login])
        return {
            "data": {
                "app_id": account.app,
                "type": "PAGE" if account.login == "facebook" else "USER",
                "application": account.app,
                "is_valid": True,
                "issued_at": int(now),
                "expires_at": int(now) + _LIFETIME_SECONDS if account.login == "instagram" else 0,
                "data_access_expires_at": int(now) + _LIFETIME_SECONDS,
                "user_id": account.scoped_id,
                "scopes": scopes,
                "granular_scopes": [{"scope": scope} for scope in scopes],
            }
        }

    def _proven(self, account: Account, call: Call, proof: str) -> bool:
        stamp = call.text("appsecret_time")
        proven = (f"{call.token}|{stamp}" if stamp else call.token).encode()
        return any(
            hmac.compare_digest(_proof(secret, proven), proof.encode())
            for secret in self._secrets.get(account.app, ())
        )

    def _is_app(self, token: str) -> bool:
        app, _, secret = token.partition("|")
        return any(
            hmac.compare_digest(known, secret.encode()) for known in self._secrets.get(app, ())
        )


def _proof(secret: bytes, proven: bytes) -> bytes:
    return hmac.digest(secret, proven, hashlib.sha256).hex().encode()
