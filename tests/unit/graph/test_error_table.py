"""The error table, row by row as platform §7.3 has it, and bodies of every shape."""

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.meta.graph_errors import is_error, read_error, write_error


def body(code: object, subcode: object = None, **more: object) -> bytes:
    """An error as Graph writes it."""
    error = {"message": "Etwas ging schief", "type": "OAuthException", "code": code, **more}
    if subcode is not None:
        error["error_subcode"] = subcode
    return json.dumps({"error": error}).encode()


ROWS = [
    (1, None, "retry"),
    (1, 99, "forbidden"),
    (1, 1357046, "retry"),
    (2, None, "retry"),
    (2, 1545133, "retry"),
    (2, 2018344, "config"),
    (-1, 2207001, "retry"),
    (-2, 2207003, "retry"),
    (3, None, "config"),
    (4, None, "wait"),
    (4, 2207051, "pause"),
    (9, 2207042, "wait"),
    (10, None, "forbidden"),
    (10, 2534022, "window"),
    (10, 2018278, "window"),
    (10, 2018065, "window"),
    (10, 2018108, "recipient"),
    (10, 1893063, "pause"),
    (10, 2534077, "reauthenticate"),
    (17, None, "wait"),
    (32, None, "wait"),
    (20, 1772107, "request"),
    (24, 2207006, "gone"),
    (24, 2207008, "later"),
    (25, 2207050, "pause"),
    (100, None, "request"),
    (100, 33, "gone"),
    (100, 2018001, "recipient"),
    (100, 2534013, "config"),
    (100, 2534014, "recipient"),
    (100, 2534015, "request"),
    (100, 2534025, "used"),
    (100, 2534029, "pause"),
    (100, 2534037, "later"),
    (100, 2018300, "later"),
    (10, 2018321, "later"),
    (100, 2534068, "config"),
    (100, 2018008, "content"),
    (100, 2018047, "content"),
    (100, 2018294, "content"),
    (100, 2018109, "content"),
    (102, None, "reauthenticate"),
    (190, None, "reauthenticate"),
    (190, 458, "disconnected"),
    (190, 459, "reauthenticate"),
    (190, 460, "reauthenticate"),
    (190, 461, "reauthenticate"),
    (190, 463, "reauthenticate"),
    (190, 464, "reauthenticate"),
    (190, 467, "reauthenticate"),
    (190, 492, "reauthenticate"),
    (200, None, "reauthenticate"),
    (299, None, "reauthenticate"),
    (230, None, "forbidden"),
    (200, 1545041, "recipient"),
    (551, 1545041, "recipient"),
    (200, 2534041, "pause"),
    (200, 2018028, "config"),
    (341, None, "wait"),
    (352, 2207026, "content"),
    (36000, None, "content"),
    (36004, None, "content"),
    (9004, 2207052, "content"),
    (100, 2207010, "content"),
    (368, None, "pause"),
    (506, None, "request"),
    (551, None, "recipient"),
    (613, None, "wait"),
    (613, 1996, "wait"),
    (613, 2534040, "wait"),
    (613, 2018338, "pause"),
    (2022, None, "pause"),
    (9007, 2207027, "later"),
    (803, None, "gone"),
    (-2, 2207020, "renew"),
    (-1, 2207032, "renew"),
    (-1, 2207053, "renew"),
    (80001, None, "wait"),
    (80002, None, "wait"),
    (80006, None, "wait"),
    (10900, None, "used"),
    (10903, None, "recipient"),
    (36103, None, "later"),
    (9000001, None, "gone"),
    (2500, None, "request"),
    (9010, None, "recipient"),
    (100, 2534001, "gone"),
    (424242, None, "request"),
]


@pytest.mark.parametrize(("code", "subcode", "verdict"), ROWS)
def test_row(code: int, subcode: int | None, verdict: str) -> None:
    """Each row of the table is judged as it says, whatever the HTTP status."""
    for status in (200, 400, 403, 500):
        assert read_error(status, body(code, subcode)).verdict == verdict


@pytest.mark.parametrize(
    ("code", "subcode", "bucket"),
    [
        (4, None, "app"),
        (341, None, "app"),
        (613, 1996, "app"),
        (17, None, "token"),
        (32, None, "token"),
        (613, None, "account"),
        (613, 2534040, "account"),
        (80002, None, "account"),
        (9, 2207042, "account"),
    ],
)
def test_bucket(code: int, subcode: int | None, bucket: str) -> None:
    """A throttle says whom it concerns and for how long at least."""
    error = read_error(400, body(code, subcode))
    assert error.bucket == bucket
    assert error.wait
    assert error.wait > timedelta()


def test_policy_block_lasts_hours() -> None:
    """A block for policy is waited out for hours, not retried."""
    error = read_error(400, body(368))
    assert error.wait
    assert error.wait >= timedelta(hours=1)


@pytest.mark.parametrize(
    ("code", "subcode"),
    [(1, None), (1, 99), (1, 1357046), (1, 5), (2, None), (-1, 2207001), (20, 1772107)],
)
def test_ambiguous_write(code: int, subcode: int | None) -> None:
    """A write that may have happened is never to be repeated blindly."""
    error = write_error(500, body(code, subcode))
    assert (error.verdict, error.retries) == ("ambiguous", 0)


@pytest.mark.parametrize("status", [200, 408, 500, 502])
def test_write_without_code(status: int) -> None:
    """A write that failed without a reason may have happened."""
    assert write_error(status, b"<html>").verdict == "ambiguous"


def test_write_refused() -> None:
    """What Graph refuses for a reason did not happen."""
    assert write_error(400, body(10, 2534022)).verdict == "window"
    assert write_error(400, b"").verdict == "request"
    assert write_error(400, body(424242)).verdict == "request"
    assert write_error(500, body(424242)).verdict == "ambiguous"
    assert write_error(200, body(424242)).verdict == "ambiguous"


def test_passing_fault_of_a_write() -> None:
    """A fault that Graph calls passing leaves open whether the write happened."""
    assert write_error(400, body(100, is_transient=True)).verdict == "ambiguous"


def test_transient_flag() -> None:
    """A passing fault is no revoked token; code 1 that won't pass is not tried again."""
    assert read_error(400, body(190, is_transient=True)).verdict == "retry"
    assert read_error(500, body(1, is_transient=False)).verdict == "request"
    assert read_error(500, body(2, is_transient=False)).verdict == "retry"
    assert read_error(400, body(9007, 2207027, is_transient=False)).verdict == "later"
    assert read_error(400, body(4, is_transient=True)).verdict == "wait"


def test_permissions_are_tried_once_more() -> None:
    """Code 1/99 is permanent after one more try."""
    assert read_error(500, body(1, 99)).retries == 1


@pytest.mark.parametrize(
    ("status", "written", "verdict"),
    [
        (500, b"", "retry"),
        (502, b"<html>Bad gateway</html>", "retry"),
        (200, b'{"error":"something"}', "retry"),
        (400, b'{"error":"something"}', "request"),
        (400, b'{"error":{"message":"x"}}', "request"),
        (401, b"", "reauthenticate"),
        (403, b"no", "forbidden"),
        (404, b"<html>", "request"),
        (410, b"", "gone"),
        (429, b"", "wait"),
        (400, b'{"error_type":"OAuthException","code":400,"error_message":"x"}', "request"),
        (200, b'{"error_type":"OAuthException","code":"429","error_message":"x"}', "wait"),
        (400, body("190", "463"), "reauthenticate"),
        (400, body("80002"), "wait"),
        (400, body(True), "request"),
        (400, body(None), "request"),
        (400, body("x" * 30), "request"),
        (400, body("4x"), "request"),
        (400, body(10**400), "request"),
        (400, b"[1]", "request"),
        (400, b"[" * 100_000, "request"),
    ],
)
def test_shape(status: int, written: bytes, verdict: str) -> None:
    """Bodies of every shape are judged; the status counts only where there is no code."""
    assert read_error(status, written).verdict == verdict


def test_error_says_what_graph_said() -> None:
    """Code, subcode and trace id are kept, words are not."""
    error = read_error(400, body(190, 463, fbtrace_id="A1b"))
    assert (error.code, error.subcode, error.trace_id) == (190, 463, "A1b")
    assert "schief" not in repr(error)


def test_error_under_200() -> None:
    """An error is one under whichever status."""
    assert is_error({"error": {"code": 1}})
    assert is_error({"error": "x"})
    assert is_error({"error_message": "x"})
    assert not is_error({"id": "1", "error": None})
    assert not is_error([])


@given(st.integers(100, 599), st.binary(max_size=200))
def test_never_raises(status: int, written: bytes) -> None:
    """Any bytes under any status are judged."""
    assert read_error(status, written).verdict
    assert write_error(status, written).verdict
