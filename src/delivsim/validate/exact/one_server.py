"""One server: any law of work (Pollaczek and Khinchine), any law of arrivals, priorities, sharing, batches."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from decimal import Decimal, localcontext
from typing import NamedTuple

from scipy.optimize import brentq

from delivsim.validate.exact.erlang import quantile_of


class Moments(NamedTuple):
    """E[S], E[S^2] and E[S^3] of the work, in seconds and their powers."""

    first: float
    second: float
    third: float = math.nan


def constant(work: float) -> Moments:
    """Moments of work that always takes ``work`` seconds."""
    return Moments(work, work**2, work**3)


def exponential(mean: float) -> Moments:
    """Moments of exponential work."""
    return Moments(mean, 2.0 * mean**2, 6.0 * mean**3)


def pollaczek_khinchine(rate: float, work: Moments) -> float:
    """Mean time in the queue of M/G/1, seconds: rate E[S^2] / 2 (1 - load)."""
    return rate * work.second / 2.0 / (1.0 - rate * work.first)


def squared_wait(rate: float, work: Moments, *, last_come: bool = False) -> float:
    """
    E[W^2] of M/G/1 (Takacs 1962): 2 E[W]^2 + rate E[S^3] / 3 (1 - load).

    Last come first served has the same mean and this over 1 - load (Cohen 1982, III.3).
    """
    load = rate * work.first
    value = 2.0 * pollaczek_khinchine(rate, work) ** 2 + rate * work.third / 3.0 / (1.0 - load)
    return value / (1.0 - load) if last_come else value


def waits_at_most(t: float, rate: float, work: float) -> float:
    """
    P(W <= t) of M/D/1 (Erlang 1909; Crommelin 1932), divided by its value at 0.

    It is proportional to the law of the unfinished work below any limit at which arrivals are turned away, and as
    such means something for loads above 1 too. The terms are huge and cancel, so they are added with many digits.
    """
    with localcontext() as context:
        context.prec = 40 + int(rate * t)
        late, total = Decimal(rate) * Decimal(t), Decimal(0)
        for k in range(int(t / work + 1e-12) + 1):
            ahead = Decimal(k) * Decimal(rate) * Decimal(work) - late
            total += ahead**k / Decimal(math.factorial(k)) * (-ahead).exp() if k or ahead else Decimal(1)
        return float(total)


def constant_work_quantile(rate: float, work: float, p: float) -> float:
    """Waiting time of M/D/1 below which a share ``p`` is, seconds."""
    idle = 1.0 - rate * work
    if idle >= p:
        return 0.0
    return quantile_of(lambda t: 1.0 - idle * waits_at_most(t, rate, work), p, work)


def bucket_refuses(rate: float, refill: float, burst: int) -> float:
    """
    Share of Poisson calls that a token bucket refuses.

    What is missing from the bucket, over ``refill``, is the unfinished work V of M/D/1 with work 1 / ``refill`` whose
    arrivals are turned away while V > (``burst`` - 1) / ``refill``: below that level V has the law of M/D/1, and the
    share of time that V > 0 is the load of those let in.
    """
    within = waits_at_most((burst - 1) / refill, rate, 1.0 / refill)
    return 1.0 - within / (1.0 + rate / refill * within)


def wait_root(mu: float, arrivals: Callable[[float], float]) -> float:
    """
    Probability of waiting in G/M/1: the root s < 1 of s = A*(mu (1 - s)).

    A* is the Laplace-Stieltjes transform of the time between arrivals, ``arrivals``.
    The wait is then exponential: E[W] = s / mu (1 - s), P(W > t) = s exp(-mu (1 - s) t) (Kendall 1953).
    """
    return float(brentq(lambda s: arrivals(mu * (1.0 - s)) - s, 0.0, 1.0 - 1e-9, xtol=1e-15))


def cobham(rates: Sequence[float], works: Sequence[Moments]) -> list[float]:
    """Mean time in the queue of each class of M/G/1, the first class first, no work interrupted (Cobham 1954)."""
    residual = math.fsum(rate * work.second for rate, work in zip(rates, works, strict=True)) / 2.0
    return [residual / (1.0 - before) / (1.0 - upto) for before, upto in _loads(rates, works)]


def preemptive(rates: Sequence[float], works: Sequence[Moments]) -> list[float]:
    """Mean of queue and work of each class of M/G/1 when higher classes interrupt and work is resumed (Miller 1960)."""
    found = []
    for k, (before, upto) in enumerate(_loads(rates, works)):
        residual = math.fsum(r * w.second for r, w in zip(rates[: k + 1], works[: k + 1], strict=True)) / 2.0
        found.append((works[k].first + residual / (1.0 - upto)) / (1.0 - before))
    return found


def _loads(rates: Sequence[float], works: Sequence[Moments]) -> list[tuple[float, float]]:
    found, upto = [], 0.0
    for rate, work in zip(rates, works, strict=True):
        before, upto = upto, upto + rate * work.first
        found.append((before, upto))
    return found


def shared(rate: float, work: Moments, size: float) -> float:
    """Mean of queue and work of a call of ``size`` in M/G/1 processor sharing: size / (1 - load), whatever the law."""
    return size / (1.0 - rate * work.first)


def batches(rate: float, size: float, squared_size: float, mu: float) -> float:
    """Mean of queue and work in M^[X]/M/1: (1 + E[X^2] / E[X]) / 2 mu (1 - load); ``rate`` batches per second."""
    return (1.0 + squared_size / size) / 2.0 / mu / (1.0 - rate * size / mu)
