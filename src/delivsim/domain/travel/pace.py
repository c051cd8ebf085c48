"""Speed that changes with the hour, the weather and the vehicle: `Pace`, and `Paced` travel."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from delivsim.domain.travel.protocol import Floats, Instants, Point, Travel
from delivsim.domain.travel.rounding import all_rounded_up, rounded_up
from delivsim.errors import InputError

DAY = 86_400.0


class Pace:
    """
    How fast everybody is, by the time.

    A way that needs w seconds at full speed ends when the speed since setting out adds up to w (Ichoua et al. 2003):
    a jam that clears on the way counts as long as it lasts, and who leaves later never arrives earlier.

    Parameters
    ----------
    changes
        Pairs of (instant in seconds, factor of speed from then on, > 0), ascending; before the first one the first
        factor holds.
    """

    __slots__ = ("_done", "_each", "_factors", "_starts", "changes")

    def __init__(self, changes: Sequence[tuple[float, float]]) -> None:
        starts = np.array([at for at, _ in changes], dtype=np.float64)
        factors = np.array([factor for _, factor in changes], dtype=np.float64)
        if not len(changes) or (np.diff(starts) <= 0).any() or not (np.isfinite(factors) & (factors > 0)).all():
            raise InputError("pace: must be factors > 0 at ascending instants")
        self.changes = tuple(changes)
        self._starts, self._factors = starts, factors
        self._done = np.concatenate(([0.0], np.cumsum(np.diff(starts) * factors[:-1])))
        self._each: tuple[list[float], list[float], list[float]] = (
            starts.tolist(),
            factors.tolist(),
            self._done.tolist(),
        )

    def takes(self, seconds: float, at: float) -> float:
        """Give the seconds that a way takes which needs ``seconds`` at full speed, from the instant ``at`` on."""
        starts, factors, done = self._each
        i = max(bisect_right(starts, at) - 1, 0)
        target = done[i] + (at - starts[i]) * factors[i] + seconds
        j = max(bisect_right(done, target) - 1, i)
        return seconds / factors[i] if i == j else starts[j] + (target - done[j]) / factors[j] - at

    def all_take(self, seconds: Floats, at: Instants) -> Floats:
        """Give them for many ways, shape (n,)."""
        if len(self.changes) == 1:
            return np.asarray(seconds / self._factors[0])
        begin = np.broadcast_to(np.asarray(at, dtype=np.float64), seconds.shape)
        i = np.maximum(np.searchsorted(self._starts, begin, side="right") - 1, 0)
        target = self._done[i] + (begin - self._starts[i]) * self._factors[i] + seconds
        j = np.maximum(np.searchsorted(self._done, target, side="right") - 1, i)
        end = self._starts[j] + (target - self._done[j]) / self._factors[j]
        return np.where(i == j, seconds / self._factors[i], end - begin)


def daily(by_hour: Mapping[float, float], midnight: float, until: float) -> list[tuple[float, float]]:
    """
    Repeat a day's factors from ``midnight`` (the instant of the first midnight, <= 0) to the instant ``until``.

    Before a day's first time the last one of the day before still holds.
    """
    changes = [
        (midnight + day * DAY + clock, factor)
        for day in range(-1, int((until - midnight) // DAY) + 1)
        for clock, factor in sorted(by_hour.items())
    ]
    first = max((i for i, (at, _) in enumerate(changes) if at <= 0.0), default=0)
    return [(0.0, changes[first][1]), *changes[first + 1 :]] if changes else [(0.0, 1.0)]


def product(one: Sequence[tuple[float, float]], other: Sequence[tuple[float, float]]) -> Pace:
    """Multiply two courses of factors; before its first instant a course has the factor 1."""
    instants = sorted({at for at, _ in (*one, *other)} | {0.0})
    return Pace([(at, _at(one, at) * _at(other, at)) for at in instants])


def _at(course: Sequence[tuple[float, float]], at: float) -> float:
    i = bisect_right(course, at, key=lambda change: change[0]) - 1
    return course[i][1] if i >= 0 else 1.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Paced:
    """
    Another travel model, faster or slower by the time.

    Parameters
    ----------
    travel
        What it takes at full speed.
    pace
        How fast everybody is.
    vehicles
        How fast those are whose own speed (m/s) is exactly this, where it is not as ``pace`` says.
    round_up_to
        Times are rounded up to whole multiples of this many seconds; 0: not rounded.
    """

    travel: Travel
    pace: Pace
    vehicles: Mapping[float, Pace] = field(default_factory=dict)
    round_up_to: float = 0.0

    @property
    def geographic(self) -> bool:
        return self.travel.geographic

    def distance(self, origin: Point, destination: Point) -> float:
        return self.travel.distance(origin, destination)

    def along(self, origin: Point, destination: Point, share: float, speed: float | None = None) -> Point:
        return self.travel.along(origin, destination, share, speed)

    def time(self, origin: Point, destination: Point, speed: float | None = None, at: float = 0.0) -> float:
        pace = self.pace if speed is None else self.vehicles.get(speed, self.pace)
        seconds = pace.takes(self.travel.time(origin, destination, speed, at), at)
        return rounded_up(seconds, self.round_up_to) if self.round_up_to else seconds

    def times(self, origins: Floats, destinations: Floats, speeds: Floats | None = None, at: Instants = 0.0) -> Floats:
        full = self.travel.times(origins, destinations, speeds, at)
        seconds = self.pace.all_take(full, at)
        for speed, pace in self.vehicles.items() if speeds is not None else ():
            rows = np.flatnonzero(speeds == speed)
            seconds[rows] = pace.all_take(full[rows], at if isinstance(at, float | int) else at[rows])
        return all_rounded_up(seconds, self.round_up_to)
