"""What a rule set would have done, for a person and for a program."""

from collections.abc import Iterator, Mapping
from typing import Any

from services.cli.screen import printable
from services.moderator.backtest import Backtest, Difference, RuleCount, Samples, Tally

_WIDTH = 100


def document(result: Backtest, events: int) -> dict[str, Any]:
    """All of it as JSON has it."""
    return {
        "events": events,
        "judged": result.candidate.judged,
        "left_alone": result.candidate.excuses,
        "rules": _rules(result.candidate),
        "in_force": _rules(result.live),
        "more": {kind: _difference(found) for kind, found in result.more.items()},
        "less": {kind: _difference(found) for kind, found in result.less.items()},
    }


def _rules(tally: Tally) -> list[dict[str, Any]]:
    return [
        {
            "rule": name,
            "matched": count.matched,
            "done": count.done,
            "held": {f"{kind}: {held}": times for (kind, held), times in count.held.items()},
            "samples": _samples(count.samples),
        }
        for name, count in tally.rules.items()
    ]


def _difference(found: Difference) -> dict[str, Any]:
    return {"events": found.events, "samples": _samples(found.samples)}


def _samples(samples: Samples) -> list[dict[str, Any]]:
    return [
        {
            "event_id": each.facts.event_id,
            "occurred_at": each.facts.occurred_at,
            "text": each.facts.text,
            "because": each.because,
        }
        for each in samples.chosen
    ]


def rows(result: Backtest) -> list[tuple[object, ...]]:
    """Each rule with what it came to, and how often its namesake in force matched."""
    before = result.live.rules
    return [
        (
            name,
            count.matched,
            before[name].matched if name in before else "-",
            _counted(count.done),
            _held(count),
        )
        for name, count in sorted(result.candidate.rules.items(), key=lambda each: -each[1].matched)
    ]


def _held(count: RuleCount) -> str:
    return _counted({f"{kind} {held}": times for (kind, held), times in count.held.items()})


def lines(result: Backtest, events: int) -> Iterator[str]:
    """The samples of each rule, and what would be otherwise."""
    for name, count in result.candidate.rules.items():
        yield ""
        yield f"{name}, for example:"
        yield from _shown(count.samples)
    alone = _counted(result.candidate.excuses)
    yield ""
    yield f"{events} events, {result.candidate.judged} of them judged" + (
        f", the others left alone: {alone}" if alone else ""
    )
    if not result.more and not result.less:
        yield "Nothing would be done otherwise than by the rules in force."
    else:
        yield "Otherwise than by the rules in force there would be (+ more, - less):"
    for sign, found in (("+", result.more), ("-", result.less)):
        for kind, difference in found.items():
            yield f"{sign} {kind}: {difference.events} events"
            yield from _shown(difference.samples)


def _shown(samples: Samples) -> Iterator[str]:
    for each in samples.chosen:
        text = printable(each.facts.text)
        cut = text if len(text) <= _WIDTH else text[: _WIDTH - 1] + "…"
        yield f"  {printable(each.facts.event_id)}  {cut}"
        if each.because:
            yield f"      {printable('; '.join(each.because))}"


def _counted(found: Mapping[Any, int]) -> str:
    return ", ".join(f"{name} {times}" for name, times in found.items())
