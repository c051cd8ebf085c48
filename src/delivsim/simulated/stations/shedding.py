"""Load shedding: who of those that wait is given up when a server comes free, so that the others are in time."""

from __future__ import annotations

import math
from typing import Any, Protocol


class Shedding(Protocol):
    """Decides about each visit that would start now."""

    reason: str
    """What the row of a visit that was given up says."""

    def gives_up(self, visit: Any, now: float, waiting: int) -> bool:
        """Tell whether to give this visit up; ``waiting``: how many wait behind it."""
        ...


class CoDel:
    """
    Controlled delay (Nichols and Jacobson 2012, RFC 8289): a queue that never gets short is a standing queue.

    Once visits have waited longer than ``target`` for a whole ``interval``, one is given up, the next after
    another ``interval``, then ``interval`` / sqrt(2), / sqrt(3) and so on, until one has waited less; the last of those
    who wait is never given up.

    Parameters
    ----------
    target
        A wait that is all right, seconds.
    interval
        How long waits may be longer than that, seconds.
    """

    reason = "codel"

    def __init__(self, target: float, interval: float) -> None:
        self._target, self._interval = target, interval
        self._above_until = math.inf
        self._dropping = False
        self._count = 0
        self._next = math.inf

    def gives_up(self, visit: Any, now: float, waiting: int) -> bool:
        """Tell whether to give up the visit that would start now."""
        if not self._stands(now - visit.queued_at, now, waiting):
            self._dropping = False
            return False
        if not self._dropping:
            recent = now - self._next < 16.0 * self._interval
            self._count = self._count - 2 if recent and self._count > 2 else 1
            self._dropping = True
            self._next = now
        elif now < self._next:
            return False
        else:
            self._count += 1
        self._next += self._interval / math.sqrt(self._count)
        return True

    def _stands(self, waited: float, now: float, waiting: int) -> bool:
        """Tell whether waits have been too long for a whole interval."""
        if waited < self._target or waiting == 0:
            self._above_until = math.inf
            return False
        if self._above_until == math.inf:
            self._above_until = now + self._interval
        return now >= self._above_until
