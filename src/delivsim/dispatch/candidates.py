"""Which pairs of order and rider are worth a look, so that a decision over thousands stays sparse."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from delivsim.dispatch.problem import DispatchProblem
from delivsim.domain.travel import Euclidean, Haversine, Travel
from delivsim.domain.travel.haversine import in_space
from delivsim.domain.travel.rounding import all_rounded_up

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MILLIMETRE = 1e-3
"""Metres by which two ways to reckon the same distance never differ."""


def nearest_pairs(left: Floats, right: Floats, k: int) -> tuple[Ints, Ints]:
    """
    Pair the rows of the shorter list with the ``k`` nearest rows of the longer one.

    With at most ``k`` rows on the shorter side no pair of a matching of least total distance is lost: who is matched
    beyond the k nearest could always take one of these instead.

    Parameters
    ----------
    left, right
        Places, shape (n, d) and (m, d), in metres.
    k
        Neighbors to look at, >= 1.

    Returns
    -------
    Row numbers in ``left`` and in ``right``, sorted by both.
    """
    n, m = len(left), len(right)
    if max(n, m) <= k or not n or not m:
        return np.repeat(np.arange(n), m), np.tile(np.arange(m), n)
    if n > m:
        b, a = nearest_of(right, left, k)
    else:
        a, b = nearest_of(left, right, k)
    key = np.sort(a * m + b)
    return key // m, key % m


def flat(places: Floats, travel: Travel) -> Floats:
    """Give places in metres, good enough to tell near from far; (n, 3) where they were longitudes and latitudes."""
    return in_space(places) if travel.geographic else places


PlacesAt = tuple[Floats, Floats]
"""Places, shape (k, 2), and an instant for each, shape (k,)."""


def in_space_and_time(problem: DispatchProblem, left: PlacesAt, right: PlacesAt) -> tuple[Floats, Floats]:
    """Give two lists of places in space and time, where a second is as far as the way driven in it."""
    pace = _metres_per_second(problem)

    def both(places: Floats, instants: Floats) -> Floats:
        return np.column_stack((flat(places, problem.travel), np.maximum(instants - problem.now, 0.0) * pace))

    return both(*left), both(*right)


def _metres_per_second(problem: DispatchProblem) -> float:
    """How fast the travel model gets from one end of the city to the other."""
    points = np.concatenate((problem.pickups, problem.places))
    low, high = points.min(axis=0), points.max(axis=0)
    ends = (float(low[0]), float(low[1])), (float(high[0]), float(high[1]))
    seconds = problem.travel.time(*ends, at=problem.now)
    metres = float(np.linalg.norm(np.diff(flat(np.array(ends), problem.travel), axis=0)))
    return metres / seconds if seconds > 0.0 else 1.0


def nearest_of(few: Floats, many: Floats, k: int) -> tuple[Ints, Ints]:
    """
    Pair every row of one list with the ``k`` nearest of another.

    Returns
    -------
    Row numbers in ``few``, each ``k`` times, and in ``many``.
    """
    from scipy.spatial import cKDTree

    k = min(k, len(many))
    _, rows = cKDTree(many).query(few, k)
    return np.repeat(np.arange(len(few)), k), np.asarray(rows, dtype=np.int64).reshape(-1)


def least_ways(problem: DispatchProblem, metres: Floats) -> Floats:
    """
    Give the seconds that no rider can be faster over straight lines of so many metres.

    Zero where ways do not follow straight lines: on streets, by a table, or with errors of their own the farther place
    may be the nearer one.

    Parameters
    ----------
    metres
        Distances between places as ``flat`` gives them, shape (k,).
    """
    travel = problem.travel
    if not isinstance(travel, Euclidean | Haversine):
        return np.zeros(metres.size)
    fastest = np.nanmax(np.append(problem.speeds, travel.speed))
    surely = np.maximum(metres - MILLIMETRE, 0.0)
    return all_rounded_up(surely * travel.detour / fastest, travel.round_up_to)


def same_zone(left: Ints, right: Ints) -> tuple[Ints, Ints]:
    """
    Pair rows that are in the same zone.

    Parameters
    ----------
    left, right
        Zone numbers, shape (n,) and (m,); negative: in no zone, and in no pair.

    Returns
    -------
    Row numbers in ``left`` and in ``right``, sorted by both.
    """
    order = np.argsort(right, kind="stable")
    begin, end = (np.searchsorted(right[order], left, side) for side in ("left", "right"))
    counts = np.where(left >= 0, end - begin, 0)
    a = np.repeat(np.arange(len(left)), counts)
    within = np.arange(a.size) - np.repeat(np.cumsum(counts) - counts, counts)
    b = order[np.repeat(begin, counts) + within]
    return a, np.asarray(b, dtype=np.int64)


def halved(places: Floats, most: int) -> Iterator[Ints]:
    """
    Halve a city across its longer side, and each half again, until no part has more than ``most`` rows.

    Rows of one place stay together, however many they are.

    Parameters
    ----------
    places
        Places, shape (n, d), in metres.

    Returns
    -------
    The rows of each part, ascending; parts that were split last stand side by side.
    """
    parts = [np.arange(len(places))] if len(places) else []
    while parts:
        rows = parts.pop()
        sides = np.ptp(places[rows], axis=0)
        if rows.size <= most or not sides.any():
            yield rows
            continue
        along = places[rows, sides.argmax()]
        middle = np.median(along)
        low = along < middle if (along < middle).any() else along <= middle
        parts += [rows[~low], rows[low]]


def grid_zones(places: Floats, side: float) -> Ints:
    """Number the squares of a grid that places are in, the same numbers for the same squares within +-1e5 squares."""
    cells = np.floor(places[:, :2] / side).astype(np.int64) + 100_000
    return np.asarray(cells[:, 0] * 200_001 + cells[:, 1])
