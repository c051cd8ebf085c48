"""How calls and services are guarded: budgets of retries, circuit breakers, pools of connections, rate limits."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from delivsim.domain.config import Config, refuse
from delivsim.domain.units import Duration, PositiveDuration, PositiveRate
from delivsim.simulated.config.names import Count

Share = Annotated[float, Field(gt=0.0, le=1.0)]


class RetryBudgetConfig(Config):
    """Retries as a share of calls: of n calls at most ``burst`` + ``ratio`` x n are tried again."""

    ratio: Share = 0.1
    """Retries that each call earns."""
    burst: Count = 10
    """Retries that are there at first, and the most that can be saved."""


class BreakerConfig(Config):
    """A circuit breaker: calls are refused with 503, reason ``breaker_open``, while too many failed."""

    kind: Literal["count", "time"] = "count"
    """count: looks at the last ``window`` answers; time: at those of the last ``window``."""
    window: PositiveDuration = 100.0
    """How many answers (count), or how long (time), it looks back."""
    failure_rate: Share = 0.5
    """Share of answers that are time-outs or 500 and above from which on it opens."""
    min_calls: Count = 20
    """It opens only with at least so many answers in the window."""
    open_for: PositiveDuration = 10.0
    """How long it refuses every call before a few may try."""
    half_open_calls: Count = 5
    """How many may try then; it closes when all of them went well, and opens again when one failed."""

    @model_validator(mode="after")
    def _window_holds_calls(self) -> BreakerConfig:
        if self.kind == "count" and (self.window < self.min_calls or self.window != int(self.window)):
            raise refuse((("window",), f"must be a whole number of answers, at least min_calls ({self.min_calls})"))
        return self


class PoolConfig(Config):
    """Connections (a bulkhead): how many calls may be under way on this edge at the same time."""

    size: Count
    """Connections."""
    queue: Annotated[int, Field(ge=0)] = 0
    """How many calls may wait for a connection; one more is refused with 503, reason ``pool_full``."""
    wait: Duration | None = None
    """How long a call waits for a connection before it gets 503, reason ``pool_wait``; without it until time-out."""


class HedgeConfig(Config):
    """
    Hedged calls: another copy of a call that takes long is sent, and the first answer below 500 but 429 wins.

    Only operations that may be done twice are hedged. The other copies are withdrawn from the queue they wait in, or
    done for nothing; their callers are told 499. Rows of copies have the reason ``hedge``.
    """

    after: PositiveDuration
    """How long after a call, and after each copy, another copy is sent."""
    max: Annotated[int, Field(ge=1, le=10)] = 1
    """How many copies of a call there may be."""
    budget: RetryBudgetConfig | None = None
    """Copies as a share of calls; without it only ``max`` bounds them."""


class FallbackConfig(Config):
    """
    Answers that the caller remembers, given with status 203 when a call has failed for good.

    Of built-in operations: ``authenticate``, ``view_profile``, ``track_order`` and ``check_availability`` (an estimate:
    the order is accepted, and its store asked again until it answers); of one's own all that are idempotent.
    """

    kind: Literal["cached"] = "cached"
    """cached: the last good answer to the same question."""
    max_age: PositiveDuration = 3600.0
    """For how long an answer is good enough."""
    size: Count = 100_000
    """How many answers are remembered; those that are oldest are forgotten."""


class RateLimitConfig(Config):
    """A token bucket: calls beyond it are refused with 429, reason ``rate_limit``, before they queue."""

    rate: PositiveRate
    """Calls let through in the long run."""
    burst: Count = 1
    """Calls let through at once after a pause."""
    per: Literal["all", "client"] = "all"
    """all: one bucket; client: one for each customer, rider, store, service or workload that calls."""
