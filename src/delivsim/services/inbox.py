"""Idempotent consumers: a message that was handled is remembered, and skipped when it comes again."""

from __future__ import annotations

from collections.abc import Coroutine, Generator
from dataclasses import replace
from typing import Any, NamedTuple

from delivsim.services.effects import Commit, Effect, Load, Put, Received
from delivsim.services.messages import OK, Response
from delivsim.services.service import Handler


class Handled(NamedTuple):
    """A message that was handled, stored under its number."""

    number: int


def once(handler: Handler) -> Handler:
    """
    Make a handler that does nothing for a message it has handled.

    What it remembers is written in the transaction of what the handler writes (its last one, if there are several: the
    others are ``CommitPart``), so both are there or neither; of two deliveries handled at once the later one stops
    before it writes anything.
    """

    async def handle(body: Any) -> Response[Any]:
        number = await Received()
        if number and await Load(Handled, number) is not None:
            return OK
        if not number:
            return await handler(body)
        seen = _Remembering(handler(body), Put(number, Handled(number)))
        answer = await seen
        if answer.status < 500 and not seen.has_written:
            await Commit((seen.put,))
        return answer

    return handle


class _Remembering:
    """Runs a handler and adds a write to its commits."""

    def __init__(self, handling: Coroutine[Effect, Any, Response[Any]], put: Put) -> None:
        self._handling, self.put, self.has_written = handling, put, False

    def __await__(self) -> Generator[Any, Any, Response[Any]]:
        value: Any = None
        try:
            while True:
                effect: Any = self._handling.send(value)
                if isinstance(effect, Commit) and (yield Load(Handled, self.put.id)) is not None:
                    return OK  # another delivery of it was quicker
                if effect.__class__ is Commit:
                    effect = replace(effect, writes=(*effect.writes, self.put))
                    self.has_written = True
                value = yield effect
        except StopIteration as stop:
            answer: Response[Any] = stop.value
            return answer
        finally:
            self._handling.close()
