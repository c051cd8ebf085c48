"""Riders and the shifts they work."""

from __future__ import annotations

import math
from dataclasses import dataclass

from delivsim.errors import InstanceError


@dataclass(frozen=True, slots=True, kw_only=True)
class Rider:
    """
    One rider with one shift.

    Parameters
    ----------
    id
        The rider's name in its instance.
    x, y
        Where the shift starts: metres (Euclidean) or longitude, latitude in degrees.
    on_at, off_at
        The shift, seconds since the start of the scenario. A shift of zero length is legal and idle.
    speed
        Metres per second; None: the speed of the instance's travel model.
    vehicle
        What the rider drives, such as "bicycle"; travel models may know more of it. Empty: not said.
    capacity
        Orders carried at the same time, at most; None: as the instance's rules say.
    breaks
        Pairs of instants (begin, end) within the shift, seconds, in order and apart. A break begins when what was
        accepted before it is done, and ends at its instant all the same.
    zone
        Name of the zone the rider belongs to; empty: none.
    """

    id: str
    x: float
    y: float
    on_at: float
    off_at: float
    speed: float | None = None
    vehicle: str = ""
    capacity: int | None = None
    breaks: tuple[tuple[float, float], ...] = ()
    zone: str = ""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.x) and math.isfinite(self.y)):
            raise InstanceError(f"rider {self.id}: x and y must be finite")
        if not (math.isfinite(self.on_at) and math.isfinite(self.off_at) and self.off_at >= self.on_at):
            raise InstanceError(f"rider {self.id}: off_at: must be >= on_at ({self.on_at}), got {self.off_at}")
        if self.speed is not None and not self.speed > 0:
            raise InstanceError(f"rider {self.id}: speed: must be > 0, got {self.speed}")
        if self.capacity is not None and self.capacity < 1:
            raise InstanceError(f"rider {self.id}: capacity: must be >= 1, got {self.capacity}")
        free_from = self.on_at
        for begin, end in self.breaks:
            if not free_from <= begin <= end <= self.off_at:
                rule = "must lie within the shift, in order and apart"
                raise InstanceError(f"rider {self.id}: breaks: {rule}, got {begin} to {end}")
            free_from = end
