"""The lightest event that SimPy's queue takes: something to call at an instant."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any

from simpy import Environment
from simpy.events import NORMAL

NEVER: Any = ((float("-inf"),),)
"""Stands for the queue where the clock must not move: whoever called has more to do at this instant."""


class Wake:
    """
    Calls back once, with itself; ``value`` is what it is about.

    ``simpy.Timeout`` does the same and can be waited for by processes; this one costs a third of it. SimPy asks of an
    event in its queue only ``callbacks`` and ``_ok``.
    """

    __slots__ = ("_ok", "callbacks", "value")

    def __init__(self, callbacks: tuple[Callable[[Any], None], ...], value: Any) -> None:
        self.callbacks, self.value, self._ok = callbacks, value, True


class Alarm:
    """
    Puts wakes into an environment's queue.

    Attributes
    ----------
    queue, numbers
        SimPy's own queue and the numbers that keep events of one instant in order, for those who push an entry
        ``(instant, NORMAL, next(numbers), event)`` themselves because a call would be too dear.
    """

    __slots__ = ("_env", "numbers", "queue")

    def __init__(self, env: Environment) -> None:
        self._env = env
        self.queue: Any = env._queue
        self.numbers = env._eid

    def set(self, delay: float, callbacks: tuple[Callable[[Any], None], ...], value: Any) -> Wake:
        """Have ``callbacks`` called with a wake after ``delay`` seconds."""
        wake = Wake(callbacks, value)
        heappush(self.queue, (self._env._now + delay, NORMAL, next(self.numbers), wake))
        return wake


def run_until(env: Environment, stop: Any) -> None:
    """
    Step an environment until the event ``stop`` has happened, as ``env.run(until=stop)`` does, a third faster.

    It is SimPy's own loop, ``step`` written out: an event that failed and that nobody caught raises its error here.
    """
    queue: list[Any] = env._queue
    while stop.callbacks is not None:
        env._now, _, _, event = heappop(queue)
        callbacks, event.callbacks = event.callbacks, None
        for callback in callbacks:
            callback(event)
        if not event._ok and not hasattr(event, "_defused"):
            raise event._value
