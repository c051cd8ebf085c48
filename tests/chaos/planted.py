"""
Faults planted into the model itself, one at a time: what random evenings are there to find.

Each is what a slip of a programmer would be. ``plant(patch)`` puts one in, where ``patch(owner, name, value)`` sets an
attribute.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, NamedTuple

from invariants import check, rule_of

from delivsim.city.customers import Customers
from delivsim.city.ledger import Ledger
from delivsim.city.tour import Tour
from delivsim.city.way import Way
from delivsim.experiment import build
from delivsim.experiment.run import run
from delivsim.scenario.schema import Scenario
from delivsim.services import delivery, order, payment, store
from delivsim.services.effects import Commit, Delete, Load, Publish, Put
from delivsim.services.messages import OK, OfferAnswer, Response
from delivsim.simulated.broker import Delivery, PlainBroker
from delivsim.simulated.broker.plain import Group
from delivsim.simulated.edges import Edge
from delivsim.simulated.frames import Frame
from delivsim.simulated.runtime import Runtime

Patch = Callable[[Any, str, Any], None]


class Planted(NamedTuple):
    """A planted fault: what goes wrong, how it is put in, and whether only another process shows it."""

    what: str
    plant: Callable[[Patch], None]
    elsewhere: bool


PLANTED: dict[str, Planted] = {}


def planted(what: str, *, elsewhere: bool = False) -> Callable[[Callable[[Patch], None]], Callable[[Patch], None]]:
    """Name a fault for its function."""

    def named(plant: Callable[[Patch], None]) -> Callable[[Patch], None]:
        PLANTED[plant.__name__] = Planted(what, plant, elsewhere)
        return plant

    return named


@contextmanager
def planted_in(name: str) -> Iterator[None]:
    """Let a fault be in the model for a while."""
    before: list[tuple[Any, str, Any]] = []

    def patch(owner: Any, attribute: str, value: Any) -> None:
        before.append((owner, attribute, getattr(owner, attribute)))
        setattr(owner, attribute, value)

    PLANTED[name].plant(patch)
    try:
        yield
    finally:
        for owner, attribute, value in reversed(before):
            setattr(owner, attribute, value)


def found_by(name: str, evenings: Iterable[dict[str, Any]]) -> tuple[int, str] | None:
    """Give the first evening, counted from 1, that finds a planted fault, and the rule it breaks; None: none does."""
    from rerun import Rerun, held_twice

    with planted_in(name), Rerun(name) if PLANTED[name].elsewhere else nullcontext() as again:
        for k, evening in enumerate(evenings, 1):
            try:
                if again is not None:
                    held_twice(evening, again)
                else:
                    check(run(Scenario.model_validate(evening)))
            except Exception as error:  # an error of the model finds it as well
                return k, rule_of(error)
    return None


# --- money -------------------------------------------------------------------------------------------------------


@planted("a cancelled order that was paid for is not refunded")
def no_refund(patch: Patch) -> None:
    async def refund(change: Any) -> Response[Any]:
        if await Load(payment.Bill, change.order) is None:
            await Commit((Put(change.order, payment.Bill("void", 0)),))
        return Response(200)

    patch(payment, "refund", refund)


@planted("an order that was cancelled before it was charged is charged all the same")
def charged_after_cancel(patch: Patch) -> None:
    settle = payment._settle

    async def blind(number: int, reference: int, user: int, amount: int, card: str) -> Response[Any]:
        known = await Load(payment.Bill, number)
        if known is not None and known.status == "void":
            await Commit((Delete(payment.Bill, number),))
        return await settle(number, reference, user, amount, card)

    patch(payment, "_settle", blind)


@planted("a charge that is tried again charges again")
def charged_twice(patch: Patch) -> None:
    async def charge(bill: Any) -> Response[Any]:
        known = await Load(payment.Bill, bill.order)
        if known is None or known.status != "charged":
            return await payment._settle(bill.order, bill.reference, bill.user, bill.amount, bill.card)
        twice = known._replace(amount=known.amount + bill.amount)
        await Commit((Put(bill.order, twice),))
        return Response(200, twice)

    async def charge_placed(placed: Any) -> Response[Any]:
        return await charge(placed)

    patch(payment, "charge", charge)
    patch(payment, "charge_placed", charge_placed)


@planted("an order that is sent again is another order")
def ordered_twice(patch: Patch) -> None:
    begin = order.Orders._begin

    async def _begin(self: Any, new: Any) -> Any:
        return await begin(self, new._replace(key=f"{new.key}/{id(new)}"))

    patch(order.Orders, "_begin", _begin)


@planted("tips of orders that were not delivered are kept in the books")
def tip_kept(patch: Patch) -> None:
    rows = Ledger.order_rows

    def order_rows(self: Any, accounts: Any) -> Any:
        found = [list(row) for row in rows(self, accounts)]
        for row, placed in zip(found, self.instance.orders, strict=True):
            row[-2] = placed.tip
        return [tuple(row) for row in found]

    patch(Ledger, "order_rows", order_rows)


# --- timers ------------------------------------------------------------------------------------------------------


def _forgotten(patch: Patch, operation: str) -> None:
    after = Runtime.after

    def remembered(self: Any, server: Any, timer: Any, number: int, parent: int) -> None:
        if timer.operation != operation:
            after(self, server, timer, number, parent)

    patch(Runtime, "after", remembered)


@planted("an offer never times out")
def forgotten_offer(patch: Patch) -> None:
    _forgotten(patch, "expire_offer")


@planted("an order that was begun and not confirmed is never looked at again")
def forgotten_order(patch: Patch) -> None:
    _forgotten(patch, "abandon_order")


@planted("an order that has waited too long for a rider is not given up")
def forgotten_give_up(patch: Patch) -> None:
    async def _still_wanted(_: Any, jobs: Any, __: float) -> Any:
        return jobs

    patch(delivery.Deliveries, "_still_wanted", _still_wanted)


@planted("customers never lose patience")
def forgotten_patience(patch: Patch) -> None:
    def _impatient(*_: Any) -> Any:
        return math.inf
        yield

    patch(Customers, "_impatient", _impatient)


@planted("a call's time-out is forgotten")
def forgotten_time_out(patch: Patch) -> None:
    patch(Edge, "watch", lambda *_: None)


@planted("timers that were due while their service was down are forgotten")
def forgotten_after_restart(patch: Patch) -> None:
    restart = Runtime.restart

    def restarted(self: Any, names: Any, servers: int) -> None:
        for name in names:
            self.services[name].deferred.clear()
        restart(self, names, servers)

    patch(Runtime, "restart", restarted)


# --- messages ----------------------------------------------------------------------------------------------------


@planted("an order whose message comes again is open again")
def delivered_twice(patch: Patch) -> None:
    on_placed = delivery.Deliveries.on_placed

    async def taken_anew(self: Any, placed: Any) -> Response[Any]:
        known = await Load(delivery.Job, placed.order)
        if known is not None and known.status != "withdrawn":
            await Commit((Delete(delivery.Job, placed.order),))
        return await on_placed(self, placed)

    patch(delivery.Deliveries, "on_placed", taken_anew)


@planted("a delivery that is reported again is told again")
def told_twice(patch: Patch) -> None:
    delivered = delivery.Deliveries.delivered

    async def again(self: Any, drop: Any) -> Response[Any]:
        job = await Load(delivery.Job, drop.order)
        if job is not None and job.status == "delivered":
            await Commit((), (delivery._told("order.delivered", drop.order, job, rider=drop.rider),))
        return await delivered(self, drop)

    patch(delivery.Deliveries, "delivered", again)


@planted("a message counts as handled whose handler failed")
def acknowledged_too_early(patch: Patch) -> None:
    handled = Group.handled

    def acknowledged(self: Any, message: Any, _: Any, request: int) -> None:
        handled(self, message, OK, request)

    patch(Group, "handled", acknowledged)


@planted("a message is lost when the replica crashes that works on it")
def lost_with_replica(patch: Patch) -> None:
    worked = Runtime.worked

    def forgotten(self: Any, frame: Any, done: bool) -> None:
        if not done and frame.response is None and frame.to.__class__ is Delivery:
            self.finish_frame(frame, OK)
        else:
            worked(self, frame, done)

    patch(Runtime, "worked", forgotten)


@planted("a message is tried again without end and never handled")
def never_again(patch: Patch) -> None:
    patch(Group, "_redeliver", lambda *_: None)


@planted("messages of one partition overtake each other")
def overtaking(patch: Patch) -> None:
    def _again(self: Any, message: Any) -> None:
        message.attempt += 1
        place = message.place
        behind = self._behind.get(place)
        if behind:
            behind.append(message)
            message = self._handling[place] = behind.popleft()
        self.broker.alarm(self.broker.redelivery_delay, (self._redeliver,), message)

    patch(Group, "_again", _again)


@planted("now and then nobody is told that an order was cancelled")
def unpublished(patch: Patch) -> None:
    publish = PlainBroker.publish

    def published(self: Any, asked: Publish, number: int, frame: Any) -> bool:
        if asked.topic == "order.cancelled" and number % 3 == 0:
            return False
        return publish(self, asked, number, frame)

    patch(PlainBroker, "publish", published)


# --- riders and stores -------------------------------------------------------------------------------------------


@planted("an offer is accepted that had timed out: another rider has it too")
def two_riders(patch: Patch) -> None:
    accept = delivery.Deliveries.accept_offer

    async def accepted(self: Any, answer: OfferAnswer) -> Response[Any]:
        offer = await Load(delivery.Offer, answer.offer)
        if offer is not None and offer.status == "timed_out":
            await Commit((Put(answer.offer, offer._replace(status="made")),))
        return await accept(self, answer)

    patch(delivery.Deliveries, "accept_offer", accepted)


@planted("an order that was cancelled is delivered all the same")
def cancelled_and_delivered(patch: Patch) -> None:
    async def _withdraw(self: Any, number: int, reason: str) -> Response[Any]:
        return OK

    patch(delivery.Deliveries, "_withdraw", _withdraw)


@planted("what a rider gave back is forgotten")
def given_back_and_lost(patch: Patch) -> None:
    async def _reopened(self: Any, orders: Any) -> list[Any]:
        return [Delete(delivery.Carried, number) for number in orders]

    patch(delivery.Deliveries, "_reopened", _reopened)


@planted("a rider who comes back from a dead zone is where he was before")
def jumping(patch: Patch) -> None:
    stop = Way._stop

    def _stop(self: Any, kind: str, number: int, began: float, origin: Any, place: Any) -> None:
        stop(self, kind, number, began, origin, place)
        if kind == "to_customer":
            self.place = origin

    patch(Way, "_stop", _stop)


@planted("what an order had reserved is not given back")
def shelves_empty(patch: Patch) -> None:
    async def kept(_: Any) -> Response[Any]:
        return OK

    patch(store, "give_back", kept)


# --- counters ----------------------------------------------------------------------------------------------------


@planted("offers are counted one too few")
def one_offer_less(patch: Patch) -> None:
    rows = Ledger.order_rows

    def order_rows(self: Any, accounts: Any) -> Any:
        self.files[0].n_offers += 1
        return rows(self, accounts)

    patch(Ledger, "order_rows", order_rows)


@planted("a rider has one order more on board than he has")
def one_on_board_more(patch: Patch) -> None:
    hand_over = Tour._hand_over

    def _hand_over(self: Any, stop: Any) -> None:
        hand_over(self, stop)
        self.way.n_carried += self.way.n_carried > 0

    patch(Tour, "_hand_over", _hand_over)


@planted("units given back are counted one too many")
def one_unit_more(patch: Patch) -> None:
    rows = build.store_rows

    def store_rows(parts: Any, instance: Any, cooked: Any) -> Any:
        return [(*row[:7], row[7] + 1, *row[8:]) for row in rows(parts, instance, cooked)]

    patch(build, "store_rows", store_rows)


@planted("a request that crashed has no row")
def one_row_less(patch: Patch) -> None:
    row = Frame.row

    def rowed(self: Any) -> bytes:
        return b"" if self.response.reason == "unavailable" else row(self)

    patch(Frame, "row", rowed)


# --- the same again ----------------------------------------------------------------------------------------------


@planted("groups get a message in the order of their hashes", elsewhere=True)
def order_of_hashes(patch: Patch) -> None:
    available = PlainBroker._available

    def hashed(self: Any, message: Any) -> None:
        message.topic.groups.sort(key=lambda group: hash(group.name))
        available(self, message)

    patch(PlainBroker, "_available", hashed)
