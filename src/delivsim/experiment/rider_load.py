"""Rider-hours that orders need against rider-hours on the roster, hour by hour."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from delivsim.experiment.city_calls import Town, needed_time, shifts
from delivsim.experiment.rider_work import Floats
from delivsim.record.stats import time_by_bin

QUARTER_HOUR, HOUR = 900.0, 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RiderTime:
    """Orders placed in a stretch of time (seconds), and the rider-hours they need against those on shift."""

    start: float
    end: float
    orders: int
    needed: float
    on_shift: float

    @property
    def utilization(self) -> float:
        """Needed over on shift."""
        if self.on_shift > 0:
            return self.needed / self.on_shift
        return math.inf if self.needed > 0 else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RiderLoad:
    """
    Rider-hours needed against rostered.

    Parameters
    ----------
    riders
        How many have a shift.
    hours, peak
        Hour by hour, those without orders and without work left out; and the quarter hour in which most are needed.
    time_per_order
        Pairs (what for, mean seconds that an order takes of a rider).
    orders_per_bundle
        How many orders are expected to be carried at once; of what they share each takes its part.
    """

    riders: int
    hours: tuple[RiderTime, ...]
    peak: RiderTime
    time_per_order: tuple[tuple[str, float], ...]
    orders_per_bundle: float


def rider_load(town: Town) -> RiderLoad | None:
    """Estimate the load of a city's riders; None where nobody orders."""
    if not town.work.placed_at.size:
        return None
    quarters = _stretches(town, QUARTER_HOUR)
    return RiderLoad(
        riders=sum(rider.off_at > rider.on_at for rider in town.instance.riders),
        hours=tuple(hour for hour in _stretches(town, HOUR) if hour.orders or hour.needed > 0),
        peak=max(quarters, key=lambda stretch: stretch.needed),
        time_per_order=tuple(town.time_per_order.items()),
        orders_per_bundle=town.bundles.orders,
    )


def _stretches(town: Town, width: float) -> list[RiderTime]:
    work = town.work
    edges: Floats = np.arange(math.floor(float(work.free_at.max()) / width) + 2, dtype=np.float64) * width
    needed = needed_time(town, edges) / HOUR
    on_shift = time_by_bin(*shifts(town.instance), edges) / HOUR
    orders = np.histogram(work.placed_at, bins=edges)[0]
    return [
        RiderTime(
            start=float(edges[k]),
            end=float(edges[k + 1]),
            orders=int(orders[k]),
            needed=float(needed[k]),
            on_shift=float(on_shift[k]),
        )
        for k in range(len(orders))
    ]
