"""Bundles of a size that follows the load: every store's orders are routed, promised bundles included."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from delivsim.dispatch.arrays import Ints
from delivsim.dispatch.assignment import Match
from delivsim.dispatch.horizon import orders_per_rider
from delivsim.dispatch.problem import DispatchProblem
from delivsim.dispatch.routes import Route, build_routes, doors, store_stops

GROUP = 40
"""Orders of one store that are routed together, at most: the work grows with its square."""


class Routed(NamedTuple):
    """Promised bundles that grow, and new bundles: rows of their orders in visiting order."""

    joins: list[Match]
    bundles: list[tuple[int, ...]]


def target_size(problem: DispatchProblem, *, ready_within: float, free_within: float) -> int:
    """Orders per bundle that would give every rider one: orders ready soon over riders free soon, at least 1."""
    return max(1, math.ceil(orders_per_rider(problem, ready_within=ready_within, free_within=free_within)))


def route_stores(
    problem: DispatchProblem, rows: Ints, *, target: int, largest: int, delay_weight: float, growing: bool
) -> Routed:
    """
    Route the orders of each store.

    Parameters
    ----------
    rows
        Rows of the open orders to be routed.
    target
        Orders per bundle to aim at; more only if the seconds per order fall by it.
    largest
        Most orders in a bundle.
    delay_weight
        Seconds of driving that a second of an order's delay is worth.
    growing
        Whether orders may join promised bundles.
    """
    n, known = problem.orders.size, doors(problem)
    groups, seeds = _groups(problem, rows, _growing(problem) if growing else {})
    service = problem.rules.dropoff_service_time
    stops = store_stops(groups, known, problem.travel, problem.now, service=service, delay_weight=delay_weight)
    largest = min(largest, int(problem.carries.max()))
    found = Routed([], [])
    for group, store, seeded in zip(groups, stops, seeds, strict=True):
        local = {row: k for k, row in enumerate(group.tolist())}
        routes = [_seed(problem, seed, [local[n + row] for row in seed.tolist()]) for seed in seeded]
        routes += [Route() for _ in range(math.ceil(group.size / target) - len(routes))]
        fresh = [k for row, k in local.items() if row < n]
        build_routes(store, fresh, routes, target=target, largest=largest)
        for route in routes:
            members = group[route.rows].tolist()
            if route.bundle and min(members) < n:
                found.joins.append(_join(problem, route.bundle, members))
            elif not route.bundle and members:
                found.bundles.append(tuple(members))
    return found


def _groups(
    problem: DispatchProblem, rows: Ints, growing: dict[int, list[Ints]]
) -> tuple[list[Ints], list[list[Ints]]]:
    """Group open orders by store, in order of readiness, each with the bundles there that may still grow."""
    rows = rows[np.lexsort((problem.orders[rows], problem.ready_at[rows], problem.stores[rows]))]
    groups, seeds = [], []
    for members in np.split(rows, np.flatnonzero(np.diff(problem.stores[rows])) + 1):
        here = growing.get(int(problem.stores[members[0]]), [])
        for k in range(0, len(members), GROUP):
            seeds.append(here if k == 0 else [])
            groups.append(np.concatenate((members[k : k + GROUP], *(problem.orders.size + seed for seed in seeds[-1]))))
    return groups, seeds


def _growing(problem: DispatchProblem) -> dict[int, list[Ints]]:
    """Give the bundles that may grow, by store: their rows among the promises."""
    found: dict[int, list[Ints]] = {}
    promises = problem.promises
    asked = set(problem.riders.tolist())
    for seed in promises.growing() if problem.rules.growing_bundles else ():
        stores = promises.stores[seed]
        if (stores == stores[0]).all() and int(promises.riders[seed[0]]) in asked:
            found.setdefault(int(stores[0]), []).append(seed)
    return found


def _seed(problem: DispatchProblem, seed: Ints, rows: list[int]) -> Route:
    """Start a route with a promised bundle; its rows among the promises, and among the stops."""
    promises, first = problem.promises, int(seed[0])
    rider = int(np.searchsorted(problem.riders, promises.riders[first]))
    most, off_at = int(problem.carries[rider]), float(problem.off_at[rider])
    return Route(rows, int(promises.bundles[first]), float(promises.pickup_at[first]), off_at, most)


def _join(problem: DispatchProblem, bundle: int, members: list[int]) -> Match:
    n, promises = problem.orders.size, problem.promises
    numbers = tuple(int(problem.orders[row] if row < n else promises.orders[row - n]) for row in members)
    rider = int(promises.riders[promises.bundles == bundle][0])
    return Match(rider, numbers, "joins a bundle that its rider is about to fetch", joins=bundle)
