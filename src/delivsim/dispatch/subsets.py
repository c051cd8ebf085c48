"""Every small bundle worth a thought: neighbors in readiness of one store, in their best visiting order."""

from __future__ import annotations

from itertools import combinations, permutations

import numpy as np

from delivsim.dispatch.arrays import Ints
from delivsim.dispatch.problem import DispatchProblem
from delivsim.dispatch.routes import Stops, doors, store_stops

GROUP = 40
"""Orders of one store whose ways are known to each other, at most."""


def small_bundles(
    problem: DispatchProblem, rows: Ints, *, largest: int, neighbors: int, worth: float
) -> list[tuple[int, ...]]:
    """
    List bundles of one store each: every order alone, and with the next ones to be ready where that may pay.

    Parameters
    ----------
    rows
        Rows of the orders to bundle, shape (k,).
    largest
        Most orders in a bundle, >= 1.
    neighbors
        How many of the next orders to be ready are looked at for each, >= 0.
    worth
        Seconds of all customers' delay that are not too much for each order that joins another one.

    Returns
    -------
    Rows of the orders of each bundle, in visiting order; the same set only once.
    """
    rows = rows[np.lexsort((problem.orders[rows], problem.ready_at[rows], problem.stores[rows]))]
    by_store = np.split(rows, np.flatnonzero(np.diff(problem.stores[rows])) + 1)
    groups = [group[k : k + GROUP] for group in by_store for k in range(0, group.size, GROUP)]
    service = problem.rules.dropoff_service_time
    stops = store_stops(groups, doors(problem), problem.travel, problem.now, service=service, delay_weight=1.0)
    found: list[tuple[int, ...]] = []
    for group, store in zip(groups, stops, strict=True):
        numbers = group.tolist()
        found += [tuple(numbers[k] for k in bundle) for bundle in _of_store(store, largest, neighbors, worth)]
    return found


def _of_store(stops: Stops, largest: int, neighbors: int, worth: float) -> list[tuple[int, ...]]:
    n = len(stops.ready_at)
    found: list[tuple[int, ...]] = [(k,) for k in range(n)]
    for first in range(n):
        others = range(first + 1, min(n, first + 1 + neighbors))
        for size in range(1, largest):
            for more in combinations(others, size):
                best = min(permutations((first, *more)), key=lambda rows: (_delay(stops, rows), rows))
                if _delay(stops, best) <= worth * size:
                    found.append(best)
    return found


def _delay(stops: Stops, rows: tuple[int, ...]) -> float:
    """Seconds that the customers wait longer than if each order went alone when it is ready."""
    pickup, clock, last, delay = max(stops.ready_at[row] for row in rows), 0.0, -1, 0.0
    for row in rows:
        clock += stops.between[last][row] if last >= 0 else stops.out[row]
        delay += pickup - stops.ready_at[row] + clock - stops.out[row]
        clock += stops.service
        last = row
    return delay
