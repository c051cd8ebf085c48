"""The diary of the dispatch leader: what it knew at each decision, and why it chose, in rows of what changed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from delivsim.dispatch.arrays import Floats
from delivsim.dispatch.assignment import Assignment
from delivsim.dispatch.problem import DispatchProblem

NO_ORDER = -1
_OPEN = (-1, 0, 0, math.inf, False)
"""Rider, bundle, position, pick-up and whether it is on board, of an order that nobody has."""
_NO_PLACES = (math.nan,) * 6
"""Instants and places of an order that is no longer known."""


class Diary:
    """
    Writes ``known_orders``, ``known_riders``, ``known_stores`` and ``choices``.

    A row says what an order, rider or store was known to be from that decision on; nothing is said twice.

    Parameters
    ----------
    rows
        The lists of rows, by table.
    """

    def __init__(self, rows: Mapping[str, list[tuple[Any, ...]]]) -> None:
        self._rows = rows
        self._orders: dict[int, object] = {}
        self._riders, self._states = np.empty(0, np.int64), np.empty((0, 7))
        self._coming: frozenset[int] = frozenset()
        self._stores: dict[int, tuple[float, float]] = {}
        self._references: dict[int, int] = {}
        self._waits: dict[int, tuple[str, int]] = {}

    def write(self, decision: int, problem: DispatchProblem, references: Sequence[int], made: Assignment) -> None:
        """Write down a decision; ``references`` are the clients' own numbers of the open orders."""
        self._references.update(zip(problem.orders.tolist(), references, strict=True))
        self._write_orders(decision, problem)
        self._write_riders(decision, problem)
        if problem.shifts.riders.size or self._coming:
            self._write_shifts(decision, problem)
        if problem.demand.stores.size:
            self._write_stores(decision, problem)
        self._write_choices(decision, made)

    def _write_orders(self, decision: int, problem: DispatchProblem) -> None:
        seen, write = self._orders, self._rows["known_orders"].append
        now: dict[int, object] = dict(zip(problem.orders.tolist(), problem.ready_at.tolist(), strict=True))
        for row, (number, ready_at) in enumerate(now.items()):
            if seen.get(number) != ready_at:
                write((decision, self._references[number], number, True, *_open(problem, row)))
        if problem.promises.orders.size:
            for number, row, carried in _carried(problem):
                now[number] = carried
                if seen.get(number) != carried:
                    reference = self._references.get(number, NO_ORDER)
                    write((decision, reference, number, True, *_promised(problem, row), *carried))
        for number in seen.keys() - now.keys():
            write((decision, self._references.get(number, NO_ORDER), number, False, -1, *_NO_PLACES, *_OPEN))
        self._orders = now

    def _write_riders(self, decision: int, problem: DispatchProblem) -> None:
        now, numbers, write = _riders(problem), problem.riders, self._rows["known_riders"].append
        _, rows, before = np.intersect1d(numbers, self._riders, assume_unique=True, return_indices=True)
        changed, gone = np.ones(len(now), dtype=np.bool_), np.ones(len(self._riders), dtype=np.bool_)
        changed[rows] = (now[rows] != self._states[before]).any(axis=1)
        gone[before] = False
        for row in np.flatnonzero(gone).tolist():
            write((decision, int(self._riders[row]), False, False, *_told(self._states[row].tolist())))
        for row in np.flatnonzero(changed).tolist():
            write((decision, int(numbers[row]), True, False, *_told(now[row].tolist())))
        self._riders, self._states = numbers, now

    def _write_shifts(self, decision: int, problem: DispatchProblem) -> None:
        """Write down who comes on soon, once, and who was to come and is not there."""
        shifts, write = problem.shifts, self._rows["known_riders"].append
        now = frozenset(shifts.riders.tolist())
        columns = (shifts.places, shifts.on_at, shifts.off_at, shifts.speeds, shifts.capacities.astype(np.float64))
        for rider, (x, y, on_at, off_at, speed, capacity) in zip(
            shifts.riders.tolist(), np.column_stack(columns).tolist(), strict=True
        ):
            if rider not in self._coming:
                write((decision, rider, False, True, x, y, on_at, off_at, speed, int(capacity), -math.inf))
        for rider in sorted(self._coming - now - set(problem.riders.tolist())):
            write((decision, rider, False, False, *_NO_PLACES[:5], 0, -math.inf))
        self._coming = now

    def _write_stores(self, decision: int, problem: DispatchProblem) -> None:
        """Write the demand of stores that had another order; in between it only fades."""
        demand, write = problem.demand, self._rows["known_stores"].append
        for store, (x, y), rate in zip(
            demand.stores.tolist(), demand.places.tolist(), demand.rates.tolist(), strict=True
        ):
            last, at = self._stores.get(store, (-1.0, 0.0))
            if last < 0.0 or rate > last * math.exp((at - problem.now) / 3600.0) * (1.0 + 1e-9):
                self._stores[store] = rate, problem.now
                write((decision, store, x, y, rate))

    def _write_choices(self, decision: int, made: Assignment) -> None:
        write, reference = self._rows["choices"].append, self._references
        for match in made.matches:
            kind = "joins" if match.joins else "offered"
            hold = math.nan if match.hold_until is None else match.hold_until
            for order in match.orders:
                self._waits.pop(order, None)
                write(
                    (
                        decision, reference.get(order, NO_ORDER), kind, match.rider, match.cost, match.second,
                        match.second_cost, hold, match.reason,
                    )
                )  # fmt: skip
        for move in made.moves:
            write((decision, NO_ORDER, "moved", move.rider, math.nan, -1, math.nan, math.nan, move.reason))
        for wait in made.waits:
            none = (math.nan,) * len(wait.orders)
            told = zip(
                wait.orders, wait.riders or (-1,) * len(none), wait.costs or none, wait.until or none, strict=True
            )
            for order, rider, cost, until in told:
                if self._waits.get(order) != (wait.reason, rider):
                    self._waits[order] = wait.reason, rider
                    number = reference.get(order, NO_ORDER)
                    write((decision, number, "waits", rider, cost, -1, math.nan, until, wait.reason))


def _open(problem: DispatchProblem, row: int) -> tuple[Any, ...]:
    places = *problem.pickups[row].tolist(), *problem.dropoffs[row].tolist()
    return int(problem.stores[row]), float(problem.placed_at[row]), float(problem.ready_at[row]), *places, *_OPEN


def _promised(problem: DispatchProblem, row: int) -> tuple[Any, ...]:
    p = problem.promises
    places = *p.pickups[row].tolist(), *p.dropoffs[row].tolist()
    return int(p.stores[row]), float(p.placed_at[row]), float(p.ready_at[row]), *places


def _carried(problem: DispatchProblem) -> Iterator[tuple[int, int, tuple[int, int, int, float, bool]]]:
    """Give each promised order, its row, and what may change of it: who has it, in which bundle, how far."""
    p, position, last = problem.promises, 0, 0
    columns = zip(
        p.orders.tolist(),
        p.riders.tolist(),
        p.bundles.tolist(),
        p.pickup_at.tolist(),
        p.picked_up.tolist(),
        strict=True,
    )
    for row, (number, rider, bundle, pickup_at, picked_up) in enumerate(columns):
        position = position + 1 if bundle == last else 0
        last = bundle
        yield number, row, (rider, bundle, position, pickup_at, picked_up)


def _riders(problem: DispatchProblem) -> Floats:
    return np.column_stack(
        (
            problem.places, problem.free_at, problem.off_at, np.nan_to_num(problem.speeds, nan=-1.0),
            problem.carries.astype(np.float64), np.asarray(problem.moving_until),
        )
    )  # fmt: skip


def _told(state: Sequence[float]) -> tuple[Any, ...]:
    x, y, free_at, off_at, speed, capacity, moving_until = state
    return x, y, free_at, off_at, math.nan if speed < 0.0 else speed, int(capacity), moving_until
