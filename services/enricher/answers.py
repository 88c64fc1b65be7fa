"""What Graph has answered so far, and in which form a question is to be asked next."""

from collections.abc import Callable, MutableMapping
from dataclasses import dataclass

from services.enricher.questions import Question
from shared.graph.queries import Answer, Failed, Found, Query

Plain = MutableMapping[tuple[str, str], bool]
"""Login and endpoint of the questions for which Graph takes the plain form only."""


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers to one account's questions; `known` looks up a query's."""

    login: str
    known: Callable[[Query], Answer | None]
    plain: Plain

    def to(self, question: Question) -> Answer | None:
        """The answer to the full form, else to the plain one; None when it is still to be asked."""
        full = self.known(question.full)
        if full is not None and not _is_refusal(full):
            return full
        return self.known(question.plain) if self._wants_plain(question, full) else None

    def found(self, question: Question | None) -> dict[str, object] | None:
        """The body of the answer, if there is one."""
        answer = self.to(question) if question else None
        return answer.body if isinstance(answer, Found) else None

    def form(self, question: Question) -> Query:
        """The form in which to ask."""
        full = self.known(question.full)
        return question.plain if self._wants_plain(question, full) else question.full

    def learn(self, question: Question) -> None:
        """Remember that only the plain form works, where that has been seen."""
        full, plain = self.known(question.full), self.known(question.plain)
        if full is not None and _is_refusal(full) and isinstance(plain, Found):
            self.plain[self.login, question.full.endpoint] = True

    def _wants_plain(self, question: Question, full: Answer | None) -> bool:
        if full is not None:
            return _is_refusal(full)
        return (self.login, question.full.endpoint) in self.plain


def _is_refusal(answer: Answer) -> bool:
    return isinstance(answer, Failed) and answer.reason == "refused"
