"""delivsim's own policy: one matching of all that is known, and nobody leaves before it is time."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic.dataclasses import dataclass

from delivsim.dispatch.arrays import Floats, Ints
from delivsim.dispatch.assignment import Assignment
from delivsim.dispatch.bundles import Bundles, bundles_of, past_doors, trips
from delivsim.dispatch.candidates import in_space_and_time
from delivsim.dispatch.commitment import ahead, just_in_time
from delivsim.dispatch.horizon import looked_at, orders_per_rider
from delivsim.dispatch.joining import Joins, joins
from delivsim.dispatch.matching import Price, match_places
from delivsim.dispatch.mixing import allowed_bundles
from delivsim.dispatch.plan import Plan, left_for_later, nobody_asked, when_there
from delivsim.dispatch.policies.parameters import Count, Weight
from delivsim.dispatch.positions import place_worth, shift_left
from delivsim.dispatch.problem import DispatchProblem
from delivsim.domain.units import Duration

LEFT_OVER = 36_000.0
"""Seconds of delay that leaving one order without a rider counts for: more than any real delay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookahead:
    """
    Match orders with riders who are free, soon free or soon on shift, and with bundles about to be fetched.

    Everything is planned together at every decision, and only what cannot wait for the next one is carried out. A
    match costs its customers' delay, and what it takes of the future: a rider who stands where orders are to be
    expected and nobody else is near, or whose shift is long, is spared for what is not known yet. Demand is learned
    from the orders of the day so far. ``docs/lookahead.md`` tells how it was found and what each part is worth.

    Parameters
    ----------
    ready_within
        Orders ready later than this many seconds from now are left for later, > 0.
    free_within
        Riders free later than this many seconds from now are left for later, >= 0.
    shifts_within
        Riders whose shifts begin within this many seconds are counted on, >= 0.
    travel_weight
        Seconds of one order's delay that a second of travel to the store is worth, >= 0.
    waiting_weight
        The same for a second that the rider is at the store before the food, >= 0.
    longest_wait
        Beyond so many seconds, waiting longer is not worse, >= 0.
    bundle_weight
        Seconds of one order's delay that a second of a rider's time is worth when there is one order per rider; it
        grows with orders per rider, so that bundles grow under load, and falls with their square when there are
        riders enough. >= 0; 0: no bundles.
    join_weight
        The same where an order joins a bundle that is about to be fetched; it grows with orders per rider. >= 0.
    trip_time
        Seconds of a rider's time that one more trip to a store costs, service included, >= 0.
    largest_bundle
        Most orders in a bundle, >= 1.
    load_window
        Orders per rider are counted among those ready, and those free, within this many seconds, >= 0.
    place_weight
        Seconds of one order's delay that a rider amid all demand of the city, alone, is worth, >= 0.
    place_reach
        Demand this many seconds of travel away counts less by a factor e, > 0.
    crowding
        How much idle riders near a store take of what it is worth to others, >= 0.
    prior_demand
        Orders per hour that every store is believed to have before any is seen, > 0.
    shift_weight
        Seconds of one order's delay that a second of a rider's shift is worth, >= 0.
    shift_window
        Seconds of the rest of a shift that count, at most, >= 0.
    earliness
        A rider is sent so many times the spread of past estimates of readiness earlier than just in time, >= 0.
    candidates
        How many nearest riders are considered for a bundle (or bundles for a rider, where riders are fewer), >= 1.

    Notes
    -----
    delivsim's own; what it builds on is named in ``docs/lookahead.md``.
    """

    cost_in: ClassVar[str] = "seconds of its customers' delay, and what its rider is worth to orders to come"
    asks: ClassVar[frozenset[str]] = frozenset({"promises", "demand", "shifts", "readiness"})

    ready_within: Duration = 1500.0
    free_within: Duration = 1800.0
    shifts_within: Duration = 1800.0
    travel_weight: Weight = 0.02
    waiting_weight: Weight = 0.02
    longest_wait: Duration = 900.0
    bundle_weight: Weight = 2.2
    join_weight: Weight = 0.2
    trip_time: Duration = 750.0
    largest_bundle: Count = 4
    load_window: Duration = 600.0
    place_weight: Duration = 540.0
    place_reach: Duration = 660.0
    crowding: Weight = 1.0
    prior_demand: Weight = 0.3
    shift_weight: Weight = 0.03
    shift_window: Duration = 3600.0
    earliness: Weight = 2.0
    candidates: Count = 50

    def __call__(self, problem: DispatchProblem, rng: np.random.Generator) -> Assignment:  # noqa: ARG002
        """Decide; nothing is drawn from ``rng``."""
        known = problem.with_shifts(problem.now + self.shifts_within)
        orders, riders = looked_at(known, ready_within=self.ready_within, free_within=self.free_within)
        if not orders.size or not riders.size:
            return nobody_asked(known, orders, ready_within=self.ready_within, free_within=self.free_within)
        load = orders_per_rider(known, ready_within=self.load_window, free_within=self.load_window)
        price = self.bundle_weight * load * min(1.0, load)
        largest = min(self.largest_bundle, int(known.carries[riders].max()))
        rows = allowed_bundles(known, orders, price=price, spared=self.trip_time, largest=largest)
        bundles = bundles_of(known, rows)
        growing = joins(known, bundles, worth=self.join_weight * load, largest=self.largest_bundle)
        plan, joined = self._plan(known, bundles, riders, growing)
        return self._assignment(problem, plan, growing, joined, orders)

    def _plan(self, problem: DispatchProblem, bundles: Bundles, riders: Ints, growing: Joins) -> tuple[Plan, Ints]:
        """Give bundles to riders, or let them join others, at the least total cost."""
        price = self._price(problem, bundles, riders)
        found = match_places(
            *in_space_and_time(
                problem,
                (problem.pickups[bundles.first], bundles.ready_at),
                (problem.places[riders], problem.free_at[riders]),
            ),
            price,
            unassigned=LEFT_OVER * bundles.sizes.astype(np.float64),
            also=growing.arcs(),
            candidates=self.candidates,
        )
        joined = np.where(found >= riders.size, found - riders.size, -1)
        plan = Plan(
            problem=problem,
            bundles=bundles,
            riders=riders,
            found=np.where(joined >= 0, -1, found),
            price=price,
            candidates=self.candidates,
        )
        return plan, joined

    def _price(self, problem: DispatchProblem, bundles: Bundles, riders: Ints) -> Price:
        """Delay of the bundle's customers, and what of the future the rider is worth."""
        delays, worth = past_doors(problem, bundles).delays, self._worth(problem, riders)

        def price(chosen: Ints, columns: Ints) -> Floats:
            pairs = trips(problem, bundles, chosen, riders[columns])
            cost = (pairs.pickup_at - bundles.ready_at[chosen]) * bundles.sizes[chosen] + delays[chosen]
            cost += self.travel_weight * pairs.ways + worth[columns]
            waits = pairs.pickup_at - pairs.leave_at - pairs.ways
            cost += self.waiting_weight * np.minimum(waits, self.longest_wait)
            return np.where(pairs.lawful, cost, np.inf)

        return price

    def _worth(self, problem: DispatchProblem, riders: Ints) -> Floats:
        """What each rider is worth to orders that are not known yet, in seconds of delay."""
        place = place_worth(problem, riders, reach=self.place_reach, crowding=self.crowding, prior=self.prior_demand)
        return self.place_weight * place + self.shift_weight * shift_left(problem, riders, window=self.shift_window)

    def _assignment(
        self, problem: DispatchProblem, plan: Plan, growing: Joins, joined: Ints, orders: Ints
    ) -> Assignment:
        """Carry out what would come too late, were it decided only at the next decision."""
        planned, ready_at, following = plan.planned, plan.bundles.ready_at, problem.now + problem.every
        pairs = plan.trips(planned)
        margin = ahead(problem.readiness, self.earliness)
        goes = just_in_time(problem, pairs, ready_at[planned], margin=margin)
        numbers = plan.problem.riders[plan.riders[plan.found[planned]]]
        if plan.problem is not problem:  # with riders whose shifts have not begun
            goes &= np.isin(numbers, problem.riders)
        early = ready_at[planned] - pairs.leave_at - pairs.ways
        grow = [join for join in growing.rows if joined[join.bundle] == join.promised]
        now = [join for join in grow if join.pickup_at <= following + margin]
        asked = np.zeros(numbers.size, dtype=np.bool_)
        if now:  # a rider is asked one thing at a time
            asked = np.isin(numbers, [join.match.rider for join in now])
        goes &= ~asked
        kept = ~goes & ~asked
        waits = (
            *plan.not_yet(planned[kept], pairs.leave_at[kept], early[kept] - margin),
            *plan.waits(planned[asked], "its rider is asked about a bundle that grows"),
            *(join.wait(plan.bundles.numbers(problem, join.bundle)) for join in grow if join not in now),
            *plan.left_over(np.flatnonzero((plan.found < 0) & (joined < 0)), "no rider can have it soon"),
            *left_for_later(problem, orders, self.ready_within),
        )
        made = plan.matches(planned[goes], [when_there(s) for s in early[goes].tolist()])
        return Assignment((*(join.match for join in now), *made), waits=waits)
