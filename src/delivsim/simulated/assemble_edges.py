"""Makes the edges of a platform, with their retries and guards, from what a scenario says."""

from __future__ import annotations

import math
from collections.abc import Callable

from simpy import Environment

from delivsim.domain.distributions import Law, duration_law
from delivsim.domain.streams import Streams
from delivsim.services.resilience import ONCE, Breaker, Bulkhead, LastAnswers, Retries, RetryBudget
from delivsim.simulated.config.network import RetryConfig
from delivsim.simulated.config.platform import PlatformConfig
from delivsim.simulated.config.resilience import BreakerConfig, RetryBudgetConfig
from delivsim.simulated.draws import OrderDraws
from delivsim.simulated.edges import Edge
from delivsim.simulated.guards import Bounds, Guards
from delivsim.simulated.hedges import Hedges
from delivsim.simulated.runtime import Runtime


class Laws:
    """Makes draws of laws; on an ideal platform everything takes no time."""

    def __init__(self, streams: Streams, *, ideal: bool) -> None:
        self._streams, self._ideal = streams, ideal

    def draws(self, name: str, law: Law) -> OrderDraws:
        """Draw durations from a law, keyed by order."""
        return OrderDraws(self._streams, name, duration_law(0) if self._ideal else law)

    def uniform(self, name: str) -> OrderDraws:
        """Draw shares from [0, 1), on an ideal platform too."""
        return OrderDraws(self._streams, name, duration_law({"kind": "uniform", "low": 0, "high": 1}))


def edge_maker(
    env: Environment, config: PlatformConfig, laws: Laws, runtime: Callable[[], Runtime]
) -> Callable[[str, str], Edge]:
    """Give what makes the edge (caller, callee); ``runtime`` gives the platform once it is there."""
    default = config.network.default_delay
    ideal = config.kind == "ideal"

    def make(caller: str, callee: str) -> Edge:
        name = f"{caller}->{callee}"
        c = config.edge(caller, callee)
        delay = laws.draws(f"network/{name}", default if c.delay is None else c.delay)
        backoff = None if c.retries is None else laws.draws(f"backoff/{name}", c.retries.backoff)
        jitter = None if c.retries is None or c.retries.jitter == "none" else laws.uniform(f"jitter/{name}")
        retries = ONCE if c.retries is None else _retries(c.retries)
        edge = Edge(env, delay, None if ideal else c.timeout, retries, backoff, runtime().expire, jitter)
        breaker = None if c.breaker is None else _breaker(c.breaker)
        pool = None if c.pool is None else Bulkhead(size=c.pool.size, queue=c.pool.queue)
        bounds = Bounds()
        if not ideal:
            bounds = Bounds(c.timeout, c.deadline, c.connect_timeout, config.network.propagate_deadlines)
        if breaker or pool or retries.budget or bounds.guard or c.hedge or c.fallback:
            wait = None if c.pool is None else c.pool.wait
            edge.guards = guards = Guards(env, breaker, pool, retries.budget, wait, bounds, runtime())
            if c.hedge is not None and not ideal:
                guards.hedges = Hedges(env, c.hedge.after, c.hedge.max, _budget(c.hedge.budget), runtime())
            if c.fallback is not None:
                guards.fallback = LastAnswers(max_age=c.fallback.max_age, size=c.fallback.size)
        return edge

    return make


def _retries(c: RetryConfig) -> Retries:
    longest = math.inf if c.max_backoff is None else c.max_backoff
    return Retries(max_attempts=c.max_attempts, growth=c.growth, longest=longest, budget=_budget(c.budget))


def _budget(c: RetryBudgetConfig | None) -> RetryBudget | None:
    return None if c is None else RetryBudget(ratio=c.ratio, burst=c.burst)


def _breaker(c: BreakerConfig) -> Breaker:
    return Breaker(
        timed=c.kind == "time",
        window=c.window,
        failure_rate=c.failure_rate,
        min_calls=c.min_calls,
        open_for=c.open_for,
        half_open_calls=c.half_open_calls,
    )
