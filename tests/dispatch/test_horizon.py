"""What a decision looks at."""

import numpy as np
import pytest

from delivsim.dispatch.horizon import looked_at, orders_per_rider
from delivsim.dispatch.problem import DispatchProblem
from delivsim.domain.instance import Rules
from delivsim.domain.travel import Euclidean

PROBLEM = DispatchProblem(
    now=1000.0,
    every=60.0,
    orders=[1, 2, 3],
    placed_at=[900.0] * 3,
    ready_at=[500.0, 1600.0, 1601.0],
    stores=[0] * 3,
    pickups=[(0.0, 0.0)] * 3,
    dropoffs=[(0.0, 1.0)] * 3,
    riders=[4, 5, 6],
    places=[(0.0, 0.0)] * 3,
    free_at=[0.0, 1300.0, 1301.0],
    off_at=[999.0, 1000.0, 9000.0],
    speeds=[np.nan] * 3,
    travel=Euclidean(1.0),
    rules=Rules(),
)


def test_food_ready_and_riders_free_in_time_are_looked_at():
    """The bounds belong to it; whose shift is over is not asked."""
    orders, riders = looked_at(PROBLEM, ready_within=600.0, free_within=300.0)
    assert (orders.tolist(), riders.tolist()) == ([0, 1], [1])


@pytest.mark.parametrize(("ready", "free", "load"), [(600.0, 300.0, 1.0), (601.0, 0.0, 3.0), (0.0, 9999.0, 1 / 3)])
def test_load_is_orders_per_rider(ready, free, load):
    """Those ready within the one over those free within the other."""
    assert orders_per_rider(PROBLEM, ready_within=ready, free_within=free) == pytest.approx(load)


def test_without_riders_all_orders_are_one_riders():
    """Nobody there counts as one, so that there is a load to speak of."""
    assert orders_per_rider(PROBLEM, ready_within=9999.0, free_within=-2000.0) == 3.0
