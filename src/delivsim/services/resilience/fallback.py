"""Fallback answers: an old answer is better than none."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True, kw_only=True)
class LastAnswers:
    """
    The last good answer to each question, kept for when there is no other (``stale-if-error`` of RFC 5861).

    An answer is given for ``max_age`` seconds; of more than ``size`` questions those answered longest ago are
    forgotten.
    """

    max_age: float
    size: int
    answers: OrderedDict[Hashable, tuple[float, Any]] = field(init=False, default_factory=OrderedDict)

    def keep(self, question: Hashable, answer: Any, now: float) -> None:
        """Keep the latest answer to a question."""
        self.answers[question] = now, answer
        self.answers.move_to_end(question)
        if len(self.answers) > self.size:
            self.answers.popitem(last=False)

    def last(self, question: Hashable, now: float) -> Any:
        """Give the last answer to a question; None: there is none, or it is too old."""
        kept_at, answer = self.answers.get(question, (0.0, None))
        return answer if now - kept_at <= self.max_age else None
