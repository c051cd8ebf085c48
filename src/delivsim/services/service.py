"""What a service is: a name, operations others call, topics it consumes."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

from delivsim.services.effects import Call, Effect
from delivsim.services.messages import Response

Handler = Callable[[Any], Coroutine[Effect, Any, Response[Any]]]
"""Takes the body of a request or message; awaits effects; gives the answer."""


@dataclass(frozen=True, slots=True)
class Forward:
    """A handler that only passes its call on to another service, and the answer back."""

    service: str
    operation: str

    def call(self, body: Any) -> Call[Any]:
        """Make the call that carries this body on."""
        return Call(self.service, self.operation, body)

    async def __call__(self, body: Any) -> Response[Any]:
        return await self.call(body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    """An operation a service calls on itself, for ever, every so many seconds."""

    operation: str
    every: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """
    One service as both runtimes see it.

    Parameters
    ----------
    name
        How others call it.
    operations
        Handler of each operation; the name of a consumed topic is the operation that consumes it.
    topics
        The topics it subscribes to, each under its own consumer group (the service's name).
    timers
        What it does on its own. A timer's call runs after everything else of its instant, and never twice at once.
    calls
        The pairs (service, operation) that its handlers may call, for checks and pictures.
    """

    name: str
    operations: Mapping[str, Handler]
    topics: tuple[str, ...] = ()
    timers: tuple[Timer, ...] = ()
    calls: tuple[tuple[str, str], ...] = field(default=())
