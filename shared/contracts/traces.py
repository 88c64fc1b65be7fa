"""W3C trace context, which follows an event from topic to topic
(https://www.w3.org/TR/trace-context/)."""

import random
import re

_TRACE = re.compile(rb"00-([0-9a-f]{32})-[0-9a-f]{16}-([0-9a-f]{2})")


def following(traceparent: bytes | None) -> bytes:
    """The next span of the trace in `traceparent`; a new one that nobody watches, if it is none."""
    span = random.getrandbits(64)
    found = _TRACE.fullmatch(traceparent or b"")
    if found is None:
        return b"00-%032x-%016x-00" % (random.getrandbits(128), span)
    return b"00-%b-%016x-%b" % (found[1], span, found[2])
