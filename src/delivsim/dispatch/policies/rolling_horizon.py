"""The rolling horizon of Reyes et al.: bundles of a size that follows the load, matched by urgency, promised late."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import ClassVar, Literal

import numpy as np
from pydantic.dataclasses import dataclass

from delivsim.dispatch.arrays import Floats, Ints
from delivsim.dispatch.assignment import Assignment, Match, Wait
from delivsim.dispatch.bundles import Bundles, bundles_of, trips
from delivsim.dispatch.candidates import flat
from delivsim.dispatch.lawful import TOLERANCE
from delivsim.dispatch.matching import match_places
from delivsim.dispatch.policies.parameters import Count, Weight
from delivsim.dispatch.problem import DispatchProblem
from delivsim.dispatch.routes import Route, build_routes, doors, store_stops
from delivsim.domain.units import Duration

SCALE = 1e6
"""Scores are orders per second, about 1e-3; the solver counts in whole thousandths."""
GROUP = 40
"""Orders of one store that are routed together, at most: the work grows with its square."""


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
    idle_weight
        Orders per second of a rider's time that a second of food waiting for the pick-up is worth, >= 0.
    commitment
        ``two_stage``: a rider who is free before the next decision goes and waits at the store, where the bundle
        may still grow; ``one_stage``: the same, but the bundle is final; ``just_in_time``: a rider goes only if
        he would be late otherwise.
    overdue
        Food ready for longer than this many seconds is promised at once, even to a rider who is free later, >= 0.
    follow_on
        Whether bundles are paired, when they are more than riders, so that one rider is meant for both.
    candidates
        How many nearest riders are considered for a bundle (or bundles for a rider, where riders are fewer), >= 1.

    Notes
    -----
    Reyes, Erera, Savelsbergh, Sahasrabudhe, O'Neil: The meal delivery routing problem, 2018, section 4.
    """

    asks: ClassVar[frozenset[str]] = frozenset({"promises"})

    ready_within: Duration = 1200.0
    load_ready_within: Duration = 600.0
    load_free_within: Duration = 600.0
    delay_weight: Weight = 1.0
    largest_bundle: Count = 5
    idle_weight: Weight = 1e-5
    commitment: Literal["two_stage", "one_stage", "just_in_time"] = "two_stage"
    overdue: Duration = 1200.0
    follow_on: bool = False
    candidates: Count = 50

    def __call__(self, problem: DispatchProblem, rng: np.random.Generator) -> Assignment:  # noqa: ARG002
        """Decide; nothing is drawn from ``rng``."""
        rows = np.flatnonzero(problem.ready_at <= problem.now + self.ready_within)
        if not rows.size or not problem.riders.size:
            return Assignment()
        joins, bundles = self._routes(problem, rows)
        grown = {match.rider for match in joins}
        riders = np.flatnonzero(~np.isin(problem.riders, list(grown)) & (problem.off_at >= problem.now))
        found = self._matched(problem, bundles, riders)
        return self._committed(problem, bundles, found, tuple(joins))

    # --- bundles -------------------------------------------------------------------------------------------------

    def _target(self, problem: DispatchProblem) -> int:
        n_ready = int(np.count_nonzero(problem.ready_at <= problem.now + self.load_ready_within))
        n_free = int(np.count_nonzero(problem.free_at <= problem.now + self.load_free_within))
        return max(1, math.ceil(n_ready / max(1, n_free)))

    def _routes(self, problem: DispatchProblem, rows: Ints) -> tuple[list[Match], Bundles]:
        """Route the orders of each store; give what promised bundles grow to, and the bundles to be matched."""
        n, known = problem.orders.size, doors(problem)
        groups, seeds = self._groups(problem, rows)
        service, target = problem.rules.dropoff_service_time, self._target(problem)
        stops = store_stops(groups, known, problem.travel, problem.now, service=service, delay_weight=self.delay_weight)
        largest = min(self.largest_bundle, int(problem.carries.max()))
        joins: list[Match] = []
        bundles: list[tuple[int, ...]] = []
        for group, store, seeded in zip(groups, stops, seeds, strict=True):
            local = {int(row): k for k, row in enumerate(group)}
            routes = [self._seed(problem, seed, [local[n + int(row)] for row in seed]) for seed in seeded]
            routes += [Route() for _ in range(math.ceil(len(group) / target) - len(routes))]
            fresh = [k for row, k in local.items() if row < n]
            build_routes(store, fresh, routes, target=target, largest=largest)
            for route in routes:
                members = group[route.rows]
                if route.bundle and (members < n).any():
                    joins.append(self._join(problem, route.bundle, members))
                elif not route.bundle and route.rows:
                    bundles.append(tuple(members.tolist()))
        return joins, bundles_of(problem, bundles)

    def _seed(self, problem: DispatchProblem, seed: Ints, rows: list[int]) -> Route:
        """Start a route with a promised bundle; its rows among the promises, and among the stops."""
        promises, first = problem.promises, int(seed[0])
        rider = int(np.searchsorted(problem.riders, promises.riders[first]))
        off_at = float(problem.off_at[rider])
        return Route(rows, int(promises.bundles[first]), float(promises.pickup_at[first]), off_at)

    def _groups(self, problem: DispatchProblem, rows: Ints) -> tuple[list[Ints], list[list[Ints]]]:
        """Group open orders by store, in order of readiness, each with the bundles there that may still grow."""
        rows = rows[np.lexsort((problem.orders[rows], problem.ready_at[rows], problem.stores[rows]))]
        by_store = np.split(rows, np.flatnonzero(np.diff(problem.stores[rows])) + 1)
        growing = self._growing(problem)
        groups, seeds = [], []
        for members in by_store:
            here = growing.get(int(problem.stores[members[0]]), [])
            for k in range(0, len(members), GROUP):
                with_seeds = here if k == 0 else []
                promised = [problem.orders.size + seed for seed in with_seeds]
                groups.append(np.concatenate((members[k : k + GROUP], *promised)))
                seeds.append(with_seeds)
        return groups, seeds

    def _growing(self, problem: DispatchProblem) -> dict[int, list[Ints]]:
        """Give the bundles that may grow, by store: their rows among the promises."""
        found: dict[int, list[Ints]] = {}
        if self.commitment == "two_stage" and problem.rules.growing_bundles:
            promises = problem.promises
            for seed in promises.growing():
                stores = promises.stores[seed]
                if (stores == stores[0]).all() and promises.riders[seed[0]] in problem.riders:
                    found.setdefault(int(stores[0]), []).append(seed)
        return found

    def _join(self, problem: DispatchProblem, bundle: int, members: Ints) -> Match:
        n, promises = problem.orders.size, problem.promises
        numbers = tuple(int(problem.orders[r] if r < n else promises.orders[r - n]) for r in members)
        rider = int(promises.riders[promises.bundles == bundle][0])
        return Match(rider, numbers, "joins a bundle that its rider is about to fetch", joins=bundle)

    # --- matching ------------------------------------------------------------------------------------------------

    def _matched(self, problem: DispatchProblem, bundles: Bundles, riders: Ints) -> Ints:
        """Give each bundle's rider (row; -1: none): first to what is late already, then to what waits, then to all."""
        found = np.full(len(bundles), -1, dtype=np.int64)
        urgency = self._urgency(problem, bundles, riders)
        for group in range(3):
            chosen = np.flatnonzero(urgency == group)
            left = np.setdiff1d(riders, found)
            if chosen.size and left.size:
                found[chosen] = self._match(problem, bundles, chosen, left)
        return found

    def _urgency(self, problem: DispatchProblem, bundles: Bundles, riders: Ints) -> Ints:
        """0: the target is missed whoever goes; 1: nobody is there when the food is ready; 2: all others."""
        k, m = len(bundles), riders.size
        earliest = np.full(k, np.inf)
        if m:
            pairs = trips(problem, bundles, np.repeat(np.arange(k), m), np.tile(riders, k))
            earliest = np.where(pairs.lawful, pairs.pickup_at, np.inf).reshape(k, m).min(axis=1)
        return np.where(earliest > bundles.latest_pickup, 0, np.where(earliest > bundles.ready_at + TOLERANCE, 1, 2))

    def _match(self, problem: DispatchProblem, bundles: Bundles, chosen: Ints, riders: Ints) -> Ints:
        def price(rows: Ints, columns: Ints) -> Floats:
            return -SCALE * self._score(problem, bundles, chosen[rows], riders[columns])

        places = flat(problem.pickups[bundles.first[chosen]], problem.travel)
        found = match_places(places, flat(problem.places[riders], problem.travel), price, candidates=self.candidates)
        return np.where(found >= 0, riders[found], -1)

    def _score(self, problem: DispatchProblem, bundles: Bundles, chosen: Ints, riders: Ints) -> Floats:
        """Orders per second of the rider's time, less what food that waits is worth; forbidden: -infinite."""
        pairs = trips(problem, bundles, chosen, riders)
        done_at = pairs.pickup_at + problem.rules.pickup_service_time / 2.0 + bundles.lengths[chosen]
        score = bundles.sizes[chosen] / (done_at - pairs.leave_at)
        score = score - self.idle_weight * (pairs.pickup_at - bundles.ready_at[chosen])
        return np.where(pairs.lawful, score, -np.inf)

    # --- commitment ----------------------------------------------------------------------------------------------

    def _committed(
        self, problem: DispatchProblem, bundles: Bundles, found: Ints, joins: tuple[Match, ...]
    ) -> Assignment:
        matched = np.flatnonzero(found >= 0)
        pairs = trips(problem, bundles, matched, found[matched])
        following = problem.now + problem.every
        goes = pairs.leave_at < following
        if self.commitment == "just_in_time":
            late = np.maximum(following, pairs.leave_at) + pairs.ways > bundles.ready_at[matched]
            goes &= late
        oldest = np.array([problem.ready_at[list(bundles.rows[k])].min() for k in matched])
        goes |= oldest < problem.now - self.overdue if matched.size else False
        matches = [self._made(problem, bundles.rows[k], int(found[k])) for k in matched[goes]]
        return Assignment((*joins, *matches), waits=tuple(self._waits(problem, bundles, found, matched[~goes])))

    def _made(self, problem: DispatchProblem, rows: tuple[int, ...], rider: int) -> Match:
        numbers = tuple(problem.orders[list(rows)].tolist())
        return Match(int(problem.riders[rider]), numbers, "best score")

    def _waits(self, problem: DispatchProblem, bundles: Bundles, found: Ints, later: Ints) -> Iterator[Wait]:
        nobody = [row for k in np.flatnonzero(found < 0) for row in bundles.rows[k]]
        if nobody:
            yield Wait(tuple(problem.orders[nobody].tolist()), "no rider left for it")
        if later.size:
            rows = [row for k in later for row in bundles.rows[k]]
            riders = [int(problem.riders[found[k]]) for k in later for _ in bundles.rows[k]]
            yield Wait(tuple(problem.orders[rows].tolist()), "its rider need not be told yet", tuple(riders))
