"""Bundles to free and soon-free riders, planned anew at every decision, and nobody leaves before it is time."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic.dataclasses import dataclass

from delivsim.dispatch.arrays import Floats, Ints
from delivsim.dispatch.assignment import Assignment
from delivsim.dispatch.bundles import bundles_of, trips
from delivsim.dispatch.candidates import in_space_and_time
from delivsim.dispatch.commitment import just_in_time
from delivsim.dispatch.horizon import looked_at, orders_per_rider
from delivsim.dispatch.matching import match_places
from delivsim.dispatch.mixing import allowed_bundles
from delivsim.dispatch.plan import Plan, left_for_later, nobody_asked, when_there
from delivsim.dispatch.policies.parameters import Count, Weight
from delivsim.dispatch.problem import DispatchProblem
from delivsim.dispatch.scoring import customers_delay
from delivsim.domain.units import Duration

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

    Notes
    -----
    Matching in rolling horizons as in Reyes et al.: The meal delivery routing problem, 2018; soon-free riders and
    leaving just in time are delivsim's own.
    """

    cost_in: ClassVar[str] = "seconds of its customers' delay, and a little of its rider's way and wait"

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
        orders, riders = looked_at(problem, ready_within=self.ready_within, free_within=self.free_within)
        if not orders.size or not riders.size:
            return nobody_asked(problem, orders, ready_within=self.ready_within, free_within=self.free_within)
        load = orders_per_rider(problem, ready_within=self.load_window, free_within=self.load_window)
        worth = self.bundle_weight * load
        largest = min(self.largest_bundle, int(problem.carries[riders].max()))
        rows = allowed_bundles(problem, orders, price=worth, spared=self.trip_time, largest=largest)
        return self._assignment(self._plan(problem, rows, riders), orders)

    def _plan(self, problem: DispatchProblem, rows: list[tuple[int, ...]], riders: Ints) -> Plan:
        """Give bundles to riders at the least total cost."""
        bundles = bundles_of(problem, rows)

        def price(chosen: Ints, columns: Ints) -> Floats:
            pairs = trips(problem, bundles, chosen, riders[columns])
            return customers_delay(
                bundles, chosen, pairs, travel_weight=self.travel_weight, waiting_weight=self.waiting_weight
            )

        found = match_places(
            *in_space_and_time(
                problem,
                (problem.pickups[bundles.first], bundles.ready_at),
                (problem.places[riders], problem.free_at[riders]),
            ),
            price,
            unassigned=LEFT_OVER * bundles.sizes.astype(np.float64),
            candidates=self.candidates,
        )
        return Plan(
            problem=problem, bundles=bundles, riders=riders, found=found, price=price, candidates=self.candidates
        )

    def _assignment(self, plan: Plan, orders: Ints) -> Assignment:
        """Carry out what would come too late, were it decided only at the next decision."""
        planned, ready_at = plan.planned, plan.bundles.ready_at
        pairs = plan.trips(planned)
        goes = just_in_time(plan.problem, pairs, ready_at[planned], margin=self.margin)
        early = ready_at[planned] - pairs.leave_at - pairs.ways
        waits = (
            *plan.not_yet(planned[~goes], pairs.leave_at[~goes], early[~goes] - self.margin),
            *plan.left_over(np.flatnonzero(plan.found < 0), "no rider can have it soon"),
            *left_for_later(plan.problem, orders, self.ready_within),
        )
        return Assignment(
            tuple(plan.matches(planned[goes], [when_there(s) for s in early[goes].tolist()])), waits=waits
        )
