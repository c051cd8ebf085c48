"""A plan: bundles and the riders they are meant for. What of it is carried out becomes an assignment, with reasons."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from delivsim.dispatch.arrays import Ints
from delivsim.dispatch.assignment import Match, Wait
from delivsim.dispatch.bundles import Bundles, Trips, trips
from delivsim.dispatch.candidates import flat
from delivsim.dispatch.matching import Price, Priced, runners_up
from delivsim.dispatch.problem import DispatchProblem


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plan:
    """
    Who is meant to take what.

    Parameters
    ----------
    problem
        What there was to decide.
    bundles
        The bundles.
    riders
        Rows of the riders who could be chosen, shape (m,), ascending.
    found
        For each bundle its rider, as a row of ``riders``, shape (k,); -1: nobody.
    price
        What a pair (row of ``bundles``, row of ``riders``) costs.
    candidates
        How many riders near the store are looked at for who would be second best.
    pairs
        Those that were priced to find them, if that is known.
    """

    problem: DispatchProblem
    bundles: Bundles
    riders: Ints
    found: Ints
    price: Price
    candidates: int
    pairs: Priced | None = None

    @property
    def planned(self) -> Ints:
        """Rows of the bundles that have a rider."""
        return np.flatnonzero(self.found >= 0)

    def trips(self, chosen: Ints) -> Trips:
        """Work out these bundles in the hands of their riders."""
        return trips(self.problem, self.bundles, chosen, self.riders[self.found[chosen]])

    def matches(self, chosen: Ints, reasons: str | Sequence[str]) -> Iterator[Match]:
        """Make these matches, each with its reason (or all with one), its cost, and who would have been second."""
        if not chosen.size:
            return
        travel = self.problem.travel
        stores, places = self.problem.pickups[self.bundles.first], self.problem.places[self.riders]
        stores, places = flat(stores, travel), flat(places, travel)
        costs, second, seconds = runners_up(
            stores, places, self.price, chosen, self.found, candidates=self.candidates, pairs=self.pairs
        )
        why = [reasons] * chosen.size if isinstance(reasons, str) else reasons
        for k, at, other in zip(chosen.tolist(), range(chosen.size), second.tolist(), strict=True):
            yield Match(
                self._number(int(self.found[k])),
                self.bundles.numbers(self.problem, k),
                why[at],
                cost=float(costs[at]),
                second=self._number(other) if other >= 0 else -1,
                second_cost=float(seconds[at]) if other >= 0 else math.nan,
            )

    def waits(self, chosen: Ints, reason: str) -> Iterator[Wait]:
        """Say of the orders of these bundles what they wait for, and for whom."""
        bundles = [(self.bundles.numbers(self.problem, k), int(self.found[k])) for k in chosen.tolist()]
        orders = tuple(number for numbers, _ in bundles for number in numbers)
        if orders:
            planned = any(rider >= 0 for _, rider in bundles)
            riders = tuple(self._number(at) if at >= 0 else -1 for numbers, at in bundles for _ in numbers)
            yield Wait(orders, reason, riders if planned else ())

    def _number(self, at: int) -> int:
        return int(self.problem.riders[self.riders[at]])


def left_for_later(problem: DispatchProblem, looked_at: Ints, reason: str) -> Iterator[Wait]:
    """Say of all orders but these rows why they were not looked at."""
    if looked_at.size < problem.orders.size:
        others = np.delete(problem.orders, looked_at)
        yield Wait(tuple(others.tolist()), reason)


def when_there(early: float) -> str:
    """Say how many seconds before the food a rider is at the store (after it, if negative)."""
    return f"at the store {abs(early):.0f} s {'before' if early > 0 else 'after'} the food"
