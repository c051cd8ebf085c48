"""
Stations: equal servers with one queue, first come, first served.

Two ways to run the same station:

- ``ComputedStation`` knows a visit's work when it arrives, so it computes the start from the heap of instants at
  which servers come free and schedules one event, the departure. When servers come, go or crash, or a waiting visit
  is withdrawn, the starts of all visits still waiting are computed anew and their events moved.
- ``EventStation`` learns only later when a server is free again (``holds: request``: a worker is held during the
  calls its request makes), so every start is an event.

Where both apply they agree row by row.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from heapq import heapify, heappush, heapreplace
from typing import Any, Protocol

from simpy import Environment
from simpy.events import NORMAL

from delivsim.record.packing import NO_VISIT
from delivsim.simulated.wake import Alarm, Wake


class Visit(Protocol):
    """
    What a station needs of whatever visits it; ``timer`` and the instants are the station's to write.

    ``route`` tells its ``cause``, ``service`` and ``operation``. A first visit that was served is told in
    ``visit``, as (start, end, queue found), if ``NO_VISIT`` is there; any other leaves a row.
    """

    order: int
    id: int
    parent: int
    attempt: int
    route: Any
    queued_at: float
    started_at: float
    ends_at: float
    work: float
    queue_length: int
    timer: Any
    visit: Any


Rows = list[tuple[Any, ...]]
Done = Callable[[Any, bool], None]
"""Called when a visit's work is done (True) or was lost in a crash (False)."""


class Station(Protocol):
    """What the runtime asks of a station, whichever way it is run."""

    name: str
    servers: int
    queue_capacity: int | None
    capacity: list[list[float]]

    def enter(self, visit: Any, work: float) -> bool:
        """Admit a visit with this much work (seconds); False: the queue is full, and the refusal is recorded."""
        ...

    def pass_through(self, visit: Any, work: float, queue: Any) -> bool:
        """
        Serve a visit in one go, and set the clock to its end, if its work ends before the first entry of ``queue``.

        False: that cannot be, and nothing has happened; the visit may ``enter``.
        """
        ...

    def release(self, visit: Any) -> None:
        """Give back the server that a visit still holds after its work (``holds: request``)."""
        ...

    def withdraw(self, visit: Any) -> bool:
        """Take a waiting visit out of the queue; False when it is not waiting any more."""
        ...

    def add_servers(self, n: int) -> None:
        """Add servers at this instant."""
        ...

    def remove_servers(self, n: int) -> None:
        """Take servers away: idle ones now, busy ones when their work is done."""
        ...

    def crash(self, n: int) -> None:
        """Lose ``n`` servers now, busy ones (oldest visit first) before idle ones; their visits fail."""
        ...

    def fail_waiting(self) -> None:
        """Fail every visit that waits."""
        ...

    def finish(self) -> None:
        """Write the rows of visits that are still here."""
        ...


def _row(name: str, visit: Visit, started_at: float, departed_at: float, outcome: str) -> tuple[Any, ...]:
    return (
        visit.order,
        visit.id,
        visit.parent,
        visit.attempt,
        visit.route.cause,
        name,
        visit.route.service,
        visit.route.operation,
        visit.queued_at,
        started_at,
        departed_at,
        visit.queue_length,
        outcome,
    )


NAN = float("nan")


class ComputedStation:
    """
    One event per visit: the start is computed on arrival.

    Parameters
    ----------
    env
        The SimPy environment.
    name
        The station's name in the tables.
    servers
        How many visits are worked on at the same time.
    queue_capacity
        How many may wait; None: any number.
    rows
        The list to which a row is appended for each visit.
    done
        Called when work is done, or lost.

    Attributes
    ----------
    capacity
        ``[instant, servers]`` from each change of the number of servers on.
    """

    def __init__(
        self, env: Environment, name: str, servers: int, queue_capacity: int | None, rows: Rows, done: Done
    ) -> None:
        self.env, self.name, self.rows, self.done = env, name, rows, done
        self.servers = servers
        self.queue_capacity = queue_capacity
        self.capacity: list[list[float]] = [[env.now, servers]]
        alarm = Alarm(env)
        self._queue, self._numbers, self._on_leave = alarm.queue, alarm.numbers, (self._leave,)
        self._free_at = [env.now] * servers
        self._inside: dict[Any, None] = {}
        self._starts: deque[float] = deque()

    def enter(self, visit: Any, work: float) -> bool:
        """Admit a visit: its start is the earliest instant at which a server is free."""
        env = self.env
        now = env._now
        starts = self._starts
        while starts and starts[0] <= now:
            starts.popleft()
        visit.queued_at = now
        visit.queue_length = len(starts)
        if not self._free_at:
            return self._without_servers(visit, work)
        start = self._free_at[0]
        if start > now:
            if self.queue_capacity is not None and len(starts) >= self.queue_capacity:
                return self._refuse(visit)
            starts.append(start)
        else:
            start = now
        end = start + work
        heapreplace(self._free_at, end)
        visit.work = work
        visit.started_at = start
        visit.ends_at = end
        self._inside[visit] = None
        visit.timer = wake = Wake(self._on_leave, visit)
        heappush(self._queue, (end, NORMAL, next(self._numbers), wake))
        return True

    def pass_through(self, visit: Any, work: float, queue: Any) -> bool:
        """Serve a visit in one go if a server is free and nothing can happen before it has left again."""
        env, free_at = self.env, self._free_at
        now = env._now
        end = now + work
        if end >= queue[0][0] or not free_at or free_at[0] > now:
            return False
        heapreplace(free_at, end)
        env._now = end
        if visit.visit is NO_VISIT:
            visit.visit = (now, end, 0)
        else:
            visit.queued_at, visit.queue_length = now, 0
            self.rows.append(_row(self.name, visit, now, end, "served"))
        return True

    def release(self, visit: Any) -> None:
        """Do nothing: a computed visit holds its server only for its work."""

    def withdraw(self, visit: Any) -> bool:
        """Take a waiting visit out; those behind it move up."""
        if visit not in self._inside or visit.started_at <= self.env.now:
            return False
        self._gone(visit, "withdrawn", NAN)
        self._retime()
        return True

    def add_servers(self, n: int) -> None:
        """Add servers; waiting visits start earlier."""
        self._change(n)
        self._retime()

    def remove_servers(self, n: int) -> None:
        """Take servers away; waiting visits start later."""
        self._change(-min(n, self.servers))
        self._retime()

    def crash(self, n: int) -> None:
        """Lose servers with the work on them."""
        n = min(n, self.servers)
        now = self.env.now
        busy = [visit for visit in self._inside if visit.started_at <= now]
        busy.sort(key=lambda visit: (visit.started_at, visit.id))
        lost = busy[:n]
        for visit in lost:
            self._gone(visit, "failed", visit.started_at)
        self._change(-n)
        self._retime()
        for visit in lost:
            self.done(visit, False)

    def fail_waiting(self) -> None:
        """Fail every visit that waits."""
        waiting = self._waiting()
        for visit in waiting:
            self._gone(visit, "failed", NAN)
        self._retime()
        for visit in waiting:
            self.done(visit, False)

    def finish(self) -> None:
        """Write the rows of visits that are still here."""
        now = self.env.now
        for visit in self._inside:
            start = visit.started_at if visit.started_at <= now else NAN
            self.rows.append(_row(self.name, visit, start, NAN, "open"))

    def _leave(self, event: Any) -> None:
        visit = event.value
        if visit.timer is not event:
            return  # moved to another event, or gone
        visit.timer = None  # a visit and its event must not keep each other alive
        del self._inside[visit]
        if visit.visit is NO_VISIT:
            visit.visit = (visit.started_at, self.env._now, visit.queue_length)
        else:
            self.rows.append(_row(self.name, visit, visit.started_at, self.env._now, "served"))
        self.done(visit, True)

    def _refuse(self, visit: Any) -> bool:
        self.rows.append(_row(self.name, visit, NAN, self.env.now, "refused"))
        return False

    def _without_servers(self, visit: Any, work: float) -> bool:
        """Admit a visit while there is no server at all: it starts when one comes, if ever."""
        if self.queue_capacity is not None and visit.queue_length >= self.queue_capacity:
            return self._refuse(visit)
        visit.work, visit.started_at, visit.ends_at, visit.timer = work, float("inf"), float("inf"), None
        self._inside[visit] = None
        self._starts.append(float("inf"))
        return True

    def _gone(self, visit: Any, outcome: str, started_at: float) -> None:
        del self._inside[visit]
        visit.timer = None
        self.rows.append(_row(self.name, visit, started_at, self.env.now, outcome))

    def _waiting(self) -> list[Any]:
        now = self.env.now
        return [visit for visit in self._inside if visit.started_at > now]

    def _change(self, n: int) -> None:
        self.servers += n
        self.capacity.append([self.env.now, self.servers])

    def _retime(self) -> None:
        """Compute the starts of all waiting visits anew, in their order of arrival."""
        now = self.env.now
        ends = sorted(visit.ends_at for visit in self._inside if visit.started_at <= now)
        waiting = self._waiting()
        free_at = ends[max(0, len(ends) - self.servers) :]
        free_at = [now] * (self.servers - len(free_at)) + free_at
        heapify(free_at)
        self._free_at = free_at
        self._starts.clear()
        for visit in waiting:
            start = max(now, free_at[0]) if free_at else float("inf")
            if start > now:
                self._starts.append(start)
            end = start + visit.work
            if free_at:
                heapreplace(free_at, end)
            if end != visit.ends_at or visit.timer is None:
                visit.timer = self._depart(end, visit) if free_at else None
            visit.started_at, visit.ends_at = start, end

    def _depart(self, end: float, visit: Any) -> Wake:
        wake = Wake(self._on_leave, visit)
        heappush(self._queue, (end, NORMAL, next(self._numbers), wake))
        return wake


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
            self.rows.append(_row(self.name, visit, NAN, self.env.now, "refused"))
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
        self.rows.append(_row(self.name, visit, NAN, self.env.now, "withdrawn"))
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
            self.rows.append(_row(self.name, visit, NAN, self.env.now, "failed"))
            self.done(visit, False)

    def finish(self) -> None:
        """Write the rows of visits that are still here."""
        for visit in self._busy:
            self.rows.append(_row(self.name, visit, visit.started_at, NAN, "open"))
        for visit in self._queue:
            self.rows.append(_row(self.name, visit, NAN, NAN, "open"))

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
        self.rows.append(_row(self.name, visit, visit.started_at, self.env.now, outcome))

    def _next(self) -> None:
        while self._queue and len(self._busy) < self.servers:
            self._start(self._queue.popleft())

    def _change(self, n: int) -> None:
        self.servers += n
        self.capacity.append([self.env.now, self.servers])
