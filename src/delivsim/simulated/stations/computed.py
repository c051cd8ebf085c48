"""A station that computes the start of a visit when it arrives: one event per visit."""

from __future__ import annotations

from collections import deque
from heapq import heapify, heappush, heapreplace
from typing import Any

from simpy import Environment
from simpy.events import NORMAL

from delivsim.record.packing import NO_VISIT
from delivsim.simulated.stations.port import NAN, WHY, Done, Rows, part_lost, row_of
from delivsim.simulated.wake import Alarm, Wake


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
    replica
        The replica that it is, with a queue of its own; -1: all replicas share it.

    Attributes
    ----------
    capacity
        ``[instant, servers]`` from each change of the number of servers on.
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
        replica: int = -1,
    ) -> None:
        self.env, self.name, self.rows, self.done = env, name, rows, done
        self.servers = servers
        self.queue_capacity = queue_capacity
        self.replica = replica
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
            self.rows.append(row_of(self.name, visit, now, end, "served", "", self.replica))
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
        lost = busy[: part_lost(len(busy), n, self.servers)]
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
            self.rows.append(row_of(self.name, visit, start, NAN, "open", "", self.replica))

    def in_work(self) -> int:
        """Count the visits that have a server."""
        return len(self._inside) - len(self._waiting())

    def _leave(self, event: Any) -> None:
        visit = event.value
        if visit.timer is not event:
            return  # moved to another event, or gone
        visit.timer = None  # a visit and its event must not keep each other alive
        del self._inside[visit]
        if visit.visit is NO_VISIT:
            visit.visit = (visit.started_at, self.env._now, visit.queue_length)
        else:
            self.rows.append(row_of(self.name, visit, visit.started_at, self.env._now, "served", "", self.replica))
        self.done(visit, True)

    def _refuse(self, visit: Any) -> bool:
        self.rows.append(row_of(self.name, visit, NAN, self.env.now, "refused", "queue_full", self.replica))
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
        self.rows.append(row_of(self.name, visit, started_at, self.env.now, outcome, WHY[outcome], self.replica))

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
