"""The notification service: every change of an order's status reaches the customer's phone."""

from __future__ import annotations

from typing import Any

from delivsim.services.effects import Commit, Publish
from delivsim.services.messages import OK, Notice, Placed, Response, StatusChange
from delivsim.services.service import Handler, Service

STATUS_OF_TOPIC = {
    "order.placed": "confirmed",
    "order.ready": "ready",
    "order.picked_up": "out_for_delivery",
    "order.delivered": "delivered",
    "order.cancelled": "cancelled",
}


def _tell(status: str) -> Handler:
    async def tell(change: StatusChange | Placed) -> Response[Any]:
        if isinstance(change, StatusChange):
            notice = Notice(change.order, change.reference, status, change.reason)
        else:
            notice = Notice(change.order, change.reference, status, promised_at=change.promised_at)
        await Commit((), (Publish("customer.notified", change.reference, notice, change.reference),))
        return OK

    return tell


async def notify(change: StatusChange) -> Response[Any]:
    """Tell a customer how the payment ended, on behalf of the gateway."""
    return await _tell("payment_declined" if change.reason else "paid")(change)


def notification(*, payment_mode: str) -> Service:
    """Build the notification service; with synchronous payments it learns of payments from the broker itself."""
    consumers = {topic: _tell(status) for topic, status in STATUS_OF_TOPIC.items()}
    if payment_mode == "sync":
        consumers |= {"payment.succeeded": notify, "payment.declined": notify}
    return Service(name="notification", operations={"notify": notify, **consumers}, topics=tuple(consumers))
