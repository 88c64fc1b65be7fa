"""W3C trace context, which follows an event from topic to topic
(https://www.w3.org/TR/trace-context/)."""

import random
import re

_TRACE = re.compile(rb"00-([0-9a-f]{32})-[0-9a-f]{16}-([0-9a-f]{2})")


def fresh() -> bytes:
    """A trace that nobody watches: it only tells what belongs together."""
    digits = random.getrandbits(192).to_bytes(24, "big").hex()
    return f"00-{digits[:32]}-{digits[32:]}-00".encode()


def sampled(traceparent: bytes | None) -> bool:
    """Whether somebody watches the trace; further flags do not matter."""
    found = _TRACE.fullmatch(traceparent or b"")
    return found is not None and bool(int(found[2], 16) & 1)


def following(traceparent: bytes | None) -> bytes:
    """The next span of the trace in `traceparent`; a new one, if it is none."""
    found = _TRACE.fullmatch(traceparent or b"")
    if found is None:
        return fresh()
    return b"00-%b-%016x-%b" % (found[1], random.getrandbits(64), found[2])
