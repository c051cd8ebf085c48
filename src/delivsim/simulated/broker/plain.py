"""The broker that nothing happens to: no crash, no lost acknowledgement, room for every message."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from heapq import heappush
from typing import Any

from simpy import Environment
from simpy.events import NORMAL

from delivsim.record.packing import MESSAGE
from delivsim.record.recorder import Recorder
from delivsim.services.effects import Publish
from delivsim.services.messages import Message, Response
from delivsim.simulated.broker.delivery import NAN, Consume, Delivery, Topic, Topics, Undelivered
from delivsim.simulated.draws import OrderDraws
from delivsim.simulated.wake import NEVER, Alarm

_PACK = MESSAGE.struct.pack
MAX_REDELIVERY_DELAY = 60.0


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

    def __init__(self, broker: PlainBroker, name: str, concurrency: int | None, consume: Consume) -> None:
        self.broker, self.name, self.concurrency, self._consume = broker, name, concurrency, consume
        self.routes: dict[str, Any] = {}
        self._handling: dict[tuple[str, int], Delivery] = {}
        self._behind: dict[tuple[str, int], deque[Delivery]] = {}
        self._ready: deque[Delivery] = deque()
        self._active = 0
        self._draining = False
        self._at_once = concurrency is None and broker.delivery_delay.constant == 0.0

    def push(self, delivery: Delivery, queue: Any) -> None:
        """Queue a message behind those of its partition."""
        delivery.group = self
        place = delivery.place
        if place in self._handling:
            self._behind.setdefault(place, deque()).append(delivery)
            return
        self._handling[place] = delivery
        if self._at_once:
            delivery.delivered_at = self.broker.env._now
            self._consume(delivery, self.routes[place[0]], queue)
        else:
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
        delay = broker.delivery_delay(delivery.order)
        if delay > 0.0:
            broker.alarm(delay, (self._delayed,), delivery)
        else:
            self._hand_over(delivery, NEVER)

    def _delayed(self, event: Any) -> None:
        self._hand_over(event.value, self.broker.queue)

    def _hand_over(self, delivery: Delivery, queue: Any) -> None:
        delivery.delivered_at = self.broker.env._now
        self._consume(delivery, self.routes[delivery.place[0]], queue)

    def handled(self, delivery: Delivery, response: Response[Any], request: int) -> None:
        """Take the end of a message's handler: acknowledge it, deliver it again later, or bury it."""
        delivery.request = request
        if response.status < 500:
            if self._at_once and not self._behind:
                self.broker.record(delivery, self.name, "acknowledged")
                del self._handling[delivery.place]
                return
            self._settle(delivery, "acknowledged")
        elif delivery.attempt >= self.broker.max_deliveries:
            self._settle(delivery, "dead_letter")
        else:
            self._again(delivery)
        if not self._at_once:
            self._active -= 1
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
        place = delivery.place
        behind = self._behind.get(place) if self._behind else None
        if behind is None:
            del self._handling[place]
            return
        following = self._handling[place] = behind.popleft()
        if not behind:
            del self._behind[place]
        self._deliver(following)

    def open(self) -> list[Delivery]:
        """Messages that this group has not finished with, in their partitions' order."""
        return [d for place, first in self._handling.items() for d in (first, *self._behind.get(place, ()))]


class PlainBroker:
    """
    Publishes messages and sees them through.

    Parameters
    ----------
    publish_delay, delivery_delay
        Laws of the two delays, drawn per order.
    redelivery_delay
        Seconds before a failed delivery is tried again; doubles up to a minute.
    recorder
        Takes the rows of messages.
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
        recorder: Recorder,
    ) -> None:
        self.env = env
        alarm = Alarm(env)
        self.alarm, self.queue, self._eid = alarm.set, alarm.queue, alarm.numbers
        self._on_available = (self._available,)
        self.publish_delay, self.delivery_delay = publish_delay, delivery_delay
        self.redelivery_delay, self.max_deliveries = redelivery_delay, max_deliveries
        self.topics = Topics(partitions)
        self.groups: dict[str, Group] = {}
        self._rows, self._codes = recorder.messages
        self.undelivered: list[Undelivered] = []
        self._n_coming = 0

    def topic(self, name: str) -> Topic:
        """Give the topic of that name, made if it is new."""
        return self.topics[name]

    def consume(
        self,
        topic: str,
        group: str,
        concurrency: int | None,
        route: Any,
        consume: Consume,
    ) -> None:
        """Let a group consume a topic; ``consume`` gets each delivery and this route to its service's operation."""
        if group not in self.groups:
            self.groups[group] = Group(self, group, concurrency, consume)
        self.groups[group].routes[topic] = route
        self.topic(topic).groups.append(self.groups[group])

    def listen(self, topic: str, key: int | None, deliver: Callable[[Message], None]) -> None:
        """Let an app hear the messages of one key (None: of every key)."""
        self.topic(topic).listeners.setdefault(key, []).append(deliver)

    def publish(self, asked: Publish, number: int, frame: Any) -> bool:
        """Take a message: it stands in its partition after the publish delay, behind those published before it."""
        topic = self.topics.get(asked.topic) or self.topic(asked.topic)
        now = self.env._now
        partition = asked.key % topic.partitions if asked.key >= 0 else topic.next_in_turn()
        delay = self.publish_delay.constant
        at = now + (self.publish_delay(asked.order) if delay is None else delay)
        if topic.push_delay is not None:
            at += topic.push_delay(asked.order)
        if at < topic.last_at[partition]:
            at = topic.last_at[partition]
        topic.last_at[partition] = at
        delivery = Delivery(number, topic, topic.places[partition], asked, frame.id, frame.route.cause, now)
        delivery.callbacks = self._on_available
        self._n_coming += 1
        heappush(self.queue, (at, NORMAL, next(self._eid), delivery))
        return False

    def publishers_down(self, names: Iterable[str]) -> None:
        """Do nothing: what is committed is published."""

    def publishers_up(self, names: Iterable[str]) -> None:
        """Do nothing: nothing waited for them."""

    def _available(self, delivery: Any) -> None:
        """Let a message stand in its partition: apps hear it now, groups in their turn."""
        self._n_coming -= 1
        topic = delivery.topic
        delivery.available_at = self.env._now
        if topic.listeners or not topic.groups:
            self._tell(delivery, topic)
        if topic.groups:
            for group in topic.groups[1:]:
                group.push(delivery.again(), NEVER)
            topic.groups[0].push(delivery, NEVER if topic.listeners else self.queue)

    def _tell(self, delivery: Delivery, topic: Topic) -> None:
        delivery.delivered_at = delivery.available_at
        self.record(delivery, "app" if topic.listeners else "", "acknowledged")
        if topic.listeners:
            topic.tell(delivery)

    def record(self, delivery: Delivery, group: str, outcome: str) -> None:
        """Write the row of a message and a group: they are done with each other, or the run is over."""
        settled_at = NAN if outcome == "open" else self.env._now
        topic, partition = delivery.place
        if outcome == "dead_letter":
            self.undelivered.append(Undelivered(delivery.order, topic, group, outcome))
        self._rows.extend(
            _PACK(
                delivery.number, delivery.order, delivery.request, delivery.parent, delivery.attempt,
                self._codes[delivery.cause, topic, group, outcome, ""], partition, delivery.published_at,
                delivery.available_at, delivery.delivered_at, settled_at,
            )
        )  # fmt: skip

    def at_rest(self) -> bool:
        """Whether no message is on its way or waits for a consumer."""
        return not self._n_coming and not any(group.open() for group in self.groups.values())

    def finish(self) -> None:
        """Write the rows of messages that are still on their way."""
        coming = [event for *_, event in self.queue if event.__class__ is Delivery]
        for delivery in sorted(coming, key=lambda delivery: delivery.number):
            for name in delivery.topic.hearers():
                self.record(delivery, name, "open")
        for group in self.groups.values():
            for delivery in group.open():
                self.record(delivery, group.name, "open")
