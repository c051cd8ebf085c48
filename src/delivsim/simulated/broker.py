"""
The message broker in virtual time: topics, partitions, consumer groups, at-least-once delivery.

Messages of one key stand in one partition, in the order in which they were published, and a consumer group handles
one message of a partition at a time; so order per key holds. A delivery ends well when its handler does; otherwise it
is tried again after a delay, and after ``max_deliveries`` the message is a dead letter.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from heapq import heappush
from typing import Any

from simpy import Environment
from simpy.events import NORMAL

from delivsim.services.messages import Message, Response
from delivsim.simulated.draws import OrderDraws
from delivsim.simulated.wake import Alarm

NAN = float("nan")
MAX_REDELIVERY_DELAY = 60.0


class Delivery:
    """One message on its way to one consumer group: also the event of its standing in the partition."""

    __slots__ = (
        "attempt", "available_at", "callbacks", "cause", "delivered_at", "group", "message", "parent", "partition",
        "request",
    )  # fmt: skip

    _ok = True
    callbacks: Any
    group: Group

    def __init__(self, message: Message, partition: int, parent: int, cause: str) -> None:
        self.message = message
        self.partition = partition
        self.parent = parent
        self.cause = cause
        self.attempt = 1
        self.available_at = NAN
        self.delivered_at = NAN
        self.request = 0


class Group:
    """
    One consumer group: it handles messages of all its topics, ``concurrency`` at a time (None: no limit).

    Parameters
    ----------
    broker
        The broker.
    name
        The group's name: that of its service.
    consume
        Has a message handled; ``handled`` is to be called with the answer.
    """

    def __init__(
        self, broker: Broker, name: str, concurrency: int | None, consume: Callable[[Delivery, Any], None]
    ) -> None:
        self.broker, self.name, self.concurrency, self._consume = broker, name, concurrency, consume
        self.routes: dict[str, Any] = {}
        self._waiting: dict[tuple[str, int], deque[Delivery]] = {}
        self._ready: deque[Delivery] = deque()
        self._active = 0
        self._draining = False

    def push(self, delivery: Delivery) -> None:
        """Queue a message behind those of its partition."""
        delivery.group = self
        key = (delivery.message.topic, delivery.partition)
        queue = self._waiting.get(key)
        if queue is not None:
            queue.append(delivery)
        else:
            self._waiting[key] = deque((delivery,))
            self._deliver(delivery)

    def _deliver(self, delivery: Delivery) -> None:
        """Hand the first message of a partition to a consumer, when one is free and no other partition's turn."""
        self._ready.append(delivery)
        self._drain()

    def _drain(self) -> None:
        """Begin what can begin; a handler that ends at once comes back here, and must not nest."""
        if self._draining:
            return
        self._draining = True
        while self._ready and (self.concurrency is None or self._active < self.concurrency):
            self._begin(self._ready.popleft())
        self._draining = False

    def _begin(self, delivery: Delivery) -> None:
        self._active += 1
        broker = self.broker
        delay = broker.delivery_delay.constant
        if delay is None:
            delay = broker.delivery_delay(delivery.message.order)
        if delay > 0.0:
            broker.alarm(delay, (self._delayed,), delivery)
        else:
            delivery.delivered_at = broker.env._now
            self._consume(delivery, self.routes[delivery.message.topic])

    def _delayed(self, event: Any) -> None:
        delivery = event.value
        delivery.delivered_at = self.broker.env._now
        self._consume(delivery, self.routes[delivery.message.topic])

    def handled(self, delivery: Delivery, response: Response[Any], request: int) -> None:
        """Take the end of a message's handler: acknowledge it, deliver it again later, or bury it."""
        delivery.request = request
        self._active -= 1
        if response.status < 500:
            self._settle(delivery, "acknowledged")
        elif delivery.attempt >= self.broker.max_deliveries:
            self._settle(delivery, "dead_letter")
        else:
            self._again(delivery)
        self._drain()

    def _again(self, delivery: Delivery) -> None:
        """Keep the partition waiting and try the message again later; others may use the consumer meanwhile."""
        delay = min(self.broker.redelivery_delay * 2.0 ** (delivery.attempt - 1), MAX_REDELIVERY_DELAY)
        delivery.attempt += 1
        self.broker.alarm(delay, (self._redeliver,), delivery)

    def _redeliver(self, event: Any) -> None:
        self._deliver(event.value)

    def _settle(self, delivery: Delivery, outcome: str) -> None:
        self.broker.record(delivery, self.name, outcome)
        key = (delivery.message.topic, delivery.partition)
        queue = self._waiting[key]
        queue.popleft()
        if queue:
            self._deliver(queue[0])
        else:
            del self._waiting[key]

    def open(self) -> list[Delivery]:
        """Messages that this group has not finished with, in their partitions' order."""
        return [delivery for queue in self._waiting.values() for delivery in queue]


class Topic:
    """One topic: its partitions, the groups that consume it, and the apps that listen."""

    __slots__ = ("groups", "last_at", "listeners", "partitions", "push_delay", "turn")

    def __init__(self, partitions: int) -> None:
        self.partitions = partitions
        self.groups: list[Group] = []
        self.listeners: dict[int | None, list[Callable[[Message], None]]] = {}
        self.push_delay: OrderDraws | None = None
        self.last_at = [0.0] * partitions
        self.turn = -1

    def set_partitions(self, n: int) -> None:
        """Divide the topic into this many partitions, before anything is published to it."""
        self.partitions, self.last_at = n, [0.0] * n

    def next_in_turn(self) -> int:
        """Give the partition for a message without a key."""
        self.turn = (self.turn + 1) % self.partitions
        return self.turn


class Broker:
    """
    Publishes messages and sees them through.

    Parameters
    ----------
    publish_delay, delivery_delay
        Laws of the two delays, drawn per order.
    redelivery_delay
        Seconds before a failed delivery is tried again; doubles up to a minute.
    rows
        The list of ``messages`` rows.
    """

    def __init__(
        self,
        env: Environment,
        *,
        publish_delay: OrderDraws,
        delivery_delay: OrderDraws,
        redelivery_delay: float,
        max_deliveries: int,
        partitions: int,
        rows: list[tuple[Any, ...]],
    ) -> None:
        self.env = env
        alarm = Alarm(env)
        self.alarm, self._queue, self._eid, self._on_available = (
            alarm.set,
            alarm.queue,
            alarm.numbers,
            (self._available,),
        )
        self.publish_delay, self.delivery_delay = publish_delay, delivery_delay
        self.redelivery_delay, self.max_deliveries = redelivery_delay, max_deliveries
        self.partitions = partitions
        self.topics: dict[str, Topic] = {}
        self.groups: dict[str, Group] = {}
        self.rows = rows
        self.dead: set[int] = set()
        self._coming: dict[Delivery, None] = {}

    def topic(self, name: str) -> Topic:
        """Give the topic of that name, made if it is new."""
        found = self.topics.get(name)
        if found is None:
            found = self.topics[name] = Topic(self.partitions)
        return found

    def consume(
        self,
        topic: str,
        group: str,
        concurrency: int | None,
        route: Any,
        consume: Callable[[Delivery, Any], None],
    ) -> None:
        """Let a group consume a topic; ``consume`` gets each delivery and this route to its service's operation."""
        if group not in self.groups:
            self.groups[group] = Group(self, group, concurrency, consume)
        self.groups[group].routes[topic] = route
        self.topic(topic).groups.append(self.groups[group])

    def listen(self, topic: str, key: int | None, deliver: Callable[[Message], None]) -> None:
        """Let an app hear the messages of one key (None: of every key)."""
        self.topic(topic).listeners.setdefault(key, []).append(deliver)

    def publish(self, message: Message, parent: int, cause: str) -> None:
        """
        Take a message: it stands in its partition after the publish delay, behind those published before it.

        ``parent`` is the request that published it and ``cause`` what that request was caused by.
        """
        topic = self.topics.get(message.topic) or self.topic(message.topic)
        env = self.env
        partition = message.key % topic.partitions if message.key >= 0 else topic.next_in_turn()
        delay = self.publish_delay.constant
        if delay is None:
            delay = self.publish_delay(message.order)
        at = env._now + delay
        if topic.push_delay is not None:
            at += topic.push_delay(message.order)
        if at < topic.last_at[partition]:
            at = topic.last_at[partition]
        topic.last_at[partition] = at
        delivery = Delivery(message, partition, parent, cause)
        self._coming[delivery] = None
        delivery.callbacks = self._on_available
        heappush(self._queue, (at, NORMAL, next(self._eid), delivery))

    def _available(self, delivery: Any) -> None:
        message = delivery.message
        del self._coming[delivery]
        delivery.available_at = self.env._now
        topic = self.topics[message.topic]
        if topic.listeners or not topic.groups:
            delivery.delivered_at = delivery.available_at
            self.record(delivery, "app" if topic.listeners else "", "acknowledged")
        groups = topic.groups
        for group in groups[1:]:
            again = Delivery(message, delivery.partition, delivery.parent, delivery.cause)
            again.available_at = delivery.available_at
            group.push(again)
        if groups:
            groups[0].push(delivery)
        if topic.listeners:
            for key in (message.key, None):
                for deliver in topic.listeners.get(key, ()):
                    deliver(message)

    def record(self, delivery: Delivery, group: str, outcome: str) -> None:
        """Write the row of a message and a group: they are done with each other, or the run is over."""
        message = delivery.message
        if outcome == "dead_letter":
            self.dead.add(message.order)
        self.rows.append(
            (
                message.number,
                message.order,
                delivery.request,
                delivery.parent,
                delivery.attempt,
                delivery.cause,
                message.topic,
                delivery.partition,
                group,
                message.published_at,
                delivery.available_at,
                delivery.delivered_at,
                self.env._now if outcome == "acknowledged" else NAN,
                outcome,
            )
        )

    def at_rest(self) -> bool:
        """Whether no message is on its way or waits for a consumer."""
        return not self._coming and not any(group.open() for group in self.groups.values())

    def finish(self) -> None:
        """Write the rows of messages that are still on their way."""
        for delivery in self._coming:
            topic = self.topics[delivery.message.topic]
            names = [group.name for group in topic.groups]
            for name in [*names, "app"] if topic.listeners else names or [""]:
                self.record(delivery, name, "open")
        for group in self.groups.values():
            for delivery in group.open():
                self.record(delivery, group.name, "open")
