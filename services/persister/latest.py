"""Merging what one batch says of the same person, media or conversation, by the rules that the
statements merge rows by: the order does not matter."""

from collections.abc import Callable, Hashable, Iterable
from datetime import datetime
from typing import NamedTuple, TypeVar

Key = tuple[str, str, str]
"""Platform, account, and Meta's id within it."""

Row = tuple[object, ...]
_Told = TypeVar("_Told", bound=Hashable)
_Dated = tuple[datetime | None, object]


def newest(
    told: Iterable[tuple[Key, _Told, datetime]], fields: Callable[[_Told], Row]
) -> list[Row]:
    """A row for each key: the key, for each field the newest value told, and when each was.

    In `fields`, None is "not told".
    """
    by_key: dict[Key, list[tuple[_Told, datetime]]] = {}
    for key, value, at in told:
        by_key.setdefault(key, []).append((value, at))
    return [_newest_row(key, of_key, fields) for key, of_key in by_key.items()]


def _newest_row(
    key: Key, told: list[tuple[_Told, datetime]], fields: Callable[[_Told], Row]
) -> Row:
    value, at = told[0]
    values = fields(value)
    if len(told) == 1:
        return (*key, *values, [None if value is None else at for value in values])
    best: list[_Dated] = [(None, None)] * len(values)
    for value, at in _latest(told).items():
        best = [
            _newer(known, (None if value is None else at, value))
            for known, value in zip(best, fields(value), strict=True)
        ]
    return (*key, *(value for _, value in best), [at for at, _ in best])


def _latest(told: list[tuple[_Told, datetime]]) -> dict[_Told, datetime]:
    """When each was told last: most say the same again."""
    latest: dict[_Told, datetime] = {}
    for value, at in told:
        known = latest.get(value)
        if known is None or at > known:
            latest[value] = at
    return latest


def _newer(one: _Dated, other: _Dated) -> _Dated:
    if one[0] is None or other[0] is None:
        return one if other[0] is None else other
    if one[0] != other[0]:
        return one if one[0] > other[0] else other
    return max(one, other, key=lambda dated: str(dated[1]))


class Turn(NamedTuple):
    """What one event, or several, tell of a conversation; `owned` with the time that was so."""

    people: tuple[str, ...]
    last_message_at: datetime | None
    last_inbound_at: datetime | None
    last_outbound_at: datetime | None
    read_until: datetime | None
    window_closes_at: datetime | None
    owned: tuple[datetime, bool]


def conversations(turns: Iterable[tuple[Key, Turn]]) -> list[Row]:
    """A row for each conversation."""
    merged: dict[Key, Turn] = {}
    for key, turn in turns:
        known = merged.get(key)
        merged[key] = turn if known is None else _joined(known, turn)
    return [
        (*key, min(people, default=None), *times, elsewhere, at)
        for key, (people, *times, (at, elsewhere)) in merged.items()
    ]


def _joined(one: Turn, other: Turn) -> Turn:
    return Turn(
        people=one.people + other.people,
        last_message_at=_later(one.last_message_at, other.last_message_at),
        last_inbound_at=_later(one.last_inbound_at, other.last_inbound_at),
        last_outbound_at=_later(one.last_outbound_at, other.last_outbound_at),
        read_until=_later(one.read_until, other.read_until),
        window_closes_at=_later(one.window_closes_at, other.window_closes_at),
        owned=max(one.owned, other.owned),
    )


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    if one is None or other is None:
        return one or other
    return max(one, other)
