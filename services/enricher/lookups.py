"""Which look-ups an event is worth, and what is still missing when they are done.

| event | look-up |
|---|---|
| comment | its media; the comment itself where its media, author or text is withheld |
| mention | the comment or the media it is in (Facebook Login only, platform §6.2) |
| message | its sender's profile, once the person has written to us |
"""

from services.enricher import questions
from services.enricher.answers import Answers
from services.enricher.questions import Question
from shared.contracts.enriched import (
    EnrichedComment,
    EnrichedEvent,
    EnrichedMention,
    EnrichedMessage,
    Enrichment,
)
from shared.graph.queries import Failed
from shared.meta import lenient

_SPEAKING = {"message", "message-edit", "postback", "reaction", "feedback"}
"""What only someone can do who has written to us or tapped one of our buttons: Graph tells their
profile (platform §6.2). A look at a message or a clicked link is no consent."""

Need = Question | str
"""A question, or the reason why it can't be asked."""


def needs(event: EnrichedEvent, answers: Answers) -> list[Need]:
    """What to ask for `event`, given what is answered by now."""
    if isinstance(event, EnrichedComment):
        return _of_comment(event, answers)
    if isinstance(event, EnrichedMention):
        return _of_mention(event, answers)
    return _of_message(event)


def enrichment(event: EnrichedEvent, answers: Answers) -> Enrichment:
    """Whether everything `event` needed was found, and if not, why."""
    reasons = set()
    for need in needs(event, answers):
        answer = answers.to(need) if isinstance(need, Question) else need
        if isinstance(answer, str):
            reasons.add(answer)
        elif answer is None:
            reasons.add("slow")
        elif isinstance(answer, Failed):
            reasons.add(answer.reason)
    return partial(*reasons) if reasons else Enrichment(status="complete")


def partial(*reasons: str) -> Enrichment:
    """An event that goes on without all it was worth."""
    return Enrichment(status="partial", reasons=tuple(sorted(reasons)))


def about_comment(event: EnrichedComment | EnrichedMention, comment_id: str) -> Question | None:
    """The question for a comment on the event's platform."""
    if event.event.platform == "page":
        return questions.page_comment(comment_id)
    return questions.comment(comment_id)


def about_media(event: EnrichedComment | EnrichedMention, media_id: str) -> Question | None:
    """The question for a media, or a Page's post."""
    if event.event.platform == "page":
        return questions.post(media_id)
    return questions.media(media_id)


def about_mention(event: EnrichedMention) -> Question | None:
    """The question for what an Instagram mention is in; a story has none (platform §6.2)."""
    account, mention = event.event.account, event.mention
    if mention.comment_id:
        return questions.mentioned_comment(account, mention.comment_id)
    return questions.mentioned_media(account, mention.media_id) if mention.media_id else None


def about_person(event: EnrichedMessage) -> Question | None:
    """The question for the other party of a message."""
    person = event.message.person
    if person is None or person.id is None:
        return None
    ask = questions.page_profile if event.event.platform == "page" else questions.profile
    return ask(person.id)


def media_id_of(event: EnrichedComment, answers: Answers) -> str | None:
    """The media a comment is on, by its event or by what Graph tells of the comment."""
    if event.comment.media_id:
        return event.comment.media_id
    body = answers.found(about_comment(event, event.comment.id))
    return lenient.identifier(lenient.part(body, "media"), "id") if body else None


def _of_comment(event: EnrichedComment, answers: Answers) -> list[Need]:
    wanted = [] if _tells_all(event) else [about_comment(event, event.comment.id)]
    if media_id := media_id_of(event, answers):
        wanted.append(about_media(event, media_id))
    return [question or "refused" for question in wanted]


def _tells_all(event: EnrichedComment) -> bool:
    comment, author = event.comment, event.comment.author
    if comment.action == "removed" or comment.id == event.event.id:  # nothing there to ask about
        return True
    named = author is not None and bool(author.username or author.name)
    return bool(comment.media_id and comment.text and named)


def _of_mention(event: EnrichedMention, answers: Answers) -> list[Need]:
    mention = event.mention
    if event.event.platform != "page":
        if not (mention.comment_id or mention.media_id):
            return []
        return (
            [about_mention(event) or "refused"] if answers.login == "facebook" else ["unsupported"]
        )
    wanted = []
    if mention.comment_id and not (mention.text and mention.author):
        wanted.append(about_comment(event, mention.comment_id))
    if mention.media_id:
        wanted.append(about_media(event, mention.media_id))
    return [question or "refused" for question in wanted]


def _of_message(event: EnrichedMessage) -> list[Need]:
    inbound = event.message.direction == "inbound" and event.event.kind in _SPEAKING
    if not inbound or event.message.person is None:
        return []
    return [about_person(event) or "refused"]
