"""The broker that can crash and fill up, whose consumers die, and whose messages come twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from copy import copy
from heapq import heappush
from typing import Any, NamedTuple

from simpy import Environment
from simpy.events import NORMAL

from delivsim.record.packing import MESSAGE
from delivsim.record.recorder import Recorder
from delivsim.services.effects import Publish
from delivsim.services.messages import Message, Response
from delivsim.simulated.broker.delivery import NAN, Consume, Delivery, Topics, Undelivered
from delivsim.simulated.broker.group import FallibleGroup, Place, Terms
from delivsim.simulated.broker.letter import Letter, Publisher
from delivsim.simulated.broker.unsent import Unsent
from delivsim.simulated.draws import OrderDraws
from delivsim.simulated.frames import Operation
from delivsim.simulated.wake import Alarm

_PACK = MESSAGE.struct.pack
UNHANDLED = ("dead_letter", "expired", "lost")
"""What becomes of a message that its group never handles."""


class Kept(NamedTuple):
    """How much a topic keeps for each group: messages of a partition, and seconds; None: no limit."""

    messages: int | None = None
    age: float | None = None


class Poison(NamedTuple):
    """What makes messages of a topic fail: in which groups (none: all), and which (``is_next`` tells, of each)."""

    topic: str
    groups: frozenset[str]
    is_next: Callable[[], bool]


class FallibleBroker:
    """
    Publishes messages and sees them through, if it can.

    Parameters
    ----------
    publish_delay, delivery_delay
        Laws of the two delays, drawn per order.
    redelivery_delay
        Seconds before a failed delivery is tried again; doubles up to a minute.
    publishers
        How services publish, by name.
    terms
        On which terms a group consumes, by name and its concurrency.
    kept
        How much topics keep: by name, and under "" for all others.
    back_pressure
        What becomes of publishing to a full partition: "block", "refuse", or None: the oldest message expires.
    recorder
        Takes the rows of messages.
    runtime
        The platform, for its numbers and handlers.
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
        publishers: Mapping[str, Publisher],
        terms: Callable[[str, int | None], Terms],
        kept: Mapping[str, Kept],
        back_pressure: str | None,
        dead_letter_topic: str | None,
        recorder: Recorder,
        runtime: Any,
    ) -> None:
        self.env = env
        alarm = Alarm(env)
        self.alarm, self._queue, self._eid = alarm.set, alarm.queue, alarm.numbers
        self.publish_delay, self.delivery_delay = publish_delay, delivery_delay
        self.redelivery_delay, self.max_deliveries = redelivery_delay, max_deliveries
        self.topics = Topics(partitions)
        self.groups: dict[str, FallibleGroup] = {}
        self.undelivered: list[Undelivered] = []
        self.is_down, self.session = False, 0
        self._crashes = 0
        self._publishers, self._terms, self._kept, self._back_pressure = publishers, terms, kept, back_pressure
        self._dead_letter_topic = dead_letter_topic
        self._rows, self._codes = recorder.messages
        self._runtime = runtime
        self._coming: dict[int, Delivery] = {}
        self._n_coming: dict[Place, int] = {}
        self._unsent = Unsent(self._may_go)
        self._crashed: set[str] = set()
        self._blocked: dict[int, int] = {}
        self._poisons: list[Poison] = []
        self._poisoned: dict[int, Any] = {}

    # --- who consumes ----------------------------------------------------------------------------------------------

    def topic(self, name: str) -> Any:
        """Give the topic of that name, made if it is new."""
        return self.topics[name]

    def consume(self, topic: str, group: str, concurrency: int | None, route: Any, consume: Consume) -> None:
        """Let a group consume a topic; ``consume`` gets each delivery and this route to its service's operation."""
        if group not in self.groups:
            self.groups[group] = FallibleGroup(self, group, self._terms(group, concurrency), consume)
        self.groups[group].routes[topic] = route
        self.topics[topic].groups.append(self.groups[group])

    def listen(self, topic: str, key: int | None, deliver: Callable[[Message], None]) -> None:
        """Let an app hear the messages of one key (None: of every key)."""
        self.topics[topic].listeners.setdefault(key, []).append(deliver)

    # --- what is published -------------------------------------------------------------------------------------------

    def publish(self, asked: Publish, number: int, frame: Any) -> bool:
        """Take a message that a handler's commit published; True: the handler has to wait until there is room."""
        name, now = frame.server.name, self.env._now
        how = self._publishers[name]
        due_at = now if not how.relay_every else -(-now // how.relay_every) * how.relay_every
        letter = Letter(name, kept=how.outbox, due_at=due_at, frame=None if how.outbox else frame)
        return self._take(self._new(asked, number, frame.id, frame.route.cause, letter))

    def _new(self, asked: Publish, number: int, parent: int, cause: str, letter: Letter) -> Delivery:
        topic = self.topics[asked.topic]
        partition = asked.key % topic.partitions if asked.key >= 0 else topic.next_in_turn()
        delivery = Delivery(number, topic, topic.places[partition], asked, parent, cause, self.env._now)
        delivery.letter = letter
        return delivery

    def _take(self, delivery: Delivery) -> bool:
        """Send a message, keep it until it can be sent, or lose it; True: its publisher has to wait."""
        letter, place, kept = delivery.letter, delivery.place, delivery.letter.kept
        if not kept and self.is_down:
            self._lose(delivery, "broker_down")
            return False
        if self._may_go(delivery) and not self._unsent.has(place, letter.publisher) and not self._is_full(place):
            self._send(delivery)
            return False
        if not kept and self._back_pressure == "refuse":
            self._lose(delivery, "back_pressure")
            return False
        self._unsent.append(delivery)
        if letter.due_at > self.env._now:
            self.alarm(letter.due_at - self.env._now, (self._relay,), place)
        if not kept:
            self._blocked[letter.frame.id] = self._blocked.get(letter.frame.id, 0) + 1
        return not kept

    def _may_go(self, delivery: Delivery) -> bool:
        """Whether the publisher of a message is there to send it now, and the broker to take it."""
        letter = delivery.letter
        return not self.is_down and letter.due_at <= self.env._now and letter.publisher not in self._crashed

    def _is_full(self, place: Place) -> bool:
        """Whether publishers are kept out of a partition, because a group lags as far behind as messages are kept."""
        most = self._kept_of(place).messages
        if most is None or self._back_pressure is None:
            return False
        lag = max((group.lag(place) for group in self.topics[place[0]].groups), default=0)
        return self._n_coming.get(place, 0) + lag >= most

    def _relay(self, event: Any) -> None:
        self.has_room(event.value)

    def has_room(self, place: Place) -> None:
        """Send what waits to be published to a partition, as far as there is room."""
        while not self._is_full(place):
            delivery = self._unsent.pop(place)
            if delivery is None:
                return
            self._send(delivery)
            if not delivery.letter.kept:
                self._let_go(delivery.letter.frame)

    def _let_go(self, frame: Any) -> None:
        """Let a handler go on once all it published is sent; at this instant, but not before others have."""
        self._blocked[frame.id] -= 1
        if not self._blocked[frame.id]:
            del self._blocked[frame.id]
            self.alarm(0.0, (lambda _: self._runtime.resume(frame, None),), None)

    def _send(self, delivery: Delivery) -> None:
        """Let a message come to its partition after the publish delay, behind those sent before it."""
        topic, partition = delivery.topic, delivery.place[1]
        at = self.env._now + self.publish_delay(delivery.order)
        if topic.push_delay is not None:
            at += topic.push_delay(delivery.order)
        at = topic.last_at[partition] = max(at, topic.last_at[partition])
        delivery.callbacks = (self._available,)
        self._coming[delivery.number] = delivery
        self._n_coming[delivery.place] = self._n_coming.get(delivery.place, 0) + 1
        heappush(self._queue, (at, NORMAL, next(self._eid), delivery))

    def _available(self, delivery: Any) -> None:
        """Let a message stand in its partition: apps hear it now, groups in their turn."""
        self._arrive(delivery)
        topic = delivery.topic
        delivery.available_at = self.env._now
        for poison in self._poisons:
            if poison.topic == topic.name and poison.is_next():
                delivery.letter.poisoned |= poison.groups or frozenset(topic.hearers())
        if topic.listeners or not topic.groups:
            delivery.delivered_at = delivery.available_at
            self.record(delivery, "app" if topic.listeners else "", "acknowledged")
            topic.tell(delivery)
        for group in (*topic.groups[1:], *topic.groups[:1]):
            copied = delivery.again()
            copied.letter = delivery.letter
            group.push(copied)
        self.has_room(delivery.place)

    def _arrive(self, delivery: Delivery) -> None:
        del self._coming[delivery.number]
        delivery.letter.frame = None
        self._n_coming[delivery.place] -= 1

    def _lose(self, delivery: Delivery, reason: str) -> None:
        for name in delivery.topic.hearers():
            self.record(delivery, name, "lost", reason)

    def bury(self, delivery: Delivery) -> None:
        """Publish a dead letter anew, where dead letters go."""
        name = self._dead_letter_topic
        if name is None or delivery.topic.name == name:
            return
        self._runtime.numbers += 1
        asked = Publish(name, delivery.key, delivery.body, delivery.order)
        letter = Letter("", kept=True, due_at=self.env._now, frame=None)
        self._take(self._new(asked, self._runtime.numbers, delivery.request, "message", letter))

    # --- how much is kept --------------------------------------------------------------------------------------------

    def _kept_of(self, place: Place) -> Kept:
        return self._kept.get(place[0]) or self._kept[""]

    def most_kept(self, place: Place) -> int | None:
        """How many messages of a partition wait for a group before the oldest expires; None: all."""
        return None if self._back_pressure is not None else self._kept_of(place).messages

    def is_too_old(self, delivery: Delivery) -> bool:
        """Whether a message waited longer than messages are kept."""
        age = self._kept_of(delivery.place).age
        return age is not None and self.env._now - delivery.available_at > age

    # --- what goes wrong ----------------------------------------------------------------------------------------

    def crash(self) -> None:
        """
        Go down: nothing is taken, handed out or acknowledged until ``restart``.

        What stands in partitions is on disk. What was on its way here is sent again by an outbox, and lost without one.
        """
        self._crashes += 1
        if self.is_down:
            return
        self.is_down = True
        self.session += 1
        for delivery in reversed(self._recalled(lambda _: True)):
            if delivery.letter.kept:
                self._unsent.put_back(delivery)
            else:
                self._lose(delivery, "broker_down")
        self._lose_unsent(lambda delivery: not delivery.letter.kept, "broker_down")
        for group in self.groups.values():
            group.disconnect()

    def restart(self) -> None:
        """Be back, when every crash is over: what was in consumers' hands comes again, and outboxes are sent."""
        self._crashes -= 1
        if self._crashes:
            return
        self.is_down = False
        for group in self.groups.values():
            group.reconnect()
        self._send_all()

    def publishers_down(self, names: Iterable[str]) -> None:
        """Note that the process of these services crashed: what they had not sent yet is lost, or in their outbox."""
        self._crashed.update(names)

        def is_theirs(delivery: Delivery) -> bool:
            return delivery.letter.publisher in self._crashed and not delivery.letter.kept

        for delivery in self._recalled(is_theirs):
            self._lose(delivery, "crash")
        self._lose_unsent(is_theirs, "crash")

    def publishers_up(self, names: Iterable[str]) -> None:
        """Note that these services run again, and send what is in their outbox."""
        self._crashed.difference_update(names)
        self._send_all()

    def abandon(self, deliveries: list[Delivery]) -> None:
        """Let the handlers of these deliveries be lost, with what they wait to publish."""
        lost = set(map(id, deliveries))
        self._lose_unsent(lambda d: not d.letter.kept and id(d.letter.frame.to) in lost, "crash")
        self._runtime.abandon(deliveries)

    def poison(self, poison: Poison) -> None:
        """Let messages be poison from now on: whatever handles them fails."""
        self._poisons.append(poison)

    def cure(self, poison: Poison) -> None:
        """Let no more of this poison come; what is poisoned stays so."""
        self._poisons.remove(poison)

    def poisoned(self, route: Any) -> Any:
        """Give the route of poisoned messages: the same, to a handler that fails once its work is done."""
        found = self._poisoned.get(id(route))
        if found is None:
            found = self._poisoned[id(route)] = copy(route)
            found.op = Operation(route.op.name, _choke, route.op.work, route.op.priority)
        return found

    def _recalled(self, which: Callable[[Delivery], bool]) -> list[Delivery]:
        """Take back messages that are on their way here, oldest first; each as if it was not sent yet."""
        found = [self._coming[number] for number in sorted(self._coming) if which(self._coming[number])]
        for delivery in found:
            delivery.callbacks = ()
            self._arrive(delivery)
        unsent = [delivery.again() for delivery in found]
        for delivery, again in zip(found, unsent, strict=True):
            again.letter = delivery.letter
        return unsent

    def _lose_unsent(self, which: Callable[[Delivery], bool], reason: str) -> None:
        """Lose messages that wait to be published; handlers that wait for that go on, if they still live."""
        for delivery in self._unsent.remove(which):
            self._lose(delivery, reason)
            self._let_go(delivery.letter.frame)

    def _send_all(self) -> None:
        for place in self._unsent.places():
            self.has_room(place)

    # --- rows, and the end --------------------------------------------------------------------------------------

    def record(self, delivery: Delivery, group: str, outcome: str, reason: str = "") -> None:
        """Write the row of a message and a group: they are done with each other, or the run is over."""
        topic, partition = delivery.place
        if outcome in UNHANDLED:
            self.undelivered.append(Undelivered(delivery.order, topic, group, outcome))
        self._rows.extend(
            _PACK(
                delivery.number, delivery.order, delivery.request, delivery.parent, delivery.attempt,
                self._codes[delivery.cause, topic, group, outcome, reason], partition, delivery.published_at,
                delivery.available_at, delivery.delivered_at, NAN if outcome == "open" else self.env._now,
            )
        )  # fmt: skip

    def at_rest(self) -> bool:
        """Whether no message is on its way, waits to be published, or waits for a consumer."""
        open_ones = any(group.open() for group in self.groups.values())
        return not self._coming and not self._unsent.places() and not open_ones

    def finish(self) -> None:
        """Write the rows of messages that are still on their way."""
        coming = [*self._coming.values(), *self._unsent.remove(lambda _: True)]
        for delivery in sorted(coming, key=lambda delivery: delivery.number):
            for name in delivery.topic.hearers():
                self.record(delivery, name, "open")
        for group in self.groups.values():
            for delivery in group.open():
                too_old = delivery.delivered_at != delivery.delivered_at and self.is_too_old(delivery)
                self.record(delivery, group.name, *(("expired", "age") if too_old else ("open",)))


async def _choke(_: Any) -> Response[Any]:
    return Response(500, None, "poison")
