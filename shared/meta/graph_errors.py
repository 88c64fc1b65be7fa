"""What a failed Graph call means: reads the error body and looks it up in the table.

Judged by code and subcode, never by text (it is localised) and by the HTTP status only where an
answer has no code, or a write one that nobody knows. Reads and writes differ: a write that failed
unclearly may have happened.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

import msgspec

from shared.meta.error_table import (
    AMBIGUOUS,
    AMBIGUOUS_WRITES,
    BY_CODE,
    BY_STATUS,
    BY_SUBCODE,
    BY_SUBCODE_ALONE,
    FLAG_DECIDES,
    REQUEST,
    RETRY,
    Bucket,
    Rule,
    Verdict,
)


@dataclass(frozen=True, slots=True)
class GraphError:
    """Why Graph did not do as asked; holds no message, since those may quote people or tokens."""

    verdict: Verdict
    code: int | None = None
    subcode: int | None = None
    is_transient: bool | None = None
    bucket: Bucket | None = None
    wait: timedelta | None = None
    retries: int = 0
    trace_id: str | None = None


@dataclass(frozen=True, slots=True)
class _Said:
    """What an error body says of itself, as far as it could be read."""

    code: int | None = None
    subcode: int | None = None
    is_transient: bool | None = None
    trace_id: str | None = None
    status: int | None = None


def read_error(status: int, body: bytes) -> GraphError:
    """What the failure of a read means; `body` may be anything (platform §7.2)."""
    return judge_read(status, _parse(body))


def write_error(status: int, body: bytes) -> GraphError:
    """What the failure of a write means: it is `ambiguous` unless Graph surely did nothing."""
    return judge_write(status, _parse(body))


def judge_write(status: int, answer: object) -> GraphError:
    """`write_error` for a body that is decoded already."""
    said = _listen(answer)
    return _judged(said, _write_rule(said, said.status or status))


def judge_read(status: int, answer: object) -> GraphError:
    """`read_error` for a body that is decoded already."""
    said = _listen(answer)
    return _judged(said, _read_rule(said, said.status or status))


def is_error(answer: object) -> bool:
    """Whether a decoded body is an error: Graph sends some under HTTP 200 (platform §7.2)."""
    if not isinstance(answer, dict):
        return False
    return answer.get("error") is not None or "error_message" in answer


def _parse(body: bytes) -> object:
    try:
        return msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _listen(answer: object) -> _Said:
    if not isinstance(answer, dict):
        return _Said()
    error = answer.get("error")
    if isinstance(error, dict):
        flag, trace = error.get("is_transient"), error.get("fbtrace_id")
        return _Said(
            code=_number(error.get("code")),
            subcode=_number(error.get("error_subcode")),
            is_transient=flag if isinstance(flag, bool) else None,
            trace_id=trace[:64] if isinstance(trace, str) else None,
        )
    if "error_message" in answer:  # the token endpoints, whose `code` is an HTTP status
        return _Said(status=_number(answer.get("code")))
    return _Said()


def _number(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if abs(value) < 2**53 else None
    if isinstance(value, str) and len(value) < 16 and value.isascii():
        return int(value) if value.removeprefix("-").isdigit() else None
    return None


def _known(said: _Said) -> Rule | None:
    if said.subcode is not None:
        if said.code is not None and (rule := BY_SUBCODE.get((said.code, said.subcode))):
            return rule
        if rule := BY_SUBCODE_ALONE.get(said.subcode):
            return rule
    return None if said.code is None else BY_CODE.get(said.code)


def _read_rule(said: _Said, status: int) -> Rule:
    rule = _known(said)
    if rule is None:
        rule = _by_status(status) if said.code is None else REQUEST
    if said.is_transient is True and rule.verdict in FLAG_DECIDES:
        return RETRY
    if said.is_transient is False and said.code == 1 and rule is RETRY:
        return REQUEST
    return rule


def _write_rule(said: _Said, status: int) -> Rule:
    if said.code is None:
        by_status = _by_status(status)
        return AMBIGUOUS if by_status is RETRY else by_status
    if (said.code, said.subcode) in AMBIGUOUS_WRITES:
        return AMBIGUOUS
    unknown = AMBIGUOUS if _by_status(status) is RETRY else REQUEST
    rule = _known(said) or unknown
    if rule is RETRY or said.code == 1:
        return AMBIGUOUS
    if said.is_transient is True and rule.verdict in FLAG_DECIDES:
        return AMBIGUOUS
    return replace(rule, retries=0)


def _by_status(status: int) -> Rule:
    return RETRY if status >= 500 or status < 300 else BY_STATUS.get(status, REQUEST)


def _judged(said: _Said, rule: Rule) -> GraphError:
    return GraphError(
        verdict=rule.verdict,
        code=said.code,
        subcode=said.subcode,
        is_transient=said.is_transient,
        bucket=rule.bucket,
        wait=rule.wait,
        retries=rule.retries,
        trace_id=said.trace_id,
    )
