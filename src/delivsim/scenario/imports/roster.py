"""Riders where no file tells them: from who carried which order, else as many as the orders need."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from delivsim.domain.rider import Rider
from delivsim.domain.streams import Streams

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Place = tuple[float, float]

OFF_LINE = 2 * 3600.0
"""Seconds without any order after which a rider is taken to have gone off line."""
MARGIN = 900.0
"""Seconds a rider is taken to have been on line before the first order and after the last, if there is but one."""
BUSY = 0.65
"""Share of their time that invented riders are to work."""
SHIFT = 4 * 3600.0
HOUR = 3600.0


def riders_who_carried(orders: pd.DataFrame, places: list[Place], horizon: float) -> list[Rider]:
    """
    Make riders of the orders they carried.

    A shift goes from a rider's first order to the last, and further on both sides by half the rider's mean time
    between two orders, because idle time at both ends leaves no trace. A pause of more than two hours parts two shifts.

    Parameters
    ----------
    orders
        Columns ``rider_id``, ``placed_at`` and, where known, ``assigned_at``, ``picked_up_at``,
        ``delivered_at``, seconds.
    places
        Where the store of each order is; a shift begins at the first one's.
    horizon
        Shifts are cut at 0; they may go on after the horizon.
    """
    first = _first_known(orders, ("assigned_at", "picked_up_at", "placed_at")).to_numpy(np.float64)
    last = _first_known(orders, ("delivered_at", "picked_up_at", "assigned_at", "placed_at")).to_numpy(np.float64)
    who = orders["rider_id"].to_numpy()
    by_rider: dict[str, list[int]] = {}
    for i in np.argsort(first, kind="stable"):
        if who[i]:
            by_rider.setdefault(str(who[i]), []).append(int(i))
    riders = []
    for name, mine in sorted(by_rider.items()):
        for k, shift in enumerate(_shifts(mine, first, last)):
            between = (first[shift[-1]] - first[shift[0]]) / (len(shift) - 1) / 2 if len(shift) > 1 else MARGIN
            on_at = max(0.0, float(first[shift[0]] - between))
            off_at = max(on_at, float(last[shift].max() + between))
            x, y = places[shift[0]]
            riders.append(Rider(id=name if k == 0 else f"{name}#{k + 1}", x=x, y=y, on_at=on_at, off_at=off_at))
    return [rider for rider in riders if rider.on_at < horizon]


def _first_known(orders: pd.DataFrame, names: tuple[str, ...]) -> pd.Series:
    """Give the first of these instants that each order has."""
    present = [name for name in names if name in orders]
    return orders[present].bfill(axis=1).iloc[:, 0]


def _shifts(mine: list[int], first: Floats, last: Floats) -> list[list[int]]:
    shifts: list[list[int]] = []
    busy_until = -math.inf
    for i in mine:
        if first[i] - busy_until > OFF_LINE:
            shifts.append([])
        shifts[-1].append(i)
        busy_until = max(busy_until, float(last[i]))
    return shifts


def riders_needed(placed_at: Floats, work: float, horizon: float, places: list[Place], seed: int = 1) -> list[Rider]:
    """
    Invent riders: each hour as many as its orders need, if riders are to work 65 % of their time.

    Parameters
    ----------
    placed_at
        When orders are placed, seconds.
    work
        Seconds of work that one order takes.
    horizon
        Orders come until then.
    places
        Where orders are fetched; shifts begin at places drawn among them.
    seed
        Of the draw.
    """
    n_hours = math.ceil(horizon / HOUR)
    asked = np.histogram(placed_at, HOUR * np.arange(n_hours + 1))[0]
    needed = np.ceil(asked * work / (BUSY * HOUR)).astype(int)
    on_duty = np.zeros(n_hours, dtype=int)
    rng = Streams(seed)["import/riders"]
    riders: list[Rider] = []
    for hour in range(n_hours):
        more = int(needed[hour] - on_duty[hour])
        ends = min(n_hours, hour + round(SHIFT / HOUR))
        on_duty[hour:ends] += max(0, more)
        for _ in range(more):
            x, y = places[int(rng.integers(len(places)))]
            riders.append(Rider(id=f"r{len(riders) + 1}", x=x, y=y, on_at=hour * HOUR, off_at=ends * HOUR + HOUR))
    return riders
