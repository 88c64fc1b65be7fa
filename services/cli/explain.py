"""A decision in words: what matched, what was done about it, and why not the rest."""

from collections.abc import Iterator, Mapping, Sequence

from services.moderator.decision import Decision, Excuse, Held, Match, Wanted

EXCUSES: Mapping[Excuse, str] = {
    "own": "the account wrote it itself",
    "test": "Meta's dashboard sent it as a test",
    "historic": "it was backlog already when it came, which triggers nothing",
    "not_judged": "rules do not judge events of this kind",
    "standby": "another app owned the conversation",
    "removed": "it had been removed already",
    "allowed": "its author is on the list of those whom no rule touches",
    "no_rules": "there were no rules for this account",
}
HELD: Mapping[Held, str] = {
    "observing": "the rule only observes",
    "stopped": "the kill switch was pulled",
    "breaker": "the rule hit far more than usual and only observes since then",
    "rule_cap": "the rule had acted as often as it may in an hour",
    "person_cap": "the rule had acted as often as it may on this person in a day",
    "thread_cap": "the rule had acted as often as it may in this thread",
    "taken_over": "a person of ours had answered there",
    "ping_pong": "this person had got too many messages within the hour",
    "another_rule": "another rule had decided it already",
    "hidden": "nothing is answered that is hidden, and nobody who is blocked",
    "nameless": "nobody is told to have said it: it may be ourselves",
    "edited": "nothing is answered again because it was edited",
    "no_target": "the event names nothing that this could be done to",
    "too_long": "the text is longer than Meta takes",
    "no_text": "the template came out empty",
    "not_possible": "Meta has no such thing for this kind of event",
}


def why(decision: Decision, rules: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Lines, each with what it is about; `rules` are the names of those that were asked."""
    versions = ", ".join(map(str, decision.versions))
    asked = f" by rule set {versions}" if versions else ""
    yield "judged", f"{decision.decided_at:%Y-%m-%d %H:%M:%S} UTC{asked}"
    if decision.excuse is not None:
        yield "not judged", EXCUSES[decision.excuse]
    for match in decision.matches:
        yield "matched", _match(match)
    others = [name for name in rules if name not in {match.rule for match in decision.matches}]
    if others and decision.excuse is None:
        yield "no match", ", ".join(others)
    if decision.score:
        yield "score", f"{decision.score:g}"
    for wanted in decision.wanted:
        yield "decided", _wanted(wanted)
    if decision.excuse is None and not decision.wanted:
        yield "decided", "nothing to be done"


def _match(match: Match) -> str:
    because = "; ".join(match.because) or "it asks for nothing"
    score = "" if match.score is None else f" (score {match.score:+g})"
    return f"{match.rule}, version {match.version}, {match.mode}: {because}{score}"


def _wanted(wanted: Wanted) -> str:
    done = "yes" if wanted.held is None else f"no, {HELD[wanted.held]}"
    tag = f" {wanted.tag}" if wanted.tag else ""
    return f"{wanted.kind}{tag} ({wanted.rule}): {done}"
