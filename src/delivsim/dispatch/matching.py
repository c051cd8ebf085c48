"""A least-cost matching over places, sparse enough for thousands: near pairs first, then what is left over."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from delivsim.dispatch.candidates import nearest_pairs
from delivsim.dispatch.solvers.linear_assignment import as_many_as_possible, assign

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

Arcs = tuple[Ints, Ints, Floats]
NO_ARCS: Arcs = (np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))

Price = Callable[[Ints, Ints], Floats]
"""Tells what pairs of rows cost, in seconds, shape (k,) each; infinite: forbidden."""


class Priced(NamedTuple):
    """Near pairs of rows, sorted by both, and what each costs, shape (k,) each."""

    left: Ints
    right: Ints
    costs: Floats


def near(left: Floats, right: Floats, price: Price, candidates: int) -> Priced:
    """Price the near pairs of places; ``match_places`` and ``runners_up`` both begin with them."""
    a, b = nearest_pairs(left, right, candidates)
    return Priced(a, b, price(a, b))


def match_places(
    left: Floats,
    right: Floats,
    price: Price,
    *,
    unassigned: Floats | None = None,
    also: Arcs = NO_ARCS,
    candidates: int,
    pairs: Priced | None = None,
) -> Ints:
    """
    Match rows of ``left`` with rows of ``right`` at the least total cost.

    Only near pairs are priced. Where many rows crowd around the same few places, those left over are matched in
    further rounds with whoever is left. With at most ``candidates`` rows on the shorter side, and costs that grow
    with distance, the first round is the optimum.

    Parameters
    ----------
    left, right
        Places in metres, shape (n, d) and (m, d); a further dimension may stand for time.
    price
        What a pair costs.
    unassigned
        What leaving a row of ``left`` alone costs, shape (n,), seconds; None: match as many as possible.
    also
        What else rows of ``left`` can be matched with: rows of ``left``, numbers from 0 of those other things (each
        is matched once), costs in seconds.
    candidates
        Nearest rows looked at for each row of the shorter side, >= 1.
    pairs
        What ``near`` gave, if that is known.

    Returns
    -------
    For each row of ``left`` its row of ``right``, shape (n,), or ``len(right)`` and the number of what else it is
    matched with; -1: none.
    """
    found = np.full(len(left), -1, dtype=np.int64)
    rows, columns, n_others = np.arange(len(left)), np.arange(len(right)), int(also[1].max(initial=-1)) + 1
    while rows.size and columns.size + n_others:
        if pairs is None:
            a, b = nearest_pairs(left[rows], right[columns], candidates)
            costs = price(rows[a], columns[b])
        else:
            (a, b, costs), pairs = pairs, None
        lawful = np.isfinite(costs)
        a, b, costs = a[lawful], b[lawful], costs[lawful]
        if n_others:  # only in the first round, in which rows are those of ``left``
            a, b = np.append(a, also[0]), np.append(b, columns.size + also[1])
            costs, columns = np.append(costs, also[2]), np.append(columns, len(right) + np.arange(n_others))
        alone = _alone(costs, rows, columns) if unassigned is None else unassigned[rows]
        chosen = assign(a, b, costs, unassigned=alone, n_riders=columns.size)
        found[rows[chosen >= 0]] = columns[chosen[chosen >= 0]]
        if len(left) <= candidates or len(right) <= candidates or not (chosen >= 0).any():
            break
        rows, columns, n_others = rows[chosen < 0], np.setdiff1d(columns[columns < len(right)], found), 0
    return found


def _alone(costs: Floats, rows: Ints, columns: Ints) -> Floats:
    return np.full(rows.size, as_many_as_possible(costs, min(rows.size, columns.size)))


def runners_up(
    left: Floats,
    right: Floats,
    price: Price,
    rows: Ints,
    found: Ints,
    *,
    candidates: int,
    pairs: Priced | None = None,
) -> tuple[Floats, Ints, Floats]:
    """
    Tell what matches cost, and who would have been second.

    Parameters
    ----------
    left, right, price, candidates, pairs
        As for ``match_places``.
    rows
        The matched rows of ``left`` that are of interest, shape (k,).
    found
        What ``match_places`` gave.

    Returns
    -------
    For each of ``rows`` its cost, the row of ``right`` that costs least of all others (-1: none is near), and that
    cost (NaN: none).
    """
    costs, second = np.full(rows.size, np.nan), np.full(rows.size, -1, dtype=np.int64)
    if not rows.size:
        return costs, second, costs.copy()
    at = rows
    if pairs is None or len(left) > len(right):  # then the near pairs are those of ``right``
        a, b = nearest_pairs(left[rows], right, candidates)
        pairs, at = Priced(a, b, price(rows[a], b)), np.arange(rows.size)
    costs, seconds = price(rows, found[rows]), np.full(rows.size, np.nan)
    begin, end = np.searchsorted(pairs.left, at), np.searchsorted(pairs.left, at, "right")
    for k, (first, last, mine) in enumerate(zip(begin.tolist(), end.tolist(), found[rows].tolist(), strict=True)):
        others = np.where(pairs.right[first:last] == mine, np.inf, pairs.costs[first:last])
        best = int(others.argmin()) if others.size else 0
        if others.size and others[best] < np.inf:
            second[k], seconds[k] = pairs.right[first + best], others[best]
    return costs, second, seconds
