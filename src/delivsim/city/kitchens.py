"""Kitchens: they cook what they are asked to, and say when it is ready."""

from __future__ import annotations

from collections import deque
from typing import Any

from simpy import Environment

from delivsim.city.behavior import KitchensConfig
from delivsim.city.insist import insist
from delivsim.city.ledger import Ledger
from delivsim.city.port import Platform
from delivsim.domain.instance import Instance
from delivsim.domain.streams import Streams
from delivsim.services.messages import KitchenTicket, Message, OrderRef, Request

APP = "store_app"


class Kitchens:
    """
    The kitchens of all stores.

    With ``preparation_starts: given`` an order is ready when the instance says so, whatever the platform does.
    Otherwise cooking takes the order's own time, drawn by order, and at most ``cooks`` orders are cooked at once.
    """

    def __init__(
        self,
        env: Environment,
        platform: Platform,
        instance: Instance,
        ledger: Ledger,
        config: KitchensConfig,
        streams: Streams,
    ) -> None:
        self.env, self.platform, self.instance, self.ledger = env, platform, instance, ledger
        self._given = config.preparation_starts == "given"
        self._time = streams.keyed("kitchen/preparation", config.preparation.sample)
        self.n_cooked = [0] * len(instance.stores)
        self._cooking: list[dict[int, KitchenTicket]] = [{} for _ in instance.stores]
        self._waiting: list[deque[KitchenTicket]] = [deque() for _ in instance.stores]
        platform.subscribe("kitchen.requested", None, self._requested)
        platform.subscribe("kitchen.stopped", None, self._stopped)

    def _requested(self, message: Message) -> None:
        ticket: KitchenTicket = message.body
        if self._given:
            file = self.ledger.files[ticket.reference]
            self._cook(ticket, max(0.0, file.ready_at - self.env.now))
            return
        cooks = self.instance.stores[ticket.store].cooks
        if cooks is None or len(self._cooking[ticket.store]) < cooks:
            self._cook(ticket, self._time(ticket.reference))
        else:
            self._waiting[ticket.store].append(ticket)

    def _cook(self, ticket: KitchenTicket, seconds: float) -> None:
        self._cooking[ticket.store][ticket.reference] = ticket
        self.env.timeout(seconds, ticket).callbacks.append(self._done)

    def _done(self, event: Any) -> None:
        ticket: KitchenTicket = event.value
        if self._cooking[ticket.store].get(ticket.reference) is not ticket:
            return  # stopped
        self.n_cooked[ticket.store] += 1
        self.ledger.ready(ticket.reference)
        insist(self.env, self.platform, Request(APP, "mark_ready", OrderRef(ticket.order), ticket.reference))
        self._next(ticket)

    def _stopped(self, message: Message) -> None:
        ticket: KitchenTicket = message.body
        waiting = self._waiting[ticket.store]
        if any(t.reference == ticket.reference for t in waiting):
            self._waiting[ticket.store] = deque(t for t in waiting if t.reference != ticket.reference)
        elif ticket.reference in self._cooking[ticket.store]:
            self._next(ticket)

    def _next(self, ticket: KitchenTicket) -> None:
        """Take an order off the stove, and put the next one on."""
        del self._cooking[ticket.store][ticket.reference]
        if self._waiting[ticket.store]:
            following = self._waiting[ticket.store].popleft()
            self._cook(following, self._time(following.reference))
