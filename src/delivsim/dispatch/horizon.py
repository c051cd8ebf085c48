"""What a decision looks at: food ready soon, riders free soon, and how many of the one there are for the other."""

from __future__ import annotations

import numpy as np

from delivsim.dispatch.arrays import Ints
from delivsim.dispatch.problem import DispatchProblem


def looked_at(problem: DispatchProblem, *, ready_within: float, free_within: float) -> tuple[Ints, Ints]:
    """Give the rows of orders ready, and of riders on shift and free, within so many seconds from now."""
    orders = np.flatnonzero(problem.ready_at <= problem.now + ready_within)
    soon = problem.free_at <= problem.now + free_within
    return orders, np.flatnonzero(soon & (problem.off_at >= problem.now))


def orders_per_rider(problem: DispatchProblem, *, ready_within: float, free_within: float) -> float:
    """Give how many orders are ready for each rider who is free, within so many seconds from now."""
    n_riders = int(np.count_nonzero(problem.free_at <= problem.now + free_within))
    return float(np.count_nonzero(problem.ready_at <= problem.now + ready_within)) / max(1, n_riders)
