"""Bundles to free and soon-free riders, planned anew at every decision, and nobody leaves before it is time."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray
from pydantic.dataclasses import dataclass

from delivsim.dispatch.assignment import Assignment, Match
from delivsim.dispatch.bundling import same_store_bundles
from delivsim.dispatch.candidates import flat
from delivsim.dispatch.lawful import TOLERANCE
from delivsim.dispatch.matching import match_places
from delivsim.dispatch.policies.parameters import Count, Weight
from delivsim.dispatch.problem import DispatchProblem
from delivsim.domain.units import Duration

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEFT_OVER = 36_000.0
"""Seconds of delay that leaving one order without a rider counts for: more than any real delay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearAssignment:
    """
    Plan all orders and all free and soon-free riders together; send each rider just in time.

    Orders of one store are bundled while that pays, then one linear assignment gives bundles to riders at the least
    delay. Only what cannot wait for the next decision is carried out; the rest is planned again then, with what is
    known by then.

    Parameters
    ----------
    ready_within
        Orders ready later than this many seconds from now are left for later, > 0.
    free_within
        Riders free later than this many seconds from now are left for later, >= 0.
    travel_weight
        Seconds of one order's delay that a second of travel to the store is worth, >= 0.
    waiting_weight
        The same for a second that the rider is at the store before the food, >= 0.
    bundle_weight
        The same for a second of a rider's time when there is one order per rider; it grows with orders per
        rider, so that bundles grow under load. >= 0; 0: no bundles.
    trip_time
        Seconds of a rider's time that one more trip to a store costs, service included, >= 0.
    largest_bundle
        Most orders in a bundle, >= 1.
    load_window
        Orders per rider are counted among those ready, and those free, within this many seconds, >= 0.
    margin
        A rider is sent this many seconds earlier than just in time, >= 0.
    candidates
        How many nearest riders are considered for a bundle (or bundles for a rider, where riders are fewer), >= 1.
    """

    ready_within: Duration = 1200.0
    free_within: Duration = 1800.0
    travel_weight: Weight = 0.05
    waiting_weight: Weight = 0.15
    bundle_weight: Weight = 1.5
    trip_time: Duration = 900.0
    largest_bundle: Count = 4
    load_window: Duration = 600.0
    margin: Duration = 0.0
    candidates: Count = 50

    def __call__(self, problem: DispatchProblem, rng: np.random.Generator) -> Assignment:  # noqa: ARG002
        """Decide; nothing is drawn from ``rng``."""
        orders = np.flatnonzero(problem.ready_at <= problem.now + self.ready_within)
        soon = problem.free_at <= problem.now + self.free_within
        riders = np.flatnonzero(soon & (problem.off_at >= problem.now))
        if not orders.size or not riders.size:
            return Assignment()
        price = self.bundle_weight * self._load(problem)
        bundles = same_store_bundles(problem, orders, price=price, spared=self.trip_time, largest=self.largest_bundle)
        plan = self._plan(problem, bundles, riders)
        return Assignment(tuple(plan.match(problem, k) for k in self._due(problem, plan)))

    def _load(self, problem: DispatchProblem) -> float:
        """Orders per rider in the next minutes."""
        soon = problem.now + self.load_window
        n_riders = int(np.count_nonzero(problem.free_at <= soon))
        return float(np.count_nonzero(problem.ready_at <= soon)) / max(1, n_riders)

    def _plan(self, problem: DispatchProblem, bundles: list[tuple[int, ...]], riders: Ints) -> Plan:
        """Give bundles to riders at the least total cost."""
        first = np.array([bundle[0] for bundle in bundles])
        sizes = np.array([len(bundle) for bundle in bundles])
        ready_at = np.array([problem.ready_at[list(bundle)].max() for bundle in bundles])

        def price(rows: Ints, columns: Ints) -> Floats:
            r = riders[columns]
            return self._price(problem, first[rows], sizes[rows], ready_at[rows], r)

        found = match_places(
            _points(problem, problem.pickups[first], ready_at),
            _points(problem, problem.places[riders], problem.free_at[riders]),
            price,
            unassigned=LEFT_OVER * sizes,
            candidates=self.candidates,
        )
        matched = np.flatnonzero(found >= 0)
        chosen = riders[found[matched]]
        return Plan(
            bundles=[bundles[k] for k in matched],
            riders=chosen,
            ways=_ways(problem, first[matched], chosen),
            ready_at=ready_at[matched],
        )

    def _price(self, problem: DispatchProblem, first: Ints, sizes: Ints, ready_at: Floats, riders: Ints) -> Floats:
        """Delay of the bundle's customers, and what the rider's travel and waiting weigh."""
        ways = _ways(problem, first, riders)
        there = np.maximum(problem.free_at[riders], problem.now) + ways
        pickup = np.maximum(there, ready_at)
        cost = (pickup - ready_at) * sizes + self.travel_weight * ways
        cost += self.waiting_weight * (pickup - there)
        return np.where(pickup <= problem.off_at[riders] + TOLERANCE, cost, np.inf)

    def _due(self, problem: DispatchProblem, plan: Plan) -> list[int]:
        """Which matches would come too late, were they made only at the next decision."""
        following = problem.now + problem.every
        free_at = problem.free_at[plan.riders]
        late = np.maximum(following, free_at) + plan.ways + self.margin > plan.ready_at
        return [int(k) for k in np.flatnonzero((free_at < following) & late)]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plan:
    """
    Bundles and their riders, one row each.

    Parameters
    ----------
    bundles
        Rows of the orders in visiting order.
    riders
        Row of the rider, shape (k,).
    ways
        Seconds from setting out to the pick-up of food that is ready, shape (k,).
    ready_at
        When the whole bundle is ready, shape (k,), seconds.
    """

    bundles: list[tuple[int, ...]]
    riders: Ints
    ways: Floats
    ready_at: Floats

    def match(self, problem: DispatchProblem, k: int) -> Match:
        """Give one row as the port wants it."""
        rider, orders = self.riders[k], problem.orders[list(self.bundles[k])]
        leave = max(problem.now, float(problem.free_at[rider]))
        after = leave + float(self.ways[k] - self.ready_at[k])
        when = f"{after:.0f} s after" if after >= 0 else f"{-after:.0f} s before"
        return Match(int(problem.riders[rider]), tuple(orders.tolist()), f"at the store {when} the food")


def _ways(problem: DispatchProblem, orders: Ints, riders: Ints) -> Floats:
    """Seconds from setting out to having food that is ready."""
    way = problem.ways_to_stores(orders, riders)
    return np.asarray(way + problem.rules.pickup_service_time / 2.0)


def _points(problem: DispatchProblem, places: Floats, instants: Floats) -> Floats:
    """Give places in space and time, where a second is as far as the way driven in it."""
    later = np.maximum(instants - problem.now, 0.0) * _metres_per_second(problem)
    return np.column_stack((flat(places, problem.travel), later))


def _metres_per_second(problem: DispatchProblem) -> float:
    """How fast the travel model gets from one end of the city to the other."""
    points = np.concatenate((problem.pickups, problem.places))
    low, high = points.min(axis=0), points.max(axis=0)
    ends = (float(low[0]), float(low[1])), (float(high[0]), float(high[1]))
    seconds = problem.travel.time(*ends, at=problem.now)
    return (
        float(np.linalg.norm(np.diff(flat(np.array(ends), problem.travel), axis=0))) / seconds if seconds > 0.0 else 1.0
    )
