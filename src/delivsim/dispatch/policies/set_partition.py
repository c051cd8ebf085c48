"""Bundles and riders chosen together: every small bundle in the hands of every near rider is a column."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic.dataclasses import dataclass

from delivsim.dispatch.arrays import Floats, Ints
from delivsim.dispatch.assignment import Assignment
from delivsim.dispatch.bundles import Bundles, Doors, bundles_of, past_doors, trips
from delivsim.dispatch.bundling import same_store_bundles
from delivsim.dispatch.candidates import flat, halved, nearest_of
from delivsim.dispatch.commitment import just_in_time
from delivsim.dispatch.horizon import looked_at, orders_per_rider
from delivsim.dispatch.matching import Price, match_places
from delivsim.dispatch.mixing import every_mix
from delivsim.dispatch.plan import Plan, left_for_later, nobody_asked
from delivsim.dispatch.policies.parameters import Count, Weight
from delivsim.dispatch.problem import DispatchProblem
from delivsim.dispatch.scoring import customers_delay
from delivsim.dispatch.solvers.set_partition import partition
from delivsim.dispatch.subsets import small_bundles
from delivsim.domain.units import Duration

LEFT_OVER = 36_000.0
"""Seconds of delay that leaving one order without a rider counts for: more than any real delay."""
LEFT_CANDIDATES = 50
"""How many of the riders who are left are considered for an order that the columns left without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPartition:
    """
    Choose bundles and their riders together, at the least delay of customers and time of riders.

    Only what cannot wait for the next decision is carried out; the rest is planned again then. A large city is decided
    part by part: a part has the riders that those before it have left, and orders for which no rider near is left get
    one from farther away.

    Parameters
    ----------
    ready_within
        Orders ready later than this many seconds from now are left for later, > 0.
    free_within
        Riders free later than this many seconds from now are left for later, >= 0.
    largest_bundle
        Most orders in a bundle, >= 1.
    neighbors
        How many of the next orders to be ready at a store may share a bundle with one, >= 1. Where the rules allow it,
        bundles of two near stores are tried as well.
    near
        How many nearest riders a bundle has columns for, >= 1.
    travel_weight, waiting_weight
        Seconds of one customer's delay that a second of the rider's way to the store, or of waiting there, is worth.
    rider_weight
        The same for a second of a rider's time past the doors, when there is one order per rider; it grows with
        orders per rider, >= 0.
    trip_time
        Seconds of a rider's time that one more trip to a store costs, service included, >= 0.
    load_window
        Orders per rider are counted among those ready, and those free, within this many seconds, >= 0.
    together
        Most columns, a bundle in a rider's hands each, that are chosen from together: the solver's work grows faster
        than they do, so more are split by place; >= 1. 50 open orders have some 1,000.
    effort
        Deterministic seconds that the solver works at most on one part of the city, > 0.

    Notes
    -----
    Set partitioning over bundles as in Yildiz, Savelsbergh: Provably high-quality solutions for the meal delivery
    routing problem, Transportation Science 53 (2019); here without knowledge of the future.
    """

    cost_in: ClassVar[str] = "seconds of its customers' delay, and its rider's time at what it is worth under load"

    ready_within: Duration = 1200.0
    free_within: Duration = 1200.0
    largest_bundle: Count = 3
    neighbors: Count = 4
    near: Count = 8
    travel_weight: Weight = 0.05
    waiting_weight: Weight = 0.15
    rider_weight: Weight = 1.5
    trip_time: Duration = 900.0
    load_window: Duration = 600.0
    together: Count = 1200
    effort: Weight = 0.2

    def __call__(self, problem: DispatchProblem, rng: np.random.Generator) -> Assignment:  # noqa: ARG002
        """Decide; nothing is drawn from ``rng``."""
        rows, riders = looked_at(problem, ready_within=self.ready_within, free_within=self.free_within)
        if not rows.size or not riders.size:
            return nobody_asked(problem, rows, ready_within=self.ready_within, free_within=self.free_within)
        load = orders_per_rider(problem, ready_within=self.load_window, free_within=self.load_window)
        worth, largest = self.rider_weight * load, min(self.largest_bundle, int(problem.carries[riders].max()))
        listed = small_bundles(
            problem, rows, largest=largest, neighbors=self.neighbors, worth=worth * 2.0 * self.trip_time
        )
        if not problem.rules.same_store_bundles:
            listed += self._mixed(problem, rows, worth, largest)
        return self._assignment(self._plan(problem, bundles_of(problem, listed), riders, worth), rows)

    def _mixed(self, problem: DispatchProblem, rows: Ints, worth: float, largest: int) -> list[tuple[int, ...]]:
        """List bundles of two near stores: of single orders, and of what goes together of one store already."""
        alone: list[tuple[int, ...]] = [(row,) for row in rows.tolist()]
        stores = same_store_bundles(problem, rows, price=worth, spared=self.trip_time, largest=largest)
        found: dict[tuple[int, ...], None] = {}
        for bundles in (alone, stores):
            mixes = every_mix(problem, bundles, price=2.0 * worth, spared=self.trip_time, largest=largest)
            found |= dict.fromkeys(mixes)
        return list(found)

    def _plan(self, problem: DispatchProblem, bundles: Bundles, riders: Ints, worth: float) -> Plan:
        doors = past_doors(problem, bundles)
        own = _own_cost(problem, bundles, doors) + worth * (doors.lengths + self.trip_time)

        def price(chosen: Ints, columns: Ints) -> Floats:
            pairs = trips(problem, bundles, chosen, riders[columns])
            cost = customers_delay(
                bundles, chosen, pairs, travel_weight=self.travel_weight, waiting_weight=self.waiting_weight
            )
            return np.asarray(cost + own[chosen])

        stores, places = (
            flat(problem.pickups[bundles.first], problem.travel),
            flat(problem.places[riders], problem.travel),
        )
        a, b = nearest_of(stores, places, self.near)
        costs = price(a, b)
        useful = np.flatnonzero(costs < LEFT_OVER * bundles.sizes[a])
        a, b, costs = a[useful], b[useful], costs[useful]
        found = self._found(bundles, a, b, costs, stores[a])
        _find_others(found, bundles, stores, places, price)
        return Plan(problem=problem, bundles=bundles, riders=riders, found=found, price=price, candidates=self.near)

    def _found(self, bundles: Bundles, a: Ints, b: Ints, costs: Floats, stores: Floats) -> Ints:
        """Choose columns, part by part of the city: for each bundle its rider; -1: nobody."""
        found, unassigned = np.full(len(bundles), -1, dtype=np.int64), np.full(int(bundles.first.max()) + 1, LEFT_OVER)
        served: set[int] = set()
        for part in halved(stores, self.together):
            still = np.fromiter((served.isdisjoint(bundles.rows[k]) for k in a[part].tolist()), np.bool_, part.size)
            part = part[still & ~np.isin(b[part], found)]
            columns = [bundles.rows[k] for k in a[part].tolist()]
            chosen = part[partition(columns, b[part], costs[part], unassigned=unassigned, effort=self.effort)]
            found[a[chosen]] = b[chosen]
            served.update(row for k in a[chosen].tolist() for row in bundles.rows[k])
        return found

    def _assignment(self, plan: Plan, rows: Ints) -> Assignment:
        planned, ready_at = plan.planned, plan.bundles.ready_at
        pairs = plan.trips(planned)
        goes = just_in_time(plan.problem, pairs, ready_at[planned])
        spare = ready_at[planned] - pairs.leave_at - pairs.ways
        looked_at = np.array(sorted(row for k in planned for row in plan.bundles.rows[k]), dtype=np.int64)
        nobody = np.setdiff1d(rows, looked_at)
        alone = np.array([k for k, row in enumerate(plan.bundles.rows) if len(row) == 1 and row[0] in nobody], np.int64)
        waits = (
            *plan.not_yet(planned[~goes], pairs.leave_at[~goes], spare[~goes]),
            *plan.left_over(alone, "no rider can have it soon"),
            *left_for_later(plan.problem, rows, self.ready_within),
        )
        return Assignment(tuple(plan.matches(planned[goes], "part of the cheapest partition")), waits=waits)


def _find_others(found: Ints, bundles: Bundles, stores: Floats, places: Floats, price: Price) -> None:
    """Match orders that are in no chosen bundle, each alone, with the riders who are left."""
    served = [row for k in np.flatnonzero(found >= 0).tolist() for row in bundles.rows[k]]
    alone = np.flatnonzero((bundles.sizes == 1) & ~np.isin(bundles.first, served))
    riders = np.setdiff1d(np.arange(len(places)), found)

    def priced(chosen: Ints, columns: Ints) -> Floats:
        return price(alone[chosen], riders[columns])

    unassigned = np.full(alone.size, LEFT_OVER)
    late = match_places(stores[alone], places[riders], priced, unassigned=unassigned, candidates=LEFT_CANDIDATES)
    found[alone[late >= 0]] = riders[late[late >= 0]]


def _own_cost(problem: DispatchProblem, bundles: Bundles, doors: Doors) -> Floats:
    """Seconds that the customers of each bundle wait longer for its last order, and for the doors before theirs."""
    each = np.array([problem.ready_at[list(rows)].sum() for rows in bundles.rows])
    return np.asarray(bundles.ready_at * bundles.sizes - each + doors.delays)
