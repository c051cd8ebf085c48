"""What the runtime asks of a station, what a station asks of a visit, and the row it leaves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol


class Visit(Protocol):
    """
    What a station needs of whatever visits it; ``timer`` and the instants are the station's to write.

    ``route`` tells its ``cause``, ``service`` and ``operation``; ``priority`` is its class, 0 first. A first visit that
    was served is told in ``visit``, as (start, end, queue found), if ``NO_VISIT`` is there; any other leaves a row.
    """

    order: int
    id: int
    parent: int
    attempt: int
    priority: int
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
Refused = Callable[[Any, str], None]
"""Called when a visit is given up while it waits, with the reason."""


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
        """Lose ``n`` servers now, and as large a part of the visits in service, oldest first; with all servers all."""
        ...

    def fail_waiting(self) -> None:
        """Fail every visit that waits."""
        ...

    def in_work(self) -> int:
        """Count the servers at work."""
        ...

    def finish(self) -> None:
        """Write the rows of visits that are still here."""
        ...


NAN = float("nan")
WHY = {"served": "", "open": "", "withdrawn": "caller_gone", "failed": "crash", "refused": "queue_full"}
"""The reason of an outcome that has only one."""


def part_lost(visits: int, n: int, servers: int) -> int:
    """Give how many of the visits in service are lost with n of so many servers: as large a part, rounded up."""
    return -(-visits * n // servers) if n < servers else visits


def row_of(
    name: str, visit: Visit, started_at: float, departed_at: float, outcome: str, reason: str = "", replica: int = -1
) -> tuple[Any, ...]:
    """Give the row of a visit in the table of visits; ``replica`` -1: one queue for all replicas."""
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
        reason,
        replica,
    )
