"""What a broker keeps: topics, and messages on their way to consumer groups."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from delivsim.services.effects import Publish
from delivsim.services.messages import Message
from delivsim.simulated.draws import OrderDraws

NAN = float("nan")


class Delivery:
    """
    One message on its way to one consumer group: also the event of its standing in the partition.

    Attributes
    ----------
    number, key, body, order, published_at
        Those of the message.
    place
        (name of the topic, partition).
    request, parent, cause
        The request that handled it, the one that published it, and what that was caused by.
    letter, standing, consumer, session
        What a broker that can fail knows of it besides: of the message, of the message in the group, and to whom and
        in which of its own lives the broker handed it out.
    """

    __slots__ = (
        "attempt", "available_at", "body", "callbacks", "cause", "consumer", "delivered_at", "group", "key", "letter",
        "number", "order", "parent", "place", "published_at", "request", "session", "standing", "topic",
    )  # fmt: skip

    _ok = True
    callbacks: Any
    group: Any
    letter: Any
    standing: Any
    consumer: Any
    session: int

    def __init__(
        self, number: int, topic: Topic, place: tuple[str, int], asked: Publish, parent: int, cause: str, now: float
    ) -> None:
        self.number, self.topic, self.place = number, topic, place
        self.key, self.body, self.order = asked.key, asked.body, asked.order
        self.parent, self.cause, self.published_at = parent, cause, now
        self.attempt, self.request = 1, 0
        self.available_at = self.delivered_at = NAN

    def again(self) -> Delivery:
        """Give another one of the same message, for another group."""
        copy: Delivery = object.__new__(Delivery)
        copy.number, copy.topic, copy.place = self.number, self.topic, self.place
        copy.key, copy.body, copy.order = self.key, self.body, self.order
        copy.parent, copy.cause, copy.published_at = self.parent, self.cause, self.published_at
        copy.attempt, copy.request = 1, 0
        copy.available_at, copy.delivered_at = self.available_at, NAN
        return copy

    def message(self) -> Message:
        """Give the message as apps get it."""
        return Message(self.number, self.place[0], self.key, self.body, self.order, self.published_at)


Consume = Callable[[Delivery, Any, Any], None]
"""Has a delivery handled by way of a route, and may run ahead to the first entry of a queue."""


class Topic:
    """One topic: its partitions, the groups that consume it, and the apps that listen."""

    __slots__ = ("groups", "last_at", "listeners", "name", "partitions", "places", "push_delay", "turn")

    def __init__(self, name: str, partitions: int) -> None:
        self.name = name
        self.groups: list[Any] = []
        self.listeners: dict[int | None, list[Callable[[Message], None]]] = {}
        self.push_delay: OrderDraws | None = None
        self.turn = -1
        self.set_partitions(partitions)

    def set_partitions(self, n: int) -> None:
        """Divide the topic into this many partitions, before anything is published to it."""
        self.partitions, self.last_at, self.places = n, [0.0] * n, [(self.name, k) for k in range(n)]

    def next_in_turn(self) -> int:
        """Give the partition for a message without a key."""
        self.turn = (self.turn + 1) % self.partitions
        return self.turn

    def hearers(self) -> list[str]:
        """Name who hears its messages: the groups, and the apps as one; one empty name for nobody."""
        names = [group.name for group in self.groups]
        return [*names, "app"] if self.listeners else names or [""]

    def tell(self, delivery: Delivery) -> None:
        """Let the apps hear a message that listen to its key, or to every key."""
        message = delivery.message()
        for key in (delivery.key, None):
            for deliver in self.listeners.get(key, ()):
                deliver(message)


class Topics(dict[str, Topic]):
    """Topics by name; one that is new is made, with so many partitions."""

    def __init__(self, partitions: int) -> None:
        super().__init__()
        self.partitions = partitions

    def __missing__(self, name: str) -> Topic:
        topic = self[name] = Topic(name, self.partitions)
        return topic


class Undelivered(NamedTuple):
    """A message about an order that a group never handled, and why: dead_letter, expired or lost."""

    order: int
    topic: str
    group: str
    outcome: str
