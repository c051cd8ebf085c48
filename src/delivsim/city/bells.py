"""Bells: what is to happen at an instant far ahead, and often will not matter by then."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from typing import Any

from simpy import Environment
from simpy.events import NORMAL, Event


class Bells:
    """
    A queue of its own for the ends of shifts and rests.

    Every event of a run has to find its way through SimPy's queue, so what lies hours ahead, thousands of entries,
    would make each a little slower. Only the earliest bell stands there.
    """

    def __init__(self, env: Environment) -> None:
        self.env = env
        self._bells: list[tuple[float, int, Callable[[], Any]]] = []
        self._numbers = count()
        self._next = float("inf")

    def ring_at(self, instant: float, hear: Callable[[], Any]) -> None:
        """Call ``hear`` at an instant; one that is past is now."""
        heappush(self._bells, (max(instant, self.env._now), next(self._numbers), hear))
        self._arm()

    def _arm(self) -> None:
        if not self._bells or self._bells[0][0] >= self._next:
            return
        self._next = self._bells[0][0]
        event = Event(self.env)
        event._ok, event._value = True, None
        event.callbacks.append(self._ring)
        heappush(self.env._queue, (self._next, NORMAL, next(self.env._eid), event))

    def _ring(self, _: Event) -> None:
        now = self.env._now
        if now < self._next:
            return  # an earlier bell came meanwhile and rang all that was due
        self._next = float("inf")
        while self._bells and self._bells[0][0] <= now:
            heappop(self._bells)[2]()
        self._arm()
