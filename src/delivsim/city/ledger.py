"""The ledger: what became of every order, as its customer, its kitchen and its rider saw it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from simpy import Environment
from simpy.events import Event

from delivsim.domain.instance import Instance
from delivsim.domain.order import Outcome
from delivsim.services.messages import Message, Notice

NAN = math.nan


class OrderFile:
    """All that happened to one order; instants in seconds, NaN until they happen."""

    __slots__ = (
        "arrived_at", "assigned_at", "bundle_size", "delivered_at", "departed_at", "ended_at", "n_given_back",
        "n_offers", "number", "on_its_way", "outcome", "picked_up_at", "placed_at", "promised_at", "rating", "ready_at",
        "ready_event", "reason", "responded_at", "rider", "withdrawn",
    )  # fmt: skip

    def __init__(self, ready_at: float | None) -> None:
        self.ready_at = NAN if ready_at is None else ready_at
        self.placed_at = self.responded_at = self.promised_at = self.assigned_at = self.departed_at = (
            self.arrived_at
        ) = NAN
        self.picked_up_at = self.delivered_at = self.ended_at = self.rating = NAN
        self.outcome: Outcome | None = None
        self.reason = ""
        self.rider = -1
        self.number = 0
        self.bundle_size = self.n_offers = self.n_given_back = 0
        self.withdrawn = self.on_its_way = False
        self.ready_event: Event | None = None

    def has_ended(self) -> bool:
        """Whether the order has its outcome."""
        return self.outcome is not None


class Ledger:
    """
    The files of all orders, and how many are still open.

    Parameters
    ----------
    env
        The SimPy environment.
    instance
        Whose orders these are.
    until
        When demand ends: orders of the instance that would come later are never placed.

    Attributes
    ----------
    files
        One ``OrderFile`` per order, in the instance's order.
    demand
        The orders that are to be placed.
    drained
        Succeeds once all orders have been placed and none is open.
    """

    def __init__(self, env: Environment, instance: Instance, *, ready_is_given: bool, until: float = math.inf) -> None:
        self.env, self.instance = env, instance
        self.files = [OrderFile(o.ready_at if ready_is_given else None) for o in instance.orders]
        self.drained = env.event()
        self.demand = [i for i, order in enumerate(instance.orders) if order.placed_at <= until]
        self.n_placed = self.n_ended = 0
        self.busy = 0

    def placed(self, i: int) -> None:
        """Note that the customer pressed the button."""
        self.files[i].placed_at = self.env._now
        self.n_placed += 1

    def ended(self, i: int, outcome: Outcome, reason: str = "") -> None:
        """Note how an order ended; only the first end counts."""
        file = self.files[i]
        if file.outcome is not None:
            return
        file.outcome, file.reason, file.ended_at = outcome, reason, self.env._now
        self.n_ended += 1
        if outcome is not Outcome.DELIVERED:
            file.withdrawn = True
            self._wake(file)
        self.check()

    def reopened(self, i: int) -> bool:
        """Note that an order lives whose customer may have given up on the answer: its outcome is the platform's."""
        file = self.files[i]
        if file.outcome not in (Outcome.FAILED, Outcome.REJECTED):
            return False
        file.outcome, file.reason, file.ended_at, file.withdrawn = None, "", NAN, False
        self.n_ended -= 1
        return True

    def cancelled(self, i: int, reason: str) -> None:
        """
        Note that the platform cancelled an order; one it never came to confirm has failed.

        That is the platform's word and stands, whatever the app took for the end before, and whatever older news of
        the order comes later.
        """
        if reason == "abandoned":
            self.ended(i, Outcome.FAILED, reason)
            return
        self.reopened(i)
        self.ended(i, Outcome.CANCELLED, reason)

    def ready(self, i: int) -> None:
        """Note that the food is ready."""
        file = self.files[i]
        if math.isnan(file.ready_at):
            file.ready_at = self.env._now
        self._wake(file)

    def wait_ready(self, i: int) -> Event | None:
        """Give the event to wait for until the food is ready or no longer wanted; None: no need to wait."""
        file = self.files[i]
        now = self.env._now
        if file.withdrawn or file.ready_at <= now:
            return None
        if file.ready_event is None:
            file.ready_event = self.env.event()
            if not math.isnan(file.ready_at):
                self.env.timeout(file.ready_at - now).callbacks.append(lambda _: self._wake(file))
        return file.ready_event

    def withdrawn(self, i: int) -> None:
        """Note that a rider was told to forget an order."""
        self.files[i].withdrawn = True
        self._wake(self.files[i])

    def given_back(self, i: int) -> None:
        """Note that the rider who had accepted an order will not fetch it after all."""
        file = self.files[i]
        file.rider, file.n_given_back = -1, file.n_given_back + 1
        file.assigned_at = file.departed_at = file.arrived_at = NAN

    def notice(self, message: Message) -> bool:
        """Take what a customer's phone shows; tell whether it is news that the order lives."""
        told: Notice = message.body
        i = told.reference
        if told.status == "cancelled":
            self.cancelled(i, told.reason)
        elif told.status == "confirmed":
            self.files[i].number, self.files[i].promised_at = told.order, told.promised_at
            return self.reopened(i)
        elif told.status == "out_for_delivery":
            self.files[i].on_its_way = True
        return False

    def is_done(self) -> bool:
        """Whether nobody is left to order, no order is open, and nobody is about to say something."""
        return self.n_placed == self.n_ended == len(self.demand) and self.busy == 0

    def check(self) -> None:
        """See whether the run may end."""
        if self.is_done() and not self.drained.triggered:
            self.drained.succeed()

    def close(self, undelivered: Mapping[int, str], forgotten: Mapping[int, str]) -> None:
        """
        Give every open order its outcome at the end of the run.

        ``undelivered`` says of orders why a message about them was never handled, and ``forgotten`` of those of which
        no rider could ever hear: whoever lost patience with one of them did so for that reason.
        """
        for i, file in enumerate(self.files):
            if file.outcome is None:
                still = "not_placed" if math.isnan(file.placed_at) else "open"
                file.outcome = Outcome.FAILED if i in undelivered else Outcome.CENSORED
                file.reason = undelivered.get(i, still)
                file.ended_at = NAN
            elif file.outcome is Outcome.CANCELLED and file.reason == "patience":
                file.reason = forgotten.get(i, file.reason)

    def order_rows(self, accounts: dict[int, tuple[int, int]]) -> list[tuple[Any, ...]]:
        """Give the rows of the orders table; ``accounts`` holds (charged, refunded) cents by order."""
        return [
            (
                i, order.id, order.customer, order.store, order.zone, file.rider, order.x, order.y,
                sum(units for _, units in order.items), file.placed_at, file.responded_at, file.promised_at,
                file.ready_at, file.assigned_at, file.departed_at, file.arrived_at, file.picked_up_at,
                file.delivered_at, file.ended_at, file.outcome.value if file.outcome else "", file.reason,
                file.bundle_size, file.n_offers, file.n_given_back, *accounts.get(i, (0, 0)),
                order.tip if file.outcome is Outcome.DELIVERED else 0, file.rating,
            )
            for i, (order, file) in enumerate(zip(self.instance.orders, self.files, strict=True))
        ]  # fmt: skip

    @staticmethod
    def _wake(file: OrderFile) -> None:
        if file.ready_event is not None and not file.ready_event.triggered:
            file.ready_event.succeed()
        file.ready_event = None
