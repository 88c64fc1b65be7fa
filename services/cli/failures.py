"""Expected failures as one line that says what to do; whatever else escapes is a bug of ours."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from services.cli.screen import say
from shared.errors import Transient

_ADVICE = {
    "not_acknowledged": "Kafka did not acknowledge in time.",
}


def _reasons(exc: BaseException) -> Iterator[BaseException]:
    if isinstance(exc, BaseExceptionGroup):
        for inner in exc.exceptions:
            yield from _reasons(inner)
    else:
        yield exc


@contextmanager
def told() -> Iterator[None]:
    """Say what the world did wrong, and exit 1."""
    try:
        yield
    except Transient as exc:
        say(_ADVICE.get(exc.reason, f"Try again: {exc.reason}."))
        sys.exit(1)
