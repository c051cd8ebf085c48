"""A station whose starts and ends are events: for all that nobody can know when a visit arrives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from simpy import Environment

from delivsim.simulated.knots import Knot
from delivsim.simulated.stations.lines import Line, OneLine
from delivsim.simulated.stations.port import NAN, WHY, Done, Refused, Rows, part_lost, row_of
from delivsim.simulated.stations.shedding import Shedding
from delivsim.simulated.wake import Alarm


def _nobody(visit: Any, reason: str) -> None:
    """Tell nobody: for a station that gives up no one."""


class EventStation:
    """
    Start and end of every visit are events.

    Parameters
    ----------
    hold
        Whether a server stays with its visit after the work until ``release`` (``holds: request``).
    line
        Who of those that wait is next; first come, first served without it.
    patience
        Draws how long a visit of this order waits before it leaves, seconds; None: for ever.
    shedding
        Who is given up when it would start; None: nobody.
    refused
        Called with each visit that was given up, or whose patience ended.
    knot
        Sees when who waits is called by who is served, and nobody can end; None: nobody looks.

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
        line: Line | None = None,
        patience: Callable[[int], float] | None = None,
        shedding: Shedding | None = None,
        refused: Refused = _nobody,
        knot: Knot | None = None,
        replica: int = -1,
    ) -> None:
        self.env, self.name, self.rows, self.done = env, name, rows, done
        self.servers = servers
        self.queue_capacity = queue_capacity
        self.hold = hold
        self.replica = replica
        self.capacity: list[list[float]] = [[env.now, servers]]
        self._alarm, self._on_worked, self._on_end_of_patience = Alarm(env).set, (self._worked,), (self._leave,)
        self._busy: dict[Any, None] = {}
        self._line: Line = OneLine() if line is None else line
        self._patience, self._shedding, self._refused, self._knot = patience, shedding, refused, knot

    def enter(self, visit: Any, work: float) -> bool:
        """Admit a visit: it starts now, waits its turn, or is given up at once."""
        visit.work = work
        if visit in self._busy:  # more work of a request that still holds its worker
            self._work(visit)
            return True
        visit.queued_at = self.env.now
        visit.queue_length = self._waiting()
        if len(self._busy) < self.servers:
            self._start(visit)
            return True
        if self.queue_capacity is not None and visit.queue_length >= self.queue_capacity:
            self._write(visit, NAN, self.env.now, "refused", "queue_full")
            return False
        if self._shedding is not None and self.servers:
            reason = self._shedding.on_arrival(visit, self.env.now, visit.queue_length + 1, self.servers)
            if reason:
                self._write(visit, NAN, self.env.now, "shed", reason)
                self._refused(visit, reason)
                return True
        self._line.push(visit)
        if self._knot is not None:
            self._knot.waits(visit, self._busy, self._line)
        if self._patience is not None:
            visit.timer = self._alarm(self._patience(visit.order), self._on_end_of_patience, visit)
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
        if not self._line.remove(visit):
            return False
        visit.timer = None
        self._write(visit, NAN, self.env.now, "withdrawn", WHY["withdrawn"])
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
        busy = sorted(self._busy, key=lambda visit: (visit.started_at, visit.id))
        lost = busy[: part_lost(len(busy), n, self.servers)]
        for visit in lost:
            self._gone(visit, "failed")
        self._change(-n)
        self._next()
        for visit in lost:
            self.done(visit, False)

    def fail_waiting(self) -> None:
        """Fail every visit that waits."""
        waiting = list(self._line)
        for visit in waiting:
            self._line.remove(visit)
            visit.timer = None
            self._write(visit, self._begun(visit), self.env.now, "failed", "crash")
        for visit in waiting:
            self.done(visit, False)

    def finish(self) -> None:
        """Write the rows of visits that are still here."""
        for visit in self._busy:
            self._write(visit, visit.started_at, NAN, "open")
        for visit in self._line:
            self._write(visit, self._begun(visit), NAN, "open")

    def in_work(self) -> int:
        """Count the visits that have a server."""
        return len(self._busy)

    def _waiting(self) -> int:
        return len(self._line)

    def _begun(self, visit: Any) -> float:  # noqa: ARG002
        """Give when a visit that waits was first served: never."""
        return NAN

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

    def _leave(self, event: Any) -> None:
        """Let a visit go whose patience is over, unless it was served or lost meanwhile."""
        visit = event.value
        if visit.timer is not event:
            return
        visit.timer = None
        self._line.remove(visit)
        self._write(visit, NAN, self.env.now, "reneged", "queue_timeout")
        self._refused(visit, "queue_timeout")

    def _gone(self, visit: Any, outcome: str) -> None:
        del self._busy[visit]
        visit.timer = None
        if self._shedding is not None and outcome == "served":
            self._shedding.served(self.env.now - visit.started_at)
        self._write(visit, visit.started_at, self.env.now, outcome, WHY[outcome])

    def _next(self) -> None:
        """Let those start for whom a server is free, and tell those who are given up instead."""
        given_up = []
        while len(self._line) and len(self._busy) < self.servers:
            visit = self._line.pop()
            reason = "" if self._shedding is None else self._given_up(visit)
            if reason:
                visit.timer = None
                self._write(visit, NAN, self.env.now, "shed", reason)
                given_up.append((visit, reason))
            else:
                self._start(visit)
        for visit, reason in given_up:  # only now: whoever hears of it may come back at once
            self._refused(visit, reason)

    def _given_up(self, visit: Any) -> str:
        """Give the reason not to start a visit, if there is one."""
        return self._shedding.at_start(visit, self.env.now, len(self._line))  # type: ignore[union-attr]

    def _write(self, visit: Any, started_at: float, departed_at: float, outcome: str, reason: str = "") -> None:
        self.rows.append(row_of(self.name, visit, started_at, departed_at, outcome, reason, self.replica))

    def _change(self, n: int) -> None:
        self.servers += n
        self.capacity.append([self.env.now, self.servers])
