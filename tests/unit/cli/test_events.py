"""How records look to people and to programs."""

import json
from datetime import UTC, datetime

import msgspec
import pytest
from msgspec.structs import replace

from services.cli.events import describe, document, line
from services.cli.letters import Letter, open_letters, resolution
from shared.contracts.actions import Action, Outcome
from shared.contracts.dead import DeadLetter, bury
from shared.contracts.enriched import (
    Attachment,
    Comment,
    EnrichedComment,
    EnrichedMention,
    EnrichedMessage,
    Enrichment,
    Media,
    Mention,
    Message,
    Person,
)
from shared.contracts.raw import Kind, RawEvent
from shared.contracts.records import Outgoing, Record
from shared.contracts.wire import action_record, enriched_record, outcome_record, raw_record

AT = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
TRACE = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
ANA = Person(id="88", username="ana.duarte")
COMPLETE = Enrichment(status="complete")


def raw(kind: Kind = "comment", item: bytes = b'{"text":"hi"}') -> RawEvent:
    """An event as the receiver writes it."""
    return RawEvent(
        id=f"instagram:17:{kind}:1",
        kind=kind,
        platform="instagram",
        account="17",
        thread="1",
        app="shop",
        container="changes",
        field="comments",
        occurred_at=AT,
        time_source="event",
        received_at=AT,
        item=msgspec.Raw(item),
    )


def read(outgoing: Outgoing) -> Record:
    """What a reader gets of it."""
    return Record(
        outgoing.topic,
        3,
        7,
        1_763_600_000_000,
        outgoing.key,
        outgoing.value,
        list(outgoing.headers),
    )


def words(outgoing: Outgoing) -> str:
    """What people see of it, without time, kind and account."""
    return line(read(outgoing)).words


def test_raw() -> None:
    """A raw event shows what Meta said, as Meta said it."""
    shown = line(read(raw_record(raw(), TRACE)))
    assert shown == (f"{AT.astimezone():%H:%M:%S}", "comment", "17", '{"text":"hi"}')


def test_steers_nothing() -> None:
    """An escape sequence in somebody's words reaches the terminal as text."""
    enriched = EnrichedComment(
        event=raw(),
        own=False,
        comment=Comment(id="1", text="\x1b]0;owned\x07\nand more", author=ANA),
        enrichment=COMPLETE,
    )
    shown = describe(read(enriched_record(enriched, TRACE)))
    assert shown.endswith("@ana.duarte: \\x1b]0;owned\\x07\\nand more")


def test_comment() -> None:
    """A comment shows its author, its media, its words and what could not be looked up."""
    enriched = EnrichedComment(
        event=raw(),
        own=False,
        comment=Comment(id="1", action="edited", text="no", author=Person(id="88")),
        media=Media(id="180", product_type="REELS"),
        enrichment=Enrichment(status="partial", reasons=("throttled", "slow")),
    )
    shown = words(enriched_record(enriched, TRACE))
    assert shown == "88 on REELS 180 edited: no  [partial: throttled, slow]"


def test_mention() -> None:
    """A mention says whether it stands in a caption or in a comment."""
    mention = Mention(media_id="180", comment_id="5", text="@shop look", author=ANA)
    enriched = EnrichedMention(
        event=raw("mention"), own=False, mention=mention, enrichment=COMPLETE
    )
    assert words(enriched_record(enriched, TRACE)) == (
        "@ana.duarte in a comment on 180: @shop look"
    )


def test_message() -> None:
    """A message shows its direction and what came with it."""
    message = Message(
        direction="inbound", person=ANA, text="see", attachments=(Attachment(type="image"),)
    )
    enriched = EnrichedMessage(
        event=raw("message"), own=False, message=message, enrichment=COMPLETE
    )
    assert words(enriched_record(enriched, TRACE)) == "→ @ana.duarte: see [image]"


def buried() -> tuple[Record, Letter]:
    """A dead record and its letter."""
    about = DeadLetter(
        topic="parley.comments.v1",
        partition=2,
        offset=40,
        group="enricher",
        reason="forged",
        failed_at=AT,
    )
    dead = read(bury(read(raw_record(raw(), TRACE)), about, "parley.dead.enricher.v1"))
    (letter,) = open_letters([dead])
    return dead, letter


def test_dead() -> None:
    """A dead letter shows why and where it stood; its event's kind and account stay visible."""
    assert describe(buried()[0]).endswith(
        "comment      17                forged: parley.comments.v1 2:40"
    )


def test_settled() -> None:
    """A resolution says which letter it settles."""
    note = read(resolution(buried()[1], "dropped"))
    assert (line(note).kind, line(note).words) == ("settled", "3:7 was dropped")


@pytest.mark.parametrize("value", [b"{", b"\xff", b"", None])
def test_foreign(value: bytes | None) -> None:
    """A record that is no event is shown all the same."""
    record = Record("parley.comments.v1", 0, 0, 1_763_600_000_000, None, value, [])
    assert " ? " in describe(record)
    assert json.loads(msgspec.json.encode(document(record)))["key"] is None


def test_document() -> None:
    """For programs the value is verbatim, digits included, and on one line."""
    number = b"123456789012345678901234567890.10"
    outgoing = raw_record(raw(item=b'{"n":\n ' + number + b"}"), TRACE)
    encoded = msgspec.json.encode(document(read(outgoing)))
    assert number in encoded
    assert b"\n" not in encoded
    assert json.loads(encoded)["headers"]["ce_id"] == "instagram:17:comment:1"


def test_document_bytes() -> None:
    """A value that is no JSON is given in base64."""
    record = Record("parley.comments.v1", 0, 0, 0, b"k", b"\xff{", [])
    assert document(record)["value_base64"] == "/3s="


ACTION = Action(
    id="instagram:17:comment:5/scam/hide",
    kind="hide",
    platform="instagram",
    account="17",
    thread="5",
    requested_by="rule",
    requested_at=AT,
    rule="scam",
    comment_id="5",
)


def test_action() -> None:
    """An action says what is to be done to what, and who wants it."""
    said = replace(ACTION, kind="reply", text="hi\x1b", requested_by="person", actor="kim")
    assert line(read(action_record(ACTION, TRACE))).words == "hide 5, asked for by scam"
    assert line(read(action_record(said, TRACE))).words == "reply 5, asked for by kim: hi\\x1b"


def test_outcome() -> None:
    """An outcome says what became of which action, and why."""
    outcome = Outcome(action=ACTION, number=3, state="unknown", at=AT, reason="timeout")
    shown = line(read(outcome_record(outcome, TRACE)))
    assert shown.words == "unknown (timeout): hide 5, asked for by scam"
    assert (shown.kind, shown.account) == ("outcome", "17")
