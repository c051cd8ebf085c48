"""What every travel model can say: the `Travel` protocol."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]
Floats = NDArray[np.float64]
Instants = float | Floats
"""One instant for all, or one for each pair, shape (n,); seconds since the start of the scenario."""


class Travel(Protocol):
    """
    Distances (metres) and times (seconds); places are (n, 2) arrays of x, y or longitude, latitude.

    ``speed`` and ``speeds`` (m/s) are the rider's own; None and NaN: the model's. ``at`` is the instant of setting
    out, in seconds since the start of the scenario; models that are the same at all hours ignore it.
    """

    @property
    def geographic(self) -> bool:
        """Whether places are longitude and latitude in degrees instead of metres."""
        ...

    def time(self, origin: Point, destination: Point, speed: float | None = None, at: float = 0.0) -> float:
        """Seconds from one place to another."""
        ...

    def times(self, origins: Floats, destinations: Floats, speeds: Floats | None = None, at: Instants = 0.0) -> Floats:
        """Seconds for each pair of rows, shape (n,)."""
        ...

    def distance(self, origin: Point, destination: Point) -> float:
        """Metres from one place to another, along the way."""
        ...

    def along(self, origin: Point, destination: Point, share: float, speed: float | None = None) -> Point:
        """Where somebody is after this share, from 0 to 1, of the time that the way takes."""
        ...


def straight(origin: Point, destination: Point, share: float) -> Point:
    """Give the point at a share of the straight line."""
    return origin[0] + share * (destination[0] - origin[0]), origin[1] + share * (destination[1] - origin[1])
