"""When and where orders come: a rate for each hour and zone, and how much days differ beyond chance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]

HOUR = 3600.0
FEWEST_DAYS = 3
"""Days below which nothing is said of how days differ."""


@dataclass(frozen=True, slots=True, eq=False)
class DayCount:
    """
    The orders of one day.

    Parameters
    ----------
    label
        The day, for messages.
    begins, ends
        The stretch that was watched: seconds since the day's midnight.
    clock
        When each order was placed: seconds since the day's midnight, shape (n,).
    zone
        Number of the zone of each order's store, shape (n,).
    lost
        Orders that were there but whose rows could not be read; spread evenly over the others.
    """

    label: str
    begins: float
    ends: float
    clock: Floats
    zone: NDArray[np.int64]
    lost: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Demand:
    """
    Demand found in one or more days.

    Parameters
    ----------
    rates
        Orders per hour: one row per hour of day (25 is one o'clock at night), one column per zone.
    per_day
        Orders seen and orders expected each day, columns ``seen`` and ``expected``, indexed by day.
    day_cv
        Coefficient of variation of a factor that all of a day's rates share, beyond what Poisson counts vary by
        themselves (gamma-Poisson); NaN: too few days to tell.
    p_poisson
        Chance that days of a plain Poisson process differ so much; NaN likewise.
    cells, cells_p
        Chi-square per degree of freedom of the cells (day, hour, zone) around what is expected of them in that day,
        and its p; NaN with a single day, which its own rates fit by themselves.
    within_hours, within_p
        The same for quarter hours around their hour's rate: whether whole hours are fine enough.
    """

    rates: pd.DataFrame
    per_day: pd.DataFrame
    day_cv: float
    p_poisson: float
    cells: float
    cells_p: float
    within_hours: float
    within_p: float


def estimate_demand(days: Sequence[DayCount], zones: Sequence[str]) -> Demand:
    """Estimate rates by hour and zone, and the variation between days."""
    first = math.floor(min(day.begins for day in days) / HOUR)
    last = math.ceil(max(day.ends for day in days) / HOUR)
    edges = (HOUR * np.arange(first, last + 1)).astype(np.float64)
    counts = np.stack([_cells(day, edges, len(zones)) for day in days])
    weight = np.array([1.0 + day.lost / max(1, len(day.clock)) for day in days])
    exposure = np.stack([_overlap(day, edges) for day in days])
    hours = exposure.sum(axis=0) / HOUR
    total = (counts * weight[:, None, None]).sum(axis=0)
    rates = np.divide(total, hours[:, None], out=np.zeros_like(total), where=hours[:, None] > 0)
    expected = rates[None] * exposure[:, :, None] / HOUR
    seen = counts.sum(axis=(1, 2)) * weight
    of_day = expected.sum(axis=(1, 2))
    cv, p = _between_days(seen, of_day)
    table = pd.DataFrame(rates, index=range(first, last), columns=list(zones))
    per_day = pd.DataFrame({"seen": seen, "expected": of_day}, index=[day.label for day in days])
    scaled = (
        expected / weight[:, None, None] * np.where(of_day > 0, seen / np.maximum(of_day, 1e-12), 1.0)[:, None, None]
    )
    cells = (math.nan, math.nan)
    if len(days) > 1:
        lost = len(days) - 1 + int((rates > 0).sum())
        cells = _chi_square(counts.ravel(), scaled.ravel(), lost)
    within = _within_hours(days, edges)
    return Demand(table[hours > 0], per_day, cv, p, *cells, *within)


def _cells(day: DayCount, edges: Floats, n_zones: int) -> Floats:
    hour = np.searchsorted(edges, day.clock, side="right") - 1
    cells = np.zeros((len(edges) - 1, n_zones))
    np.add.at(cells, (hour, day.zone), 1.0)
    return cells


def _overlap(day: DayCount, edges: Floats) -> Floats:
    return np.asarray(np.maximum(0.0, np.minimum(edges[1:], day.ends) - np.maximum(edges[:-1], day.begins)))


def _between_days(seen: Floats, expected: Floats) -> tuple[float, float]:
    """
    Estimate how much a day's factor varies, by moments, and test whether it does at all.

    With N ~ Poisson(G E), mean of G one and variance c^2: E[(N - E)^2] = E + c^2 E^2 (a negative binomial); the
    profile was estimated from the same days, so D - 1 of them are free.
    """
    from scipy.stats import chi2

    n = len(seen)
    if n < FEWEST_DAYS:
        return math.nan, math.nan
    squares = (seen - expected) ** 2 * n / (n - 1)
    cv2 = max(0.0, float((squares - expected).sum() / (expected**2).sum()))
    index = float(((seen - expected) ** 2 / np.maximum(expected, 1e-12)).sum())
    return math.sqrt(cv2), float(chi2.sf(index, n - 1))


def _chi_square(seen: Floats, expected: Floats, estimated: int) -> tuple[float, float]:
    """Chi-square over its degrees of freedom, and p; cells that expect fewer than 5 are put together."""
    from scipy.stats import chi2

    large = expected >= 5.0
    s, e = seen[large], expected[large]
    if expected[~large].sum() >= 5.0:
        s, e = np.append(s, seen[~large].sum()), np.append(e, expected[~large].sum())
    free = len(s) - estimated
    if free < 1:
        return math.nan, math.nan
    value = float(((s - e) ** 2 / e).sum())
    return value / free, float(chi2.sf(value, free))


def _within_hours(days: Sequence[DayCount], edges: Floats) -> tuple[float, float]:
    """Compare quarter hours with their own hour's count in all days together."""
    quarters = np.arange(edges[0], edges[-1] + 1.0, HOUR / 4, dtype=np.float64)
    seen = sum(np.histogram(day.clock, quarters)[0].astype(float) for day in days)
    watched = sum(_overlap(day, quarters) for day in days)
    per_hour = np.asarray(seen).reshape(-1, 4).sum(axis=1), np.asarray(watched).reshape(-1, 4).sum(axis=1)
    share = np.asarray(watched) / np.maximum(np.repeat(per_hour[1], 4), 1e-12)
    return _chi_square(np.asarray(seen), np.repeat(per_hour[0], 4) * share, int((per_hour[0] > 0).sum()))
