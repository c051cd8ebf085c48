"""Follow-on bundles: which bundle the same rider could fetch after another one."""

from __future__ import annotations

import numpy as np

from delivsim.dispatch.arrays import Floats, Ints
from delivsim.dispatch.bundles import Bundles, Doors
from delivsim.dispatch.candidates import flat, nearest_pairs
from delivsim.dispatch.problem import DispatchProblem

NEAR = 10
"""Stores nearest to the last door of a bundle that are looked at."""


def followers(problem: DispatchProblem, bundles: Bundles, doors: Doors, n_pairs: int) -> Ints:
    """
    Pair bundles, so that fewer riders are enough: those first whose food waits least for the same rider to come.

    Parameters
    ----------
    doors
        The ways past the doors of each bundle.
    n_pairs
        How many pairs to make at most.

    Returns
    -------
    For each bundle the one that follows it, shape (k,); -1: none. No bundle follows that has a follower itself.
    """
    found, used = np.full(len(bundles), -1, dtype=np.int64), np.zeros(len(bundles), dtype=np.bool_)
    last = np.array([rows[-1] for rows in bundles.rows])
    ends, stores = problem.dropoffs[last], problem.pickups[bundles.first]
    a, b = nearest_pairs(flat(ends, problem.travel), flat(stores, problem.travel), NEAR)
    a, b = a[a != b], b[a != b]
    wait = _wait(problem, bundles, doors, a, b, problem.times(ends[a], stores[b]))
    for k in np.lexsort((b, a, wait)):
        if n_pairs <= 0:
            break
        if not (used[a[k]] or used[b[k]]):
            found[a[k]], used[a[k]], used[b[k]], n_pairs = b[k], True, True, n_pairs - 1
    return found


def _wait(problem: DispatchProblem, bundles: Bundles, doors: Doors, a: Ints, b: Ints, ways: Floats) -> Floats:
    """Seconds that rider or food wait for each other at the second store, and the way there."""
    half = problem.rules.pickup_service_time / 2.0
    there = np.maximum(bundles.ready_at[a], problem.now) + half + doors.lengths[a] + ways + half
    return np.abs(there - bundles.ready_at[b]) + ways
