"""State machines of resilience: they take ``now`` and so serve virtual and real time alike."""

from __future__ import annotations

from delivsim.services.resilience.breaker import Breaker
from delivsim.services.resilience.deadlines import Foresight, is_over
from delivsim.services.resilience.fallback import LastAnswers
from delivsim.services.resilience.hedging import Race
from delivsim.services.resilience.limits import RateLimiter, TokenBucket
from delivsim.services.resilience.pool import Bulkhead
from delivsim.services.resilience.retries import ONCE, Retries, RetryBudget

__all__ = [
    "ONCE",
    "Breaker",
    "Bulkhead",
    "Foresight",
    "LastAnswers",
    "Race",
    "RateLimiter",
    "Retries",
    "RetryBudget",
    "TokenBucket",
    "is_over",
]
