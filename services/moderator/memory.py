"""What one account's rules remember: contacts, sayings, hits, and where people of ours answered.

The shell loads the slice that a batch needs, the judge asks, and `note` adds what was judged, so
that the events of a batch, and those of a backtest, which begins with nothing, know of each other.
The events' own times order all of it. Nothing asked about an event counts that event.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from services.moderator.decision import Decision, Held
from services.moderator.facts import Facts
from services.moderator.fingerprints import bands
from services.moderator.history import (
    ANSWERS,
    NOTHING,
    PUNISHMENTS,
    Hit,
    Past,
    Saying,
    hits_of,
    is_contact,
    is_takeover,
    own_comment_of,
    saying_of,
)
from services.moderator.rules import Caps, Offender, Repeats
from services.moderator.timeline import Moment, Timeline
from services.moderator.wording import Text

NEAR_BITS = 3
_64_BITS = (1 << 64) - 1  # of signed numbers, as Postgres has them
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_SWEEPS = 8
"""Within one horizon; each costs as much as there is."""


@lru_cache(maxsize=1024)
def _hours(hours: float) -> timedelta:
    return timedelta(hours=hours)


def _whom(said: Facts | Hit) -> str:
    """The person, or, where Meta does not say who it was, the thread."""
    return said.person_id or said.thread


class Memory:
    """The memory of one account; what is older than `horizon` is forgotten."""

    def __init__(self, horizon: timedelta, past: Past = NOTHING) -> None:
        self._horizon = horizon
        self._newest = self._swept = datetime.min.replace(tzinfo=UTC)
        self._noted: dict[str, datetime] = {}
        self._contacts = dict(past.contacts)
        self._takeovers = dict(past.takeovers)
        self._own_comments = set(past.own_comments)
        self._blocked = set(past.blocked)
        self._automatic = past.automatic
        self._same: Timeline[tuple[int, str | None]] = Timeline()
        self._alike: Timeline[tuple[int, str | None]] = Timeline()
        self._in_band: dict[int, set[int]] = {}
        self._hits: Timeline[tuple[str, ...]] = Timeline()
        for saying in past.sayings:
            self._add_saying(saying)
        for hit in past.hits:
            self._add_hit(hit)

    def first_contact(self, facts: Facts) -> bool:
        """Whether nothing was heard of this person before; of nobody in particular, never."""
        if facts.person_id is None:
            return False
        return self._contacts.get(facts.person_id, facts.event_id) == facts.event_id

    def repeats(self, facts: Facts, text: Text, repeats: Repeats) -> int:
        """How often this was said, this time among them; an edit is none."""
        this = 0 if facts.edited else 1
        person = facts.person_id if repeats.by == "person" else None
        if not text.folded or (person is None and repeats.by == "person"):
            return this
        after, but = facts.occurred_at - _hours(repeats.hours), self._moment(facts)
        if not repeats.near:
            return this + self._same.count((text.hash, person), after, but)
        return this + sum(
            self._alike.count((simhash, person), after, but) for simhash in self._near(text.simhash)
        )

    def hits(self, facts: Facts, offender: Offender) -> int:
        """How many hits of this person there were; where no rules are named, how many events that
        were hidden or deleted, or got their author blocked."""
        person = facts.person_id
        if person is None:
            return 0
        named: list[tuple[str, ...]] = [("hit", rule, person) for rule in offender.rules]
        keys = named or [("punished", person)]
        after = facts.occurred_at - _hours(offender.hours)
        return sum(self._hits.count(key, after, self._moment(facts)) for key in keys)

    def replies_to_us(self, facts: Facts) -> bool:
        """Whether it stands below a comment of the account itself."""
        return facts.parent_id in self._own_comments

    def ours(self, facts: Facts) -> bool:
        """Whether we made it, although the event does not say so (pitfalls B1)."""
        id_ = facts.comment_id or facts.message_id
        return id_ is not None and (id_ in self._own_comments or id_ in self._automatic)

    def blocked(self, facts: Facts) -> bool:
        """Whether the author is on our own list of blocked people."""
        return facts.person_id in self._blocked

    def capped(self, facts: Facts, rule: str, caps: Caps) -> Held | None:
        """The cap that keeps `rule` from acting again."""
        now, whom = facts.occurred_at, _whom(facts)
        limits: tuple[tuple[Held, int | None, tuple[str, ...], datetime], ...] = (
            ("rule_cap", caps.per_hour, ("did", rule), now - _HOUR),
            ("person_cap", caps.per_person_a_day, ("did-to", rule, whom), now - _DAY),
            ("thread_cap", caps.per_thread, ("did-in", rule, facts.thread), now - self._horizon),
        )
        for held, most, key, after in limits:
            if most is not None and self._hits.count(key, after, self._moment(facts)) >= most:
                return held
        return None

    def taken_over(self, facts: Facts, hours: float) -> bool:
        """Whether a person of ours answered in this thread, or wrote to this person, of late."""
        after = facts.occurred_at - _hours(hours)
        answered = (self._takeovers.get(where or "") for where in (facts.thread, facts.person_id))
        return any(at is not None and at > after for at in answered)

    def turns(self, facts: Facts) -> int:
        """How often rules answered this person within the hour."""
        key = ("answered", _whom(facts))
        return self._hits.count(key, facts.occurred_at - _HOUR, self._moment(facts))

    def note(self, facts: Facts, text: Text, decision: Decision) -> None:
        """Remember the event and what was decided about it, once however often it comes."""
        if facts.event_id in self._noted:
            return
        self._noted[facts.event_id] = facts.occurred_at
        if is_contact(facts) and facts.person_id is not None:
            self._contacts.setdefault(facts.person_id, facts.event_id)
        if (saying := saying_of(facts, text)) is not None:
            self._add_saying(saying)
        for hit in hits_of(facts, decision):
            self._add_hit(hit)
        self._note_ours(facts)
        self._blocked.update(
            action.person_id
            for action in decision.actions
            if action.kind == "block" and action.person_id is not None
        )
        self._sweep(facts.occurred_at)

    def _note_ours(self, facts: Facts) -> None:
        if (comment_id := own_comment_of(facts)) is not None:
            self._own_comments.add(comment_id)
        if is_takeover(facts, self._automatic):
            known = self._takeovers.get(facts.thread, facts.occurred_at)
            self._takeovers[facts.thread] = max(known, facts.occurred_at)

    def _add_saying(self, saying: Saying) -> None:
        self._noted.setdefault(saying.event_id, saying.at)
        moment = (saying.at, saying.event_id)
        for band in bands(saying.simhash):
            self._in_band.setdefault(band, set()).add(saying.simhash)
        for person in {None, saying.person_id}:
            self._same.add((saying.text_hash, person), moment)
            self._alike.add((saying.simhash, person), moment)

    def _add_hit(self, hit: Hit) -> None:
        self._noted.setdefault(hit.event_id, hit.at)
        rule, whom, moment = hit.rule, _whom(hit), (hit.at, hit.event_id)
        keys: list[tuple[str, ...]] = [("hit", rule, whom)]
        if hit.kinds:
            keys += [("did", rule), ("did-to", rule, whom), ("did-in", rule, hit.thread)]
        if not PUNISHMENTS.isdisjoint(hit.kinds):
            keys += [("punished", whom)]
        if not ANSWERS.isdisjoint(hit.kinds):
            keys += [("answered", whom)]
        for key in keys:
            self._hits.add(key, moment)

    def _near(self, simhash: int) -> set[int]:
        return {
            other
            for band in bands(simhash)
            for other in self._in_band.get(band, ())
            if ((other ^ simhash) & _64_BITS).bit_count() <= NEAR_BITS
        }

    def _moment(self, facts: Facts) -> Moment | None:
        at = self._noted.get(facts.event_id)
        return None if at is None else (at, facts.event_id)

    def _sweep(self, at: datetime) -> None:
        self._newest = max(self._newest, at)
        if self._newest - self._swept < self._horizon / _SWEEPS:
            return
        self._swept = self._newest
        before = self._newest - self._horizon
        for timeline in (self._same, self._alike, self._hits):
            timeline.forget(before)
        self._noted = {id_: at for id_, at in self._noted.items() if at >= before}
        self._takeovers = {where: at for where, at in self._takeovers.items() if at >= before}
        kept = {
            band: {simhash for simhash in simhashes if (simhash, None) in self._alike}
            for band, simhashes in self._in_band.items()
        }
        self._in_band = {band: simhashes for band, simhashes in kept.items() if simhashes}
