"""
Parameters of a law from what people know of it: two percentiles, or a mean and a coefficient of variation.

All functions are pure and remembered, because a scenario asks the same few questions again and again. Quantiles
are pairs (share, value). A law that does not exist is a ValueError.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from statistics import NormalDist

Quantile = tuple[float, float]
_BELL = NormalDist()
_SHAPES = (1e-2, 1e4)


@lru_cache(maxsize=1024)
def lognormal_from_quantiles(low: Quantile, high: Quantile) -> tuple[float, float]:
    """Mean and standard deviation of the logarithm, such that both quantiles are met."""
    (p, a), (q, b) = low, high
    sigma = (math.log(b) - math.log(a)) / (_BELL.inv_cdf(q) - _BELL.inv_cdf(p))
    return math.log(a) - sigma * _BELL.inv_cdf(p), sigma


@lru_cache(maxsize=1024)
def lognormal_from_moments(mean: float, cv: float) -> tuple[float, float]:
    """Mean and standard deviation of the logarithm of a lognormal law with this mean and cv (= sd / mean)."""
    sigma = math.sqrt(math.log1p(cv * cv))
    return math.log(mean) - sigma * sigma / 2, sigma


@lru_cache(maxsize=1024)
def weibull_from_quantiles(low: Quantile, high: Quantile) -> tuple[float, float]:
    """Shape and scale of the Weibull law that meets both quantiles (closed form)."""
    (p, a), (q, b) = low, high
    shape = (math.log(-math.log1p(-q)) - math.log(-math.log1p(-p))) / (math.log(b) - math.log(a))
    return shape, a / (-math.log1p(-p)) ** (1 / shape)


@lru_cache(maxsize=1024)
def weibull_from_moments(mean: float, cv: float) -> tuple[float, float]:
    """Shape and scale of the Weibull law with this mean and cv (= sd / mean)."""

    def excess(shape: float) -> float:
        return math.lgamma(1 + 2 / shape) - 2 * math.lgamma(1 + 1 / shape) - math.log1p(cv * cv)

    shape = _root(excess, "no Weibull law has this cv")
    return shape, mean / math.gamma(1 + 1 / shape)


@lru_cache(maxsize=1024)
def gamma_from_quantiles(low: Quantile, high: Quantile) -> tuple[float, float]:
    """Shape and scale of the gamma law that meets both quantiles, by bisection on the shape."""
    from scipy.special import gammaincinv

    (p, a), (q, b) = low, high

    def excess(shape: float) -> float:
        bottom = float(gammaincinv(shape, p))
        return math.log(float(gammaincinv(shape, q)) / max(bottom, 1e-300)) - math.log(b / a)

    shape = _root(excess, "no gamma law has these percentiles")
    return shape, a / float(gammaincinv(shape, p))


@lru_cache(maxsize=1024)
def hyperexponential_from_moments(mean: float, cv: float) -> tuple[tuple[float, float], tuple[float, float]]:
    """
    Probabilities and means of the two-phase law with balanced means, p1 * m1 = p2 * m2 (Tijms 2003, app. B).

    Needs cv > 1.
    """
    squared = cv * cv
    first = (1 + math.sqrt((squared - 1) / (squared + 1))) / 2
    return (first, 1 - first), (mean / (2 * first), mean / (2 * (1 - first)))


def _root(excess: Callable[[float], float], refusal: str) -> float:
    """Find the shape at which a decreasing function crosses zero, or refuse."""
    from scipy.optimize import brentq

    low, high = (math.log(shape) for shape in _SHAPES)
    if not excess(math.exp(low)) > 0 > excess(math.exp(high)):
        raise ValueError(refusal)
    return math.exp(float(brentq(lambda x: excess(math.exp(x)), low, high, xtol=1e-13, rtol=1e-13)))
