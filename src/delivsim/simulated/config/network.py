"""``platform.network``: delays, time-outs and retries between callers and services."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from delivsim.domain.config import Config
from delivsim.domain.distributions import DurationLaw
from delivsim.domain.units import PositiveDuration
from delivsim.simulated.config.names import law
from delivsim.simulated.config.resilience import BreakerConfig, PoolConfig, RetryBudgetConfig


class RetryConfig(Config):
    """Trying again after a time-out or an answer of 500 and above."""

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
    deadline: PositiveDuration | None = None
    """How long a call may take over all its attempts and pauses; without it: as long as they take."""
    retries: RetryConfig | None = None
    """Without it a call is made once."""
    breaker: BreakerConfig | None = None
    """A circuit breaker; without it every call is made."""
    pool: PoolConfig | None = None
    """How many calls may be under way at once; without it any number."""


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
