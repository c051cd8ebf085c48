"""Which orders of one store travel together: greedy insertion, priced by how scarce riders are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from delivsim.dispatch.problem import DispatchProblem

Ints = NDArray[np.int64]

WINDOW = 48
"""An order may join bundles whose orders are among this many before it in its store; keeps the work linear."""


@dataclass(slots=True)
class Bundle:
    """
    Orders of one store in visiting order.

    Parameters
    ----------
    rows
        Positions in the sorted list of the store, in visiting order.
    ready_at
        When all of it is ready, or now if that is later, seconds.
    legs
        Seconds from the store to the first door, from there to the next, and so on; one per order.
    """

    rows: list[int]
    ready_at: float
    legs: list[float]


@dataclass(frozen=True, slots=True)
class Insertion:
    """One way to add an order to a bundle: where, what it costs the customers, and the legs then."""

    position: int
    delay: float
    legs: list[float]


@dataclass(slots=True)
class StoreRoutes:
    """
    The bundles of one store, built up one order at a time.

    Parameters
    ----------
    out
        Seconds from the store to each door, in order of readiness.
    between
        Seconds from door i to door j for every i, j at most ``WINDOW`` apart, by (i, j).
    stop
        Seconds spent at a door.
    price
        Seconds of customers' delay that a second of a rider's time is worth.
    spared
        Seconds of a rider's time that one trip to the store costs.
    largest
        Most orders in a bundle.
    """

    out: list[float]
    between: dict[tuple[int, int], float]
    stop: float
    price: float
    spared: float
    largest: int
    bundles: list[Bundle] = field(default_factory=list)

    def add(self, row: int, ready_at: float) -> None:
        """Let an order join the bundle where it is worth most, or start a bundle of its own."""
        best: tuple[float, Bundle, Insertion] | None = None
        worth = self.price * (self.out[row] + self.spared)
        for bundle in self.bundles:
            wait = (ready_at - bundle.ready_at) * len(bundle.rows)
            full = len(bundle.rows) >= self.largest
            if full or wait >= worth or row - min(bundle.rows) > WINDOW:
                continue
            for way in self._insertions(bundle, row):
                longer = sum(way.legs) - sum(bundle.legs)
                loss = wait + way.delay - (worth - self.price * longer)
                if loss < (best[0] if best else 0.0):
                    best = loss, bundle, way
        if best is None:
            self.bundles.append(Bundle([row], ready_at, [self.out[row]]))
            return
        _, bundle, way = best
        bundle.rows.insert(way.position, row)
        bundle.ready_at, bundle.legs = ready_at, way.legs

    def _insertions(self, bundle: Bundle, row: int) -> Iterator[Insertion]:
        rows, legs, before = bundle.rows, bundle.legs, 0.0
        for k in range(len(rows) + 1):
            there = self.between[rows[k - 1], row] if k else self.out[row]
            delay = before + there - self.out[row]
            if k == len(rows):
                yield Insertion(k, delay, [*legs, there])
                return
            onward = self.between[row, rows[k]]
            delay += (there + self.stop + onward - legs[k]) * (len(rows) - k)
            yield Insertion(k, delay, [*legs[:k], there, onward, *legs[k + 1 :]])
            before += legs[k] + self.stop


def same_store_bundles(
    problem: DispatchProblem, rows: Ints, *, price: float, spared: float, largest: int
) -> list[tuple[int, ...]]:
    """
    Put orders of one store together where that spares more of a rider's time than it costs the customers.

    In order of readiness each order joins the bundle of its store, at the place on its route, where the delay of
    all customers is least against the rider's time spared, or starts its own (parallel insertion, as in Reyes et
    al. 2018, with a price in place of a target size).

    Parameters
    ----------
    rows
        Rows of the orders to bundle, shape (k,).
    price
        Seconds of customers' delay that a second of a rider's time is worth: high when riders are scarce.
    spared
        Seconds of a rider's time that one trip to a store costs, service included.
    largest
        Most orders in a bundle, >= 1.

    Returns
    -------
    The bundles, each the rows of its orders in visiting order; by store, then by readiness.
    """
    rows = rows[np.lexsort((problem.orders[rows], problem.ready_at[rows], problem.stores[rows]))]
    of_one_store = np.split(np.arange(len(rows)), np.flatnonzero(np.diff(problem.stores[rows])) + 1)
    ready_at = np.maximum(problem.ready_at[rows], problem.now)
    out = problem.travel.times(problem.pickups[rows], problem.dropoffs[rows], at=ready_at).tolist()
    between, ready = _between(problem, rows), ready_at.tolist()
    bundles: list[tuple[int, ...]] = []
    for group in of_one_store:
        routes = StoreRoutes(out, between, problem.rules.dropoff_service_time, price, spared, largest)
        for k in group.tolist():
            routes.add(k, ready[k])
        bundles += (tuple(int(rows[k]) for k in bundle.rows) for bundle in routes.bundles)
    return bundles


def _between(problem: DispatchProblem, rows: Ints) -> dict[tuple[int, int], float]:
    """Travel both ways between the doors of one store's orders, at most ``WINDOW`` places apart in the list."""
    stores, doors = problem.stores[rows], problem.dropoffs[rows]
    found: dict[tuple[int, int], float] = {}
    for apart in range(1, min(WINDOW, len(rows) - 1) + 1):
        first = np.flatnonzero(stores[apart:] == stores[:-apart])
        if not first.size:
            break
        a, b = first, first + apart
        for i, j in ((a, b), (b, a)):
            times = problem.travel.times(doors[i], doors[j], at=problem.now).tolist()
            found.update(zip(zip(i.tolist(), j.tolist(), strict=True), times, strict=True))
    return found
