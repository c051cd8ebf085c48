"""A least-cost matching over places, sparse enough for thousands: near pairs first, then what is left over."""

from __future__ import annotations

from collections.abc import Callable

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


def match_places(
    left: Floats,
    right: Floats,
    price: Price,
    *,
    unassigned: Floats | None = None,
    also: Arcs = NO_ARCS,
    candidates: int,
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

    Returns
    -------
    For each row of ``left`` its row of ``right``, shape (n,), or ``len(right)`` and the number of what else it is
    matched with; -1: none.
    """
    found = np.full(len(left), -1, dtype=np.int64)
    rows, columns, n_others = np.arange(len(left)), np.arange(len(right)), int(also[1].max(initial=-1)) + 1
    while rows.size and columns.size + n_others:
        a, b = nearest_pairs(left[rows], right[columns], candidates)
        costs = price(rows[a], columns[b])
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
    left: Floats, right: Floats, price: Price, rows: Ints, found: Ints, *, candidates: int
) -> tuple[Floats, Ints, Floats]:
    """
    Tell what matches cost, and who would have been second.

    Parameters
    ----------
    left, right, price, candidates
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
    a, b = nearest_pairs(left[rows], right, candidates)
    a, b = np.append(np.arange(rows.size), a), np.append(found[rows], b)
    priced = price(rows[a], b)
    costs, seconds = priced[: rows.size], np.full(rows.size, np.nan)
    others = np.flatnonzero((b != found[rows][a]) & np.isfinite(priced))
    others = others[np.lexsort((b[others], priced[others], a[others]))]
    which, first = np.unique(a[others], return_index=True)
    second[which], seconds[which] = b[others[first]], priced[others[first]]
    return costs, second, seconds
