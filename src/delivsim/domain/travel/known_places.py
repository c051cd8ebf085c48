"""Finding the row of a place among those that are known beforehand, by its coordinates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from delivsim.domain.travel.haversine import in_space
from delivsim.domain.travel.protocol import Floats, Point

Ints = NDArray[np.int64]


class KnownPlaces:
    """
    Stores, doors and riders' starts, found again by exactly their coordinates.

    Parameters
    ----------
    points
        Shape (n, 2); of equal ones the first counts.
    """

    __slots__ = ("_order", "_row", "_sorted", "points")

    def __init__(self, points: Floats) -> None:
        self.points = points
        self._sorted, self._order = np.unique(_keys(points), return_index=True)
        rows = self._order.tolist()
        self._row: dict[Point, int] = dict(zip(map(tuple, points[self._order].tolist()), rows, strict=True))

    def row(self, point: Point) -> int:
        """Give the row of a place; -1: not known."""
        return self._row.get(point, -1)

    def rows(self, points: Floats) -> Ints:
        """Give the row of each place, shape (n,); -1: not known."""
        if not len(self._sorted):
            return np.full(len(points), -1, dtype=np.int64)
        keys = _keys(points)
        at = np.minimum(np.searchsorted(self._sorted, keys), len(self._sorted) - 1)
        return np.where(self._sorted[at] == keys, self._order[at], -1)


class NearestPlaces:
    """The nearest of some places to any point, in metres."""

    __slots__ = ("_geographic", "_rows", "_tree")

    def __init__(self, points: Floats, rows: Ints, *, geographic: bool) -> None:
        from scipy.spatial import cKDTree

        self._geographic, self._rows = geographic, rows
        self._tree = cKDTree(self._flat(points[rows]))

    def _flat(self, points: Floats) -> Floats:
        return in_space(points) if self._geographic else points

    def find(self, points: Floats) -> tuple[Ints, Floats]:
        """Give the row of the nearest place to each point, and how many metres away it is, both of shape (n,)."""
        if not len(points):
            return np.empty(0, dtype=np.int64), np.empty(0)
        metres, found = self._tree.query(self._flat(points))
        return self._rows[found], np.asarray(metres, dtype=np.float64)


def _keys(points: Floats) -> NDArray[np.complex128]:
    return np.asarray(points[:, 0] + 1j * points[:, 1] + 0.0, dtype=np.complex128)
