"""How long it takes to get from one place to another."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]
Floats = NDArray[np.float64]

EARTH_RADIUS = 6_371_008.8
"""Mean Earth radius in metres (IUGG)."""


class Travel(Protocol):
    """Distances (metres) and times (seconds); places are (n, 2) arrays of x, y or longitude, latitude."""

    def time(self, origin: Point, destination: Point, speed: float | None = None) -> float:
        """Seconds from one place to another, at the rider's ``speed`` in m/s (None: the model's own)."""
        ...

    def times(self, origins: Floats, destinations: Floats, speeds: Floats | None = None) -> Floats:
        """Seconds for each pair of rows, shape (n,); ``speeds`` (n,) in m/s, NaN: the model's own."""
        ...

    def distance(self, origin: Point, destination: Point) -> float:
        """Metres from one place to another."""
        ...


@dataclass(frozen=True, slots=True)
class Euclidean:
    """
    Straight lines on a plane measured in metres.

    Parameters
    ----------
    speed
        Metres per second.
    round_up_to
        Times are rounded up to whole multiples of this many seconds (60 in the mdrplib rules); 0: not rounded.
    """

    speed: float
    round_up_to: float = 0.0

    def distance(self, origin: Point, destination: Point) -> float:
        return math.hypot(origin[0] - destination[0], origin[1] - destination[1])

    def time(self, origin: Point, destination: Point, speed: float | None = None) -> float:
        seconds = math.hypot(origin[0] - destination[0], origin[1] - destination[1]) / (speed or self.speed)
        return _ceil(seconds, self.round_up_to) if self.round_up_to else seconds

    def times(self, origins: Floats, destinations: Floats, speeds: Floats | None = None) -> Floats:
        metres = np.hypot(origins[:, 0] - destinations[:, 0], origins[:, 1] - destinations[:, 1])
        return _seconds(metres, self.speed, speeds, self.round_up_to)


@dataclass(frozen=True, slots=True)
class Haversine:
    """
    Great-circle distances between longitudes and latitudes, times a detour factor.

    Parameters
    ----------
    speed
        Metres per second.
    detour
        Streets are this many times longer than the great circle.
    round_up_to
        As in ``Euclidean``.
    """

    speed: float
    detour: float = 1.0
    round_up_to: float = 0.0

    def distance(self, origin: Point, destination: Point) -> float:
        lat1, lat2 = math.radians(origin[1]), math.radians(destination[1])
        across = math.sin(math.radians(destination[0] - origin[0]) / 2.0)
        along = math.sin((lat2 - lat1) / 2.0)
        h = along * along + math.cos(lat1) * math.cos(lat2) * across * across
        return 2.0 * EARTH_RADIUS * self.detour * math.asin(min(1.0, math.sqrt(h)))

    def time(self, origin: Point, destination: Point, speed: float | None = None) -> float:
        seconds = self.distance(origin, destination) / (speed or self.speed)
        return _ceil(seconds, self.round_up_to) if self.round_up_to else seconds

    def times(self, origins: Floats, destinations: Floats, speeds: Floats | None = None) -> Floats:
        a, b = np.radians(origins), np.radians(destinations)
        across, along = np.sin((b[:, 0] - a[:, 0]) / 2.0), np.sin((b[:, 1] - a[:, 1]) / 2.0)
        h = along**2 + np.cos(a[:, 1]) * np.cos(b[:, 1]) * across**2
        metres = 2.0 * EARTH_RADIUS * self.detour * np.arcsin(np.minimum(1.0, np.sqrt(h)))
        return _seconds(metres, self.speed, speeds, self.round_up_to)


def _ceil(seconds: float, unit: float) -> float:
    return math.ceil(seconds / unit - 1e-9) * unit


def _seconds(metres: Floats, speed: float, speeds: Floats | None, unit: float) -> Floats:
    pace = speed if speeds is None else np.where(np.isnan(speeds), speed, speeds)
    seconds = metres / pace
    return np.asarray(np.ceil(seconds / unit - 1e-9) * unit if unit else seconds, dtype=np.float64)
