"""When a planned match is made: what can wait for the next decision is planned again then, when more is known."""

from __future__ import annotations

import numpy as np

from delivsim.dispatch.arrays import Flags, Floats
from delivsim.dispatch.bundles import Trips
from delivsim.dispatch.problem import DispatchProblem


def before_next(problem: DispatchProblem, pairs: Trips) -> Flags:
    """Match whoever is free before the next decision; he goes at once and waits at the store (Reyes et al. 2018)."""
    return np.asarray(pairs.leave_at < problem.now + problem.every)


def just_in_time(problem: DispatchProblem, pairs: Trips, ready_at: Floats, *, margin: float = 0.0) -> Flags:
    """
    Match whoever would come too late for the food, were he sent only at the next decision.

    Parameters
    ----------
    ready_at
        When the bundle of each pair is ready, seconds.
    margin
        Riders are sent this many seconds earlier than just in time.
    """
    following = problem.now + problem.every
    late = np.maximum(following, pairs.leave_at) + pairs.ways + margin > ready_at
    return (pairs.leave_at < following) & late


def overdue(problem: DispatchProblem, oldest_ready_at: Floats, *, after: float) -> Flags:
    """Match whatever has been ready for longer than ``after`` seconds, even with a rider who is free later."""
    return np.asarray(oldest_ready_at < problem.now - after)
