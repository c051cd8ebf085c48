"""The lightest event that SimPy's queue takes, and an environment whose queue holds only what comes soon."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any

from simpy import Environment
from simpy.events import NORMAL, Event, EventPriority

SPAN = 2.0
"""Seconds of simulated time that are in the queue together."""
BEFORE_EVERYTHING = EventPriority(-1)
"""Priority of the turn of the page: before every other event of its instant."""
FOREVER = 2**50
"""The last of all spans; what never happens is there."""
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


class Agenda(Environment):
    """
    SimPy's environment, with the far future out of the way.

    Every event has to find its way through the queue, so thousands of entries that lie minutes ahead would make each
    dearer. They wait in spans of ``SPAN`` seconds, unsorted, and come into the queue together when their span begins.
    An entry pushed into the queue itself is in its place as well. What happens, and in which order, is SimPy's.
    """

    def __init__(self) -> None:
        super().__init__()
        for name in ("event", "process", "timeout"):  # bound once, as SimPy does for its own class alone
            setattr(self, name, getattr(self, name))
        self._horizon = 0.0
        self._spans: dict[int, list[Any]] = {}
        self._numbers: list[int] = []
        self._turn(None)

    def schedule(self, event: Event, priority: EventPriority = NORMAL, delay: float = 0.0) -> None:
        """Put an event where it belongs."""
        at = self._now + delay
        if at < self._horizon:
            heappush(self._queue, (at, priority, next(self._eid), event))
            return
        number = int(at / SPAN) if at < FOREVER else FOREVER
        span = self._spans.get(number)
        if span is None:
            span = self._spans[number] = []
            heappush(self._numbers, number)
        span.append((at, priority, next(self._eid), event))

    def _turn(self, _: Any) -> None:
        """Bring the next span into the queue."""
        queue: list[Any] = self._queue
        number = int(self._horizon / SPAN)
        if self._numbers:
            number = heappop(self._numbers)
            queue.extend(self._spans.pop(number))
        self._horizon = (number + 1) * SPAN
        queue.append((self._horizon, BEFORE_EVERYTHING, 0, Wake((self._turn,), None)))
        queue.sort()

    def forget(self) -> None:
        """Drop everything that was to come."""
        self._queue.clear()
        self._spans.clear()
        self._numbers.clear()


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
        wake: Any = Wake(callbacks, value)
        if delay < SPAN:
            heappush(self.queue, (self._env._now + delay, NORMAL, next(self.numbers), wake))
        else:
            self._env.schedule(wake, NORMAL, delay)
        return wake  # type: ignore[no-any-return]


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
