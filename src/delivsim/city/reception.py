"""Whether riders' apps reach the platform: in a dead zone what they say and hear waits, and comes late, in a burst."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from typing import Any

from simpy import Environment
from simpy.events import Event

from delivsim.city.port import Platform
from delivsim.services.messages import Message, Place, Request

Zone = Callable[[Place], bool]
"""Whether a place is in it."""


class Reception:
    """
    A platform as riders reach it, who are in a dead zone now and then.

    A rider's app keeps what it has to say while there is no reception, and says it one after the other once there is,
    in the order in which it happened; what the platform has to say to it waits too. Where a rider is counts as of the
    last report or arrival.

    Attributes
    ----------
    place_of
        Gives a rider's place; to be set before anybody calls.
    """

    def __init__(self, env: Environment, platform: Platform) -> None:
        self._env, self._platform = env, platform
        self.place_of: Callable[[int], Place]
        self._zones: list[Zone] = []
        self._unsaid: dict[int, deque[tuple[Request, Event]]] = {}
        self._unheard: dict[int, deque[tuple[Callable[[Message], None], Message]]] = {}
        self._sending: set[int] = set()

    def call(self, request: Request) -> Event:
        """Send a rider's request, or keep it until there is reception."""
        rider: int = request.body.rider
        if rider not in self._unsaid and self._reaches(rider):
            return self._platform.call(request)
        event = self._env.event()
        self._unsaid.setdefault(rider, deque()).append((request, event))
        self._look(rider)
        return event

    def subscribe(self, topic: str, key: int | None, deliver: Callable[[Message], None]) -> None:
        """Let a rider's app hear messages, late where there is no reception."""
        assert key is not None, "a rider hears what is said to him"

        def heard(message: Message) -> None:
            if key not in self._unheard and self._reaches(key):
                deliver(message)
            else:
                self._unheard.setdefault(key, deque()).append((deliver, message))
                self._look(key)

        self._platform.subscribe(topic, key, heard)

    def begin(self, zone: Zone) -> None:
        """Let there be no reception in a zone."""
        self._zones.append(zone)

    def end(self, zone: Zone) -> None:
        """Let there be reception in it again, if no other covers it."""
        self._zones.remove(zone)
        for rider in sorted({*self._unsaid, *self._unheard}):
            self._look(rider)

    def _reaches(self, rider: int) -> bool:
        return not self._zones or not any(zone(self.place_of(rider)) for zone in self._zones)

    def _look(self, rider: int) -> None:
        if rider not in self._sending and self._reaches(rider):
            self._sending.add(rider)
            self._env.process(self._catch_up(rider))

    def _catch_up(self, rider: int) -> Generator[Any, Any, None]:
        """Say and hear all that waited, in order, with what comes up meanwhile."""
        unheard = self._unheard.get(rider, deque())
        while unheard:
            deliver, message = unheard.popleft()
            deliver(message)
        self._unheard.pop(rider, None)
        unsaid = self._unsaid.get(rider, deque())
        while unsaid:
            request, event = unsaid.popleft()
            response = yield self._platform.call(request)
            event.succeed(response)
        self._unsaid.pop(rider, None)
        self._sending.discard(rider)
