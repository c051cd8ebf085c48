"""All that the city knows of a platform; a simulated, a live and a fake one stand behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from simpy.events import Event

from delivsim.services.messages import Message, Request


class Platform(Protocol):
    """A platform as its apps see it."""

    def call(self, request: Request) -> Event:
        """
        Send a request; ``response = yield platform.call(request)``.

        The event always succeeds, with the ``Response`` the client sees after its time-outs and retries. A client
        that does not care for the answer need not wait for it.
        """
        ...

    def subscribe(self, topic: str, key: int | None, deliver: Callable[[Message], None]) -> None:
        """Have the messages of a topic delivered that carry this key (None: all of them)."""
        ...
