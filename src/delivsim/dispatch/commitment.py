"""When a planned match is made: what can wait for the next decision is planned again then, when more is known."""

from __future__ import annotations

import numpy as np

from delivsim.dispatch.arrays import Flags, Floats
from delivsim.dispatch.bundles import Trips
from delivsim.dispatch.known import Readiness
from delivsim.dispatch.problem import DispatchProblem

FEW = 5
"""Orders whose readiness has shown, from which on what it showed counts half."""


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


def ahead(readiness: Readiness, earliness: float) -> float:
    """
    Seconds before the told instant at which a rider should be at the store, so wrong as such instants have been.

    Parameters
    ----------
    readiness
        How wrong estimates have been; where few have shown, they count as exact.
    earliness
        Times the spread.
    """
    known = readiness.n / (readiness.n + FEW)
    return known * (earliness * readiness.spread - readiness.bias)


def overdue(problem: DispatchProblem, oldest_ready_at: Floats, *, after: float) -> Flags:
    """Match whatever has been ready for longer than ``after`` seconds, even with a rider who is free later."""
    return np.asarray(oldest_ready_at < problem.now - after)
