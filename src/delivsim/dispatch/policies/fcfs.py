"""First come, first served: the order placed first gets the rider who can be there first."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import ClassVar, NamedTuple

import numpy as np
from pydantic.dataclasses import dataclass

from delivsim.dispatch.arrays import Flags, Floats, Ints
from delivsim.dispatch.assignment import Assignment, Match
from delivsim.dispatch.candidates import flat, least_ways, nearest_of
from delivsim.dispatch.lawful import TOLERANCE
from delivsim.dispatch.plan import wait_for_next
from delivsim.dispatch.problem import DispatchProblem

NEAR = 32
"""Riders near the store who are looked at first; all others only where one of them might be there as early."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fcfs:
    """
    Give each order, in the order of placement, to the free rider who is at its store first.

    No bundles, no look-ahead, and no thought for the orders behind: what a dispatcher with a list does.

    Parameters
    ----------
    busy
        Whether riders who are still busy are considered, too: the order then goes to whoever will be there first.

    Notes
    -----
    The greedy baseline of most dispatch studies, as in Yildiz, Savelsbergh: Provably high-quality solutions for the
    meal delivery routing problem, Transportation Science 53 (2019).
    """

    cost_in: ClassVar[str] = "seconds until its rider is at the store"

    busy: bool = False

    def __call__(self, problem: DispatchProblem, rng: np.random.Generator) -> Assignment:  # noqa: ARG002
        """Decide; nothing is drawn from ``rng``."""
        left = problem.off_at >= problem.now
        if not self.busy:
            left &= problem.free_at <= problem.now
        line = np.lexsort((problem.orders, problem.placed_at))
        matches: list[Match] = []
        waiting: list[int] = []
        while line.size and left.any():
            riders = np.flatnonzero(left)
            head, line = np.split(line, [max(NEAR, riders.size // 2)])  # half of the riders are still near then
            for order, known in zip(head.tolist(), _near(problem, head, riders), strict=True):
                choice = _choice(problem, order, known, left)
                if choice is None:
                    waiting.append(order)
                else:
                    matches.append(_match(problem, order, choice))
                    left[choice.first] = False
        waiting += line.tolist()
        reason = "older orders had the riders" if matches else "no rider is free"
        waits = wait_for_next(problem, problem.orders[waiting].tolist(), reason)
        return Assignment(tuple(matches), waits=tuple(waits))


class Known(NamedTuple):
    """Riders near a store (rows, ascending), when each would be there (infinite: too late), and no other before."""

    riders: Ints
    there: Floats
    others_there: float


class Choice(NamedTuple):
    """Who is at the store first, and when; and who would be second (infinite: nobody)."""

    first: int
    at: float
    second: int
    second_at: float


def _near(problem: DispatchProblem, orders: Ints, riders: Ints) -> Iterator[Known]:
    """Look at the nearest riders of many orders at once."""
    k, others = min(NEAR, riders.size), np.full(orders.size, np.inf)
    if k == riders.size:
        near = np.tile(riders, (orders.size, 1))
    else:
        stores, places = flat(problem.pickups[orders], problem.travel), flat(problem.places[riders], problem.travel)
        a, b = nearest_of(stores, places, k)
        near = np.sort(riders[b].reshape(-1, k), axis=1)
        reach = np.linalg.norm(stores[a] - places[b], axis=1).reshape(-1, k).max(axis=1)
        others = problem.leave_at[riders].min() + least_ways(problem, reach) + problem.rules.pickup_service_time / 2.0
    there = _there(problem, np.repeat(orders, k), near.reshape(-1)).reshape(-1, k)
    return map(Known, near, there, others.tolist())


def _there(problem: DispatchProblem, orders: Ints, riders: Ints) -> Floats:
    """When these riders would be at the stores of these orders; infinite where that is after the shift."""
    there = problem.leave_at[riders] + problem.ways_to_stores(orders, riders) + problem.rules.pickup_service_time / 2.0
    lawful = np.maximum(there, problem.ready_at[orders]) <= problem.off_at[riders] + TOLERANCE
    return np.where(lawful, there, np.inf)


def _choice(problem: DispatchProblem, order: int, known: Known, left: Flags) -> Choice | None:
    """Choose among the near ones who are left, or among all, where another might be there as early as these."""
    choice = _first_two(known.riders, np.where(left[known.riders], known.there, np.inf))
    if known.others_there < math.inf and known.others_there <= choice.second_at:
        riders = np.flatnonzero(left)
        choice = _first_two(riders, _there(problem, np.full(riders.size, order), riders))
    return choice if math.isfinite(choice.at) else None


def _first_two(riders: Ints, there: Floats) -> Choice:
    first = int(there.argmin())
    at, there[first] = float(there[first]), np.inf
    second = int(there.argmin())
    return Choice(int(riders[first]), at, int(riders[second]), float(there[second]))


def _match(problem: DispatchProblem, order: int, choice: Choice) -> Match:
    known = math.isfinite(choice.second_at)
    return Match(
        int(problem.riders[choice.first]),
        (int(problem.orders[order]),),
        "first at the store",
        cost=choice.at - problem.now,
        second=int(problem.riders[choice.second]) if known else -1,
        second_cost=choice.second_at - problem.now if known else math.nan,
    )
