"""Load shedding: who is given up, on arrival or when a server comes free, so that the others are in time."""

from __future__ import annotations

import math
from typing import Any, Protocol

from delivsim.services.resilience import Foresight, is_over

OVERDUE = "overdue"
"""Why a visit is given up whose caller waits no more."""


class Shedding(Protocol):
    """Decides about each visit: the reason to give it up, or nothing."""

    def on_arrival(self, visit: Any, now: float, turns: int, servers: int) -> str:
        """Decide about a visit that would have to wait until ``turns`` others are done."""
        ...

    def at_start(self, visit: Any, now: float, waiting: int) -> str:
        """Decide about a visit that would start now; ``waiting``: how many wait behind it."""
        ...

    def served(self, seconds: float) -> None:
        """Learn how long a server was with a visit."""
        ...


def _due(visit: Any) -> float:
    """Give the instant from which on nobody waits for a visit's answer."""
    return getattr(visit, "due", math.inf)


class Overdue:
    """Gives up who would start when the caller waits no more, if ``others`` do not give it up for another reason."""

    def __init__(self, others: Shedding | None = None) -> None:
        self._others = others

    def on_arrival(self, visit: Any, now: float, turns: int, servers: int) -> str:
        """Leave it to the others."""
        return "" if self._others is None else self._others.on_arrival(visit, now, turns, servers)

    def at_start(self, visit: Any, now: float, waiting: int) -> str:
        """Decide about the visit that would start now."""
        if is_over(_due(visit), now):
            return OVERDUE
        return "" if self._others is None else self._others.at_start(visit, now, waiting)

    def served(self, seconds: float) -> None:
        """Tell the others."""
        if self._others is not None:
            self._others.served(seconds)


class InTime:
    """
    Gives up who cannot be done in time, as far as can be foreseen.

    A visit that finds a server free is served in any case, so that what is foreseen follows what is the case.

    Parameters
    ----------
    arriving
        Whether it can be foreseen on arrival when a visit will start: who comes first is served first.
    """

    reason = "too_late"

    def __init__(self, *, arriving: bool) -> None:
        self._foresight, self._arriving = Foresight(), arriving

    def on_arrival(self, visit: Any, now: float, turns: int, servers: int) -> str:
        """Decide about a visit that would have to wait."""
        late = self._arriving and self._foresight.is_too_late(_due(visit), now, turns, servers)
        return self.reason if late else ""

    def at_start(self, visit: Any, now: float, waiting: int) -> str:  # noqa: ARG002
        """Decide about the visit that would start now."""
        return self.reason if self._foresight.is_too_late(_due(visit), now) else ""

    def served(self, seconds: float) -> None:
        """Learn how long a server was with a visit."""
        self._foresight.served(seconds)


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

    def on_arrival(self, visit: Any, now: float, turns: int, servers: int) -> str:  # noqa: ARG002
        """Let everybody wait."""
        return ""

    def served(self, seconds: float) -> None:
        """Take no notice."""

    def at_start(self, visit: Any, now: float, waiting: int) -> str:
        """Decide about the visit that would start now."""
        return self.reason if self._gives_up(visit, now, waiting) else ""

    def _gives_up(self, visit: Any, now: float, waiting: int) -> bool:
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
