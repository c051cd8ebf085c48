"""Formulas of queues, and of waiting for the slowest of several."""

from __future__ import annotations

import math
from collections.abc import Sequence

ALMOST_FULL = 0.995
"""The load at which a queue is taken to be as long as it gets: the formulas know no longer one."""
MANY = 2000
"""From so many servers on nobody is expected to wait before all of them are busy."""


def erlang_c(servers: int, load: float) -> float:
    """Probability of having to wait in M/M/c at ``load`` busy servers < ``servers`` (Erlang 1917)."""
    if servers > MANY:
        return 0.0
    blocked = 1.0
    for k in range(1, servers + 1):
        blocked = load * blocked / (k + load * blocked)
    return blocked / (1.0 - load / servers * (1.0 - blocked))


def mean_wait(servers: int, load: float, time: float) -> float:
    """Mean seconds in the queue of M/M/c for visits of ``time`` seconds; at most what it is when almost full."""
    if load <= 0 or time <= 0:
        return 0.0
    load = min(load, ALMOST_FULL * servers)
    return erlang_c(servers, load) * time / (servers - load)


def mean_of_slowest(means: Sequence[float], variances: Sequence[float]) -> tuple[float, float]:
    """Mean and variance of the largest of independent times, two by two as if they were normal (Clark 1961)."""
    mean, variance = means[0], variances[0]
    for other, its in zip(means[1:], variances[1:], strict=True):
        spread = math.sqrt(variance + its)
        if spread <= 0:
            mean, variance = max(mean, other), 0.0
            continue
        apart = (mean - other) / spread
        first, density = (
            0.5 * math.erfc(-apart / math.sqrt(2.0)),
            math.exp(-apart * apart / 2.0) / math.sqrt(2 * math.pi),
        )
        largest = mean * first + other * (1.0 - first) + spread * density
        squares = (mean**2 + variance) * first + (other**2 + its) * (1.0 - first)
        squares += (mean + other) * spread * density
        mean, variance = largest, max(0.0, squares - largest**2)
    return mean, variance
