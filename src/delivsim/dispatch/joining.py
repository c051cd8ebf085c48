"""Promised bundles that may still grow, as places that open bundles can take instead of a rider of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from delivsim.dispatch.arrays import Floats, Ints
from delivsim.dispatch.assignment import Match, Wait
from delivsim.dispatch.bundles import Bundles
from delivsim.dispatch.lawful import TOLERANCE
from delivsim.dispatch.problem import DispatchProblem
from delivsim.dispatch.routes import Doors, Stops, doors, store_stops


class Join(NamedTuple):
    """
    An open bundle that could join a promised one.

    Parameters
    ----------
    bundle
        Row of the open bundle.
    promised
        Which of the growing bundles it is.
    cost
        Seconds of delay of all customers that come with it, and what the longer way weighs.
    pickup_at
        When the food is fetched at present, seconds.
    match
        What to tell the rider.
    """

    bundle: int
    promised: int
    cost: float
    pickup_at: float
    match: Match

    def wait(self, orders: tuple[int, ...]) -> Wait:
        """Say that these orders, those of the open bundle, may still do something else until then."""
        n = len(orders)
        reason = "it may join a bundle that is about to be fetched"
        return Wait(orders, reason, (self.match.rider,) * n, (self.cost,) * n, (self.pickup_at,) * n)


@dataclass(frozen=True, slots=True)
class Joins:
    """All that could join something: one row each."""

    rows: tuple[Join, ...] = ()

    @property
    def n_promised(self) -> int:
        """How many growing bundles there are."""
        return 1 + max((join.promised for join in self.rows), default=-1)

    def arcs(self) -> tuple[Ints, Ints, Floats]:
        """Rows of open bundles, the growing bundles they could join, and the cost of each."""
        bundle, promised = (np.array([join[k] for join in self.rows], dtype=np.int64) for k in (0, 1))
        return bundle, promised, np.array([join.cost for join in self.rows], dtype=np.float64)


def joins(problem: DispatchProblem, bundles: Bundles, *, worth: float, largest: int) -> Joins:
    """
    Work out which open bundles could join promised ones of their store, and the best way past the doors.

    Parameters
    ----------
    worth
        Seconds of customers' delay that a second of the rider's time is worth.
    largest
        Most orders in a bundle.
    """
    at_store: dict[int, list[int]] = {}
    for k, store in enumerate(problem.stores[bundles.first].tolist()):
        if bundles.last[k] == bundles.first[k]:  # a bundle of several stores joins none
            at_store.setdefault(store, []).append(k)
    found: list[Join] = []
    known = doors(problem)
    for promised, seed in enumerate(_growing(problem, set(at_store))):
        here = at_store[int(problem.promises.stores[seed[0]])]
        found += _at_one(problem, bundles, known, here, promised, seed, worth, largest)
    return Joins(tuple(found))


def _growing(problem: DispatchProblem, stores: set[int]) -> list[Ints]:
    """Bundles of one of these stores that may grow, of riders who can be asked: rows of the promises."""
    if not problem.rules.growing_bundles or not problem.promises.orders.size:
        return []
    promises, asked = problem.promises, set(problem.riders.tolist())
    return [
        seed
        for seed in promises.growing()
        if int(promises.riders[seed[0]]) in asked
        and int(promises.stores[seed[0]]) in stores
        and (promises.stores[seed] == promises.stores[seed[0]]).all()
    ]


def _at_one(
    problem: DispatchProblem,
    bundles: Bundles,
    known: Doors,
    here: list[int],
    promised: int,
    seed: Ints,
    worth: float,
    largest: int,
) -> list[Join]:
    """Try every open bundle of the store with one promised bundle."""
    promises, n = problem.promises, problem.orders.size
    rider = int(np.searchsorted(problem.riders, promises.riders[seed[0]]))
    most, off_at = min(largest, int(problem.carries[rider])), float(problem.off_at[rider])
    members = np.concatenate((n + seed, *(np.array(bundles.rows[k]) for k in here)))
    service = problem.rules.dropoff_service_time
    (stops,) = store_stops([members], known, problem.travel, problem.now, service=service, delay_weight=1.0)
    old, before, start = list(range(seed.size)), float(promises.pickup_at[seed[0]]), seed.size
    found = []
    for k in here:
        new = list(range(start, start + int(bundles.sizes[k])))
        start += len(new)
        pickup_at = max(before, float(bundles.ready_at[k]))
        if len(old) + len(new) > most or pickup_at > off_at + TOLERANCE:
            continue
        route = _inserted(stops, old, new, pickup_at)
        longer = stops.length(route) - stops.length(old) + pickup_at - before
        cost = _delay(stops, route, pickup_at) - _delay(stops, old, before) - sum(stops.out[row] for row in new)
        numbers = tuple(
            int(problem.orders[row] if row < n else promises.orders[row - n]) for row in members[route].tolist()
        )
        match = Match(
            int(problem.riders[rider]),
            numbers,
            "joins a bundle that its rider is about to fetch",
            joins=int(promises.bundles[seed[0]]),
            cost=cost + worth * longer,
        )
        found.append(Join(k, promised, cost + worth * longer, before, match))
    return found


def _inserted(stops: Stops, old: list[int], new: list[int], pickup_at: float) -> list[int]:
    """Put stops into a route one after the other, each where the delay of all is least."""
    route = old
    for row in new:
        ways = ([*route[:k], row, *route[k:]] for k in range(len(route) + 1))
        route = min(ways, key=lambda rows: _delay(stops, rows, pickup_at))
    return route


def _delay(stops: Stops, rows: list[int], pickup_at: float) -> float:
    """Seconds from readiness to each door, all orders together; the stops' weight of delay is 1."""
    return stops.cost(rows, pickup_at) - stops.length(rows)
