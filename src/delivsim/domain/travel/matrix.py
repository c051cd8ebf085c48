"""Times between places, or between zones, out of a table."""

from __future__ import annotations

import math

import numpy as np

from delivsim.domain.travel.haversine import great_circle
from delivsim.domain.travel.known_places import Ints, KnownPlaces, NearestPlaces
from delivsim.domain.travel.protocol import Floats, Instants, Point, straight


class Matrix:
    """
    Known times between known places; whoever is elsewhere is taken to be at the nearest of them.

    Coordinates tell which place is meant, and where a rider is between two of them.

    Parameters
    ----------
    seconds, metres
        From each row's place or zone to each column's, shape (k, k); without ``metres`` ways are straight lines, made
        longer by ``detour``.
    places
        Where the places are, shape (n, 2), metres or longitude and latitude.
    rows
        Row of ``seconds`` of each place, shape (n,).
    speed
        The speed in m/s that the times are for: riders with one of their own are slower or faster by it. None: all
        riders take as long.
    geographic
        Whether ``places`` are in degrees.
    """

    def __init__(
        self,
        seconds: Floats,
        places: Floats,
        rows: Ints,
        *,
        metres: Floats | None = None,
        speed: float | None = None,
        detour: float = 1.0,
        geographic: bool = False,
    ) -> None:
        self.seconds, self.metres, self.speed, self.detour = seconds, metres, speed, detour
        self._known, self._rows, self._geographic = KnownPlaces(places), rows, geographic
        self._nearest = NearestPlaces(places, np.arange(len(places)), geographic=geographic)

    @property
    def geographic(self) -> bool:
        return self._geographic

    def _row(self, point: Point) -> int:
        known = self._known.row(point)
        return int(self._rows[known if known >= 0 else self._nearest.find(np.array([point]))[0][0]])

    def _rows_of(self, points: Floats) -> Ints:
        known = self._known.rows(points)
        new = np.flatnonzero(known < 0)
        known[new] = self._nearest.find(points[new])[0]
        return np.asarray(self._rows[known], dtype=np.int64)

    def time(self, origin: Point, destination: Point, speed: float | None = None, at: float = 0.0) -> float:  # noqa: ARG002
        if origin == destination:
            return 0.0
        seconds = float(self.seconds[self._row(origin), self._row(destination)])
        return seconds if speed is None or self.speed is None else seconds * (self.speed / speed)

    def times(
        self,
        origins: Floats,
        destinations: Floats,
        speeds: Floats | None = None,
        at: Instants = 0.0,  # noqa: ARG002
    ) -> Floats:
        seconds = self.seconds[self._rows_of(origins), self._rows_of(destinations)]
        if speeds is not None and self.speed is not None:
            seconds = np.where(np.isnan(speeds), seconds, seconds * (self.speed / speeds))
        return np.where((origins == destinations).all(axis=1), 0.0, seconds)

    def distance(self, origin: Point, destination: Point) -> float:
        if origin == destination:
            return 0.0
        if self.metres is not None:
            return float(self.metres[self._row(origin), self._row(destination)])
        line = great_circle(origin, destination) if self.geographic else math.dist(origin, destination)
        return line * self.detour

    def along(self, origin: Point, destination: Point, share: float, speed: float | None = None) -> Point:  # noqa: ARG002
        return straight(origin, destination, share)
