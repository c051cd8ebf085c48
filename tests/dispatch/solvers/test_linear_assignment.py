import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from delivsim.dispatch.solvers import linear_assignment
from delivsim.dispatch.solvers.linear_assignment import as_many_as_possible, assign, milliseconds
from delivsim.errors import PolicyError


def dense_optimum(costs: np.ndarray, unassigned: np.ndarray) -> float:
    """The least total cost by an independent solver; NaN in ``costs``: no such pair."""
    n = len(costs)
    alone = np.where(np.eye(n, dtype=bool), unassigned[:, None], 1e12)
    square = np.hstack([np.nan_to_num(costs, nan=1e12), alone])
    return float(square[linear_sum_assignment(square)].sum())


def total(costs: np.ndarray, unassigned: np.ndarray, found: np.ndarray) -> float:
    return float(sum(unassigned[i] if j < 0 else costs[i, j] for i, j in enumerate(found)))


@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.integers(1, 12), st.sampled_from([1.0, 0.001, 60.0]))
def test_it_is_the_optimum(seed: int, n: int, m: int, unit: float):
    """On random sparse problems with ties and negative costs the total equals that of a dense solver."""
    rng = np.random.default_rng(seed)
    costs = rng.integers(-20, 100, (n, m)) * unit
    costs[rng.random((n, m)) < 0.4] = np.nan
    unassigned = rng.integers(0, 150, n) * unit
    rows, columns = np.nonzero(~np.isnan(costs))
    found = assign(rows, columns, costs[rows, columns], unassigned=unassigned, n_riders=m)
    taken = found[found >= 0]
    assert len(set(taken)) == len(taken)
    assert not np.isnan(costs[found >= 0, taken]).any()
    assert total(costs, unassigned, found) == pytest.approx(dense_optimum(costs, unassigned), abs=1e-6)


def test_the_order_of_the_pairs_does_not_matter():
    """Ties are told apart the same way however the pairs are given."""
    rng = np.random.default_rng(4)
    rows, columns = (grid.ravel() for grid in np.indices((30, 20)))
    costs = rng.integers(0, 3, rows.size) * 60.0
    first = assign(rows, columns, costs, unassigned=np.full(30, 500.0), n_riders=20)
    for _ in range(5):
        mixed = rng.permutation(rows.size)
        again = assign(rows[mixed], columns[mixed], costs[mixed], unassigned=np.full(30, 500.0), n_riders=20)
        assert (again == first).all()


def test_as_many_as_possible_comes_before_cheap():
    """One long way that lets two orders be served beats the short way that serves one."""
    rows, columns, costs = np.array([0, 0, 1]), np.array([0, 1, 0]), np.array([1.0, 9000.0, 2.0])
    alone = np.full(2, as_many_as_possible(costs, 2))
    assert assign(rows, columns, costs, unassigned=alone, n_riders=2).tolist() == [1, 0]


def test_nobody_is_sent_where_leaving_the_order_is_cheaper():
    """A pair that costs as much as leaving the order alone is not made."""
    pair = np.array([0])
    assert assign(pair, pair, np.array([5.0]), unassigned=np.array([5.0]), n_riders=1).tolist() == [-1]
    assert assign(pair, pair, np.array([4.9]), unassigned=np.array([5.0]), n_riders=1).tolist() == [0]


def test_no_pairs_no_matches():
    """Without pairs, orders or riders everybody stays alone."""
    none = np.array([], dtype=np.int64)
    assert assign(none, none, none.astype(float), unassigned=np.ones(3), n_riders=0).tolist() == [-1, -1, -1]
    assert assign(none, none, none.astype(float), unassigned=np.empty(0), n_riders=5).size == 0


@pytest.mark.parametrize("cost", [np.nan, np.inf, -np.inf, 1e13])
def test_odd_costs_are_refused(cost: float):
    """NaN, infinite and absurd costs are an error of the policy, not a wrong optimum."""
    pair = np.array([0])
    with pytest.raises(PolicyError, match="every cost must be a number"):
        assign(pair, pair, np.array([cost]), unassigned=np.array([1.0]), n_riders=1)


def test_seconds_become_whole_milliseconds():
    """Costs are rounded to the nearest millisecond."""
    assert milliseconds(np.array([0.0004, 0.0006, -1.5, 3600.0])).tolist() == [0, 1, -1500, 3_600_000]


def test_a_matrix_a_sparse_one_and_a_flow_cost_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which way a problem is solved does not show in what the answer costs, also where some are left over."""
    rng = np.random.default_rng(3)
    orders, riders = np.repeat(np.arange(60), 40), np.concatenate([rng.permutation(80)[:40] for _ in range(60)])
    costs, unassigned = rng.random(orders.size) * 100.0, rng.random(60) * 20.0
    price = dict(zip(zip(orders.tolist(), riders.tolist(), strict=True), costs.tolist(), strict=True))

    def least() -> float:
        twice, worse = slice(0, 300), np.append(costs, costs[:300] + 5.0)  # a pair named again, at a higher cost
        again = np.append(orders, orders[twice]), np.append(riders, riders[twice])
        found = assign(*again, worse, unassigned=unassigned, n_riders=80)
        taken = found[found >= 0].tolist()
        assert len(set(taken)) == len(taken)
        return sum(price[k, r] if r >= 0 else unassigned[k] for k, r in enumerate(found.tolist()))

    as_matrix = least()
    monkeypatch.setattr(linear_assignment, "DENSE", 0)
    assert abs(least() - as_matrix) < 60 * 0.001
    monkeypatch.setattr(linear_assignment, "VERY_MANY", 0)
    assert abs(least() - as_matrix) < 60 * 0.001
