"""What the runtime keeps: services as they run, and one frame per handler at work."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from copy import copy
from typing import Any

from delivsim.record.packing import CALL, NO_VISIT, Codes
from delivsim.services.clients import client_of
from delivsim.services.effects import After
from delivsim.services.messages import RATE_LIMITED, UNAVAILABLE, Response
from delivsim.services.resilience import RateLimiter
from delivsim.services.resilience.deadlock import REASON as DEADLOCK
from delivsim.services.service import Forward, Handler
from delivsim.simulated.draws import OrderDraws
from delivsim.simulated.edges import Edge
from delivsim.simulated.stations import Station
from delivsim.simulated.wake import Wake

NAN = float("nan")
_PACK = CALL.struct.pack


class _Forwarded:
    """Stands for the coroutine of a handler that only passes a call on; it needs none."""

    def close(self) -> None:
        """Do nothing."""


FORWARDED: Any = _Forwarded()


class _Gone:
    """Stands for the coroutine of a handler whose consumer died: whatever it waits for comes, and nothing of it."""

    def send(self, _: Any) -> Any:
        """End at once."""
        raise StopIteration(UNAVAILABLE)

    def close(self) -> None:
        """Do nothing."""


GONE: Any = _Gone()


async def _unavailable(_: Any) -> Response[Any]:
    return UNAVAILABLE


class Operation:
    """
    One operation of one service as it runs: its handler, its work, and the laws of its steps.

    ``onward`` is the route of what it passes on, once that is known; ``priority`` is its class, 0 first; ``idempotent``
    tells whether it may be asked for twice; ``question`` by what callers may remember its answer, if they may.
    """

    __slots__ = ("forwards", "handler", "idempotent", "laws", "name", "onward", "priority", "question", "work")

    def __init__(
        self, name: str, handler: Handler, work: OrderDraws | None, priority: int = 5, *, idempotent: bool = True
    ) -> None:
        self.name, self.handler, self.work, self.priority, self.idempotent = name, handler, work, priority, idempotent
        self.forwards = isinstance(handler, Forward)
        self.question: Callable[[Any], Hashable] | None = None
        self.laws: dict[str, OrderDraws] = {}
        self.onward: Route | None = None

    def gone(self) -> Operation:
        """Give the same operation of somebody who does nothing any more."""
        return Operation(self.name, _unavailable, self.work, self.priority)


class Errors:
    """
    Makes requests fail by chance, on arrival.

    Parameters
    ----------
    operations
        Those that may fail; empty: all.
    share
        Share of them that do.
    response
        What their callers get.
    draw
        Gives numbers in [0, 1).
    """

    def __init__(
        self, operations: tuple[str, ...], share: float, response: Response[Any], draw: Callable[[], float]
    ) -> None:
        self.operations, self.share, self.response, self._draw = operations, share, response, draw

    def fails(self, operation: str) -> bool:
        """Whether a request that arrives now fails."""
        if self.operations and operation not in self.operations:
            return False
        return self.share >= 1.0 or self._draw() < self.share


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
    routes
        How its calls travel, by service and operation, and its timers, by "timer" and operation; found out when first
        made.
    commits
        How many transactions it has committed.
    down
        How many crashes it has not yet recovered from.
    errors
        What makes some of its requests fail.
    limiter
        Its rate limit; None: it has none.
    faulty
        How many crashes it has not yet recovered from, errors and rate limits there are; 0: requests need not be
        looked at.
    deferred
        Timers that were due while it was down, with order and parent.
    timers
        The events of its durable timers by operation and body.
    """

    __slots__ = (
        "commits", "deferred", "down", "errors", "faulty", "hold", "limiter", "name", "operations", "routes", "slow",
        "state", "station", "timers",
    )  # fmt: skip

    def __init__(self, name: str, station: Station | None, *, hold: bool) -> None:
        self.name, self.station, self.hold = name, station, hold
        self.operations: dict[str, Operation] = {}
        self.state: dict[type[Any], dict[Any, Any]] = {}
        self.routes: dict[tuple[str, str], Route] = {}
        self.timers: dict[tuple[str, Any], Wake] = {}
        self.commits = 0
        self.down = self.faulty = 0
        self.errors: list[Errors] = []
        self.limiter: RateLimiter | None = None
        self.slow = 1.0
        self.deferred: list[tuple[After, int, int]] = []

    def limit(self, limiter: RateLimiter) -> None:
        """Have a rate limit from now on."""
        self.limiter = limiter
        self.faulty += 1

    def refusal(self, frame: Frame) -> Response[Any] | None:
        """Say how a request is refused that arrives now; None: it is not."""
        if self.down:
            return UNAVAILABLE
        if self.limiter is not None and frame.edge is not None:
            client = client_of(frame.route.who[1], frame.body)
            if not self.limiter.admit(client, frame.arrived_at):
                frame.route = frame.route.because(RATE_LIMITED.reason)
                return RATE_LIMITED
        for errors in self.errors:
            if errors.fails(frame.op.name):
                return errors.response
        return None


class Route:
    """How requests of one caller for one operation come: what many frames have in common."""

    __slots__ = (
        "_codes", "_refused", "cause", "code", "edge", "op", "operation", "origin", "reason", "server", "service",
        "who",
    )  # fmt: skip

    def __init__(
        self, cause: str, caller: str, server: ServiceRuntime, op: Operation, edge: Edge | None, codes: Codes
    ) -> None:
        self.cause, self.server, self.op, self.edge = cause, server, op, edge
        self.service, self.operation = server.name, op.name
        station = "" if server.station is None else server.station.name
        self.code = codes[cause, caller, self.service, self.operation, station, ""]
        self.who = cause, caller, self.service, self.operation, station
        self.origin, self._codes, self.reason = self, codes, ""
        self._refused: dict[str, Route] = {}

    def because(self, reason: str) -> Route:
        """Give the route of requests on this one that end for a reason; one that was in a deadlock stays so."""
        if self.reason == DEADLOCK:
            return self
        refused = self._refused.get(reason)
        if refused is None:
            refused = self._refused[reason] = copy(self)
            refused.reason = reason
            refused.code = self._codes[*self.who, reason]
        return refused


class Frame:
    """
    One handler at work: also one attempt of its caller, the visit to the station, and the event that moves it on.

    A frame is in SimPy's queue at most once at a time (on its way, or on its way back), so it is its own event:
    ``callbacks`` and ``_ok`` are what SimPy asks of one. What is not yet known is not yet set: ``row`` gives NaN and 0
    for that.

    Attributes
    ----------
    route
        Where it comes from and what it asks for; ``server``, ``op`` and ``edge`` are parts of that. ``edge`` None:
        nobody called over the network (a message or a timer).
    owner
        The frame that called and is resumed with the answer; None: ``to`` gets it.
    to
        What else gets the answer: the event of a client, the delivery of a message, or a function.
    coro
        The handler at work; None before and after.
    reads
        What it has seen of its service's state, (kind, id, value), and written to it, and after how many of the
        service's commits it began.
    answered
        Whether the caller has an answer, or has given up waiting for one.
    visit
        Its first visit to a station that was served: start, end, queue found.
    due
        The instant from which on its caller waits no more, where requests tell that.
    """

    __slots__ = (
        "answered", "answered_at", "arrived_at", "attempt", "body", "callbacks", "commits", "coro", "due", "edge",
        "ended_at", "ends_at", "first_sent_at", "id", "last", "op", "order", "owner", "parent", "queue_length",
        "queued_at", "reads", "response", "route", "seen", "sent_at", "server", "started_at", "timer", "to", "visit",
        "work",
    )  # fmt: skip

    _ok = True
    answered_at: float
    arrived_at: float
    callbacks: Any
    commits: int
    coro: Any
    due: float
    edge: Any
    ended_at: float
    ends_at: float
    queue_length: int
    queued_at: float
    reads: list[Any]
    response: Any
    seen: int
    started_at: float
    timer: Any
    visit: tuple[float, float, int]
    work: float

    def __init__(
        self, number: int, route: Route, body: Any, order: int, parent: int, now: float, owner: Frame | None, to: Any
    ) -> None:
        self.id = number
        self.route = route
        self.server = route.server
        self.op = route.op
        self.edge = route.edge
        self.body = body
        self.order = order
        self.parent = parent
        self.attempt = 1
        self.sent_at = now
        self.first_sent_at = now
        self.owner = owner
        self.to = to
        self.coro = None
        self.response = None
        self.answered = False
        self.last = True
        self.visit = NO_VISIT

    @property
    def priority(self) -> int:
        """The class of its operation, for stations that go by it."""
        return self.op.priority

    def row(self) -> bytes:
        """Give the row of a frame that is done with, packed."""
        started_at, departed_at, queue_length = self.visit
        return _PACK(
            self.order, self.id, self.parent, self.attempt, self.route.code, self.sent_at, self.arrived_at,
            self.ended_at, self.answered_at, self.response.status, self.seen, self.last, self.first_sent_at,
            started_at, departed_at, queue_length,
        )  # fmt: skip

    def open_row(self) -> bytes:
        """Give the row of a frame that is still on its way, packed."""
        return _PACK(
            self.order, self.id, self.parent, self.attempt, self.route.code, self.sent_at,
            getattr(self, "arrived_at", NAN), getattr(self, "ended_at", NAN), getattr(self, "answered_at", NAN),
            0 if self.response is None else self.response.status, getattr(self, "seen", 0), self.last,
            self.first_sent_at, *self.visit,
        )  # fmt: skip
