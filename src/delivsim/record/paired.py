"""
Comparing two policies on the same instances, pair by pair, and saying how sure the answer is.

- Student's paired t (Student 1908, "The probable error of a mean", Biometrika 6) for intervals and p values.
- The bootstrap over pairs (Efron and Tibshirani 1993, "An introduction to the bootstrap", chapter 13, percentile
  intervals), which assumes no normal differences; instances are drawn anew, because they are what was sampled.
- Holm's step-down procedure (Holm 1979, "A simple sequentially rejective multiple test procedure") when several
  metrics are judged at once: the chance that any of them is blamed by mistake stays below the level.
- The noise band: how far a mean moves when mere ties fall otherwise (orders and riders numbered otherwise).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from delivsim.record.stats import Interval, mean_interval

Floats = NDArray[np.float64]

DRAWS = 2000
NORMAL_95 = 1.959963984540054
"""Quantile of the standard normal law for two-sided 95 %."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paired:
    """
    How a new figure differs from an old one, over pairs.

    Parameters
    ----------
    old, new
        Means over the pairs that have both.
    difference
        Student's interval for the mean of new - old.
    bootstrap
        (low, high) of the percentile bootstrap of the same confidence.
    p_greater, p_less
        One-sided p values that the true mean difference is not greater (not less) than zero; 1 without a difference.
    """

    old: float
    new: float
    difference: Interval
    bootstrap: tuple[float, float]
    p_greater: float
    p_less: float


def paired(new: ArrayLike, old: ArrayLike, confidence: float = 0.95, *, seed: int = 1) -> Paired:
    """
    Compare figures pair by pair; a pair of which either is NaN is left out.

    Parameters
    ----------
    new, old
        One figure per instance (averaged over its seeds and numberings), in the same order.
    confidence
        Of both intervals, between 0 and 1.
    seed
        Of the bootstrap's draws.

    Raises
    ------
    ValueError
        The two are not of equal length.
    """
    a, b = np.asarray(new, dtype=np.float64), np.asarray(old, dtype=np.float64)
    if a.shape != b.shape:
        raise ValueError(f"pairs: must be as many new as old values, got {a.size} and {b.size}")
    both = ~(np.isnan(a) | np.isnan(b))
    a, b = a[both], b[both]
    greater, less = _one_sided(a - b)
    return Paired(
        old=float(b.mean()) if len(b) else math.nan,
        new=float(a.mean()) if len(a) else math.nan,
        difference=mean_interval(a - b, confidence),
        bootstrap=bootstrap_interval(a - b, confidence, seed=seed),
        p_greater=greater,
        p_less=less,
    )


def _one_sided(differences: Floats) -> tuple[float, float]:
    """Give the p values of Student's t that the mean is greater, and less, than zero."""
    from scipy.stats import t

    n = len(differences)
    mean = float(differences.mean()) if n else 0.0
    if mean == 0.0 or n < 2:
        return 1.0, 1.0
    error = float(differences.std(ddof=1)) / math.sqrt(n)
    score = math.copysign(math.inf, mean) if error == 0.0 else mean / error
    return float(t.sf(score, n - 1)), float(t.cdf(score, n - 1))


def bootstrap_interval(
    values: ArrayLike, confidence: float = 0.95, *, draws: int = DRAWS, seed: int = 1
) -> tuple[float, float]:
    """Give the percentile bootstrap interval of a mean: the values drawn with replacement, ``draws`` times."""
    array = np.asarray(values, dtype=np.float64)
    if not len(array):
        return math.nan, math.nan
    rng = np.random.default_rng(seed)
    means = array[rng.integers(0, len(array), (draws, len(array)))].mean(axis=1)
    low, high = np.quantile(means, [(1.0 - confidence) / 2.0, (1.0 + confidence) / 2.0])
    return float(low), float(high)


def holm(p_values: Sequence[float]) -> list[float]:
    """
    Adjust p values for being judged together: each may be compared with the level as if it stood alone.

    The smallest is multiplied by how many there are, the next by one fewer, and none is smaller than the one before.
    """
    adjusted = [1.0] * len(p_values)
    so_far = 0.0
    for rank, i in enumerate(sorted(range(len(p_values)), key=lambda i: (p_values[i], i))):
        so_far = max(so_far, min(1.0, (len(p_values) - rank) * p_values[i]))
        adjusted[i] = so_far
    return adjusted


def noise_band(figures: ArrayLike) -> float:
    """
    Say how far a mean over instances moves when only ties fall otherwise.

    Parameters
    ----------
    figures
        Shape (instances, numberings): the same figure with orders and riders numbered in several ways.

    Returns
    -------
    Half the width of a 95 % band around the mean over instances and numberings: 1.96 sqrt(sum of s_i^2 / k) / n, with
    s_i the standard deviation over the k numberings of instance i. Zero for policies that ties do not move, NaN with a
    single numbering.
    """
    table = np.asarray(figures, dtype=np.float64)
    n, k = table.shape
    if k < 2 or not n:
        return math.nan
    variance = float(np.nansum(np.var(table, axis=1, ddof=1))) / k
    return NORMAL_95 * math.sqrt(variance) / float(n)
