"""What was found of the events that were sent, in each of the places they have to get to."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import cast

import msgspec
from confluent_kafka import Message

from shared import topics
from shared.contracts.dead import DeadLetter, read_letter
from shared.contracts.records import Position, Record
from tests.system.ledger import Ledger
from tests.system.poison import POISON
from tests.system.reading import GROUPS, Groups, position_of, read, rows
from tests.system.traffic import Traffic


class _Raw(msgspec.Struct):
    id: str
    item: msgspec.Raw


class _Enriched(msgspec.Struct):
    event: _Raw


_decode_raw = msgspec.json.Decoder(_Raw).decode
_decode_enriched = msgspec.json.Decoder(_Enriched).decode


class Place:
    """One place: how often each event was seen there, and what is there that should not be."""

    def __init__(self, name: str, known: "Known") -> None:
        self.name = name
        self.copies = bytearray(known.sent)
        self.again: Counter[str] = Counter()
        self.changed: list[str] = []
        self.strangers: list[str] = []
        self._known = known

    def see(self, id_: str, item: bytes, topic: str = "", raw: str = "") -> int | None:
        """Count one copy, which was in `topic`, whose raw twin is `raw`; its event's number, unless
        it is a stranger."""
        number = self._known.numbers.get(id_)
        event = self._known.traffic.event(number) if number is not None else None
        if number is None or event is None or raw not in ("", event.topic.name):
            self.strangers.append(id_)
            return None
        if event.item.encode() != item:
            self.changed.append(id_)
        if self.copies[number]:
            self.again[topic] += 1
        self.copies[number] = min(255, self.copies[number] + 1)
        return number


class Known:
    """The events that were sent, by id."""

    def __init__(self, traffic: Traffic, sent: int) -> None:
        self.traffic = traffic
        self.sent = sent
        self.numbers = {traffic.event(number).id: number for number in range(sent)}


@dataclass(kw_only=True)
class Sightings:
    """`passed_by` are records below a group's committed offset that it neither handled nor
    buried."""

    raw: Place
    enriched: Place
    postgres: Place
    letters: dict[tuple[str, int, int], list[DeadLetter]] = field(default_factory=dict)
    buried_poison: set[bytes] = field(default_factory=set)
    passed_by: list[str] = field(default_factory=list)


async def look(kafka: str, database: str, traffic: Traffic, ledger: Ledger) -> Sightings:
    """Read everything, once it has come to rest."""
    known = Known(traffic, ledger.sent)
    found = Sightings(
        raw=Place("raw topics", known),
        enriched=Place("enriched topics", known),
        postgres=Place("Postgres", known),
    )
    # Before all else: what is committed now must have had its effect before.
    groups = Groups(kafka)
    committed = {group: groups.committed(group) for group in GROUPS}
    async for id_, item in rows(database):
        found.postgres.see(id_, item)
    await asyncio.to_thread(_read_topics, found, kafka, committed)
    return found


def _read_topics(
    found: Sightings, kafka: str, committed: Mapping[str, dict[Position, int]]
) -> None:
    _read_dead(found, kafka)
    for raw, enriched in zip(topics.RAW[:3], topics.ENRICHED, strict=True):
        _read_enriched(found, read(kafka, enriched.name), raw, committed["persister"])
    for raw in topics.RAW:
        reader = "persister" if raw is topics.OTHER else "enricher"
        _read_raw(found, read(kafka, raw.name), raw, committed[reader])


def _read_dead(found: Sightings, kafka: str) -> None:
    for topic in topics.DEAD:
        for message in read(kafka, topic.name):
            letter = _letter(message)
            if letter is not None:
                at = (letter.topic, letter.partition, letter.offset)
                found.letters.setdefault(at, []).append(letter)
            if (value := message.value() or b"").startswith(POISON):
                found.buried_poison.add(value)


def _letter(message: Message) -> DeadLetter | None:
    headers = cast("list[tuple[str, bytes]]", message.headers() or [])  # annotated as a dict too
    place, offset = position_of(message)
    return read_letter(Record(*place, offset, 0, None, None, headers))


def _read_enriched(
    found: Sightings, messages: Iterable[Message], raw: topics.Topic, committed: dict[Position, int]
) -> None:
    for message in messages:
        event = _decode_enriched(message.value() or b"").event
        number = found.enriched.see(event.id, bytes(event.item), message.topic() or "", raw.name)
        handled = number is not None and found.postgres.copies[number]
        _check(found, message, committed, event.id, handled=bool(handled))


def _read_raw(
    found: Sightings, messages: Iterable[Message], raw: topics.Topic, committed: dict[Position, int]
) -> None:
    effect = found.postgres if raw is topics.OTHER else found.enriched
    for message in messages:
        value = message.value() or b""
        if value.startswith(POISON):
            _check(found, message, committed, value.decode(), handled=False)
            continue
        event = _decode_raw(value)
        number = found.raw.see(event.id, bytes(event.item), raw.name, raw.name)
        handled = number is not None and effect.copies[number]
        _check(found, message, committed, event.id, handled=bool(handled))


def _check(
    found: Sightings, message: Message, committed: dict[Position, int], what: str, *, handled: bool
) -> None:
    place, offset = position_of(message)
    if not handled and offset < committed.get(place, 0) and (*place, offset) not in found.letters:
        found.passed_by.append(f"{place.topic}[{place.partition}]@{offset} {what}")
