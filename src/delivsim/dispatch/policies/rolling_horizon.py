"""The rolling horizon of Reyes et al.: bundles of a size that follows the load, matched by urgency, promised late."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

import numpy as np
from pydantic.dataclasses import dataclass

from delivsim.dispatch.arrays import Flags, Floats, Ints
from delivsim.dispatch.assignment import Assignment, Match, Wait
from delivsim.dispatch.bundles import Bundles, Trips, bundles_of, past_doors, trips
from delivsim.dispatch.candidates import flat, nearest_pairs
from delivsim.dispatch.commitment import before_next, just_in_time, overdue
from delivsim.dispatch.following import followers
from delivsim.dispatch.lawful import TOLERANCE
from delivsim.dispatch.mixing import mixed_bundles
from delivsim.dispatch.plan import Plan, left_for_later, nobody_asked
from delivsim.dispatch.policies.parameters import Count, Weight
from delivsim.dispatch.problem import DispatchProblem
from delivsim.dispatch.scoring import throughput
from delivsim.dispatch.solvers.linear_assignment import as_many_as_possible, assign
from delivsim.dispatch.store_routes import route_stores, target_size
from delivsim.domain.units import Duration

LEAST_WEIGHT = 1e-3
"""Below it, a delay is worth no driving, as good as."""
MISSED, LATE, ON_TIME = 0, 1, 2
"""Priority groups: the target is missed whoever goes; nobody is there when the food is ready; all others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RollingHorizon:
    """
    Plan the next minutes anew at every decision, and promise as late as the commitment strategy allows.

    Parameters
    ----------
    ready_within
        Orders ready later than this many seconds from now are left for later, > 0.
    load_ready_within, load_free_within
        The size that bundles aim at is orders ready within the one over riders free within the other, seconds.
    delay_weight
        Seconds of driving that a second of an order's delay is worth in building routes, >= 0.
    largest_bundle
        Most orders in a bundle, >= 1.
    trip_time
        Where the rules allow bundles of several stores: seconds of a rider's time that one trip less spares, >= 0.
        Such bundles are no larger than the size that bundles aim at.
    idle_weight
        Orders per second of a rider's time that a second of food waiting for the pick-up is worth, >= 0.
    commitment
        ``two_stage``: a rider who is free before the next decision goes and waits at the store, where the bundle
        may still grow; ``one_stage``: the same, but the bundle is final; ``just_in_time``: a rider goes only if
        he would be late otherwise, and the bundle may still grow.
    promise_after
        Food ready for longer than this many seconds is promised at once, even to a rider who is free later, >= 0.
    follow_on
        Whether bundles are paired, when they are more than riders, so that one rider is meant for both.
    candidates
        How many nearest riders are considered for a bundle (or bundles for a rider, where riders are fewer), >= 1.

    Notes
    -----
    Reyes, Erera, Savelsbergh, Sahasrabudhe, O'Neil: The meal delivery routing problem, 2018, section 4.
    """

    cost_in: ClassVar[str] = "minus orders per million seconds of its rider's time, plus what the food's wait weighs"
    asks: ClassVar[frozenset[str]] = frozenset({"promises"})

    ready_within: Duration = 1200.0
    load_ready_within: Duration = 600.0
    load_free_within: Duration = 600.0
    delay_weight: Weight = 1.0
    largest_bundle: Count = 5
    trip_time: Duration = 900.0
    idle_weight: Weight = 3e-5
    commitment: Literal["two_stage", "one_stage", "just_in_time"] = "two_stage"
    promise_after: Duration = 1200.0
    follow_on: bool = False
    candidates: Count = 50

    def __call__(self, problem: DispatchProblem, rng: np.random.Generator) -> Assignment:  # noqa: ARG002
        """Decide; nothing is drawn from ``rng``."""
        rows = np.flatnonzero(problem.ready_at <= problem.now + self.ready_within)
        if not rows.size or not problem.riders.size:
            return nobody_asked(problem, rows, ready_within=self.ready_within, free_within=0.0)
        target = target_size(problem, ready_within=self.load_ready_within, free_within=self.load_free_within)
        joins, routed = route_stores(
            problem,
            rows,
            target=target,
            largest=self.largest_bundle,
            delay_weight=self.delay_weight,
            growing=self.commitment != "one_stage",
        )
        if not problem.rules.same_store_bundles:
            routed = self._mixed(problem, routed, target)
        asked = problem.off_at >= problem.now
        asked[np.searchsorted(problem.riders, [match.rider for match in joins])] = False
        riders = np.flatnonzero(asked)
        matching = Matching(problem, bundles_of(problem, routed), riders, self)
        return self._assignment(matching.plan(), matching.after, rows, tuple(joins))

    def _mixed(self, problem: DispatchProblem, routed: list[tuple[int, ...]], target: int) -> list[tuple[int, ...]]:
        """Put bundles of near stores together, up to the size that bundles aim at."""
        largest = min(target, self.largest_bundle, int(problem.carries.max()))
        price = 1.0 / max(self.delay_weight, LEAST_WEIGHT)
        return mixed_bundles(problem, routed, price=price, spared=self.trip_time, largest=largest)

    def _assignment(self, plan: Plan, after: Ints, rows: Ints, joins: tuple[Match, ...]) -> Assignment:
        planned, nobody = plan.planned, plan.found < 0
        follows = np.zeros(nobody.size, dtype=np.bool_)
        follows[after[after >= 0]] = True
        pairs = plan.trips(planned)
        goes = self._goes(plan, planned, pairs)
        matches = tuple(plan.matches(planned[goes], "most orders per hour of a rider's time, less the food's wait"))
        waits = (
            *self._not_told(plan, planned[~goes], pairs.leave_at[~goes], pairs.ways[~goes]),
            *self._following(plan, after, nobody),
            *plan.left_over(np.flatnonzero(nobody & ~follows), "no rider is left for it"),
            *left_for_later(plan.problem, rows, self.ready_within),
        )
        return Assignment((*joins, *matches), waits=waits)

    def _not_told(self, plan: Plan, chosen: Ints, leave_at: Floats, ways: Floats) -> Iterator[Wait]:
        """Say until when riders are not told: until they are free, or, just in time, have to leave."""
        if self.commitment == "just_in_time":
            yield from plan.not_yet(chosen, leave_at, plan.bundles.ready_at[chosen] - leave_at - ways)
        else:
            yield from plan.waits(chosen, "its rider is not free yet", leave_at)

    def _following(self, plan: Plan, after: Ints, nobody: Flags) -> Iterator[Wait]:
        """Say of bundles that are meant to follow others which rider they wait for."""
        for first in np.flatnonzero((after >= 0) & nobody[after]).tolist():
            orders, found = plan.bundles.numbers(plan.problem, int(after[first])), int(plan.found[first])
            riders = (int(plan.problem.riders[plan.riders[found]]),) * len(orders) if found >= 0 else ()
            yield Wait(orders, "it is meant to follow another bundle", riders)

    def _goes(self, plan: Plan, planned: Ints, pairs: Trips) -> Flags:
        problem, bundles = plan.problem, plan.bundles
        if self.commitment == "just_in_time":
            goes = just_in_time(problem, pairs, bundles.ready_at[planned])
        else:
            goes = before_next(problem, pairs)
        oldest = np.array([problem.ready_at[list(bundles.rows[k])].min() for k in planned])
        return goes | overdue(problem, oldest, after=self.promise_after)


class Matching:
    """
    Matches bundles with riders, group by group.

    Attributes
    ----------
    after
        For each bundle the one that is meant to follow it; -1: none.
    """

    def __init__(self, problem: DispatchProblem, bundles: Bundles, riders: Ints, policy: RollingHorizon) -> None:
        self.problem, self.bundles, self.riders, self.policy = problem, bundles, riders, policy
        self.doors = past_doors(problem, bundles)
        self.stores = flat(problem.pickups[bundles.first], problem.travel)
        self.places = flat(problem.places[riders], problem.travel)
        excess = len(bundles) - riders.size
        paired = policy.follow_on and excess > 0
        none = np.full(len(bundles), -1, dtype=np.int64)
        self.after = followers(problem, bundles, self.doors, excess) if paired else none

    def plan(self) -> Plan:
        """Give each bundle's rider: first to what is late already, then to what waits, then to all."""
        found = np.full(len(self.bundles), -1, dtype=np.int64)
        if len(self.bundles) and self.riders.size:
            self._match_groups(found)
        return Plan(
            problem=self.problem,
            bundles=self.bundles,
            riders=self.riders,
            found=found,
            price=self._price,
            candidates=self.policy.candidates,
        )

    def _match_groups(self, found: Ints) -> None:
        a, b = nearest_pairs(self.stores, self.places, self.policy.candidates)
        pairs = trips(self.problem, self.bundles, a, self.riders[b])
        costs, urgency = self._costs(a, pairs), self._urgency(a, pairs)
        urgency[self.after[self.after >= 0]] = -1
        free = np.ones(self.riders.size, dtype=np.bool_)
        for group in (MISSED, LATE, ON_TIME):
            chosen = np.flatnonzero(pairs.lawful & (urgency[a] == group) & free[b])
            if chosen.size:
                alone = as_many_as_possible(costs[chosen], len(self.bundles))
                unassigned = np.full(len(self.bundles), alone)
                now = assign(a[chosen], b[chosen], costs[chosen], unassigned=unassigned, n_riders=free.size)
                found[now >= 0] = now[now >= 0]
                free[now[now >= 0]] = False

    def _urgency(self, a: Ints, pairs: Trips) -> Ints:
        problem, bundles, earliest = self.problem, self.bundles, np.full(len(self.bundles), np.inf)
        np.minimum.at(earliest, a, np.where(pairs.lawful, pairs.pickup_at, np.inf))
        late = earliest > np.maximum(bundles.ready_at, problem.now) + TOLERANCE
        return np.where(earliest > self.doors.latest_pickup, MISSED, np.where(late, LATE, ON_TIME))

    def _costs(self, chosen: Ints, pairs: Trips) -> Floats:
        weight = self.policy.idle_weight
        return throughput(self.problem, self.bundles, self.doors.lengths, chosen, pairs, idle_weight=weight)

    def _price(self, rows: Ints, columns: Ints) -> Floats:
        return self._costs(rows, trips(self.problem, self.bundles, rows, self.riders[columns]))
