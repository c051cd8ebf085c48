"""What the runtime keeps: services as they run, and one frame per handler at work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from delivsim.services.effects import After
from delivsim.services.service import Handler
from delivsim.simulated.draws import OrderDraws
from delivsim.simulated.edges import Edge
from delivsim.simulated.station import Station

NAN = float("nan")


class Operation:
    """One operation of one service as it runs: its handler, its work, and the laws of its steps."""

    __slots__ = ("handler", "laws", "name", "work")

    def __init__(self, name: str, handler: Handler, work: OrderDraws | None) -> None:
        self.name, self.handler, self.work = name, handler, work
        self.laws: dict[str, OrderDraws] = {}


class ServiceRuntime:
    """
    One service as it runs.

    Attributes
    ----------
    station
        Where its work is done; None: work takes no time.
    hold
        Whether a worker is held for a whole request.
    state
        Its own database: values by kind and id. Values never change, so a value that is the same object is unchanged.
    commits
        How many transactions it has committed.
    down
        How many crashes it has not yet recovered from.
    deferred
        Timers that were due while it was down, with order and parent.
    """

    __slots__ = ("commits", "deferred", "down", "edges", "hold", "name", "operations", "slow", "state", "station")

    def __init__(self, name: str, station: Station | None, *, hold: bool) -> None:
        self.name, self.station, self.hold = name, station, hold
        self.operations: dict[str, Operation] = {}
        self.state: dict[type[Any], dict[Any, Any]] = {}
        self.edges: dict[str, Edge] = {}
        self.commits = 0
        self.down = 0
        self.slow = 1.0
        self.deferred: list[tuple[After, int, int]] = []


class Frame:
    """
    One handler at work: also one attempt of its caller, the visit to the station, and the event that moves it on.

    A frame is in SimPy's queue at most once at a time (on its way, or on its way back), so it is its own event:
    ``callbacks`` and ``_ok`` are what SimPy asks of one.

    Attributes
    ----------
    owner
        The frame that called and is resumed with the answer; None: ``to`` is called with it instead.
    edge
        How it came; None: nobody called over the network (a message or a timer).
    event
        What a client waits for; None: a service, a message or a timer called.
    answered
        Whether the caller has an answer, or has given up waiting for one.
    """

    __slots__ = (
        "_ok", "answered", "answered_at", "arrived_at", "attempt", "body", "callbacks", "caller", "cause", "commits",
        "coro", "edge", "ended_at", "ends_at", "event", "first_sent_at", "id", "last", "op", "operation", "order",
        "owner", "parent", "queue_length", "queued_at", "reads", "response", "seen", "sent_at", "server", "service",
        "started_at", "timer", "to", "work",
    )  # fmt: skip

    callbacks: Any
    coro: Any
    event: Any
    response: Any
    timer: Any
    queued_at: float
    started_at: float
    ends_at: float
    work: float
    queue_length: int

    def __init__(
        self, number: int, server: ServiceRuntime, op: Operation, body: Any, order: int, parent: int, cause: str,
        caller: str, now: float, owner: Frame | None, to: Callable[..., None] | None, edge: Edge | None,
    ) -> None:  # fmt: skip
        self.id, self.server, self.op, self.body, self.order = number, server, op, body, order
        self.parent, self.cause, self.caller, self.attempt = parent, cause, caller, 1
        self.service, self.operation = server.name, op.name
        self.sent_at = self.first_sent_at = now
        self.owner, self.to, self.edge = owner, to, edge
        self.arrived_at = self.ended_at = self.answered_at = NAN
        self.coro = self.response = self.timer = self.event = None
        self.reads: list[tuple[Any, Any, Any]] = []
        self.commits = 0
        self.answered, self.last = False, True
        self.seen = 0
        self._ok = True

    def row(self) -> tuple[Any, ...]:
        """Give the row of the requests table."""
        response = self.response
        return (
            self.order, self.id, self.parent, self.attempt, self.cause, self.caller, self.service, self.operation,
            self.sent_at, self.arrived_at, self.ended_at, self.answered_at, 0 if response is None else response.status,
            self.seen, self.last, self.first_sent_at,
        )  # fmt: skip
