"""Straight lines on a plane."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from delivsim.domain.travel.protocol import Floats, Instants, Point, straight
from delivsim.domain.travel.rounding import all_rounded_up, rounded_up


@dataclass(frozen=True, slots=True)
class Euclidean:
    """
    Straight lines on a plane measured in metres, times a detour factor.

    Parameters
    ----------
    speed
        Metres per second.
    round_up_to
        Times are rounded up to whole multiples of this many seconds (60 in the mdrplib rules); 0: not rounded.
    detour
        Streets are this many times longer than straight lines.
    """

    speed: float
    round_up_to: float = 0.0
    detour: float = 1.0

    @property
    def geographic(self) -> bool:
        return False

    def distance(self, origin: Point, destination: Point) -> float:
        return math.hypot(origin[0] - destination[0], origin[1] - destination[1]) * self.detour

    def time(self, origin: Point, destination: Point, speed: float | None = None, at: float = 0.0) -> float:  # noqa: ARG002
        pace = (speed or self.speed) / self.detour
        seconds = math.hypot(origin[0] - destination[0], origin[1] - destination[1]) / pace
        return rounded_up(seconds, self.round_up_to) if self.round_up_to else seconds

    def times(
        self,
        origins: Floats,
        destinations: Floats,
        speeds: Floats | None = None,
        at: Instants = 0.0,  # noqa: ARG002
    ) -> Floats:
        metres = np.hypot(origins[:, 0] - destinations[:, 0], origins[:, 1] - destinations[:, 1])
        pace = self.speed if speeds is None else np.where(np.isnan(speeds), self.speed, speeds)
        return all_rounded_up(metres / (pace / self.detour), self.round_up_to)

    def along(self, origin: Point, destination: Point, share: float, speed: float | None = None) -> Point:  # noqa: ARG002
        return straight(origin, destination, share)
