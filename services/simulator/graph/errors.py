"""What the Graph API says when it does not do as asked, in words of ours (platform §7.2, §7.3)."""

import hashlib
from dataclasses import dataclass
from typing import Any

from services.simulator.accounts import Login

_ALWAYS_OAUTH = frozenset({102, 190})


@dataclass(frozen=True, slots=True)
class Failure:
    """One error; `transient` is left out of the body when it is None."""

    code: int
    message: str
    subcode: int | None = None
    status: int = 400
    type: str = "OAuthException"
    transient: bool | None = None

    def body(self, login: Login, call: int) -> dict[str, Any]:
        """The error body; graph.instagram.com often names another type."""
        kind = self.type
        if login == "instagram" and self.code not in _ALWAYS_OAUTH:
            kind = "IGApiException"
        error: dict[str, Any] = {"message": self.message, "type": kind, "code": self.code}
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        if self.transient is not None:
            error["is_transient"] = self.transient
        error["fbtrace_id"] = "A" + hashlib.sha256(str(call).encode()).hexdigest()[:22]
        return {"error": error}


BAD_TOKEN = Failure(190, "The access token is missing or cannot be read")
WRONG_PROOF = Failure(100, "The appsecret_proof does not fit", type="GraphMethodException")
NO_PROOF = Failure(100, "Calls need an appsecret_proof", type="GraphMethodException")
IDS_REMOVED = Failure(100, "(#100) The parameter ids is not supported any more")
SYNTAX = Failure(2500, "The fields could not be read")
NO_BATCH = Failure(100, "(#100) Batch requests are not supported here")
BATCH_UNREADABLE = Failure(100, "The batch could not be read", type="GraphBatchException")
BATCH_TOO_LARGE = Failure(100, "Maximum batch size is 50", type="GraphBatchException")
UNKNOWN_PATH = Failure(2500, "No such path")
NO_CONSENT = Failure(230, "(#230) The person has not agreed to be looked up", status=403)
NO_SUCH_PERSON = Failure(9010, "(#9010) No matching user", status=400)
HIDDEN = Failure(100, "(#100) The comment is hidden")
LIVE = Failure(100, "(#100) Not possible for live comments")
OWN = Failure(100, "(#100) Own comments cannot be hidden")
NO_MESSAGE = Failure(100, "(#100) The parameter message is required")
NO_RECIPIENT = Failure(100, "(#100) The parameter recipient is required")
BAD_MESSAGE = Failure(100, "(#100) The message is missing, too long or of no known shape", 2534015)
RETIRED_TAG = Failure(100, "(#100) The message tag is not supported")
NO_INSTAGRAM_PERSON = Failure(100, "(#100) No matching user", 2534014)
NO_PAGE_PERSON = Failure(100, "(#100) No matching user", 2018001)
WINDOW_CLOSED = Failure(10, "(#10) Outside of the allowed window", 2534022, status=403)
NO_PRIVATE_REPLY = Failure(100, "(#100) Not valid for a private reply", 2534025)
FORMAT = Failure(20, "Response format is not supported", 1772107)


def missing(id_: str, what: str = "get") -> Failure:
    """There is no such object, or the token may not see it: Meta does not say which."""
    message = f"Unsupported {what} request: object {id_[:64]!r} does not exist or is not permitted"
    return Failure(100, message, 33, type="GraphMethodException")


def no_field(name: str) -> Failure:
    """A field was asked for that such an object does not have."""
    return Failure(100, f"(#100) Tried accessing nonexisting field ({name[:64]})")


_THROTTLED = {
    4: ("(#4) Application request limit reached", 403),
    17: ("(#17) User request limit reached", 400),
    32: ("(#32) Page request limit reached", 403),
    613: ("(#613) Too many calls to this API", 400),
    80001: ("(#80001) Too many calls for this Page", 400),
    80002: ("(#80002) Too many calls for this Instagram account", 400),
    80006: ("(#80006) Too many calls to this messaging account", 400),
}


def throttled(code: int, subcode: int | None = None) -> Failure:
    """One of the limits of platform §7.1 is reached."""
    message, status = _THROTTLED[code]
    return Failure(code, message, subcode, status=status, transient=True)
