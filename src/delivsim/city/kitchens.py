"""Kitchens: they cook what they are asked to and say when it is ready, and put new stock on the shelves."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import deque
from collections.abc import Generator
from itertools import accumulate
from typing import Any

from simpy import Environment

from delivsim.city.insist import insist
from delivsim.city.ledger import Ledger
from delivsim.city.port import Platform
from delivsim.city.preparation import Preparation
from delivsim.domain.instance import Instance
from delivsim.domain.store import is_open
from delivsim.domain.streams import Streams
from delivsim.services.messages import KitchenLost, KitchenTicket, Message, OrderRef, Request, Restock

APP = "store_app"
Cooking = tuple[KitchenTicket, float]
"""What is to be cooked, and the seconds it takes; negative references are orders from elsewhere."""


class Kitchens:
    """
    The kitchens of all stores.

    An order with a ready time of its own (``preparation_starts: given``) is ready then, whatever the platform does.
    Otherwise cooking takes the order's time, at most ``cooks`` orders are cooked at once, and a busy kitchen is
    slower. Orders from elsewhere take cooks like any other.
    """

    def __init__(
        self,
        env: Environment,
        platform: Platform,
        instance: Instance,
        ledger: Ledger,
        preparation: Preparation,
        streams: Streams,
    ) -> None:
        self.env, self.platform, self.instance, self.ledger = env, platform, instance, ledger
        self.preparation = preparation
        self.n_cooked = [0] * len(instance.stores)
        self._cooking: list[dict[int, KitchenTicket]] = [{} for _ in instance.stores]
        self._waiting: list[deque[Cooking]] = [deque() for _ in instance.stores]
        self._burning: dict[int, int] = {}
        platform.subscribe("kitchen.requested", None, self._requested)
        platform.subscribe("kitchen.stopped", None, self._stopped)
        if any(store.refills for store in instance.stores):
            env.process(self._refill())
        if any(store.other_rate > 0.0 for store in instance.stores):
            env.process(self._guests(streams))

    # --- cooking -------------------------------------------------------------------------------------------------

    def _requested(self, message: Message) -> None:
        ticket: KitchenTicket = message.body
        if self._burning.get(ticket.store):
            self._lose(ticket.store)
            return
        fact = self.ledger.files[ticket.reference].ready_at
        if math.isnan(fact):
            self._enter((ticket, self.preparation.time(ticket.reference)))
        else:
            self._put_on(ticket, max(0.0, fact - self.env._now))

    def _enter(self, work: Cooking) -> None:
        """Begin an order, or let it wait for a cook."""
        store = work[0].store
        cooks = self.instance.stores[store].cooks
        if cooks is None or len(self._cooking[store]) < cooks:
            self._begin(work)
        else:
            self._waiting[store].append(work)

    def _begin(self, work: Cooking) -> None:
        ticket, seconds = work
        store = self.instance.stores[ticket.store]
        if store.slowdown and store.cooks:
            seconds *= 1.0 + store.slowdown * len(self._cooking[ticket.store]) / store.cooks
        self._put_on(ticket, seconds)

    def _put_on(self, ticket: KitchenTicket, seconds: float) -> None:
        self._cooking[ticket.store][ticket.reference] = ticket
        self.env.timeout(seconds, ticket).callbacks.append(self._done)

    def _done(self, event: Any) -> None:
        ticket: KitchenTicket = event.value
        if self._cooking[ticket.store].get(ticket.reference) is not ticket:
            return  # stopped
        if ticket.reference >= 0:
            self.n_cooked[ticket.store] += 1
            self.ledger.ready(ticket.reference)
            insist(self.env, self.platform, Request(APP, "mark_ready", OrderRef(ticket.order), ticket.reference))
        self._next(ticket)

    def _stopped(self, message: Message) -> None:
        ticket: KitchenTicket = message.body
        waiting = self._waiting[ticket.store]
        if any(t.reference == ticket.reference for t, _ in waiting):
            self._waiting[ticket.store] = deque(work for work in waiting if work[0].reference != ticket.reference)
        elif ticket.reference in self._cooking[ticket.store]:
            self._next(ticket)

    def _next(self, ticket: KitchenTicket) -> None:
        """Take an order off the stove, and put the next one on."""
        del self._cooking[ticket.store][ticket.reference]
        if self._waiting[ticket.store]:
            self._begin(self._waiting[ticket.store].popleft())

    # --- fire ----------------------------------------------------------------------------------------------------

    def catch_fire(self, store: int) -> None:
        """Lose all that a kitchen is making, and tell the platform; what is asked of it meanwhile is lost as well."""
        self._burning[store] = self._burning.get(store, 0) + 1
        self._cooking[store].clear()
        self._waiting[store].clear()
        self._lose(store)

    def put_out(self, store: int) -> None:
        """Let a kitchen cook again, once every fire in it is out."""
        self._burning[store] -= 1

    def _lose(self, store: int) -> None:
        insist(self.env, self.platform, Request(APP, "kitchen_lost", KitchenLost(store)))

    # --- what does not come from the platform --------------------------------------------------------------------

    def _guests(self, streams: Streams) -> Generator[Any, Any, None]:
        """Bring orders from elsewhere: a Poisson process for each open kitchen, superposed into one."""
        upto = list(accumulate(store.other_rate for store in self.instance.stores))
        gap = streams.sequence("kitchen/guests/gap", lambda rng, n: rng.exponential(1.0 / upto[-1], n))
        where = streams.sequence("kitchen/guests/store", lambda rng, n: rng.random(n))
        number = 0
        while True:
            yield self.env.timeout(gap())
            number -= 1
            store = bisect_right(upto, where() * upto[-1])
            seconds = self.preparation.guest(store)
            if is_open(self.instance.stores[store].opening, self.env._now) and not self._burning.get(store):
                self._enter((KitchenTicket(0, number, store), seconds))

    def _refill(self) -> Generator[Any, Any, None]:
        """Put new stock on the shelves when it comes."""
        refills = sorted(
            (at, s, k, item, units)
            for s, store in enumerate(self.instance.stores)
            for k, (at, item, units) in enumerate(store.refills)
        )
        for at, s, k, item, units in refills:
            if at > self.env._now:
                yield self.env.timeout(at - self.env._now)
            insist(self.env, self.platform, Request(APP, "restock", Restock(s, k, item, units)))
