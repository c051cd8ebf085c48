"""The API gateway: the one door for every app; it authenticates new orders and passes everything on."""

from __future__ import annotations

from typing import Any

from delivsim.services.effects import Call
from delivsim.services.messages import (
    Credentials,
    NewOrder,
    OrderView,
    PlaceOrder,
    Profile,
    Response,
    StatusChange,
    taken,
)
from delivsim.services.service import Forward, Service

ROUTES = {
    "track_order": "order",
    "cancel_order": "order",
    "view_profile": "user",
    "update_profile": "user",
    "give_feedback": "delivery",
    "go_online": "delivery",
    "go_offline": "delivery",
    "report_position": "delivery",
    "accept_offer": "delivery",
    "decline_offer": "delivery",
    "give_back": "delivery",
    "picked_up": "delivery",
    "delivered": "delivery",
    "mark_ready": "store",
    "restock": "store",
    "kitchen_lost": "store",
}
"""Client operations that the gateway passes on unchanged, and the service that does them."""

CLIENT_OPERATIONS = ("place_order", *ROUTES)


async def place_order(asked: PlaceOrder) -> Response[OrderView]:
    """Authenticate the user, then have the order created (steps 1 to 3 and 7)."""
    who = await Call("user", "authenticate", Credentials(asked.token), Profile)
    if who.body is None:
        return Response(who.status, None, who.reason)
    new = NewOrder(who.body.user, asked.key, asked.reference, asked.store, asked.items, asked.address, asked.card)
    return await Call("order", "create_order", new, OrderView)


async def confirm_payment(change: StatusChange) -> Response[Any]:
    """Tell the customer through the notification service how the payment ended (asynchronous payments)."""
    return taken(await Call("notification", "notify", change))


def gateway(*, payment_mode: str) -> Service:
    """Build the gateway; with ``payment_mode`` "async" the payment's confirmation reaches it as a message."""
    routes = {operation: Forward(service, operation) for operation, service in ROUTES.items()}
    topics = ("payment.succeeded", "payment.declined") if payment_mode == "async" else ()
    return Service(
        name="gateway",
        operations={"place_order": place_order, **routes, **dict.fromkeys(topics, confirm_payment)},
        topics=topics,
        calls=(
            ("user", "authenticate"),
            ("order", "create_order"),
            *((service, operation) for operation, service in ROUTES.items()),
            *((("notification", "notify"),) if topics else ()),
        ),
    )
