"""The nearest free rider takes the order, seen over all of them at once: the simplest policy worth comparing with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydantic.dataclasses import dataclass

from delivsim.dispatch.assignment import Assignment, Match
from delivsim.dispatch.candidates import flat
from delivsim.dispatch.lawful import TOLERANCE
from delivsim.dispatch.matching import match_places
from delivsim.dispatch.policies.parameters import Count, Weight
from delivsim.dispatch.problem import DispatchProblem

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearest:
    """
    Match waiting orders to free riders, as many as possible, with the least total travel to the stores.

    No bundles and no look-ahead: who is still busy is not considered, and every match goes at once. With fewer
    riders than orders, the orders whose food is ready first have the better claim.

    Parameters
    ----------
    urgency
        Seconds of travel that a second of earlier readiness is worth when orders compete for riders, >= 0. It
        changes nothing while there are riders for all.
    candidates
        How many nearest riders are considered for an order (or orders for a rider, where riders are fewer), >= 1.
    """

    urgency: Weight = 0.5
    candidates: Count = 50

    def __call__(self, problem: DispatchProblem, rng: np.random.Generator) -> Assignment:  # noqa: ARG002
        """Decide; nothing is drawn from ``rng``."""
        free = np.flatnonzero((problem.free_at <= problem.now) & (problem.off_at >= problem.now))
        if not problem.orders.size or not free.size:
            return Assignment()

        def price(rows: Ints, columns: Ints) -> Floats:
            return self._price(problem, rows, free[columns])

        stores, places = flat(problem.pickups, problem.travel), flat(problem.places[free], problem.travel)
        found = match_places(stores, places, price, candidates=self.candidates)
        return Assignment(tuple(_match(problem, row, free[found[row]]) for row in np.flatnonzero(found >= 0)))

    def _price(self, problem: DispatchProblem, orders: Ints, riders: Ints) -> Floats:
        way = problem.ways_to_stores(orders, riders)
        there = problem.now + way + problem.rules.pickup_service_time / 2.0
        pickup = np.maximum(there, problem.ready_at[orders])
        cost = way + self.urgency * (problem.ready_at[orders] - problem.now)
        return np.where(pickup <= problem.off_at[riders] + TOLERANCE, cost, np.inf)


def _match(problem: DispatchProblem, row: np.int64, rider: np.int64) -> Match:
    return Match(int(problem.riders[rider]), (int(problem.orders[row]),), "least total travel")
