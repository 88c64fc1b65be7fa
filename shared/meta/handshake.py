"""Meta's handshake: it asks whether a callback is ours before it delivers there (platform §1)."""

import hmac
from collections.abc import Iterable, Mapping

from shared.errors import Rejected


def answer_challenge(query: Mapping[str, str], verify_tokens: Iterable[bytes]) -> str:
    """The challenge, exactly as it came, if the query knows the verify token of one of our apps.

    Raises:
        Rejected: `wrong_verify_token` (403), also when the token or the mode is missing, so that
            strangers learn nothing; `no_challenge` (400) for who knows the token.
    """
    claimed = query.get("hub.verify_token", "").encode(errors="surrogatepass")
    known = [hmac.compare_digest(claimed, token) for token in verify_tokens if token]
    if not any(known) or query.get("hub.mode") != "subscribe":
        raise Rejected("wrong_verify_token", 403)
    challenge = query.get("hub.challenge")
    if not challenge:
        raise Rejected("no_challenge", 400)
    return challenge
