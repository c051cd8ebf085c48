"""How fast riders are, hour by hour, and how long they stay at stores and doors: from ways of known length."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FEWEST = 30
"""Ways below which no speed is estimated; an hour with fewer has the day's."""
ROUNDS = 3
MOST_PAIRED = 1200
"""Ways that the slope is estimated from; more are thinned out evenly."""


@dataclass(frozen=True, slots=True)
class Ways:
    """
    Riders' ways along straight lines.

    Parameters
    ----------
    speed
        Metres of straight line per second, over the day.
    stay_time
        Seconds between pick-up and hand-over that do not grow with the distance.
    pickup_service_time, dropoff_service_time
        Seconds at a store besides waiting, and at a door; None: not told by the data.
    by_hour
        Hour of the day to speed, relative to ``speed``; hours with too few ways are missing.
    spread
        Standard deviation of the logarithm of true over expected time on the way.
    n
        Ways it is estimated from.
    unexplained
        Share of the variance of times that distance does not explain.
    """

    speed: float
    stay_time: float
    pickup_service_time: float | None
    dropoff_service_time: float | None
    by_hour: Mapping[int, float]
    spread: float
    n: int
    unexplained: float


def estimate_ways(orders: pd.DataFrame) -> Ways | None:
    """
    Estimate speeds from the time between pick-up and hand-over of orders that were carried alone.

    Parameters
    ----------
    orders
        Columns ``distance`` (metres, straight from store to customer), ``picked_up_at``, ``delivered_at`` (seconds),
        ``hour`` (of the day, at pick-up), and if known ``rider``, ``arrived_at``, ``ready_at``.

    Returns
    -------
    The estimate; None where fewer than `FEWEST` orders tell. The slope is Theil's and Sen's median of slopes, which
    a few wrong clocks do not move.
    """
    trips = orders[orders["distance"].gt(0) & orders["delivered_at"].gt(orders["picked_up_at"]) & _alone(orders)]
    if len(trips) < FEWEST:
        return None
    metres = trips["distance"].to_numpy(np.float64)
    seconds = (trips["delivered_at"] - trips["picked_up_at"]).to_numpy(np.float64)
    hour = trips["hour"].to_numpy(np.int64)
    factor: dict[int, float] = {}
    for _ in range(ROUNDS):  # the slope without the hours' differences, the hours at that slope, and again
        even = metres / np.array([factor.get(h, 1.0) for h in hour.tolist()])
        pace = _slope(even, seconds)
        if not pace > 0:
            return None
        stay = max(0.0, float(np.median(seconds - pace * even)))
        factor = _by_hour(hour, pace * metres, seconds - stay)
    pickup = _pickup_service(orders)
    return Ways(
        speed=1.0 / pace,
        stay_time=stay,
        pickup_service_time=pickup,
        dropoff_service_time=None if pickup is None else max(0.0, 2.0 * stay - pickup),
        by_hour=factor,
        spread=_log_spread(seconds - stay, pace * even),
        n=len(trips),
        unexplained=float(np.var(seconds - pace * even - stay) / max(np.var(seconds), 1e-12)),
    )


def _alone(orders: pd.DataFrame) -> pd.Series:
    """Tell which orders shared no part of their way with another of the same rider; all, where riders are unknown."""
    if "rider" not in orders:
        return pd.Series(True, index=orders.index)
    known = orders[orders["rider"].ne("") & orders["picked_up_at"].notna() & orders["delivered_at"].notna()]
    ways = known.sort_values(["rider", "picked_up_at", "delivered_at"])
    same_before = ways["rider"].eq(ways["rider"].shift())
    same_after = ways["rider"].eq(ways["rider"].shift(-1))
    latest = ways.groupby("rider")["delivered_at"].cummax().shift()
    overlaps = (same_before & ways["picked_up_at"].lt(latest)) | (
        same_after & ways["picked_up_at"].shift(-1).lt(ways["delivered_at"])
    )
    return pd.Series(~overlaps, index=ways.index).reindex(orders.index, fill_value=False)


def _slope(x: Floats, y: Floats) -> float:
    from scipy.stats import theilslopes

    thin = np.unique(np.linspace(0, len(x) - 1, min(len(x), MOST_PAIRED)).astype(int))
    return float(theilslopes(y[thin], x[thin])[0])


def _by_hour(hour: NDArray[np.int64], expected: Floats, seconds: Floats) -> dict[int, float]:
    """Give the speed of each hour relative to the day's: the median of expected over true time on the longer ways."""
    far = expected >= np.median(expected)
    ratio = expected[far] / np.maximum(seconds[far], 1.0)
    of = hour[far]
    return {h: float(np.median(ratio[of == h])) for h in sorted(set(of.tolist())) if (of == h).sum() >= FEWEST // 2}


def _log_spread(seconds: Floats, expected: Floats) -> float:
    far = (seconds > 0) & (expected >= np.median(expected))
    ratio = np.log(seconds[far] / expected[far])
    return float(1.4826 * np.median(np.abs(ratio - np.median(ratio)))) if len(ratio) else math.nan


def _pickup_service(orders: pd.DataFrame) -> float | None:
    """Twice the median stay of riders who found the food ready: half the service comes before the hand-over."""
    if not {"arrived_at", "ready_at"} <= set(orders.columns):
        return None
    found = orders[orders["ready_at"] <= orders["arrived_at"]]
    stays = (found["picked_up_at"] - found["arrived_at"]).dropna()
    return 2.0 * float(stays.median()) if len(stays) >= FEWEST else None
