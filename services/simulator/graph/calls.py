"""A Graph call taken apart, and the answer before it is HTTP."""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

import msgspec

from services.simulator.accounts import Login

VERSION = "v26.0"
_VERSION = re.compile(r"v\d{1,3}\.\d+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One call on one of the two hosts; `base` is the host's address and version, for paging.

    `params` are of the query and the body together, the body's JSON values as they are.
    """

    login: Login
    method: str
    base: str
    path: tuple[str, ...]
    params: Mapping[str, Any] = field(repr=False)
    token: str = field(repr=False)

    def text(self, name: str) -> str:
        """A parameter as text, empty when it is missing."""
        value = self.params.get(name, "")
        if isinstance(value, bool):
            return "true" if value else "false"
        return value if isinstance(value, str) else msgspec.json.encode(value).decode()

    def object(self, name: str) -> dict[str, Any]:
        """A parameter that is an object, sent as JSON or as a form field that holds JSON."""
        value = self.params.get(name)
        if isinstance(value, str):
            value = decoded(value.encode())
        return value if isinstance(value, dict) else {}

    @property
    def digest(self) -> str:
        """The same for the same call, whoever proves to be who."""
        said = {name: value for name, value in self.params.items() if name not in _PROVING}
        asked = msgspec.json.encode([self.method, self.path, said], order="sorted")
        return hashlib.sha256(asked).hexdigest()

    def address(self, path: str, params: Mapping[str, str]) -> str:
        """The URL of a page of results; like Meta's, it holds the token."""
        query = {"access_token": self.token} | {
            name: value for name, value in params.items() if name != "access_token"
        }
        return f"{self.base}/{path}?{urlencode(query)}"

    def operation(self, method: str, relative_url: str, body: str) -> "Call":
        """One operation of a batch: it has the batch's token unless it names its own."""
        parts = urlsplit("//batch/" + relative_url.lstrip("/"))
        shared = {name: self.params[name] for name in _INHERITED if name in self.params}
        params = shared | _pairs(parts.query) | _pairs(body)
        token = str(params.get("access_token", self.token))
        if token != self.token:
            params = {name: value for name, value in params.items() if name not in _INHERITED}
        path = split_path(parts.path)[1]
        return replace(self, method=method, path=path, params=params, token=token)


_INHERITED = ("appsecret_proof", "appsecret_time")
_PROVING = ("access_token", *_INHERITED)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; a `body` of bytes is sent as it is, anything else as JSON, after the delay.

    `late` carries out what the call asked for and gives the right answer; whoever sends the reply
    calls it when the delay is over. Where `told`, this reply has been given by then, else that one
    is. `dropped` ends the connection in place of an answer.
    """

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_seconds: float = 0.0
    content_type: str = "application/json; charset=UTF-8"
    dropped: bool = False
    told: bool = True
    late: Callable[[], "Reply"] | None = None


def split_path(path: str) -> tuple[str, tuple[str, ...]]:
    """The version, which may be missing, and the segments after it."""
    segments = tuple(unquote(segment) for segment in path.split("/") if segment)
    if segments and _VERSION.fullmatch(segments[0]):
        return segments[0], segments[1:]
    return VERSION, segments


def read_params(query: str, content_type: str, body: bytes) -> dict[str, Any]:
    """The parameters of a request: those of the body win."""
    params: dict[str, Any] = _pairs(query)
    if "json" in content_type:
        found = decoded(body)
        return params | found if isinstance(found, dict) else params
    return params | _pairs(body.decode(errors="replace"))


def read_token(authorization: str, params: Mapping[str, Any]) -> str:
    """The token of a header (`Bearer` or `OAuth`) or of a parameter."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() in ("bearer", "oauth") and token:
        return token.strip()
    return str(params.get("access_token", ""))


def decoded(body: bytes) -> Any:  # noqa: ANN401 (JSON)
    """`body` as JSON; None when it is not."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _pairs(text: str) -> dict[str, Any]:
    return dict(parse_qsl(text, keep_blank_values=True))
