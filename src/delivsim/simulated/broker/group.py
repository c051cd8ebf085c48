"""A consumer group that acknowledges in time or not, and whose consumers come and go."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from delivsim.services.messages import Response
from delivsim.simulated.broker.delivery import Consume, Delivery
from delivsim.simulated.broker.letter import Standing
from delivsim.simulated.broker.members import Consumer, Members
from delivsim.simulated.broker.plain import MAX_REDELIVERY_DELAY
from delivsim.simulated.wake import NEVER

if TYPE_CHECKING:
    from delivsim.simulated.broker.fallible import FallibleBroker

Place = tuple[str, int]


class Terms(NamedTuple):
    """
    On which terms a group consumes.

    ``concurrency`` messages at a time per consumer (None: no limit), ``consumers`` of them; ``rebalance_delay`` and
    ``ack_timeout`` in seconds (None: an acknowledgement is waited for for ever); ``loses_ack`` tells whether an
    acknowledgement about an order gets lost (None: none does).
    """

    concurrency: int | None
    consumers: int
    rebalance_delay: float
    ack_timeout: float | None
    loses_ack: Callable[[int], bool] | None


class FallibleGroup:
    """
    One consumer group.

    Only the first message of a partition is ever handed out; the group is done with it when any of its deliveries ends
    well, or when there were too many.

    Parameters
    ----------
    broker
        The broker.
    name
        The group's name: that of its service.
    consume
        Has a message handled; ``handled`` is to be called with the answer.
    """

    def __init__(self, broker: FallibleBroker, name: str, terms: Terms, consume: Consume) -> None:
        self.broker, self.name, self.terms, self._consume = broker, name, terms, consume
        self.routes: dict[str, Any] = {}
        self.members = Members(terms.consumers)
        self._lines: dict[Place, deque[Standing]] = {}

    # --- messages come and go ------------------------------------------------------------------------------------

    def push(self, delivery: Delivery) -> None:
        """Queue a message behind those of its partition."""
        standing = Standing(delivery)
        delivery.group, delivery.standing = self, standing
        line = self._lines.setdefault(delivery.place, deque())
        line.append(standing)
        if len(line) == 1:
            self._offer(standing)
        self._trim(delivery.place, line)

    def lag(self, place: Place) -> int:
        """How many messages of a partition the group is not done with."""
        line = self._lines.get(place)
        return 0 if line is None else len(line)

    def _trim(self, place: Place, line: deque[Standing]) -> None:
        """Let the oldest messages that wait expire while there are more than are kept."""
        most = self.broker.most_kept(place)
        while most is not None and len(line) > max(most, 1):
            oldest = line[1] if line[0].is_out else line[0]
            self._settle(oldest, oldest.latest, "expired", "messages")

    def _offer(self, standing: Standing) -> None:
        """Give the first message of a partition to the consumer that has it."""
        if self.broker.is_down:
            return
        owner = self.members.of(standing.latest.place[1])
        if owner is not None:
            owner.ready.append(standing)
            self._drain(owner)

    def _drain(self, consumer: Consumer) -> None:
        """Begin what can begin; a handler that ends at once comes back here, and must not nest."""
        if consumer.draining:
            return
        consumer.draining = True
        most, ready = self.terms.concurrency, consumer.ready
        while ready and (most is None or consumer.active < most):
            standing = ready.popleft()
            if standing.is_out or standing.is_settled:
                continue
            if self.broker.is_too_old(standing.latest):
                self._settle(standing, standing.latest, "expired", "age")
            else:
                self._begin(standing, consumer)
        consumer.draining = False

    def _begin(self, standing: Standing, consumer: Consumer) -> None:
        delivery, broker = standing.latest, self.broker
        delivery.consumer, delivery.session = consumer, broker.session
        standing.is_out = True
        consumer.active += 1
        delay = broker.delivery_delay(delivery.order)
        if delay > 0.0:
            broker.alarm(delay, (self._delayed,), delivery)
        else:
            self._hand_over(delivery)

    def _delayed(self, event: Any) -> None:
        delivery: Delivery = event.value
        if delivery.session == self.broker.session and delivery.consumer.is_alive:
            self._hand_over(delivery)
        else:  # it never arrived
            delivery.consumer.active -= 1
            self._drain(delivery.consumer)

    def _hand_over(self, delivery: Delivery) -> None:
        broker, limit = self.broker, self.terms.ack_timeout
        delivery.delivered_at = broker.env._now
        if limit is not None:
            delivery.standing.timer = broker.alarm(limit, (self._unacknowledged,), delivery)
        route = self.routes[delivery.place[0]]
        poisoned = self.name in delivery.letter.poisoned
        self._consume(delivery, broker.poisoned(route) if poisoned else route, NEVER)

    # --- how deliveries end --------------------------------------------------------------------------------------

    def handled(self, delivery: Delivery, response: Response[Any], request: int) -> None:
        """Take the end of a message's handler: acknowledge it, deliver it again later, or bury it."""
        delivery.request = request
        standing = delivery.standing
        heard = delivery.session == self.broker.session and delivery.consumer.is_alive
        if response.status < 500:
            self._ended_well(delivery, standing, heard)
        elif heard and standing.is_out and standing.latest is delivery and not standing.is_settled:
            self._failed(standing)
        delivery.consumer.active -= 1
        self._drain(delivery.consumer)

    def _ended_well(self, delivery: Delivery, standing: Standing, heard: bool) -> None:
        loses = self.terms.loses_ack
        if standing.is_settled:
            self.broker.record(delivery, self.name, "duplicate", "settled")
        elif not heard:
            self.broker.record(delivery, self.name, "duplicate", "broker_crash")
        elif loses is not None and loses(delivery.order):
            self.broker.record(delivery, self.name, "duplicate", "lost_ack")
            if standing.latest is delivery and standing.is_out and standing.timer is None:
                self._failed(standing)
        else:
            self._settle(standing, delivery, "acknowledged")

    def _failed(self, standing: Standing) -> None:
        """Keep the partition waiting and try the message again later; others may use the consumer meanwhile."""
        delay = min(self.broker.redelivery_delay * 2.0 ** (standing.latest.attempt - 1), MAX_REDELIVERY_DELAY)
        if not self._is_buried(standing):
            standing.renew()
            standing.timer = self.broker.alarm(delay, (self._redeliver,), standing)

    def _redeliver(self, event: Any) -> None:
        standing: Standing = event.value
        standing.timer = None
        self._offer(standing)

    def _unacknowledged(self, event: Any) -> None:
        """Deliver a message again that was not acknowledged in time, though its handler may still be at work."""
        self._once_more(event.value.standing)

    def _once_more(self, standing: Standing) -> None:
        if not self._is_buried(standing):
            standing.renew()
            self._offer(standing)

    def _is_buried(self, standing: Standing) -> bool:
        """Bury a message that was delivered as often as may be."""
        delivery = standing.latest
        if delivery.attempt < self.broker.max_deliveries:
            return False
        poison = self.name in delivery.letter.poisoned
        self._settle(standing, delivery, "dead_letter", "poison" if poison else "max_deliveries")
        self.broker.bury(delivery)
        return True

    def _settle(self, standing: Standing, delivery: Delivery, outcome: str, reason: str = "") -> None:
        """Be done with a message; the next of its partition has its turn, and there is room for one more."""
        standing.hush()
        standing.is_settled = True
        self.broker.record(delivery, self.name, outcome, reason)
        place, line = delivery.place, self._lines[delivery.place]
        was_first = line[0] is standing
        line.remove(standing)
        if not line:
            del self._lines[place]
        elif was_first:
            self._offer(line[0])
        self.broker.has_room(place)

    # --- consumers and the broker come and go --------------------------------------------------------------------

    def lose_consumer(self, i: int) -> None:
        """Let a consumer die, and with it what it was doing: its messages come again when others have its part."""
        gone = self.members.lose(i)
        if gone is None:
            return
        held = [line[0] for line in self._lines.values() if line[0].is_out and line[0].latest.consumer is gone]
        self.broker.abandon([standing.latest for standing in held])
        for standing in held:
            standing.hush()
        self._rebalance_later()

    def return_consumer(self, i: int) -> None:
        """Let a dead consumer come back; it gets partitions again."""
        self.members.come_back(i)
        self._rebalance_later()

    def _rebalance_later(self) -> None:
        self.broker.alarm(self.terms.rebalance_delay, (self._rebalance,), None)

    def _rebalance(self, _: Any) -> None:
        self.members.rebalance()
        if not self.broker.is_down:
            self._offer_all()

    def _offer_all(self) -> None:
        """Offer whatever is first in its partition, in nobody's living hands, and does not wait for its time."""
        for first in [line[0] for line in self._lines.values()]:
            if first.is_settled or first.timer is not None:
                continue
            if not first.is_out:
                self._offer(first)
            elif not (first.latest.consumer.is_alive and first.latest.session == self.broker.session):
                self._once_more(first)

    def disconnect(self) -> None:
        """Let the broker be gone: nothing is handed out, acknowledged or waited for."""
        self.members.put_down()
        for line in self._lines.values():
            line[0].hush()

    def reconnect(self) -> None:
        """Let the broker be back: what was in consumers' hands comes again."""
        self._offer_all()

    def open(self) -> list[Delivery]:
        """Messages that this group has not finished with, in their partitions' order."""
        return [standing.latest for line in self._lines.values() for standing in line]
