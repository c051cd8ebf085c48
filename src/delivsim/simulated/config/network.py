"""``platform.network``: delays, time-outs and retries between callers and services."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from delivsim.domain.config import Config, refuse
from delivsim.domain.distributions import DurationLaw
from delivsim.domain.units import PositiveDuration
from delivsim.simulated.config.names import law
from delivsim.simulated.config.resilience import (
    BreakerConfig,
    FallbackConfig,
    HedgeConfig,
    PoolConfig,
    RetryBudgetConfig,
)


class RetryConfig(Config):
    """
    Trying again after a time-out or an answer of 500 and above.

    Only operations that are idempotent, or carry an idempotency key, are tried again once they may have been begun.
    """

    max_attempts: Annotated[int, Field(ge=1, le=100)] = 3
    """How often a call is made at most, the first time included."""
    backoff: DurationLaw = Field(default=law("1s"))
    """How long to wait before each further attempt."""
    growth: Annotated[float, Field(ge=1.0, le=10.0)] = 1.0
    """How many times longer each further wait is: 1 for fixed waits, 2 for exponential backoff."""
    max_backoff: PositiveDuration | None = None
    """The longest wait; without it there is none."""
    jitter: Literal["none", "full"] = "none"
    """full: a wait is a uniform share of that, so that callers do not come back together."""
    budget: RetryBudgetConfig | None = None
    """Retries as a share of calls; without it only ``max_attempts`` bounds them."""


class EdgeConfig(Config):
    """One caller-callee pair."""

    delay: DurationLaw | None = None
    """One-way network delay; without it the network's default."""
    timeout: PositiveDuration | None = None
    """How long the caller waits for one attempt; without it: for ever."""
    connect_timeout: PositiveDuration | None = None
    """
    How long an attempt may take to reach the service, once it is sent; then it is given up with 504, reason
    ``connect_timeout``. A crashed service does not answer at all then, and costs so long; without it, a crashed service
    refuses at once, and what the network loses costs ``timeout``.
    """
    deadline: PositiveDuration | None = None
    """How long a call may take over all its attempts and pauses; without it: as long as they take."""
    retries: RetryConfig | None = None
    """Without it a call is made once."""
    breaker: BreakerConfig | None = None
    """A circuit breaker; without it every call is made."""
    pool: PoolConfig | None = None
    """How many calls may be under way at once; without it any number."""
    hedge: HedgeConfig | None = None
    """A second copy of calls that take long; without it there is none. Not together with ``retries``."""
    fallback: FallbackConfig | None = None
    """What is answered when a call has failed for good; without it the error."""

    @model_validator(mode="after")
    def _goes_together(self) -> EdgeConfig:
        if wrong := list(self.contradictions()):
            raise refuse(*wrong)
        return self

    def contradictions(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Find what cannot be said together: the key, and the rule."""
        if self.connect_timeout is not None and self.timeout is not None and self.connect_timeout >= self.timeout:
            rule = f"must be shorter than timeout ({self.timeout:g} s), which is of the whole attempt"
            yield ("connect_timeout",), rule
        if self.hedge is not None and self.timeout is not None and self.hedge.after >= self.timeout:
            yield ("hedge", "after"), f"must be shorter than timeout ({self.timeout:g} s), when the call is given up"
        if self.hedge is not None and self.retries is not None:
            yield ("hedge",), "must not be given with retries: a copy is a retry that does not wait for the failure"

    def over(self, others: EdgeConfig | None) -> EdgeConfig:
        """Give this pair with what is said of all calls of its caller, where it says nothing itself."""
        if others is None:
            return self
        return others.model_copy(update={key: getattr(self, key) for key in self.model_fields_set})


def _default_edges() -> dict[str, EdgeConfig]:
    return {
        "customer->gateway": EdgeConfig(
            delay=law({"kind": "lognormal", "p50": "35ms", "p99": "150ms"}),
            timeout=10.0,
            retries=RetryConfig(max_attempts=3, backoff=law("2s")),
        ),
        "rider->gateway": EdgeConfig(
            delay=law({"kind": "lognormal", "p50": "50ms", "p99": "300ms"}),
            timeout=10.0,
            retries=RetryConfig(max_attempts=5, backoff=law("3s")),
        ),
        "store_app->gateway": EdgeConfig(
            delay=law("20ms"),
            timeout=10.0,
            retries=RetryConfig(max_attempts=5, backoff=law("3s")),
        ),
    }


class NetworkConfig(Config):
    """Delays, time-outs and retries between callers and services."""

    propagate_deadlines: bool = False
    """
    true: a request tells how long its caller still waits (its time-out, its deadline, and what the caller's own caller
    leaves). What is called further down waits no longer (504, reason ``deadline``), and what is due when it would start
    is dropped (504, reason ``overdue``). Messages and timers have no deadline.
    """

    default_delay: DurationLaw = Field(default=law("0.5ms"))
    """One-way delay between any two services, and from a workload to a service."""
    edges: dict[Annotated[str, Field(pattern=r"^[^\s>]+->[^\s>]+$")], EdgeConfig] = Field(default_factory=dict)
    """Exceptions by ``caller->service``; callers are services, apps (customer, rider, store_app) and workloads."""

    @model_validator(mode="before")
    @classmethod
    def _with_default_edges(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("edges", {}), dict):
            return {**data, "edges": {**_default_edges(), **data.get("edges", {})}}
        return data
