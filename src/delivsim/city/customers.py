"""Customers: they order, look where it stays, lose patience, and say what they thought of it."""

from __future__ import annotations

import math
from collections.abc import Generator
from typing import Any

from simpy import Environment

from delivsim.city.behavior import CustomersConfig
from delivsim.city.ledger import Ledger
from delivsim.city.port import Platform
from delivsim.city.story import Story
from delivsim.domain.instance import Instance
from delivsim.domain.order import Outcome
from delivsim.domain.streams import Streams
from delivsim.services.messages import Feedback, Message, OrderRef, OrderView, PlaceOrder, Profile, Request, Response
from delivsim.services.payment import DECLINED_CARD

APP = "customer"
Process = Generator[Any, Any, None]


class Customers:
    """
    The customers of an instance.

    Whatever a customer does is drawn by order, so that two policies under one seed meet the same customers.
    """

    def __init__(
        self,
        env: Environment,
        platform: Platform,
        instance: Instance,
        ledger: Ledger,
        config: CustomersConfig,
        streams: Streams,
    ) -> None:
        self.env, self.platform, self.instance, self.ledger, self.config = env, platform, instance, ledger, config
        self._patience = streams.keyed("customer/patience", config.patience.sample) if config.patience else None
        second = config.patience_assigned
        self._second = streams.keyed("customer/patience_assigned", second.sample) if second else None
        self._feedback_delay = streams.keyed("customer/feedback_delay", config.feedback_delay.sample)
        self._attitude = {
            what: streams.keyed(f"customer/{what}", lambda rng, n: rng.random(n))
            for what in ("bad_token", "declined_card", "view_profile", "update_profile", "feedback", "rating")
        }
        platform.subscribe("customer.notified", None, self._notified)
        env.process(self._demand())

    def _is(self, what: str, i: int) -> bool:
        share: float = getattr(self.config, what)
        return share > 0.0 and self._attitude[what](i) < share

    def _demand(self) -> Process:
        """Let each customer order at the instant of the instance."""
        for i in sorted(self.ledger.demand, key=lambda i: (self.instance.orders[i].placed_at, i)):
            wait = self.instance.orders[i].placed_at - self.env._now
            if wait > 0:
                yield self.env.timeout(wait)
            Story(self._customer(i))
        self.ledger.check()

    def _customer(self, i: int) -> Process:
        self.ledger.placed(i)
        if self._is("view_profile", i):
            yield self._call("view_profile", Profile(self.instance.orders[i].customer), i)
        if self._is("update_profile", i):
            customer = self.instance.orders[i].customer
            yield self._call("update_profile", Profile(customer, f"customer {customer}"), i)
        response: Response[OrderView] = yield self._call("place_order", self._order(i), i)
        file = self.ledger.files[i]
        file.responded_at = self.env._now
        if response.body is not None:
            file.number, file.promised_at = response.body.order, response.body.promised_at
        elif response.is_final or not file.number:  # an answer got lost, but the phone has said: confirmed
            self._refused(i, response)
        if not file.has_ended():
            yield from self._wait(i)

    def _order(self, i: int) -> PlaceOrder:
        order = self.instance.orders[i]
        token = "expired" if self._is("bad_token", i) else f"token-{order.customer}"
        card = DECLINED_CARD if self._is("declined_card", i) else "valid"
        return PlaceOrder(token, f"key-{i}", i, order.customer, order.store, order.items, (order.x, order.y), card)

    def _refused(self, i: int, response: Response[Any]) -> None:
        """Note the end of an order that was never confirmed to its customer."""
        if response.status == 402:
            self.ledger.ended(i, Outcome.CANCELLED, "payment")
        elif response.status == 410:
            self.ledger.cancelled(i, response.reason)
        elif response.status == 503:
            usual = response.reason in ("", "unavailable")
            self.ledger.ended(i, Outcome.REJECTED, "overload" if usual else response.reason)
        elif response.status >= 500:
            self.ledger.ended(i, Outcome.FAILED, response.reason or "error")
        else:
            self.ledger.ended(i, Outcome.REJECTED, response.reason)

    def _wait(self, i: int) -> Process:
        """Track the order every now and then, and cancel it when patience is over."""
        every = self.config.track_every or math.inf
        file, placed_at = self.ledger.files[i], self.instance.orders[i].placed_at
        give_up_at = placed_at + self._patience(i) if self._patience else math.inf
        next_look = self.env._now + every
        while not file.has_ended() and min(give_up_at, next_look) < math.inf:
            yield self.env.timeout(max(0.0, min(give_up_at, next_look) - self.env._now))
            if file.has_ended():
                return
            if give_up_at <= next_look:
                give_up_at = yield from self._impatient(i, give_up_at)
            else:
                yield self._call("track_order", OrderRef(file.number), i)
                next_look = self.env._now + every

    def _impatient(self, i: int, given_up_at: float) -> Generator[Any, Any, float]:
        """Cancel, unless the phone says that food or rider is on the way; give until when to wait for the rider."""
        if self.ledger.files[i].on_its_way:
            return math.inf
        if self._second is not None:
            until = self.instance.orders[i].placed_at + self._second(i)
            if until > given_up_at:
                seen = yield self._call("track_order", OrderRef(self.ledger.files[i].number), i)
                if seen.ok and seen.body.status in ("assigned", "picked_up"):
                    return until
        if not self.ledger.files[i].has_ended():
            yield from self._cancel(i)
        return math.inf

    def _cancel(self, i: int) -> Process:
        response = yield self._call("cancel_order", OrderRef(self.ledger.files[i].number, "patience"), i)
        if response.ok:
            self.ledger.cancelled(i, response.body.reason)

    def _notified(self, message: Message) -> None:
        if self.ledger.notice(message):
            Story(self._wait(message.body.reference))
        if message.body.status == "delivered" and self._is("feedback", message.body.reference):
            self.ledger.busy += 1
            Story(self._feedback(message.body.reference, message.body.order))

    def _feedback(self, i: int, number: int) -> Process:
        """Rate a delivery: the later it came, the worse."""
        yield self.env.timeout(self._feedback_delay(i))
        file = self.ledger.files[i]
        late = max(0.0, file.delivered_at - file.promised_at) if not math.isnan(file.promised_at) else 0.0
        late /= self.config.lateness_per_star
        stars = round(min(5.0, max(1.0, 5.4 - late - 1.4 * self._attitude["rating"](i))))
        response = yield self._call("give_feedback", Feedback(number, stars), i)
        if response.ok:
            file.rating = float(stars)
        self.ledger.busy -= 1
        self.ledger.check()

    def _call(self, operation: str, body: Any, i: int) -> Any:
        return self.platform.call(Request(APP, operation, body, i))
