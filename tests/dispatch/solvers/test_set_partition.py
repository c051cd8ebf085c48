from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from delivsim.dispatch.solvers.set_partition import greedy, partition
from delivsim.errors import PolicyError

COLUMNS = [(0,), (1,), (0, 1), (2,), (1, 2)]
RIDERS = np.array([0, 1, 0, 1, 1])


def best(columns, riders, costs, unassigned) -> float:
    """The least total cost, found by trying all sets of columns."""
    totals = []
    for size in range(len(columns) + 1):
        for chosen in combinations(range(len(columns)), size):
            orders = [order for k in chosen for order in columns[k]]
            if len(set(orders)) == len(orders) and len({riders[k] for k in chosen}) == size:
                left = sum(cost for order, cost in enumerate(unassigned) if order not in orders)
                totals.append(sum(costs[k] for k in chosen) + left)
    return min(totals)


@settings(max_examples=15, deadline=None)
@given(costs=st.lists(st.integers(0, 60), min_size=5, max_size=5), alone=st.integers(1, 50))
def test_the_partition_is_the_cheapest(costs, alone):
    """On small cases the answer costs what trying everything costs; orders and riders are used once."""
    unassigned = np.full(3, float(alone))
    chosen = partition(COLUMNS, RIDERS, np.array(costs, float), unassigned=unassigned, effort=1.0)
    orders = [order for k in chosen for order in COLUMNS[k]]
    assert len(orders) == len(set(orders))
    assert len({int(RIDERS[k]) for k in chosen}) == len(chosen)
    total = sum(costs[k] for k in chosen) + sum(alone for order in range(3) if order not in orders)
    assert total == best(COLUMNS, RIDERS.tolist(), costs, unassigned.tolist())


def test_without_columns_nothing_is_chosen():
    """An empty problem has an empty answer."""
    assert partition([], np.empty(0, int), np.empty(0), unassigned=np.ones(2), effort=1.0).size == 0


def test_the_greedy_start_takes_what_saves_most_per_order():
    """It takes the pair that saves 45 an order before the single that saves 40."""
    chosen = greedy(COLUMNS, RIDERS, np.array([10.0, 40.0, 10.0, 40.0, 90.0]), np.full(3, 50.0))
    assert np.flatnonzero(chosen).tolist() == [2, 3]


def test_odd_costs_are_refused():
    """A cost that is no number is a mistake of the policy."""
    with pytest.raises(PolicyError, match="every cost must be a number"):
        partition([(0,)], np.array([0]), np.array([np.nan]), unassigned=np.ones(1), effort=1.0)
