"""A station whose starts and ends are events: for servers that are held for a time nobody knows beforehand."""

from __future__ import annotations

from collections import deque
from typing import Any

from simpy import Environment

from delivsim.simulated.stations.port import NAN, Done, Rows, row_of
from delivsim.simulated.wake import Alarm


class EventStation:
    """
    Start and end of every visit are events: for servers that are held for a time nobody knows beforehand.

    Parameters
    ----------
    hold
        Whether a server stays with its visit after the work until ``release`` (``holds: request``).

    The other parameters are those of ``ComputedStation``.
    """

    def __init__(
        self,
        env: Environment,
        name: str,
        servers: int,
        queue_capacity: int | None,
        rows: Rows,
        done: Done,
        *,
        hold: bool = False,
    ) -> None:
        self.env, self.name, self.rows, self.done = env, name, rows, done
        self.servers = servers
        self.queue_capacity = queue_capacity
        self.hold = hold
        self.capacity: list[list[float]] = [[env.now, servers]]
        self._alarm, self._on_worked = Alarm(env).set, (self._worked,)
        self._busy: dict[Any, None] = {}
        self._queue: deque[Any] = deque()

    def enter(self, visit: Any, work: float) -> bool:
        """Admit a visit: it starts now or waits its turn."""
        visit.work = work
        if visit in self._busy:  # more work of a request that still holds its worker
            self._work(visit)
            return True
        visit.queued_at = self.env.now
        visit.queue_length = len(self._queue)
        if len(self._busy) < self.servers:
            self._start(visit)
            return True
        if self.queue_capacity is not None and len(self._queue) >= self.queue_capacity:
            self.rows.append(row_of(self.name, visit, NAN, self.env.now, "refused"))
            return False
        self._queue.append(visit)
        return True

    def pass_through(self, visit: Any, work: float, queue: Any) -> bool:  # noqa: ARG002
        """Serve nothing in one go: only the visit's end will tell when it leaves."""
        return False

    def release(self, visit: Any) -> None:
        """Free the server that the visit holds; the next one starts."""
        if visit in self._busy:
            self._gone(visit, "served")
            self._next()

    def withdraw(self, visit: Any) -> bool:
        """Take a waiting visit out of the queue."""
        if visit not in self._queue:
            return False
        self._queue.remove(visit)
        self.rows.append(row_of(self.name, visit, NAN, self.env.now, "withdrawn"))
        return True

    def add_servers(self, n: int) -> None:
        """Add servers; waiting visits start."""
        self._change(n)
        self._next()

    def remove_servers(self, n: int) -> None:
        """Take servers away; busy ones when they are free."""
        self._change(-min(n, self.servers))

    def crash(self, n: int) -> None:
        """Lose servers with the work on them."""
        n = min(n, self.servers)
        lost = sorted(self._busy, key=lambda visit: (visit.started_at, visit.id))[:n]
        for visit in lost:
            self._gone(visit, "failed")
        self._change(-n)
        self._next()
        for visit in lost:
            self.done(visit, False)

    def fail_waiting(self) -> None:
        """Fail every visit that waits."""
        waiting = list(self._queue)
        self._queue.clear()
        for visit in waiting:
            self.rows.append(row_of(self.name, visit, NAN, self.env.now, "failed"))
            self.done(visit, False)

    def finish(self) -> None:
        """Write the rows of visits that are still here."""
        for visit in self._busy:
            self.rows.append(row_of(self.name, visit, visit.started_at, NAN, "open"))
        for visit in self._queue:
            self.rows.append(row_of(self.name, visit, NAN, NAN, "open"))

    def _start(self, visit: Any) -> None:
        self._busy[visit] = None
        visit.started_at = self.env.now
        self._work(visit)

    def _work(self, visit: Any) -> None:
        visit.timer = self._alarm(visit.work, self._on_worked, visit)

    def _worked(self, event: Any) -> None:
        visit = event.value
        if visit.timer is not event:
            return
        visit.timer = None
        if not self.hold:
            self._gone(visit, "served")
            self._next()
        self.done(visit, True)

    def _gone(self, visit: Any, outcome: str) -> None:
        del self._busy[visit]
        visit.timer = None
        self.rows.append(row_of(self.name, visit, visit.started_at, self.env.now, outcome))

    def _next(self) -> None:
        while self._queue and len(self._busy) < self.servers:
            self._start(self._queue.popleft())

    def _change(self, n: int) -> None:
        self.servers += n
        self.capacity.append([self.env.now, self.servers])
