"""Travel times that somebody listed, with a formula for all other ways."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from delivsim.domain.travel.protocol import Floats, Instants, Point, Travel


@dataclass(frozen=True, slots=True, eq=False)
class Listed:
    """
    Seconds of single ways; what is not listed is as another model says.

    Parameters
    ----------
    otherwise
        For all other ways, and for distances.
    ways
        Seconds by origin x, y, destination x, y and the speed of the rider (0: the model's own).
    """

    otherwise: Travel
    ways: Mapping[tuple[float, ...], float]

    @property
    def geographic(self) -> bool:
        return self.otherwise.geographic

    def distance(self, origin: Point, destination: Point) -> float:
        return self.otherwise.distance(origin, destination)

    def along(self, origin: Point, destination: Point, share: float, speed: float | None = None) -> Point:
        return self.otherwise.along(origin, destination, share, speed)

    def time(self, origin: Point, destination: Point, speed: float | None = None, at: float = 0.0) -> float:
        found = self.ways.get((*origin, *destination, speed or 0.0))
        return self.otherwise.time(origin, destination, speed, at) if found is None else found

    def times(self, origins: Floats, destinations: Floats, speeds: Floats | None = None, at: Instants = 0.0) -> Floats:
        seconds = self.otherwise.times(origins, destinations, speeds, at)
        own = np.zeros(len(origins)) if speeds is None else np.nan_to_num(speeds, nan=0.0)
        keys = np.column_stack((origins, destinations, own)).tolist()
        return np.array([self.ways.get(tuple(key), other) for key, other in zip(keys, seconds.tolist(), strict=True)])
