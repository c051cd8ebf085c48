"""The order service: an order's life on the platform, from creation to its one end."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from delivsim.services.effects import After, Call, Cancel, Commit, Load, NewId, Now, Publish, Put
from delivsim.services.messages import (
    OK,
    Charge,
    NewOrder,
    OrderRef,
    OrderView,
    Place,
    Placed,
    Quote,
    Reserve,
    Response,
    StatusChange,
    taken,
)
from delivsim.services.remembering import FROM_CACHE
from delivsim.services.service import Handler, Service

Promise = Callable[[float, float, Place, Place], float]
"""(now, preparation time, store, address) -> the instant by which delivery is promised."""

ASK_AGAIN = 1.0
"""Seconds after which a store is asked again about an order that was accepted by an estimate."""
ENDED = ("delivered", "rejected", "cancelled")


class OrderRecord(NamedTuple):
    """What the order service knows of an order."""

    id: int
    reference: int
    user: int
    status: str = "created"
    reason: str = ""
    promised_at: float = math.nan


class OrderKey(NamedTuple):
    """The order an idempotency key stands for."""

    order: int


def view(order: OrderRecord) -> OrderView:
    """What the customer is told of an order."""
    return OrderView(order.id, order.status, order.promised_at, order.reason)


def change_of(order: OrderRecord, reason: str = "") -> StatusChange:
    """The message that tells of an order's change."""
    return StatusChange(order.id, order.reference, order.user, reason=reason)


def cancelled(order: OrderRecord, reason: str) -> Commit:
    """Cancel an order and tell everybody (step 20)."""
    ended = order._replace(status="cancelled", reason=reason)
    return Commit(
        (Put(order.id, ended),),
        (Publish("order.cancelled", order.id, change_of(order, reason), order.reference),),
        cancels=_not_abandoned(order),
    )


def _not_abandoned(order: OrderRecord) -> tuple[Cancel]:
    """An order that is confirmed or has ended need not be looked at again."""
    return (Cancel("abandon_order", OrderRef(order.id)),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """
    The handlers that need to know how the platform is set up.

    Parameters
    ----------
    promise
        The rule behind the estimated delivery time of step 7.
    payment_mode
        "sync": charged before the order is placed; "async": when it is placed.
    abandon_after
        Seconds after which an order that was begun but never confirmed is cancelled and its charge refunded.
    """

    promise: Promise
    payment_mode: str
    abandon_after: float

    async def create_order(self, new: NewOrder) -> Response[OrderView]:
        """
        Create an order once its store can make it and it is paid for (steps 3 to 7).

        Calls that repeat an idempotency key carry on where the first one is: every step asks for something that is
        done at most once per order, and the last commit is the one that counts. If all that is known of the store is
        an estimate from before, the order is accepted (202) and created later.
        """
        order = await self._begin(new)
        if order.status != "created":
            return _answer(order)
        asked = Reserve(order.id, new.reference, new.store, new.items)
        quote = await Call("store", "check_availability", asked, Quote)
        if not quote.is_final:
            return Response(quote.status, None, quote.reason)
        if quote.body is None and _is_accepted(order):
            await cancelled(order, quote.reason)
            return Response(409, None, quote.reason)
        if quote.body is None:
            rejected = order._replace(status="rejected", reason=quote.reason)
            await Commit((Put(order.id, rejected),), cancels=_not_abandoned(order))
            return Response(409, None, quote.reason)
        if quote.status == FROM_CACHE:
            return await self._accept(order, new, quote.body)
        if self.payment_mode == "sync":
            bill = Charge(order.id, new.reference, new.user, quote.body.price, new.card)
            paid: Response[Any] = await Call("payment", "charge", bill)
            if not paid.is_final:
                return Response(paid.status, None, paid.reason)
            if not paid.ok:
                await cancelled(order, "payment")
                return Response(402, None, "payment")
        return await self._confirm(order, new, quote.body)

    async def _begin(self, new: NewOrder) -> OrderRecord:
        known = await Load(OrderKey, new.key)
        if known is not None:
            order = await Load(OrderRecord, known.order)
            assert order is not None, "a key is written together with its order"
            return order
        order = OrderRecord(await NewId(), new.reference, new.user)
        await Commit(
            (Put(new.key, OrderKey(order.id)), Put(order.id, order)),
            timers=(After(self.abandon_after, "abandon_order", OrderRef(order.id)),),
        )
        return order

    async def _accept(self, order: OrderRecord, new: NewOrder, quote: Quote) -> Response[OrderView]:
        """Promise an order by an estimate; it is created when the store answers."""
        if not _is_accepted(order):
            now = await Now()
            promised_at = self.promise(now, quote.preparation_time, quote.place, new.address)
            order = order._replace(promised_at=promised_at)
            await Commit((Put(order.id, order),), timers=(After(ASK_AGAIN, "complete_order", new),))
        return Response(202, view(order))

    async def complete_order(self, new: NewOrder) -> Response[Any]:
        """Create an order that was accepted by an estimate; 503 while its store does not answer."""
        answer = await self.create_order(new)
        waits = answer.status == 202 or not answer.is_final
        return Response(503, None, answer.reason or "unavailable") if waits else OK

    async def _confirm(self, order: OrderRecord, new: NewOrder, quote: Quote) -> Response[OrderView]:
        now = await Now()
        ready_at = now + quote.preparation_time
        promised_at = order.promised_at
        if not _is_accepted(order):
            promised_at = self.promise(now, quote.preparation_time, quote.place, new.address)
        confirmed = OrderRecord(order.id, order.reference, order.user, "confirmed", order.reason, promised_at)
        placed = Placed(
            order.id,
            new.reference,
            new.user,
            new.store,
            quote.place,
            new.address,
            now,
            ready_at,
            quote.price,
            new.card,
            promised_at,
        )
        told = Publish("order.placed", order.id, placed, new.reference)
        await Commit((Put(order.id, confirmed),), (told,), cancels=_not_abandoned(order))
        return Response(201, view(confirmed))

    async def abandon_order(self, ref: OrderRef) -> Response[Any]:
        """Cancel an order that was begun and never confirmed: what it holds is given back."""
        order = await Load(OrderRecord, ref.order)
        if order is not None and order.status == "created":
            await cancelled(order, "abandoned")
        return OK


def _is_accepted(order: OrderRecord) -> bool:
    """Whether an order was promised to its customer by an estimate, before its store could be asked."""
    return not math.isnan(order.promised_at)


def _answer(order: OrderRecord) -> Response[OrderView]:
    if order.status == "rejected":
        return Response(409, None, order.reason)
    if order.status == "cancelled":
        return Response(402 if order.reason == "payment" else 410, None, order.reason)
    return Response(200, view(order))


async def track_order(ref: OrderRef) -> Response[OrderView]:
    """Tell the customer how far the order is (step 19)."""
    order = await Load(OrderRecord, ref.order)
    return Response(404, None, "unknown order") if order is None else Response(200, view(order))


async def cancel_order(ref: OrderRef) -> Response[OrderView]:
    """
    Cancel an order unless it has been picked up (steps 19 and 20); refused with 409.

    The delivery service has the last word, because it knows of the pick-up first.
    """
    order = await Load(OrderRecord, ref.order)
    if order is None:
        return Response(404, None, "unknown order")
    if order.status == "cancelled":
        return Response(200, view(order))
    if order.status == "created" and _is_accepted(order):  # nobody else has heard of it yet
        await cancelled(order, ref.reason)
        return Response(200, view(order._replace(status="cancelled", reason=ref.reason)))
    is_begun = order.status == "created" and not _is_accepted(order)
    if is_begun or order.status in ("delivered", "rejected", "picked_up"):
        return Response(409, view(order), order.status)
    freed: Response[Any] = await Call("delivery", "withdraw", OrderRef(order.id, ref.reason))
    if not freed.ok:
        return Response(freed.status, None, freed.reason)
    await cancelled(order, ref.reason)
    return Response(200, view(order._replace(status="cancelled", reason=ref.reason)))


async def give_up(change: StatusChange) -> Response[Any]:
    """Cancel an order for which the delivery service found no rider."""
    order = await Load(OrderRecord, change.order)
    if order is not None and order.status not in ENDED:
        await cancelled(order, change.reason)
    return OK


async def payment_declined(change: StatusChange) -> Response[Any]:
    """Cancel an order whose asynchronous payment was declined, unless the food is already on its way (step 21)."""
    answer = await cancel_order(OrderRef(change.order, "payment"))
    return taken(answer)


async def lost(change: StatusChange) -> Response[Any]:
    """Cancel an order that its store cannot make after all, even one that is not confirmed yet."""
    order = await Load(OrderRecord, change.order)
    if order is not None and order.status == "created":
        await cancelled(order, change.reason)
        return OK
    answer = await cancel_order(OrderRef(change.order, change.reason))
    return taken(answer)


def _follow(status: str) -> Handler:
    rank = ("created", "confirmed", "assigned", "picked_up", "delivered")
    before = rank[: rank.index(status)]

    async def follow(change: StatusChange) -> Response[Any]:
        order = await Load(OrderRecord, change.order)
        if order is not None and order.status in before:
            further = OrderRecord(order.id, order.reference, order.user, status, order.reason, order.promised_at)
            await Commit((Put(order.id, further),))
        return OK

    return follow


def order(*, promise: Promise, payment_mode: str, abandon_after: float) -> Service:
    """Build the order service."""
    orders = Orders(promise=promise, payment_mode=payment_mode, abandon_after=abandon_after)
    consumers: dict[str, Handler] = {
        "order.assigned": _follow("assigned"),
        "order.picked_up": _follow("picked_up"),
        "order.delivered": _follow("delivered"),
        "order.unserved": give_up,
        "order.lost": lost,
    }
    if payment_mode == "async":
        consumers["payment.declined"] = payment_declined
    return Service(
        name="order",
        operations={
            "create_order": orders.create_order,
            "complete_order": orders.complete_order,
            "track_order": track_order,
            "cancel_order": cancel_order,
            "abandon_order": orders.abandon_order,
            **consumers,
        },
        topics=tuple(consumers),
        calls=(
            ("store", "check_availability"),
            *((("payment", "charge"),) if payment_mode == "sync" else ()),
            ("delivery", "withdraw"),
        ),
    )
