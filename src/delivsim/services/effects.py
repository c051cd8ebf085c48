"""
What a handler may ask of whoever runs it.

The platform's behaviour is written once, as coroutines that await these effects, and does no input or output itself.
``simulated.runtime`` answers them in virtual time; a live runtime answers them with HTTP, a broker and a database.

Handlers touch no clock, random numbers or module state, and whatever stands between two commits may run twice:
a ``Commit`` that finds one of its keys changed since the handler loaded it runs the handler again from its start.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from delivsim.services.messages import Response

if TYPE_CHECKING:
    from delivsim.dispatch.assignment import Assignment
    from delivsim.dispatch.problem import DispatchProblem

T = TypeVar("T")

NO_KEY = -1
"""The key of a message that belongs to nothing: topics spread such messages over their partitions."""


@dataclass(slots=True)
class Call(Generic[T]):
    """Call an operation of a service and wait for its ``Response``; ``reply`` is the type of its body."""

    service: str
    operation: str
    body: Any
    reply: type[T] | None = None

    def __await__(self) -> Generator[Any, Response[T], Response[T]]:
        return (yield self)


@dataclass(slots=True)
class Gather:
    """Make several calls at once and wait for all of them."""

    calls: Sequence[Call[Any]]

    def __await__(self) -> Generator[Any, list[Response[Any]], list[Response[Any]]]:
        return (yield self)


@dataclass(slots=True)
class Load(Generic[T]):
    """Read one value of this service's own state; None where there is none."""

    kind: type[T]
    id: Any

    def __await__(self) -> Generator[Any, T | None, T | None]:
        return (yield self)


@dataclass(slots=True)
class Query(Generic[T]):
    """Read every value of one kind of this service's own state, in the order in which they were first put."""

    kind: type[T]

    def __await__(self) -> Generator[Any, list[T], list[T]]:
        return (yield self)


@dataclass(slots=True)
class Put:
    """Write a value under its kind (its type) and id."""

    id: Any
    value: Any


@dataclass(slots=True)
class Delete:
    """Remove the value of this kind and id, if there is one."""

    kind: type[Any]
    id: Any


@dataclass(slots=True)
class Publish:
    """
    Hand a message to the broker; messages of one ``key`` keep their order, those with ``NO_KEY`` need not.

    ``order`` is the client's number.
    """

    topic: str
    key: int
    body: Any
    order: int = -1


@dataclass(slots=True)
class After:
    """Call one of this service's own operations later, once; survives crashes. The body is hashable."""

    delay: float
    operation: str
    body: Any


@dataclass(slots=True)
class Cancel:
    """Forget the timer (``After``) of this operation and body that was set last, if it is still to come."""

    operation: str
    body: Any


@dataclass(slots=True)
class Commit:
    """
    One transaction: writes, publishes (the outbox), timers and what is cancelled of them.

    All of it happens, or nothing does.
    """

    writes: Sequence[Put | Delete] = ()
    publishes: Sequence[Publish] = ()
    timers: Sequence[After] = ()
    cancels: Sequence[Cancel] = ()

    def __await__(self) -> Generator[Any, Any, None]:
        yield self


class CommitPart(Commit):
    """A transaction after which the handler has something to do that may fail: its message is not handled yet."""

    __slots__ = ()


@dataclass(slots=True)
class Received:
    """Read the number of the message that is being handled; 0 when the handler was called otherwise."""

    def __await__(self) -> Generator[Any, int, int]:
        return (yield self)


@dataclass(slots=True)
class Work:
    """Occupy a worker of this service for the work of one step, named in its configuration."""

    step: str

    def __await__(self) -> Generator[Any, Any, None]:
        yield self


@dataclass(slots=True)
class Use:
    """Use what services share behind them: a connection to a database, a cache."""

    resource: str

    def __await__(self) -> Generator[Any, Response[Any], Response[Any]]:
        return (yield self)


@dataclass(slots=True)
class Wait:
    """Let time pass without occupying a worker; the duration is drawn for the step of that name."""

    step: str

    def __await__(self) -> Generator[Any, Any, None]:
        yield self


@dataclass(slots=True)
class Choose:
    """Draw one of several branches; ``cumulative`` are their cumulative probabilities, the last one 1."""

    step: str
    cumulative: Sequence[float]

    def __await__(self) -> Generator[Any, int, int]:
        return (yield self)


@dataclass(slots=True)
class Decide:
    """
    Have the one dispatch leader decide; it is occupied for the decision's compute time.

    ``references`` are the clients' own numbers of the open orders, for the record.
    """

    problem: DispatchProblem
    references: Sequence[int]

    def __await__(self) -> Generator[Any, Decision, Decision]:
        return (yield self)


@dataclass(slots=True)
class Decision:
    """A numbered, checked answer of the dispatch policy."""

    number: int
    assignment: Assignment


@dataclass(slots=True)
class Now:
    """Read the clock: seconds since the start of the scenario."""

    def __await__(self) -> Generator[Any, float, float]:
        return (yield self)


@dataclass(slots=True)
class NewId:
    """Take a number nothing else has."""

    def __await__(self) -> Generator[Any, int, int]:
        return (yield self)


Effect = Call[Any] | Gather | Load[Any] | Query[Any] | Commit | Work | Wait | Choose | Decide | Now | NewId

__all__ = [
    "NO_KEY",
    "After",
    "Call",
    "Cancel",
    "Choose",
    "Commit",
    "CommitPart",
    "Decide",
    "Decision",
    "Delete",
    "Effect",
    "Gather",
    "Load",
    "NewId",
    "Now",
    "Publish",
    "Put",
    "Query",
    "Received",
    "Wait",
    "Work",
]
