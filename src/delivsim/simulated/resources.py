"""What services share behind them: pools of connections, and caches before them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from delivsim.services.messages import OK, UNAVAILABLE, Response
from delivsim.simulated.perform import SUSPENDED
from delivsim.simulated.stations.port import Rows, row_of
from delivsim.simulated.wake import Alarm

Resume = Callable[[Any, Any], None]
"""Goes on with a handler, given the answer."""
FULL: Response[Any] = Response(503, None, "pool_full")


class Errand:
    """A use of a resource by a handler: what visits the pool's queue in its place."""

    __slots__ = (
        "attempt", "ends_at", "frame", "id", "order", "parent", "priority", "queue_length", "queued_at", "route",
        "started_at", "timer", "visit", "work",
    )  # fmt: skip

    queued_at: float
    started_at: float
    ends_at: float
    work: float
    timer: Any

    def __init__(self, frame: Any) -> None:
        self.frame, self.order, self.id, self.parent = frame, frame.order, frame.id, frame.parent
        self.attempt, self.route, self.priority = frame.attempt, frame.route, frame.op.priority
        self.visit: Any = None
        self.queue_length = 0

    @property
    def due(self) -> float:
        """The instant from which on nobody waits for what uses it."""
        return getattr(self.frame, "due", math.inf)


class Pool:
    """
    Connections that uses wait for.

    Parameters
    ----------
    make
        Makes the station of the connections, whose visits are told to two functions.
    work
        Draws how long a query of an order takes, seconds.
    resume
        Goes on with who used it.
    """

    def __init__(self, make: Callable[[Any, Any], Any], work: Callable[[int], float], resume: Resume) -> None:
        self.station = make(self._done, self._refused)
        self._work, self._resume = work, resume

    def use(self, frame: Any) -> Any:
        """Run a query for a handler; its answer comes later unless it is refused."""
        return SUSPENDED if self.station.enter(Errand(frame), self._work(frame.order)) else FULL

    def finish(self) -> None:
        """Write the rows of uses that are still here."""
        self.station.finish()

    def _done(self, errand: Errand, done: bool) -> None:
        self._resume(errand.frame, OK if done else UNAVAILABLE)

    def _refused(self, errand: Errand, reason: str) -> None:
        self._resume(errand.frame, Response(503, None, reason))


class Cache:
    """
    A cache before a pool; each use leaves a row whose ``reason`` is ``hit`` or ``miss``.

    Parameters
    ----------
    hit_rate, cold_start
        As in ``CacheResource``.
    hit
        Draws how long a hit takes, seconds.
    chance
        Draws a number from 0 to 1 for an order.
    behind
        The pool that is used on a miss.
    """

    station: Any = None

    def __init__(
        self,
        env: Any,
        name: str,
        rows: Rows,
        hit_rate: float,
        cold_start: float,
        hit: Callable[[int], float],
        chance: Callable[[int], float],
        behind: Pool,
        resume: Resume,
    ) -> None:
        self._env, self._name, self._rows, self._resume, self._behind = env, name, rows, resume, behind
        self._hit_rate, self._cold_start, self._hit, self._chance = hit_rate, cold_start, hit, chance
        self._alarm = Alarm(env).set
        self._uses = 0

    def use(self, frame: Any) -> Any:
        """Look something up for a handler."""
        errand = Errand(frame)
        errand.queued_at = self._env.now
        warm = 1.0 - math.exp(-self._uses / self._cold_start) if self._cold_start else 1.0
        self._uses += 1
        if self._chance(frame.order) < self._hit_rate * warm:
            self._alarm(self._hit(frame.order), (self._found,), errand)
            return SUSPENDED
        self._write(errand, "miss")
        return self._behind.use(frame)

    def clear(self) -> None:
        """Forget all that was cached: the cache is cold again."""
        self._uses = 0

    def finish(self) -> None:
        """Do nothing: nobody waits here."""

    def _found(self, event: Any) -> None:
        self._write(event.value, "hit")
        self._resume(event.value.frame, OK)

    def _write(self, errand: Errand, reason: str) -> None:
        at = errand.queued_at
        self._rows.append(row_of(self._name, errand, at, self._env.now, "served", reason))
