"""Greedy insertion: one order after the other goes where it costs least, alone or into a bundle of its store."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass as plain
from typing import ClassVar, NamedTuple

import numpy as np
from pydantic.dataclasses import dataclass

from delivsim.dispatch.arrays import Flags, Ints
from delivsim.dispatch.assignment import Assignment, Match, Wait
from delivsim.dispatch.bundles import bundles_of, trips
from delivsim.dispatch.candidates import flat
from delivsim.dispatch.lawful import TOLERANCE
from delivsim.dispatch.mixing import NEAR, Worth
from delivsim.dispatch.plan import left_for_later, nobody_asked, wait_for_next
from delivsim.dispatch.policies.parameters import Count, Weight
from delivsim.dispatch.problem import DispatchProblem
from delivsim.domain.units import Duration

CHUNK = 256
"""Orders whose ways to the riders are asked for at once."""


@plain(slots=True)
class Tour:
    """One rider's new bundle: its orders in visiting order, when they are picked up, and the end of the tour."""

    rider: int
    rows: list[int]
    pickup_at: float
    cost: float
    second: int = -1
    second_cost: float = math.nan


class Place(NamedTuple):
    """Where an order could go: into a tour (None: a new one of this rider) at a position."""

    cost: float
    tour: Tour | None
    rider: int
    at: int
    pickup_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CheapestInsertion:
    """
    Insert each order, the earliest ready first, where it adds least to customers' delay and riders' time.

    An order may start a tour of any free or soon-free rider, or join one that was started at this decision at its own
    store, at any place of its route; where the rules allow it, also one of a near store. Every tour goes as soon as its
    rider is free.

    Parameters
    ----------
    ready_within
        Orders ready later than this many seconds from now are left for later, > 0.
    free_within
        Riders free later than this many seconds from now are left for later, >= 0.
    rider_weight
        Seconds of one customer's delay that a second of a rider's time is worth, >= 0.
    largest_bundle
        Most orders in a tour, >= 1.
    candidates
        How many nearest riders are considered for an order, >= 1.

    Notes
    -----
    Solomon: Algorithms for the vehicle routing and scheduling problems with time window constraints, Operations
    Research 35 (1987), insertion heuristic I1.
    """

    cost_in: ClassVar[str] = "seconds of all customers' delay that it adds, and of its rider's time times its weight"

    ready_within: Duration = 600.0
    free_within: Duration = 600.0
    rider_weight: Weight = 0.3
    largest_bundle: Count = 3
    candidates: Count = 50

    def __call__(self, problem: DispatchProblem, rng: np.random.Generator) -> Assignment:  # noqa: ARG002
        """Decide; nothing is drawn from ``rng``."""
        rows = np.flatnonzero(problem.ready_at <= problem.now + self.ready_within)
        soon = (problem.free_at <= problem.now + self.free_within) & (problem.off_at >= problem.now)
        if not rows.size or not soon.any():
            return nobody_asked(problem, rows, ready_within=self.ready_within, free_within=self.free_within)
        rows = rows[np.lexsort((problem.orders[rows], problem.ready_at[rows]))]
        work, left = Insertion(problem, self, soon), []
        for k in range(0, rows.size, CHUNK):
            left += work.insert(rows[k : k + CHUNK])
        waits = [
            *work.left_over(left, soon),
            *left_for_later(problem, rows, self.ready_within),
        ]
        return Assignment(tuple(work.matches()), waits=tuple(waits))


class Insertion:
    """The tours of one decision, as they grow."""

    def __init__(self, problem: DispatchProblem, policy: CheapestInsertion, soon: Flags) -> None:
        self.problem, self.policy, self.left = problem, policy, soon.copy()
        self.tours: dict[int, list[Tour]] = {}
        self.started: list[Tour] = []
        self.out: dict[int, float] = {}
        self.places = flat(problem.places, problem.travel)
        self.stores = flat(problem.pickups, problem.travel)

    def insert(self, rows: Ints) -> list[int]:
        """Put these orders into tours; give those for which there is no place."""
        doors = self.problem.times(self.problem.pickups[rows], self.problem.dropoffs[rows])
        left = []
        for row, out in zip(rows.tolist(), doors.tolist(), strict=True):
            joined = self._joined(row, out) if self.problem.rules.same_store_bundles else self._mixed(row)
            best = min((self._alone(row, out), *joined), key=lambda place: place.cost)
            if math.isinf(best.cost):
                left.append(row)
                self.out[row] = out
            elif best.tour is None:
                self._start(row, best)
            else:
                best.tour.rows.insert(best.at, row)
                best.tour.pickup_at = best.pickup_at
                best.tour.cost += best.cost
        return left

    def _start(self, row: int, place: Place) -> None:
        self.left[place.rider] = False
        second = self._alone(row, 0.0)
        known = math.isfinite(second.cost)
        tour = Tour(place.rider, [row], place.pickup_at, place.cost)
        if known:
            tour.second, tour.second_cost = int(self.problem.riders[second.rider]), second.cost
        self.tours.setdefault(int(self.problem.stores[row]), []).append(tour)
        self.started.append(tour)

    def _alone(self, row: int, out: float) -> Place:
        """Give the cheapest rider for a tour of this order alone."""
        problem, riders = self.problem, self._near(row)
        if not riders.size:
            return Place(math.inf, None, -1, 0, 0.0)
        ways = problem.ways_to_stores(np.full(riders.size, row), riders) + problem.rules.pickup_service_time / 2.0
        pickup_at = np.maximum(problem.leave_at[riders] + ways, problem.ready_at[row])
        delay = pickup_at - max(problem.ready_at[row], problem.now)
        cost = delay + self.policy.rider_weight * (pickup_at - problem.leave_at[riders] + out)
        cost = np.where(pickup_at <= problem.off_at[riders] + TOLERANCE, cost, np.inf)
        best = int(np.argmin(cost))
        return Place(float(cost[best]), None, int(riders[best]), 0, float(pickup_at[best]))

    def _near(self, row: int) -> Ints:
        riders = np.flatnonzero(self.left)
        if riders.size <= self.policy.candidates:
            return riders
        away = ((self.places[riders] - self.stores[row]) ** 2).sum(axis=1)
        return np.sort(riders[np.argpartition(away, self.policy.candidates)[: self.policy.candidates]])

    def _joined(self, row: int, out: float) -> list[Place]:
        """Give all places in tours of the same store."""
        problem, found = self.problem, []
        for tour in self.tours.get(int(problem.stores[row]), ()):
            most = min(self.policy.largest_bundle, int(problem.carries[tour.rider]))
            pickup_at = max(tour.pickup_at, float(problem.ready_at[row]))
            if len(tour.rows) < most and pickup_at <= problem.off_at[tour.rider] + TOLERANCE:
                before = self._route(tour.rows)
                for at in range(len(tour.rows) + 1):
                    after = self._route([*tour.rows[:at], row, *tour.rows[at:]])
                    cost = self._more(tour, row, out, at, pickup_at, before, after)
                    found.append(Place(cost, tour, tour.rider, at, pickup_at))
        return found

    def _mixed(self, row: int) -> list[Place]:
        """Give all places in tours of near stores; the first store of a tour stays its first."""
        tours, problem = self._tours_near(row), self.problem
        if not tours:
            return []
        store = problem.stores[row]
        ways = [
            (tour, at) for tour in tours for at in range(int(problem.stores[tour.rows[0]] != store), len(tour.rows) + 1)
        ]
        before, _ = self._worth([tuple(tour.rows) for tour in tours], [tour.rider for tour in tours])
        after, pickup_at = self._worth(
            [(*tour.rows[:at], row, *tour.rows[at:]) for tour, at in ways], [tour.rider for tour, _ in ways]
        )
        old = dict(zip((tour.rider for tour in tours), before, strict=True))
        return [
            Place(cost - old[tour.rider], tour, tour.rider, at, picked)
            for (tour, at), cost, picked in zip(ways, after, pickup_at, strict=True)
        ]

    def _tours_near(self, row: int) -> list[Tour]:
        """Give the tours with room that begin at the stores nearest to the order's."""
        largest, carries = self.policy.largest_bundle, self.problem.carries
        tours = [tour for tour in self.started if len(tour.rows) < min(largest, int(carries[tour.rider]))]
        if len(tours) <= NEAR:
            return tours
        away = ((self.stores[[tour.rows[0] for tour in tours]] - self.stores[row]) ** 2).sum(axis=1)
        return [tours[k] for k in np.argsort(away, kind="stable")[:NEAR].tolist()]

    def _worth(self, rows: list[tuple[int, ...]], riders: list[int]) -> tuple[list[float], list[float]]:
        """Seconds of delay of all customers and of the riders' time, and the first pick-up, of each tour."""
        problem = self.problem
        bundles = bundles_of(problem, rows)
        pairs, worth = trips(problem, bundles, np.arange(len(rows)), np.array(riders)), Worth.of(problem, bundles)
        late = (pairs.pickup_at - np.maximum(bundles.ready_at, problem.now)) * bundles.sizes
        time = pairs.pickup_at - pairs.leave_at + worth.lengths
        cost = worth.delays + late + self.policy.rider_weight * time
        return np.where(pairs.lawful, cost, np.inf).tolist(), pairs.pickup_at.tolist()

    def _route(self, rows: list[int]) -> list[float]:
        """Seconds from leaving the store to each door."""
        doors, clock, reached = self.problem.dropoffs[rows], 0.0, []
        stops = np.concatenate((self.problem.pickups[rows[:1]], doors[:-1]))
        for way in self.problem.times(stops, doors).tolist():
            reached.append(clock + way)
            clock += way + self.problem.rules.dropoff_service_time
        return reached

    def _more(
        self, tour: Tour, row: int, out: float, at: int, pickup_at: float, before: list[float], after: list[float]
    ) -> float:
        """Seconds of delay of all customers, and of the rider's time, that a place in a tour adds."""
        waited = (pickup_at - tour.pickup_at) * len(tour.rows)
        others = sum(after) - after[at] - sum(before)
        own = pickup_at - max(float(self.problem.ready_at[row]), self.problem.now) + after[at] - out
        longer = pickup_at - tour.pickup_at + after[-1] - before[-1] + self.problem.rules.dropoff_service_time
        return waited + others + own + self.policy.rider_weight * longer

    def left_over(self, rows: list[int], soon: Flags) -> Iterator[Wait]:
        """Say of orders without a place what the best rider of all would cost, though he has others."""
        self.left = soon.copy()
        costs = {row: self._alone(row, self.out[row]).cost for row in rows}
        orders = [int(self.problem.orders[row]) for row in rows if math.isinf(costs[row])]
        reason, within = "no rider can be there within his shift", self.policy.free_within
        yield from wait_for_next(self.problem, orders, reason, within)
        rows = [row for row in rows if math.isfinite(costs[row])]
        if rows:
            numbers = tuple(self.problem.orders[rows].tolist())
            yield Wait(numbers, "no rider is left for it", costs=tuple(costs[row] for row in rows))

    def matches(self) -> list[Match]:
        """Make a match of every tour."""
        problem = self.problem
        return [
            Match(
                int(problem.riders[tour.rider]),
                tuple(problem.orders[tour.rows].tolist()),
                "cheapest place at its turn",
                cost=tour.cost,
                second=tour.second,
                second_cost=tour.second_cost,
            )
            for tours in self.tours.values()
            for tour in tours
        ]
