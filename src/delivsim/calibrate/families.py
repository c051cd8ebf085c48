"""
The laws that are tried on data: log density and log tail of each, and how a scenario writes it.

Every family has two free parameters at most, searched on a scale without bounds (logarithms), so that one search
serves all, with and without censored values.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Free = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Family:
    """
    One kind of law.

    Parameters
    ----------
    kind
        As scenario files name it.
    start
        A first guess of the free parameters from (mean, cv).
    log_density, log_tail
        Logarithms of the density, and of the probability to exceed, at values > 0.
    moments
        Mean and coefficient of variation.
    """

    kind: str
    start: Callable[[float, float], Free]
    log_density: Callable[[Floats, Free], Floats]
    log_tail: Callable[[Floats, Free], Floats]
    moments: Callable[[Free], tuple[float, float]]

    def written(self, free: Free) -> dict[str, Any]:
        """Write the law as a scenario does."""
        mean, cv = self.moments(free)
        if self.kind == "normal":
            return {
                "kind": self.kind,
                "mean": math.exp(free[0]),
                "sd": math.exp(free[1]),
            }  # of the bell, before its cut
        return {"kind": self.kind, "mean": mean, **({} if self.kind == "exponential" else {"cv": cv})}


def _lognormal_start(mean: float, cv: float) -> Free:
    sigma2 = math.log1p(cv * cv)
    return math.log(mean) - sigma2 / 2, math.log(sigma2) / 2


def _lognormal_density(x: Floats, free: Free) -> Floats:
    sigma = math.exp(free[1])
    z = (np.log(x) - free[0]) / sigma
    return -z * z / 2 - np.log(x * sigma) - math.log(2 * math.pi) / 2


def _lognormal_tail(x: Floats, free: Free) -> Floats:
    from scipy.special import log_ndtr

    return np.asarray(log_ndtr((free[0] - np.log(x)) / math.exp(free[1])))


def _lognormal_moments(free: Free) -> tuple[float, float]:
    sigma2 = math.exp(2 * free[1])
    return math.exp(free[0] + sigma2 / 2), math.sqrt(math.expm1(sigma2))


def _gamma_density(x: Floats, free: Free) -> Floats:
    shape, scale = math.exp(free[0]), math.exp(free[1])
    return (shape - 1) * np.log(x) - x / scale - math.lgamma(shape) - shape * free[1]


def _gamma_tail(x: Floats, free: Free) -> Floats:
    from scipy.special import gammaincc

    return np.asarray(np.log(np.maximum(gammaincc(math.exp(free[0]), x / math.exp(free[1])), 1e-300)))


def _weibull_start(mean: float, cv: float) -> Free:
    shape = max(0.1, cv**-1.086)  # Justus et al. 1978; the search does the rest
    return math.log(shape), math.log(mean / math.gamma(1 + 1 / shape))


def _weibull_density(x: Floats, free: Free) -> Floats:
    shape, z = math.exp(free[0]), np.log(x) - free[1]
    return free[0] - free[1] + (shape - 1) * z - np.exp(np.minimum(shape * z, 700.0))


def _weibull_tail(x: Floats, free: Free) -> Floats:
    return -np.exp(np.minimum(math.exp(free[0]) * (np.log(x) - free[1]), 700.0))


def _weibull_moments(free: Free) -> tuple[float, float]:
    shape = math.exp(free[0])
    first, second = math.lgamma(1 + 1 / shape), math.lgamma(1 + 2 / shape)
    return math.exp(free[1] + first), math.sqrt(math.expm1(second - 2 * first))


def _normal_density(x: Floats, free: Free) -> Floats:
    from scipy.special import log_ndtr

    mean, sd = math.exp(free[0]), math.exp(free[1])
    z = (x - mean) / sd
    return np.asarray(-z * z / 2 - math.log(sd) - math.log(2 * math.pi) / 2 - log_ndtr(mean / sd))


def _normal_tail(x: Floats, free: Free) -> Floats:
    from scipy.special import log_ndtr

    mean, sd = math.exp(free[0]), math.exp(free[1])
    return np.asarray(log_ndtr((mean - x) / sd) - log_ndtr(mean / sd))


def _normal_moments(free: Free) -> tuple[float, float]:
    from scipy.special import log_ndtr

    mean, sd = math.exp(free[0]), math.exp(free[1])
    z = mean / sd
    hazard = math.exp(-z * z / 2 - float(log_ndtr(z))) / math.sqrt(2 * math.pi)
    return mean + sd * hazard, sd * math.sqrt(max(1e-12, 1 - hazard * (z + hazard))) / (mean + sd * hazard)


FAMILIES = (
    Family("lognormal", _lognormal_start, _lognormal_density, _lognormal_tail, _lognormal_moments),
    Family(
        "gamma",
        lambda mean, cv: (-2 * math.log(cv), math.log(mean * cv * cv)),
        _gamma_density,
        _gamma_tail,
        lambda free: (math.exp(free[0] + free[1]), math.exp(-free[0] / 2)),
    ),
    Family("weibull", _weibull_start, _weibull_density, _weibull_tail, _weibull_moments),
    Family(
        "normal",
        lambda mean, cv: (math.log(mean), math.log(mean * cv)),
        _normal_density,
        _normal_tail,
        _normal_moments,
    ),
    Family(
        "exponential",
        lambda mean, cv: (math.log(mean),),  # noqa: ARG005
        lambda x, free: -x / math.exp(free[0]) - free[0],
        lambda x, free: -x / math.exp(free[0]),
        lambda free: (math.exp(free[0]), 1.0),
    ),
)
