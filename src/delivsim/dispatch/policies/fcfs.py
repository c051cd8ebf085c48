"""First come, first served: the order placed first gets the rider who can be there first."""

from __future__ import annotations

import math

import numpy as np
from pydantic.dataclasses import dataclass

from delivsim.dispatch.arrays import Ints
from delivsim.dispatch.assignment import Assignment, Match, Wait
from delivsim.dispatch.lawful import TOLERANCE
from delivsim.dispatch.problem import DispatchProblem


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

    busy: bool = False

    def __call__(self, problem: DispatchProblem, rng: np.random.Generator) -> Assignment:  # noqa: ARG002
        """Decide; nothing is drawn from ``rng``."""
        left = problem.off_at >= problem.now
        if not self.busy:
            left &= problem.free_at <= problem.now
        matches, waiting = [], []
        for order in np.lexsort((problem.orders, problem.placed_at)).tolist():
            match = _first_there(problem, order, np.flatnonzero(left)) if left.any() else None
            if match is None:
                waiting.append(int(problem.orders[order]))
            else:
                matches.append(match)
                left[np.searchsorted(problem.riders, match.rider)] = False
        waits = (Wait(tuple(waiting), "older orders had the riders"),) if waiting else ()
        return Assignment(tuple(matches), waits=waits)


def _first_there(problem: DispatchProblem, order: int, riders: Ints) -> Match | None:
    """Match an order with the rider who is at its store first; None: nobody can be there within the shift."""
    same = np.full(riders.size, order)
    there = problem.leave_at[riders] + problem.ways_to_stores(same, riders) + problem.rules.pickup_service_time / 2.0
    lawful = np.maximum(there, problem.ready_at[order]) <= problem.off_at[riders] + TOLERANCE
    there = np.where(lawful, there, np.inf)
    first = int(np.argmin(there))
    cost = float(there[first] - problem.now)
    if not math.isfinite(cost):
        return None
    there[first] = np.inf
    second = int(np.argmin(there))
    known = math.isfinite(there[second])
    return Match(
        int(problem.riders[riders[first]]),
        (int(problem.orders[order]),),
        "first at the store",
        cost=cost,
        second=int(problem.riders[riders[second]]) if known else -1,
        second_cost=float(there[second] - problem.now) if known else math.nan,
    )
