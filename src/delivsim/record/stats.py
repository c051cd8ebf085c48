"""
Statistics that say exactly what they are: quantiles, summaries, time-weighted means, peaks, intervals.

Every quantile interpolates linearly between order statistics: definition 7 of Hyndman and Fan (1996), numpy's own.
Spans are pairs of arrays (starts, ends), half open; NaN is never a value and is left out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

DESCRIBED = {"p10": 0.1, "p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}
LATENCIES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p99.9": 0.999}


def known(values: ArrayLike) -> Floats:
    """Leave out NaN."""
    array = np.asarray(values, dtype=np.float64)
    return array[~np.isnan(array)]


def quantile(values: ArrayLike, q: float) -> float:
    """Give the value below which a share ``q`` of the values lies (Hyndman and Fan's definition 7); NaN for none."""
    array = known(values)
    return float(np.quantile(array, q)) if len(array) else math.nan


def describe(values: ArrayLike) -> dict[str, float]:
    """
    Summarize durations or amounts: mean, sd, min, p10, p50, p90, p95, p99 and max, all NaN without values.

    ``sd`` is the sample's (divided by n - 1), NaN for a single value.
    """
    array = known(values)
    if not len(array):
        return dict.fromkeys(("mean", "sd", "min", *DESCRIBED, "max"), math.nan)
    sd = float(np.std(array, ddof=1)) if len(array) > 1 else math.nan
    quantiles = _quantiles(array, DESCRIBED)
    return {"mean": float(np.mean(array)), "sd": sd, "min": float(array.min()), **quantiles, "max": float(array.max())}


def latencies(values: ArrayLike) -> dict[str, float]:
    """Summarize latencies: mean, p50, p90, p95, p99, p99.9 and max, all NaN without values."""
    array = known(values)
    if not len(array):
        return dict.fromkeys(("mean", *LATENCIES, "max"), math.nan)
    return {"mean": float(np.mean(array)), **_quantiles(array, LATENCIES), "max": float(array.max())}


def _quantiles(array: Floats, wanted: dict[str, float]) -> dict[str, float]:
    found = np.quantile(array, list(wanted.values()))
    return {name: float(value) for name, value in zip(wanted, found, strict=True)}


def time_within(starts: Floats, ends: Floats, a: float, b: float) -> float:
    """Add up the time that spans spend within [a, b), in seconds: the integral of how many there are."""
    inside = np.minimum(ends, b) - np.maximum(starts, a)
    return float(np.sum(inside[inside > 0.0]))


def time_mean(starts: Floats, ends: Floats, a: float, b: float) -> float:
    """Give the time-weighted mean of how many spans there are at once during [a, b); NaN when b <= a."""
    return time_within(starts, ends, a, b) / (b - a) if b > a else math.nan


def time_by_bin(starts: Floats, ends: Floats, edges: Floats) -> Floats:
    """
    Add up the time that spans spend in each bin, exactly, however many bins a span covers.

    Parameters
    ----------
    edges
        Ascending bin edges, in seconds.

    Returns
    -------
    One sum of seconds per bin, one fewer than ``edges``.
    """
    return np.diff(_integral(starts, edges) - _integral(ends, edges))


def _integral(instants: Floats, at: Floats) -> Floats:
    """Integrate the number of instants passed, from the first edge to each edge: sum of max(0, t - instant)."""
    origin = float(at[0])
    since = np.sort(np.maximum(instants, origin)) - origin
    sums = np.concatenate(([0.0], np.cumsum(since)))
    passed = np.searchsorted(since, at - origin, side="right")
    return passed * (at - origin) - sums[passed]


def most_at_once(starts: Floats, ends: Floats, a: float, b: float) -> int:
    """Count the most spans there are at the same time within [a, b); one that ends makes room for one that starts."""
    starts, ends = np.maximum(starts, a), np.minimum(ends, b)
    real = ends > starts
    starts, ends = np.sort(starts[real]), np.sort(ends[real])
    if not len(starts):
        return 0
    ended = np.searchsorted(ends, starts, side="right")
    return int(np.max(np.arange(1, len(starts) + 1) - ended))


def steps_within(steps: Sequence[Sequence[float]], a: float, b: float) -> float:
    """
    Integrate a piecewise constant level over [a, b).

    Parameters
    ----------
    steps
        Pairs [instant, level from then on], ascending; before the first the level is 0.
    """
    at = [float(step[0]) for step in steps] + [math.inf]
    widths = (max(0.0, min(at[i + 1], b) - max(at[i], a)) for i in range(len(steps)))
    return sum(float(step[1]) * width for step, width in zip(steps, widths, strict=True))


def whole_bins(a: float, b: float, width: float) -> Floats:
    """
    Give the edges of the whole bins in [a, b], at multiples of ``width``; one bin from a to b when none fits.

    Quarter hours of a run that starts on the hour are so those of the clock.
    """
    first, last = math.ceil(a / width - 1e-9), math.floor(b / width + 1e-9)
    if last <= first:
        return np.array([a, max(b, a)], dtype=np.float64)
    return np.arange(first, last + 1, dtype=np.float64) * width


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A mean and how sure we are of it: with probability ``confidence`` the interval holds the true mean."""

    mean: float
    low: float
    high: float
    n: int
    confidence: float

    @property
    def half_width(self) -> float:
        """Half the width of the interval."""
        return (self.high - self.low) / 2.0


def mean_interval(values: ArrayLike, confidence: float = 0.95) -> Interval:
    """
    Give Student's t interval for the mean of independent replications.

    Parameters
    ----------
    values
        One figure per replication (NaN left out), each from an independent run.
    confidence
        Between 0 and 1.

    Returns
    -------
    mean +- t(n - 1, (1 + confidence) / 2) sd / sqrt(n); the bounds are infinite for a single value, all NaN for none.
    """
    from scipy.stats import t

    array = known(values)
    n = len(array)
    if n == 0:
        return Interval(mean=math.nan, low=math.nan, high=math.nan, n=0, confidence=confidence)
    mean = float(np.mean(array))
    half = math.inf
    if n > 1:
        half = float(t.ppf((1.0 + confidence) / 2.0, n - 1)) * float(np.std(array, ddof=1)) / math.sqrt(n)
    return Interval(mean=mean, low=mean - half, high=mean + half, n=n, confidence=confidence)


def paired_difference(new: ArrayLike, old: ArrayLike, confidence: float = 0.95) -> Interval:
    """
    Give the interval for the mean of ``new - old``, pair by pair: two policies on the same seeds.

    Raises
    ------
    ValueError
        The two are not of equal length. A pair of which either is NaN is left out.
    """
    a, b = np.asarray(new, dtype=np.float64), np.asarray(old, dtype=np.float64)
    if a.shape != b.shape:
        raise ValueError(f"pairs: must be as many new as old values, got {a.size} and {b.size}")
    return mean_interval(a - b, confidence)


def share(part: Any, whole: Any) -> float:
    """Divide; NaN when there is nothing to divide by."""
    return float(part) / float(whole) if whole else math.nan
