"""Trying again: how often, after which pause, and within which budget."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

ROUNDING = 1e-9
"""Tokens that may be missing because they are sums of floats."""


@dataclass(slots=True, kw_only=True)
class RetryBudget:
    """
    Bounds retries as a share of calls (Site Reliability Engineering, 2016, chapter 21; Finagle's RetryBudget).

    Every call earns ``ratio`` of a retry, at most ``burst`` are saved, and so many are there at first: of n calls at
    most burst + ratio x n retries are made, whatever fails.
    """

    ratio: float
    burst: int
    tokens: float = field(init=False)

    def __post_init__(self) -> None:
        self.tokens = float(self.burst)

    def earn(self) -> None:
        """Note a call's first attempt."""
        self.tokens = min(float(self.burst), self.tokens + self.ratio)

    def spend(self) -> bool:
        """Pay for a retry; False: it must not be made."""
        if self.tokens < 1.0 - ROUNDING:
            return False
        self.tokens = max(0.0, self.tokens - 1.0)
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """
    What an attempt that failed is followed by.

    Pauses are fixed (``growth`` 1), exponential (``growth`` 2), or either with full jitter: a uniform share of that
    (Brooker 2015, Exponential backoff and jitter).
    """

    max_attempts: int = 1
    growth: float = 1.0
    longest: float = math.inf
    budget: RetryBudget | None = None

    def left(self, attempt: int) -> bool:
        """Whether there may be another attempt after this one (the first is 1), as far as their number goes."""
        return attempt < self.max_attempts

    def affordable(self) -> bool:
        """Whether the budget pays for another attempt; it is spent then."""
        return self.budget is None or self.budget.spend()

    def pause(self, attempt: int, base: float, share: float = 1.0) -> float:
        """Give the seconds between an attempt and the next; ``share`` is drawn from [0, 1) for full jitter."""
        grown = base if self.growth == 1.0 else base * self.growth ** (attempt - 1)
        return min(grown, self.longest) * share


ONCE = Retries()
"""Calls are made once."""
