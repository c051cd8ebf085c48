"""A station of replicas that come and go, each with a queue of its own or all with one."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from simpy import Environment

from delivsim.record.packing import NO_VISIT
from delivsim.simulated.stations.balancing import Balance
from delivsim.simulated.stations.port import NAN, Done, Refused, Rows, row_of

OWN_ROW = (*NO_VISIT[:2], 0)
"""Says the same as ``NO_VISIT`` and is not it: so a visit to a replica leaves a row, which tells the replica."""


class Part:
    """
    One queue with its servers.

    Attributes
    ----------
    present
        How many visits are in it.
    busy
        Server seconds at work until ``since``.
    """

    __slots__ = ("busy", "index", "present", "since", "station")

    def __init__(self, station: Any, index: int, now: float) -> None:
        self.station, self.index, self.since = station, index, now
        self.present, self.busy = 0, 0.0

    def read(self, now: float) -> float:
        """Bring ``busy`` up to now: while somebody waits no server is idle."""
        self.busy += min(self.present, self.station.servers) * (now - self.since)
        self.since = now
        return self.busy


class Fleet:
    """
    Replicas behind a balancer, or (``balance`` None) before one shared queue.

    Parameters
    ----------
    replicas, workers
        How many there are at first, and the servers of each.
    make
        Makes a queue with this many servers for the replica of this number (-1: shared), whose visits are told to
        the two functions.
    balance
        Chooses the part that a visit joins.
    done, refused
        Hear what became of a visit.

    Attributes
    ----------
    paid
        ``[instant, replicas]``: those that were launched and have not yet ended.
    by_replica
        ``[instant, servers]`` of each replica with a queue of its own.
    """

    def __init__(
        self,
        env: Environment,
        name: str,
        replicas: int,
        workers: int,
        make: Callable[[int, int, Done, Refused], Any],
        balance: Balance | None,
        rows: Rows,
        done: Done,
        refused: Refused,
        *,
        hold: bool = False,
    ) -> None:
        self.env, self.name, self.rows, self.workers, self.hold = env, name, rows, workers, hold
        self.done, self._tell_refused, self._make, self._balance = done, refused, make, balance
        self.servers = replicas * workers
        self.capacity: list[list[float]] = [[env.now, self.servers]]
        self.paid: list[list[float]] = [[env.now, replicas]]
        self.by_replica: dict[int, list[list[float]]] = {}
        self._at: dict[Any, Part] = {}
        self._parts: list[Part] = []
        self._leaving: list[Part] = []
        self._gone_busy = 0.0
        self._draining = 0
        self._next_index = 0
        if balance is None:
            self._parts.append(Part(make(self.servers, -1, self._done, self._refused), -1, env.now))
        else:
            for _ in range(replicas):
                self._join()
        self.queue_capacity: int | None = self._parts[0].station.queue_capacity

    def enter(self, visit: Any, work: float) -> bool:
        """Let a visit join the queue of a replica."""
        part = self._at.get(visit)
        if part is not None:  # more work of a request that still holds its worker
            return bool(part.station.enter(visit, work))
        if self._balance is not None:
            if not self._parts:
                visit.queued_at, visit.queue_length = self.env.now, 0
                self.rows.append(row_of(self.name, visit, NAN, self.env.now, "refused", "no_replica"))
                return False
            part = self._balance(self._parts, visit.order)
            if visit.visit is NO_VISIT:
                visit.visit = OWN_ROW
        else:
            part = self._parts[0]
        part.read(self.env.now)
        part.present += 1
        self._at[visit] = part  # before it enters: it may be given up at once
        if part.station.enter(visit, work):
            return True
        part.present -= 1
        del self._at[visit]
        return False

    def pass_through(self, visit: Any, work: float, queue: Any) -> bool:  # noqa: ARG002
        """Serve nothing in one go: who is where is counted."""
        return False

    def release(self, visit: Any) -> None:
        """Free the server that a visit holds."""
        part = self._at.get(visit)
        if part is not None:
            part.station.release(visit)
            self._left(visit)

    def withdraw(self, visit: Any) -> bool:
        """Take a waiting visit out of its queue."""
        part = self._at.get(visit)
        if part is None or not part.station.withdraw(visit):
            return False
        self._left(visit)
        return True

    def add_servers(self, n: int) -> None:
        """Add replicas with this many servers in all."""
        self.launch(n // self.workers)
        self.begin(n // self.workers)

    def launch(self, replicas: int) -> None:
        """Begin to pay for replicas that are starting."""
        self._pay(replicas)

    def begin(self, replicas: int) -> None:
        """Let launched replicas serve."""
        self._read()
        if self._balance is None:
            self._parts[0].station.add_servers(replicas * self.workers)
        else:
            for _ in range(replicas):
                self._join()
        self._change(replicas * self.workers)

    def remove_servers(self, n: int) -> None:
        """Drain replicas with this many servers in all: they take no more visits and end when theirs are done."""
        self.drain(min(n, self.servers) // self.workers)

    def drain(self, replicas: int) -> None:
        """Drain the latest replicas."""
        self._read()
        if self._balance is None:
            self._parts[0].station.remove_servers(replicas * self.workers)
            self._change(-replicas * self.workers)
            self._draining += replicas
            self._end_drained()
            return
        for _ in range(replicas):
            self._leaving.append(self._parts.pop())
        for part in list(self._leaving):
            if not part.present:
                self._end(part)

    def crash(self, n: int) -> None:
        """Lose whole replicas, as many as have this many servers, the oldest first, with all that is in them."""
        self._read()
        if self._balance is not None:
            replicas = sorted(part.index for part in [*self._parts, *self._leaving])
            for index in replicas[: math.ceil(n / self.workers)]:
                self.crash_replica(index)
            return
        n = min(n, self.servers)
        self._change(-n)
        self._pay(-(n // self.workers))
        self._parts[0].station.crash(n)
        self._end_drained()

    def crash_replica(self, index: int) -> bool:
        """Lose the replica of this number with all that is in it; False: it is not there."""
        part = next((part for part in [*self._parts, *self._leaving] if part.index == index), None)
        if part is None:
            return False
        self._read()
        if part in self._parts:
            self._parts.remove(part)
            self._leaving.append(part)
        part.station.fail_waiting()
        part.station.crash(self.workers)
        if part in self._leaving:
            self._end(part)
        return True

    def fail_waiting(self) -> None:
        """Fail every visit that waits."""
        for part in [*self._parts, *self._leaving]:
            part.station.fail_waiting()

    def finish(self) -> None:
        """Write the rows of visits that are still here."""
        for part in [*self._parts, *self._leaving]:
            part.station.finish()

    def up(self) -> int:
        """Count the replicas that take visits."""
        return len(self._parts) if self._balance is not None else self.servers // self.workers

    def busy(self) -> float:
        """Give the server seconds at work so far."""
        self._read()
        return self._gone_busy + sum(part.busy for part in [*self._parts, *self._leaving])

    def in_work(self) -> int:
        """Count the servers at work."""
        return sum(part.station.in_work() for part in [*self._parts, *self._leaving])

    def waiting(self) -> int:
        """Count the visits that no server works on."""
        parts = [*self._parts, *self._leaving]
        return sum(max(0, part.present - part.station.servers) for part in parts)

    def _join(self) -> None:
        index, self._next_index = self._next_index, self._next_index + 1
        self._parts.append(Part(self._make(self.workers, index, self._done, self._refused), index, self.env.now))
        self.by_replica[index] = [[self.env.now, self.workers]]

    def _end(self, part: Part) -> None:
        """Forget a replica that has nothing to do any more."""
        self._leaving.remove(part)
        self._gone_busy += part.read(self.env.now)
        self.by_replica[part.index].append([self.env.now, 0])
        self._change(-self.workers)
        self._pay(-1)

    def _end_drained(self) -> None:
        """Stop paying for replicas of a shared queue whose last visits are done."""
        station = self._parts[0].station
        still = math.ceil(max(0, station.in_work() - station.servers) / self.workers)
        if still < self._draining:
            self._pay(still - self._draining)
            self._draining = still

    def _done(self, visit: Any, done: bool) -> None:
        if not (done and self.hold):
            self._left(visit)
        self.done(visit, done)

    def _refused(self, visit: Any, reason: str) -> None:
        self._left(visit)
        self._tell_refused(visit, reason)

    def _left(self, visit: Any) -> None:
        part = self._at.pop(visit, None)
        if part is None:
            return
        part.read(self.env.now)
        part.present -= 1
        if self._draining:
            self._end_drained()
        if not part.present and part in self._leaving:
            self._end(part)

    def _read(self) -> None:
        for part in [*self._parts, *self._leaving]:
            part.read(self.env.now)

    def _change(self, n: int) -> None:
        self.servers += n
        self.capacity.append([self.env.now, self.servers])

    def _pay(self, n: int) -> None:
        self.paid.append([self.env.now, self.paid[-1][1] + n])
