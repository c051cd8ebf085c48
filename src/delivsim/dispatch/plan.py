"""A plan: bundles and the riders they are meant for. What of it is carried out becomes an assignment, with reasons."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from delivsim.dispatch.arrays import Floats, Ints
from delivsim.dispatch.assignment import Assignment, Match, Wait
from delivsim.dispatch.bundles import Bundles, Trips, trips
from delivsim.dispatch.candidates import flat, nearest_of
from delivsim.dispatch.matching import Price, Priced, runners_up
from delivsim.dispatch.problem import DispatchProblem

NEAR = 5
"""Riders near the store of an order that nobody has, who are asked what they would cost."""


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

    def waits(self, chosen: Ints, reason: str, until: Floats | None = None) -> Iterator[Wait]:
        """Say of the orders of these bundles, all of which have a rider, what they wait for, whom, and until when."""
        if not chosen.size:
            return
        sizes = self.bundles.sizes[chosen]
        riders, costs = self.problem.riders[self.riders[self.found[chosen]]], self.price(chosen, self.found[chosen])
        yield Wait(
            self._orders(chosen),
            reason,
            _each(riders, sizes),
            _each(costs, sizes),
            () if until is None else _each(until, sizes),
        )

    def not_yet(self, chosen: Ints, leave_at: Floats, spare: Floats) -> Iterator[Wait]:
        """
        Say of bundles whose riders are not told yet whether these are busy, or need not leave, and until when.

        Parameters
        ----------
        leave_at
            When each rider can leave, shape (k,), seconds.
        spare
            By how much later he can leave and be in time, shape (k,), seconds; negative: he is late anyway.
        """
        busy = spare <= 0.0
        yield from self.waits(chosen[busy], "its rider is not free yet", leave_at[busy])
        yield from self.waits(chosen[~busy], "its rider need not leave yet", (leave_at + spare)[~busy])

    def left_over(self, chosen: Ints, reason: str, until: float = math.inf) -> Iterator[Wait]:
        """Say of the orders of these bundles, which have nobody, why, and what the best rider near would cost."""
        if not chosen.size:
            return
        sizes, travel = self.bundles.sizes[chosen], self.problem.travel
        stores = flat(self.problem.pickups[self.bundles.first[chosen]], travel)
        costs = np.full(chosen.size, np.inf)
        if self.riders.size:
            a, b = nearest_of(stores, flat(self.problem.places[self.riders], travel), NEAR)
            np.minimum.at(costs, a, self.price(chosen[a], b))
        for known in (True, False):
            these = np.isfinite(costs) == known
            if these.any():
                orders = self._orders(chosen[these])
                each = _each(costs[these], sizes[these]) if known else ()
                yield Wait(orders, reason, (), each, _all_until(until, len(orders)))

    def _orders(self, chosen: Ints) -> tuple[int, ...]:
        return tuple(number for k in chosen.tolist() for number in self.bundles.numbers(self.problem, k))

    def _number(self, at: int) -> int:
        return int(self.problem.riders[self.riders[at]])


def left_for_later(problem: DispatchProblem, looked_at: Ints, ready_within: float) -> Iterator[Wait]:
    """Say of all orders but these rows, which are ready within so many seconds, when they will be looked at."""
    if looked_at.size < problem.orders.size:
        orders, ready_at = np.delete(problem.orders, looked_at), np.delete(problem.ready_at, looked_at)
        yield Wait(tuple(orders.tolist()), "it is ready much later", until=tuple((ready_at - ready_within).tolist()))


def nobody_asked(problem: DispatchProblem, rows: Ints, *, ready_within: float, free_within: float) -> Assignment:
    """Match nothing: there are no orders to look at (these rows), or no riders; and say so."""
    waits = wait_for_next(problem, problem.orders[rows].tolist(), "no rider is free soon", free_within)
    return Assignment(waits=(*waits, *left_for_later(problem, rows, ready_within)))


def wait_for_next(
    problem: DispatchProblem, orders: Sequence[int], reason: str, free_within: float = 0.0
) -> Iterator[Wait]:
    """Say of orders, by number, that they wait for the next rider who is not free within so many seconds."""
    if orders:
        yield Wait(tuple(orders), reason, until=_all_until(next_free(problem, free_within), len(orders)))


def next_free(problem: DispatchProblem, free_within: float = 0.0) -> float:
    """When the next rider is free of those who are not within so many seconds, and still on shift; infinite: nobody."""
    later = (problem.free_at > problem.now + free_within) & (problem.free_at <= problem.off_at)
    return float(problem.free_at[later].min(initial=math.inf))


def _all_until(instant: float, n: int) -> tuple[float, ...]:
    return (instant,) * n if math.isfinite(instant) else ()


def _each(values: Floats | Ints, sizes: Ints) -> tuple[Any, ...]:
    """Give the value of each bundle to each of its orders."""
    return tuple(np.repeat(values, sizes).tolist())


def when_there(early: float) -> str:
    """Say how many seconds before the food a rider is at the store (after it, if negative)."""
    return f"at the store {abs(early):.0f} s {'before' if early > 0 else 'after'} the food"
