"""Rules as data: what a rule set says, as it is written in YAML and kept as JSON in Postgres.

Nothing here is compiled or applied. Unknown words are refused, so that a slip of the pen is told at
import and not found out in production.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

Mode = Literal["observe", "enforce"]
RuleKind = Literal["comment", "live-comment", "mention", "message"]
"""What rules judge; a postback counts as a message."""

Positive = Annotated[int, Meta(ge=1)]
Share = Annotated[float, Meta(ge=0, le=1)]
Name = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}\Z")]
Hours = Annotated[float, Meta(gt=0, le=24 * 366)]
Score = Annotated[float, Meta(ge=-100, le=100)]


class Form(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What all parts of a rule set have in common."""


class Scope(Form, frozen=True):
    """What a rule looks at; what is empty does not narrow. A comment on an ad counts as one on
    `media_id` and as one on the post the ad was made from (pitfalls B14)."""

    platforms: tuple[Literal["instagram", "page"], ...] = ()
    kinds: tuple[RuleKind, ...] = ()
    media: tuple[str, ...] = ()
    traffic: Literal["any", "organic", "ad"] = "any"
    languages: tuple[str, ...] = ()


class Words(Form, frozen=True):
    """Any of these words or phrases, whatever the case; `lists` names lists of the set.

    `whole` looks for whole words, else also inside of others. `disguised` looks at the text's
    folded skeleton as well, so that `f.r.e.e f0llowers` is found.
    """

    of: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    whole: bool = True
    disguised: bool = True


class Pattern(Form, frozen=True):
    """A regular expression in RE2's dialect, sought anywhere in the text; case counts unless told
    otherwise."""

    re: str
    ignore_case: bool = True
    disguised: bool = False


class Links(Form, frozen=True):
    """A link to any domain that is not `allowed`; with `blocked` only to those. Subdomains count as
    their domain."""

    allowed: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()


class Range(Form, frozen=True):
    """A number from `least` to `most`, both included."""

    least: int = 0
    most: int | None = None


class Repeats(Form, frozen=True):
    """At least `times` texts that are the same (or `near`ly so), this one among them, within
    `hours`; by this person, or by `anyone`."""

    times: Annotated[int, Meta(ge=2, le=1000)]
    hours: Hours
    by: Literal["person", "anyone"] = "person"
    near: bool = False


class Offender(Form, frozen=True):
    """Somebody whom rules hit at least `times` within `hours` before. `rules` names those that
    count, also while they only observe; without, it is events that were hidden or deleted, or for
    which their author was blocked."""

    times: Positive
    hours: Hours
    rules: tuple[Name, ...] = ()


class Scored(Form, frozen=True):
    """The scorer named `by` gives at least `least`."""

    least: Share
    by: Name = "toxicity"


class Condition(Form, frozen=True):
    """Holds when every field that is given holds; one without any holds always."""

    all: tuple["Condition", ...] | None = None
    any: tuple["Condition", ...] | None = None
    none: tuple["Condition", ...] | None = None
    words: Words | None = None
    pattern: Pattern | None = None
    links: Links | None = None
    mentions: Range | None = None
    length: Range | None = None
    emoji_only: bool | None = None
    has_text: bool | None = None
    languages: tuple[str, ...] | None = None
    repeats: Repeats | None = None
    first_contact: bool | None = None
    authors: tuple[str, ...] | None = None
    offender: Offender | None = None
    reply_to_us: bool | None = None
    story_reply: bool | None = None
    story_mention: bool | None = None
    ad: bool | None = None
    edited: bool | None = None
    score: Scored | None = None


class Texts(Form, frozen=True):
    """Variants of a text; the person decides which, so that a repeated run says the same.

    `{name}` stands for a variable, `{name|there}` for one with a default: username, name, account,
    link.
    """

    texts: Annotated[tuple[str, ...], Meta(min_length=1, max_length=50)]


class Delete(Form, frozen=True):
    """Hide at once, delete after `after_hours`; until then it can be undone."""

    after_hours: Annotated[float, Meta(ge=0, le=24 * 30)] = 24.0


class Queue(Form, frozen=True):
    """Show it to a person, with a note."""

    note: Annotated[str, Meta(max_length=200)] = ""


class Deeds(Form, frozen=True):
    """What a rule does; `score` adds to the event's score, which `Bands` turns into deeds."""

    hide: bool = False
    delete: Delete | None = None
    block: bool = False
    reply: Texts | None = None
    private_reply: Texts | None = None
    message: Texts | None = None
    tags: tuple[Name, ...] = ()
    queue: Queue | None = None
    score: Score | None = None


class Caps(Form, frozen=True):
    """How often a rule may act; beyond, it only observes."""

    per_hour: Positive | None = None
    per_person_a_day: Positive | None = None
    per_thread: Positive | None = None


Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


Clock = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z")]


class Window(Form, frozen=True):
    """When a rule works: local time in `zone`, from `start` up to `end`, past midnight when `end`
    comes first; the same for both is the whole day. `days` are those on which it starts."""

    zone: str
    start: Clock = "00:00"
    end: Clock = "00:00"
    days: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Rule(Form, frozen=True):
    """One rule. With `stop`, a match ends the judgement of its stage."""

    name: Name
    note: str = ""
    enabled: bool = True
    mode: Mode = "observe"
    scope: Scope = Scope()
    when: Condition = Condition()
    then: Deeds = Deeds()
    stop: bool = False
    caps: Caps = Caps()
    window: Window | None = None


class People(Form, frozen=True):
    """Ids or usernames of those whom no rule touches, and of those whose comments are hidden."""

    allowed: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()


class Bands(Form, frozen=True):
    """From which sum of scores on a comment is hidden, and from which it is queued for a person, as
    is what cannot be hidden. Scores of rules that only observe lead to nothing."""

    hide: float | None = None
    queue: float | None = None
    mode: Mode = "observe"


class RuleSet(Form, frozen=True):
    """The rules of one account, or of all.

    `lists` are long lists of words by name. Rules keep out of a thread for `quiet_hours` after a
    person of ours has answered there. They answer one person at most `turns_an_hour` times, in
    whichever way, so that two bots do not talk for ever (pitfalls B2). `events_older_than_hours` is
    what counts as backlog, which triggers nothing (pitfalls B43).
    """

    format: Literal[1] = 1
    rules: tuple[Rule, ...] = ()
    people: People = People()
    lists: dict[Name, tuple[str, ...]] = {}
    bands: Bands = Bands()
    quiet_hours: Annotated[float, Meta(ge=0, le=24 * 30)] = 12.0
    turns_an_hour: Positive = 3
    events_older_than_hours: Hours = 24.0
