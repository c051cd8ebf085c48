"""The payment service: each order is charged at most once, and refunded at most once."""

from __future__ import annotations

from typing import NamedTuple

from delivsim.services.effects import Commit, Load, Publish, Put
from delivsim.services.messages import Charge, Placed, Response, StatusChange
from delivsim.services.service import Handler, Service

DECLINED_CARD = "declined"
"""The card every payment of which is declined, as the test cards of payment providers are."""


class Bill(NamedTuple):
    """What became of an order's charge: charged, declined, refunded, or void (cancelled before it was charged)."""

    status: str
    amount: int


async def _settle(order: int, reference: int, user: int, amount: int, card: str) -> Response[Bill]:
    known = await Load(Bill, order)
    if known is None:
        known = Bill("declined" if card == DECLINED_CARD else "charged", amount)
        topic = "payment.succeeded" if known.status == "charged" else "payment.declined"
        change = StatusChange(order, reference, user, reason="" if known.status == "charged" else "payment")
        await Commit((Put(order, known),), (Publish(topic, order, change, reference),))
    return Response(200, known) if known.status == "charged" else Response(402, known, "payment")


async def charge(bill: Charge) -> Response[Bill]:
    """Take the money, once per order (step 5); a declined card or a cancelled order is refused with 402."""
    return await _settle(bill.order, bill.reference, bill.user, bill.amount, bill.card)


async def charge_placed(placed: Placed) -> Response[Bill]:
    """Charge an order that was placed (asynchronous payments); what came of it leaves as a message."""
    answer = await _settle(placed.order, placed.reference, placed.user, placed.amount, placed.card)
    return Response(200, answer.body)


async def refund(change: StatusChange) -> Response[Bill]:
    """Give the money of a cancelled order back, or void a charge that has not come yet (step 20)."""
    known = await Load(Bill, change.order)
    if known is None:
        await Commit((Put(change.order, Bill("void", 0)),))
    elif known.status == "charged":
        await Commit((Put(change.order, Bill("refunded", known.amount)),))
    return Response(200)


def payment(*, payment_mode: str) -> Service:
    """Build the payment service; in mode "async" it charges when it learns of a placed order."""
    consumers: dict[str, Handler] = {"order.cancelled": refund}
    if payment_mode == "async":
        consumers["order.placed"] = charge_placed
    return Service(name="payment", operations={"charge": charge, **consumers}, topics=tuple(consumers))
