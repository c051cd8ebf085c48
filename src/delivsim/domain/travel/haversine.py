"""Great circles on the Earth."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from delivsim.domain.travel.protocol import Floats, Instants, Point, straight
from delivsim.domain.travel.rounding import all_rounded_up, rounded_up

EARTH_RADIUS = 6_371_008.8
"""Mean Earth radius in metres (IUGG)."""


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

    @property
    def geographic(self) -> bool:
        return True

    def distance(self, origin: Point, destination: Point) -> float:
        return great_circle(origin, destination) * self.detour

    def time(self, origin: Point, destination: Point, speed: float | None = None, at: float = 0.0) -> float:  # noqa: ARG002
        seconds = self.distance(origin, destination) / (speed or self.speed)
        return rounded_up(seconds, self.round_up_to) if self.round_up_to else seconds

    def times(
        self,
        origins: Floats,
        destinations: Floats,
        speeds: Floats | None = None,
        at: Instants = 0.0,  # noqa: ARG002
    ) -> Floats:
        pace = self.speed if speeds is None else np.where(np.isnan(speeds), self.speed, speeds)
        return all_rounded_up(great_circles(origins, destinations) * self.detour / pace, self.round_up_to)

    def along(self, origin: Point, destination: Point, share: float, speed: float | None = None) -> Point:  # noqa: ARG002
        return straight(origin, destination, share)


def great_circle(origin: Point, destination: Point) -> float:
    """Metres between two places (longitude, latitude)."""
    lat1, lat2 = math.radians(origin[1]), math.radians(destination[1])
    across = math.sin(math.radians(destination[0] - origin[0]) / 2.0)
    along = math.sin((lat2 - lat1) / 2.0)
    h = along * along + math.cos(lat1) * math.cos(lat2) * across * across
    return 2.0 * EARTH_RADIUS * math.asin(min(1.0, math.sqrt(h)))


def great_circles(origins: Floats, destinations: Floats) -> Floats:
    """Metres between each pair of rows, shape (n,)."""
    a, b = np.radians(origins), np.radians(destinations)
    across, along = np.sin((b[:, 0] - a[:, 0]) / 2.0), np.sin((b[:, 1] - a[:, 1]) / 2.0)
    h = along**2 + np.cos(a[:, 1]) * np.cos(b[:, 1]) * across**2
    return np.asarray(2.0 * EARTH_RADIUS * np.arcsin(np.minimum(1.0, np.sqrt(h))), dtype=np.float64)


def in_space(places: Floats) -> Floats:
    """Give longitudes and latitudes as points in space, shape (n, 3), metres: near on Earth is near in space."""
    lon, lat = np.radians(places).T
    return EARTH_RADIUS * np.column_stack((np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)))
