"""
Who takes what at the least total cost: the sparse linear assignment problem, solved to the optimum.

Solved as a minimum-cost flow of OR-Tools; where many pairs fill a matrix of moderate size, as that by SciPy (shortest
augmenting paths, Crouse 2016); and where there are very many, as a sparse matrix by SciPy (Jonker, Volgenant 1987). The
flow needs no square problem, so an order that nobody takes is one more arc. Measured on one core against OR-Tools' own
linear assignment (which needs a mirrored problem twice the size): equal at 50 x 50, 3 times as fast at 300 x 300 and at
3,000 x 3,000 with 20 arcs each. The sparse matrix takes a fifth of the flow's time at 3,000 and at 10,000 orders with
20 to 90 arcs each; below 20,000 pairs building it costs what it saves.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from delivsim.errors import PolicyError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MANY = 2_000
"""Pairs from which on a matrix pays, if it is dense enough."""
DENSE = 200_000
"""Cells up to which a matrix is solved faster than a flow: 5 times at 80 orders with 50 arcs each, measured."""
VERY_MANY = 20_000
"""Pairs from which on a sparse matrix is solved faster than a flow."""
EXACT = 2**52
"""Milliseconds up to which sums are exact as floats."""
LONGEST = 1e12
"""Seconds; a larger cost would overflow the solver's integers."""


def milliseconds(seconds: Floats) -> Ints:
    """Turn costs in seconds into the whole milliseconds that the solver counts in."""
    return np.rint(np.asarray(seconds) * 1000.0).astype(np.int64)


def assign(orders: Ints, riders: Ints, costs: Floats, *, unassigned: Floats, n_riders: int) -> Ints:
    """
    Give each order at most one rider, and each rider at most one order, at the least total cost.

    Parameters
    ----------
    orders, riders
        The pairs that may be matched, row numbers from 0, shape (k,).
    costs
        What each pair costs, shape (k,), seconds of any sign.
    unassigned
        What it costs to leave each order without a rider, shape (n,), seconds.
    n_riders
        How many riders there are.

    Returns
    -------
    The rider of each order, shape (n,); -1: nobody. Equal answers are told apart by the solver, always the same way
    for the same pairs, in whatever order these are given.

    Raises
    ------
    PolicyError
        A cost is NaN, infinite or beyond 1e12 s.
    """
    refuse_odd(costs)
    refuse_odd(unassigned)
    useful = costs < unassigned[orders]
    orders, riders, costs = orders[useful], riders[useful], costs[useful]
    if not orders.size:
        return np.full(unassigned.size, -1, dtype=np.int64)
    pairs = orders * n_riders + riders
    if not (pairs[1:] > pairs[:-1]).all():
        order = np.lexsort((costs, pairs))
        orders, riders, costs = orders[order], riders[order], costs[order]
    return _taken(orders, riders, milliseconds(costs), milliseconds(unassigned), n_riders)


def as_many_as_possible(costs: Floats, n_matches: int) -> float:
    """Give the cost of an order left over that outweighs every saving on ``n_matches`` other pairs."""
    return (float(np.ptp(costs)) if costs.size else 0.0) * n_matches + float(costs.max(initial=0.0)) + 1.0


def refuse_odd(costs: Floats) -> None:
    """Raise PolicyError unless every cost is a number that the solver can count in."""
    if not (np.abs(costs) <= LONGEST).all():
        raise PolicyError(f"solver: every cost must be a number within {LONGEST:g} s")


def _taken(orders: Ints, riders: Ints, costs: Ints, unassigned: Ints, n_riders: int) -> Ints:
    """Solve in the way that is fastest for so many pairs, sorted by order and rider. Gives the riders; -1: nobody."""
    n = unassigned.size
    if costs.size >= MANY and n * max(np.abs(costs).max(), np.abs(unassigned).max()) < EXACT:
        known, among = np.unique(riders, return_inverse=True)
        if n * (n + known.size) <= DENSE:
            taken = _square(orders, among, costs, unassigned, known.size)
            return np.where(taken >= 0, known[taken], -1)
        if costs.size >= VERY_MANY:
            return _sparse(orders, riders, costs, unassigned, n_riders)
    chosen = _flow(orders, riders, costs, unassigned, n_riders)
    taken = np.full(n, -1, dtype=np.int64)
    taken[orders[chosen]] = riders[chosen]
    return taken


def _sparse(orders: Ints, riders: Ints, costs: Ints, unassigned: Ints, n_riders: int) -> Ints:
    """Solve as a sparse matrix, as ``_square``; its entries must be > 0, and a pair named twice would be added up."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import min_weight_full_bipartite_matching

    n, least = unassigned.size, min(costs.min(), unassigned.min()) - 1
    first = np.append(True, (orders[1:] > orders[:-1]) | (riders[1:] > riders[:-1]))
    places = np.append(orders[first], np.arange(n)), np.append(riders[first], n_riders + np.arange(n))
    entries = np.append(costs[first], unassigned) - least
    _, taken = min_weight_full_bipartite_matching(csr_array((entries, places), shape=(n, n_riders + n)))
    return np.where(taken < n_riders, taken, -1).astype(np.int64)


def _square(orders: Ints, riders: Ints, costs: Ints, unassigned: Ints, n_riders: int) -> Ints:
    """Solve as a dense matrix, in which each order has a column of its own for nobody. Gives the riders; -1: nobody."""
    from scipy.optimize import linear_sum_assignment

    n = unassigned.size
    dense = np.full((n, n_riders + n), np.inf)
    rows = np.arange(n)
    dense[orders[::-1], riders[::-1]] = costs[::-1]  # of a pair that is named twice the cheaper one
    dense[rows, n_riders + rows] = unassigned
    _, taken = linear_sum_assignment(dense)
    return np.where(taken < n_riders, taken, -1)


def _flow(orders: Ints, riders: Ints, costs: Ints, unassigned: Ints, n_riders: int) -> NDArray[np.bool_]:
    """Solve; one unit flows from each order over a rider, or past them, to a sink. Tells which pairs carry it."""
    from ortools.graph.python import min_cost_flow

    n, sink = unassigned.size, unassigned.size + n_riders
    flow = min_cost_flow.SimpleMinCostFlow()
    tails = np.concatenate((orders, np.arange(n), np.arange(n, sink)))
    heads = np.concatenate((n + riders, np.full(n + n_riders, sink)))
    prices = np.concatenate((costs, unassigned, np.zeros(n_riders, dtype=np.int64)))
    arcs = flow.add_arcs_with_capacity_and_unit_cost(tails, heads, np.ones_like(tails), prices)
    flow.set_nodes_supplies(np.append(np.arange(n), sink), np.append(np.ones(n, dtype=np.int64), np.int64(-n)))
    status = flow.solve()
    assert status == flow.OPTIMAL, f"every order can be left over, so there is an optimum; got {status}"
    return np.asarray(flow.flows(arcs[: orders.size]) > 0)
