"""Any raw event as a typed one; never raises for what a delivery was split into."""

from services.enricher.comments import normalise_comment, normalise_mention
from services.enricher.identity import Identity
from services.enricher.messages import normalise_message
from shared.contracts.enriched import EnrichedEvent
from shared.contracts.raw import RawEvent


def normalise(event: RawEvent, us: Identity) -> EnrichedEvent:
    """`event` as typed fields; what can't be read is left out and stays in the item verbatim."""
    if event.kind in {"comment", "live-comment"}:
        return normalise_comment(event, us)
    if event.kind == "mention":
        return normalise_mention(event, us)
    return normalise_message(event, us)
