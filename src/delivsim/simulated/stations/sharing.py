"""A station whose servers work on all visits at once."""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import Any

from simpy import Environment

from delivsim.simulated.stations.port import NAN, WHY, Done, Rows, part_lost, row_of
from delivsim.simulated.wake import Alarm


class SharingStation:
    """
    Processor sharing: each of n visits is worked on at the rate min(1, servers / n).

    All visits have the same rate, so the service that each has had since it came grows alike: the station keeps one
    clock of that (``_served``), a visit leaves when the clock has come to what it read on arrival plus the visit's
    work, and an arrival or departure costs O(log n). Nobody waits: ``queue_capacity`` is how many more visits than
    servers may be here. Where servers are lost in a crash, as large a part of the visits is lost, oldest first.

    The parameters are those of ``ComputedStation``.
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
        self.servers, self.queue_capacity, self.replica = servers, queue_capacity, replica
        self.capacity: list[list[float]] = [[env.now, servers]]
        self._alarm, self._on_due = Alarm(env).set, (self._due,)
        self._inside: dict[Any, float] = {}
        self._ends: list[tuple[float, int, Any]] = []
        self._served, self._read_at = 0.0, env.now
        self._timer: Any = None
        self._numbers = 0

    def enter(self, visit: Any, work: float) -> bool:
        """Admit a visit: it is worked on from now on."""
        now = self.env.now
        visit.work, visit.queued_at, visit.queue_length = work, now, 0
        if self.queue_capacity is not None and len(self._inside) >= self.servers + self.queue_capacity:
            self._write(visit, NAN, now, "refused")
            return False
        self._read()
        visit.started_at = now
        self._inside[visit] = end = self._served + work
        self._numbers += 1
        heappush(self._ends, (end, self._numbers, visit))
        self._set()
        return True

    def pass_through(self, visit: Any, work: float, queue: Any) -> bool:  # noqa: ARG002
        """Serve nothing in one go: who comes meanwhile would make it slower."""
        return False

    def release(self, visit: Any) -> None:
        """Do nothing: a visit leaves when its work is done."""

    def withdraw(self, visit: Any) -> bool:  # noqa: ARG002
        """Take nobody out: nobody waits."""
        return False

    def add_servers(self, n: int) -> None:
        """Add servers; all go faster."""
        self._read()
        self._change(n)
        self._set()

    def remove_servers(self, n: int) -> None:
        """Take servers away; all go slower."""
        self.add_servers(-min(n, self.servers))

    def crash(self, n: int) -> None:
        """Lose servers, and as large a part of the visits."""
        n = min(n, self.servers)
        self._read()
        inside = sorted(self._inside, key=lambda visit: (visit.started_at, visit.id))
        lost = inside[: part_lost(len(inside), n, self.servers)]
        for visit in lost:
            self._gone(visit, "failed")
        self._ends = [entry for entry in self._ends if entry[2] in self._inside]
        heapify(self._ends)
        self._change(-n)
        self._set()
        for visit in lost:
            self.done(visit, False)

    def fail_waiting(self) -> None:
        """Fail those who came while there was no server at all."""
        if self.servers or not self._inside:
            return
        lost = list(self._inside)
        for visit in lost:
            self._gone(visit, "failed")
        self._ends.clear()
        self._set()
        for visit in lost:
            self.done(visit, False)

    def finish(self) -> None:
        """Write the rows of visits that are still here."""
        for visit in self._inside:
            self._write(visit, visit.started_at, NAN, "open")

    def in_work(self) -> int:
        """Count the servers at work."""
        return min(len(self._inside), self.servers)

    def _rate(self) -> float:
        return min(1.0, self.servers / len(self._inside))

    def _read(self) -> None:
        """Bring the clock of service up to now."""
        now = self.env.now
        if self._inside:
            self._served += (now - self._read_at) * self._rate()
        else:
            self._served = 0.0
        self._read_at = now

    def _set(self) -> None:
        """Set the alarm for the next departure."""
        self._timer = None
        if self._inside and self.servers:
            delay = max(0.0, (self._ends[0][0] - self._served) / self._rate())
            self._timer = self._alarm(delay, self._on_due, None)

    def _due(self, event: Any) -> None:
        if event is not self._timer:
            return
        end, _, visit = heappop(self._ends)
        self._served, self._read_at = end, self.env.now
        self._gone(visit, "served")
        self._set()
        self.done(visit, True)

    def _gone(self, visit: Any, outcome: str) -> None:
        del self._inside[visit]
        self._write(visit, visit.started_at, self.env.now, outcome)

    def _write(self, visit: Any, started_at: float, departed_at: float, outcome: str) -> None:
        self.rows.append(row_of(self.name, visit, started_at, departed_at, outcome, WHY[outcome], self.replica))

    def _change(self, n: int) -> None:
        self.servers += n
        self.capacity.append([self.env.now, self.servers])
