"""What a rider's place and shift are worth: riders who will be wanted where they are had better stay."""

from __future__ import annotations

import numpy as np

from delivsim.dispatch.arrays import Floats, Ints
from delivsim.dispatch.candidates import flat, nearest_of
from delivsim.dispatch.problem import DispatchProblem

NEAREST = 20
"""Stores around a rider that are looked at where there are many."""
MANY = 20_000
"""Pairs of rider and store beyond which not all are looked at."""


def place_worth(problem: DispatchProblem, riders: Ints, *, reach: float, crowding: float, prior: float) -> Floats:
    """
    Share of the city's demand that is near each rider and not near other idle riders as well.

    A store counts the less the farther it is (by a factor e for each ``reach``), and is shared with the idle riders
    around it. Demand is what the day has shown so far.

    Parameters
    ----------
    riders
        Rows of the riders, shape (m,).
    reach
        Seconds of travel.
    crowding
        How much an idle rider at a store's door takes of what it is worth to others: by a factor 1 + crowding.
    prior
        Orders per hour that every store is believed to have before any is seen.

    Returns
    -------
    Numbers from 0 to 1, shape (m,); all 0 where demand is not known.
    """
    demand = problem.demand
    rates = demand.rates + prior / 3600.0
    if not riders.size or not rates.any():
        return np.zeros(riders.size)
    a, b = _pairs(problem, riders)
    ways = problem.times(problem.places[riders[a]], demand.places[b], riders[a])
    near = np.exp(-ways / reach)
    idle = problem.free_at[riders[a]] <= problem.now
    crowd = np.bincount(b[idle], weights=near[idle], minlength=demand.stores.size)
    share = rates / rates.sum() / (1.0 + crowding * crowd)
    return np.asarray(np.bincount(a, weights=near * share[b], minlength=riders.size), dtype=np.float64)


def shift_left(problem: DispatchProblem, riders: Ints, *, window: float) -> Floats:
    """Seconds of each rider's shift that are left once he is free, at most ``window``, shape (m,)."""
    return np.clip(problem.off_at[riders] - problem.leave_at[riders], 0.0, window)


def _pairs(problem: DispatchProblem, riders: Ints) -> tuple[Ints, Ints]:
    """Riders, as positions in ``riders``, and the stores that are looked at for each."""
    n, m = riders.size, problem.demand.stores.size
    if n * m <= MANY:
        return np.repeat(np.arange(n), m), np.tile(np.arange(m), n)
    travel = problem.travel
    return nearest_of(flat(problem.places[riders], travel), flat(problem.demand.places, travel), NEAREST)
