"""
Which columns to choose, so that every order is in exactly one: set partitioning, solved by OR-Tools CP-SAT.

One worker, a fixed seed and a limit in deterministic time: the same columns give the same answer on any machine.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from delivsim.dispatch.arrays import Floats, Ints
from delivsim.dispatch.solvers.linear_assignment import milliseconds, refuse_odd


def partition(
    columns: Sequence[tuple[int, ...]], riders: Ints, costs: Floats, *, unassigned: Floats, effort: float
) -> Ints:
    """
    Choose columns at the least total cost, each order in one of them or left over, each rider in at most one.

    Parameters
    ----------
    columns
        The orders (row numbers from 0) of each column.
    riders
        The rider of each column, shape (k,).
    costs
        What each column costs, shape (k,), seconds.
    unassigned
        What it costs to leave each order over, shape (n,), seconds.
    effort
        Deterministic seconds of work at most; then the best answer found so far counts.

    Returns
    -------
    The chosen columns, ascending.

    Raises
    ------
    PolicyError
        A cost is NaN, infinite or beyond 1e12 s.
    """
    refuse_odd(costs)
    refuse_odd(unassigned)
    if not len(columns):
        return np.empty(0, dtype=np.int64)
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    chosen = [model.new_bool_var("") for _ in columns]
    named = sorted({order for orders in columns for order in orders})
    left = [model.new_bool_var("") for _ in named]
    of_order: dict[int, list[cp_model.IntVar]] = {order: [one] for order, one in zip(named, left, strict=True)}
    of_rider: dict[int, list[cp_model.IntVar]] = {}
    for variable, orders, rider in zip(chosen, columns, riders.tolist(), strict=True):
        of_rider.setdefault(rider, []).append(variable)
        for order in orders:
            of_order[order].append(variable)
    for variables in of_order.values():
        model.add_exactly_one(variables)
    for variables in of_rider.values():
        model.add_at_most_one(variables)
    prices = np.concatenate((milliseconds(costs), milliseconds(unassigned[named]))).tolist()
    model.minimize(cp_model.LinearExpr.weighted_sum([*chosen, *left], prices))
    for variable, hint in zip(chosen, greedy(columns, riders, costs, unassigned), strict=True):
        model.add_hint(variable, bool(hint))
    solver = cp_model.CpSolver()
    parameters = solver.parameters
    parameters.num_workers, parameters.linearization_level, parameters.random_seed = 1, 2, 0
    parameters.max_deterministic_time = effort
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return np.flatnonzero(greedy(columns, riders, costs, unassigned))
    return np.flatnonzero([solver.boolean_value(variable) for variable in chosen])


def greedy(columns: Sequence[tuple[int, ...]], riders: Ints, costs: Floats, unassigned: Floats) -> list[bool]:
    """Choose columns one by one, those first that save most per order; the solver starts from there."""
    saved = np.array([unassigned[list(orders)].sum() - cost for orders, cost in zip(columns, costs, strict=True)])
    per_order = saved / np.array([len(orders) for orders in columns])
    chosen, done, busy = [False] * len(columns), set[int](), set[int]()
    for k in np.lexsort((np.arange(len(columns)), -per_order)).tolist():
        rider = int(riders[k])
        if saved[k] > 0.0 and rider not in busy and done.isdisjoint(columns[k]):
            chosen[k] = True
            busy.add(rider)
            done.update(columns[k])
    return chosen
