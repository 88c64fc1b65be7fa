"""Asks Graph for what a batch of one account's events needs, and remembers the answers.

One batch of an account is at work at a time, so that no two of them ask the same thing at once.
"""

import time
from collections.abc import Callable, Sequence

from cachetools import TLRUCache, TTLCache

from services.enricher import metrics
from services.enricher.answers import Answers
from services.enricher.lookups import needs
from services.enricher.questions import Question
from shared.contracts.enriched import EnrichedEvent
from shared.graph.client import PATIENCE_SECONDS, Graph
from shared.graph.queries import Answer, Found, Query

_Key = tuple[str, str, Query]

_REMEMBERED = 50_000
_ROUNDS = 4
"""A comment, then its media, each in its full form and then in its plain one."""

_FOUND_SECONDS: dict[str, float] = {"media": 600, "post": 600, "profile": 3600}
_OTHERS_SECONDS = 60.0
_MISSED_SECONDS: dict[str, float] = {
    "gone": 300,
    "forbidden": 300,
    "refused": 300,
    "too_large": 300,
    "reauthenticate": 60,
}
"""Failures that asking again at once would only repeat; the others pass."""

_SHORTEST_PATIENCE = 0.25


def _forgotten_at(key: _Key, answer: Answer, now: float) -> float:
    if not isinstance(answer, Found):
        return now + _MISSED_SECONDS[answer.reason]
    return now + _FOUND_SECONDS.get(key[2].endpoint, _OTHERS_SECONDS)


class Library:
    """Answers of Graph by account and query, negative ones too."""

    def __init__(self, graph: Graph, clock: Callable[[], float] = time.monotonic) -> None:
        self._graph = graph
        self._clock = clock
        self._remembered: TLRUCache[_Key, Answer] = TLRUCache(
            _REMEMBERED, ttu=_forgotten_at, timer=clock
        )
        self._plain: TTLCache[tuple[str, str], bool] = TTLCache(64, 600, timer=clock)

    async def answer(
        self,
        platform: str,
        account: str,
        login: str,
        events: Sequence[EnrichedEvent],
        patience_seconds: float,
    ) -> Answers:
        """The answers to all that `events` need, as far as there are any within the patience."""
        deadline = self._clock() + min(patience_seconds, PATIENCE_SECONDS)
        seen: dict[Query, Answer] = {}
        misses = 0

        def known(query: Query) -> Answer | None:
            answer = seen.get(query)
            if answer is None:
                answer = self._remembered.get((platform, account, query))
                if answer is not None:
                    seen[query] = answer  # much quicker than the cache, and one batch's one truth
            return answer

        answers = Answers(login, known, self._plain)
        for _ in range(_ROUNDS):
            questions = [each for each in _wanted(events, answers) if answers.to(each) is None]
            patience = deadline - self._clock()
            if not questions or patience < _SHORTEST_PATIENCE:
                break
            queries = [answers.form(question) for question in questions]
            found = await self._graph.ask(platform, account, queries, patience)
            seen.update(zip(queries, found, strict=True))
            misses += len(queries)
            self._remember(platform, account, queries, found)
            for question in questions:
                answers.learn(question)
        metrics.CACHE.labels("hit").inc(len(seen) - misses)
        return answers

    def _remember(
        self, platform: str, account: str, queries: Sequence[Query], found: Sequence[Answer]
    ) -> None:
        metrics.CACHE.labels("miss").inc(len(queries))
        for query, answer in zip(queries, found, strict=True):
            if isinstance(answer, Found) or answer.reason in _MISSED_SECONDS:
                self._remembered[platform, account, query] = answer


def _wanted(events: Sequence[EnrichedEvent], answers: Answers) -> dict[Question, None]:
    """What the events need, each question once."""
    wanted = (need for event in events for need in needs(event, answers))
    return dict.fromkeys(need for need in wanted if not isinstance(need, str))
