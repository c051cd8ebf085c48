"""Routes from one store past the doors of its orders, built by parallel insertion (Reyes et al. 2018, section 4.2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from delivsim.dispatch.arrays import Floats, Ints
from delivsim.dispatch.problem import UNLIMITED, DispatchProblem
from delivsim.domain.travel import Instants, Travel


@dataclass(slots=True)
class Route:
    """
    Orders of one store in visiting order.

    Parameters
    ----------
    rows
        Rows of the stops, in visiting order.
    bundle
        Number of the promised bundle that it grows from; 0: none.
    pickup_at
        When the food is picked up at the earliest, seconds.
    off_at
        Orders ready later than this cannot join, seconds.
    most
        Most orders that its rider can carry.
    """

    rows: list[int] = field(default_factory=list)
    bundle: int = 0
    pickup_at: float = -np.inf
    off_at: float = np.inf
    most: int = UNLIMITED


@dataclass(frozen=True, slots=True, eq=False)
class Stops:
    """
    Orders that may share a route, all of one store: open ones first, then promised ones.

    Parameters
    ----------
    ready_at
        When each is ready, seconds.
    out
        Seconds from the store to each door.
    between
        Seconds from door to door.
    service
        Seconds spent at a door.
    delay_weight
        Seconds of driving that a second of an order's delay is worth.
    """

    ready_at: list[float]
    out: list[float]
    between: list[list[float]]
    service: float
    delay_weight: float

    def length(self, rows: list[int]) -> float:
        """Seconds from the store to being done at the last door."""
        if not rows:
            return 0.0
        clock = self.out[rows[0]] + self.service * len(rows)
        for a, b in pairwise(rows):
            clock += self.between[a][b]
        return clock

    def cost(self, rows: list[int], pickup_at: float) -> float:
        """Seconds of driving, and of delay from readiness to each door, weighed."""
        if not rows:
            return 0.0
        ready = self.ready_at
        pickup = max(pickup_at, *(ready[row] for row in rows))
        clock = delay = 0.0
        last = -1
        for row in rows:
            clock += self.between[last][row] if last >= 0 else self.out[row]
            delay += pickup + clock - ready[row]
            clock += self.service
            last = row
        return clock + self.delay_weight * delay


def build_routes(stops: Stops, order: list[int], routes: list[Route], *, target: int, largest: int) -> None:
    """
    Put stops into routes, each where it costs least, then take every one out once and put it in again.

    Parameters
    ----------
    order
        Rows of the stops to put in, in the order in which that is done.
    routes
        What there is to put them in; changed in place.
    target
        A route of at least so many orders takes another one only if the seconds per order fall by it.
    largest
        Most orders in a route; a stop that fits nowhere gets a route of its own.
    """
    for row in order:
        _insert(stops, row, routes, target, largest)
    for row in order:
        home = next(route for route in routes if row in route.rows)
        if len(home.rows) > 1 or len(routes) > 1:
            home.rows.remove(row)
            _insert(stops, row, routes, target, largest)


def _insert(stops: Stops, row: int, routes: list[Route], target: int, largest: int) -> None:
    best, chosen, at = np.inf, None, 0
    for route in routes:
        n = len(route.rows)
        if n >= min(largest, route.most) or stops.ready_at[row] > route.off_at:
            continue
        before = stops.cost(route.rows, route.pickup_at)
        for k in range(n + 1):
            rows = [*route.rows[:k], row, *route.rows[k:]]
            if n >= target and stops.length(rows) * n >= stops.length(route.rows) * (n + 1):
                continue
            more = stops.cost(rows, route.pickup_at) - before
            if more < best:
                best, chosen, at = more, route, k
    if chosen is None:
        routes.append(Route([row]))
    else:
        chosen.rows.insert(at, row)


class Doors(NamedTuple):
    """Open and promised orders together, with the door and the store of each."""

    ready_at: Floats
    pickups: Floats
    dropoffs: Floats


def doors(problem: DispatchProblem) -> Doors:
    """Give open orders by their row, and promised ones by their row after those."""
    promises = problem.promises
    return Doors(
        np.concatenate((np.maximum(problem.ready_at, problem.now), promises.ready_at)),
        np.concatenate((problem.pickups, promises.pickups)),
        np.concatenate((problem.dropoffs, promises.dropoffs)),
    )


def store_stops(
    groups: list[Ints], known: Doors, travel: Travel, at: Instants, *, service: float, delay_weight: float
) -> Iterator[Stops]:
    """
    Give the stops of each group of orders of one store; travel times of all groups are asked for at once.

    Parameters
    ----------
    groups
        Rows in ``known``.
    at
        When the ways are driven.
    service, delay_weight
        As in ``Stops``.
    """
    rows = np.concatenate(groups)
    sizes = np.array([group.size for group in groups])
    out = travel.times(known.pickups[rows], known.dropoffs[rows], None, at).tolist()
    n, start = np.repeat(sizes, sizes**2), np.repeat(np.cumsum(sizes) - sizes, sizes**2)
    k = np.arange(n.size) - np.repeat(np.cumsum(sizes**2) - sizes**2, sizes**2)
    ways = known.dropoffs[rows[start + k // n]], known.dropoffs[rows[start + k % n]]
    between = travel.times(*ways, None, at).tolist()
    a = b = 0
    for group in groups:
        m = group.size
        table = [between[b + i * m : b + (i + 1) * m] for i in range(m)]
        yield Stops(known.ready_at[group].tolist(), out[a : a + m], table, service, delay_weight)
        a, b = a + m, b + m * m
