"""What a bundle in a rider's hands costs: each function prices pairs, in its own unit, and less is better."""

from __future__ import annotations

import numpy as np

from delivsim.dispatch.arrays import Floats, Ints
from delivsim.dispatch.bundles import Bundles, Trips
from delivsim.dispatch.problem import DispatchProblem

PER_MEGASECOND = 1e6
"""Orders per second of a rider's time are about 1e-3; the solver counts in whole thousandths."""


def customers_delay(
    bundles: Bundles, chosen: Ints, pairs: Trips, *, travel_weight: float, waiting_weight: float
) -> Floats:
    """
    Price pairs by the delay of the bundle's customers, in seconds.

    Parameters
    ----------
    chosen
        Row of the bundle of each pair.
    travel_weight, waiting_weight
        Seconds of one customer's delay that a second of the rider's way to the store, or of waiting there, is worth.

    Returns
    -------
    Seconds, shape (p,); infinite where it is not lawful.
    """
    cost = (pairs.pickup_at - bundles.ready_at[chosen]) * bundles.sizes[chosen] + travel_weight * pairs.ways
    cost += waiting_weight * (pairs.pickup_at - pairs.leave_at - pairs.ways)
    return np.where(pairs.lawful, cost, np.inf)


def throughput(
    problem: DispatchProblem, bundles: Bundles, lengths: Floats, chosen: Ints, pairs: Trips, *, idle_weight: float
) -> Floats:
    """
    Price pairs by the orders per second of the rider's time, less what food that waits is worth (Reyes et al. 2018).

    Parameters
    ----------
    lengths
        Seconds from leaving the store to being done at the last door, by bundle.
    idle_weight
        Orders per second of a rider's time that a second of food waiting for the pick-up is worth.

    Returns
    -------
    Minus orders per million seconds, shape (p,); infinite where it is not lawful.
    """
    done_at = pairs.pickup_at + problem.rules.pickup_service_time / 2.0 + lengths[chosen]
    waits = pairs.pickup_at - np.maximum(bundles.ready_at[chosen], problem.now)
    score = bundles.sizes[chosen] / (done_at - pairs.leave_at) - idle_weight * waits
    return np.where(pairs.lawful, -PER_MEGASECOND * score, np.inf)
