"""A platform of paper: it remembers what it was asked, answers what it is told to, and brings messages by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from simpy import Environment
from simpy.events import Event

from delivsim.domain.instance import Instance, Rules
from delivsim.domain.order import Order
from delivsim.domain.rider import Rider
from delivsim.domain.store import Store
from delivsim.domain.travel import Euclidean
from delivsim.services.messages import OK, Message, Request, Response


class FakePlatform:
    """Satisfies ``city.port.Platform``; ``answer(request)`` gives the response, after ``latency`` seconds."""

    def __init__(self, env: Environment, answer: Callable[[Request], Response[Any]], latency: float) -> None:
        self.env, self.answer, self.latency = env, answer, latency
        self.asked: list[tuple[float, Request]] = []
        self.listeners: dict[tuple[str, int | None], Callable[[Message], None]] = {}

    def call(self, request: Request) -> Event:
        self.asked.append((self.env.now, request))
        return self.env.timeout(self.latency, self.answer(request))

    def subscribe(self, topic: str, key: int | None, deliver: Callable[[Message], None]) -> None:
        self.listeners[topic, key] = deliver

    def bring(self, at: float, topic: str, body: Any, key: int | None = None) -> None:
        """Deliver a message at an instant."""
        message = Message(1, topic, 0, body, -1, at)
        self.env.timeout(at - self.env.now).callbacks.append(lambda _: self.listeners[topic, key](message))

    def instants(self, operation: str) -> list[float]:
        """When an operation was asked for."""
        return [at for at, request in self.asked if request.operation == operation]


@pytest.fixture
def env() -> Environment:
    """A new clock."""
    return Environment()


@pytest.fixture
def make_platform(env: Environment) -> Callable[..., FakePlatform]:
    """Make a platform that answers as told, 200 if not told."""

    def make(answer: Callable[[Request], Response[Any]] = lambda _: OK, latency: float = 0.0) -> FakePlatform:
        return FakePlatform(env, answer, latency)

    return make


@pytest.fixture
def make_instance() -> Callable[..., Instance]:
    """Make a store with so many cooks, so many orders a minute apart, and so many riders for an hour."""

    def make(orders: int = 1, riders: int = 1, cooks: int | None = None, **rules: Any) -> Instance:
        return Instance(
            name="town",
            orders=[
                Order(id=f"o{i}", placed_at=60.0 * i, store=0, x=1.0, y=1.0, items=(("meal", 1),), customer=i)
                for i in range(orders)
            ],
            riders=[Rider(id=f"r{i}", x=0.0, y=0.0, on_at=0.0, off_at=3600.0) for i in range(riders)],
            stores=[Store(id="s", x=0.0, y=0.0, cooks=cooks)],
            travel=Euclidean(speed=5.0),
            rules=Rules(**rules),
        )

    return make
