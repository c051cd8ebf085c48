"""Which operations may be asked for twice: only those are tried again, or asked of two copies of a service at once."""

from __future__ import annotations

from collections.abc import Mapping

from delivsim.services.gateway import ROUTES

_DONE_ONCE = "what it would do is looked up first, and done only if it is still to do"
_READS = "it changes nothing"
_SETS = "the second time sets what the first has set"

REPEATABLE: Mapping[str, Mapping[str, str]] = {
    "user": {"authenticate": _READS, "view_profile": _READS, "update_profile": _SETS},
    "order": {
        "create_order": "the customer's key: the same key is the same order",
        "track_order": _READS,
        "cancel_order": _DONE_ONCE,
    },
    "store": {
        "check_availability": "the order's number: units are reserved once per order",
        "request_preparation": _DONE_ONCE,
        "mark_ready": _DONE_ONCE,
        "restock": "the refill's number: its units come once",
        "kitchen_lost": "whoever hears of it looks up whether the order is still open",
    },
    "payment": {"charge": "the order's number: an order is charged once"},
    "delivery": {
        "accept_offer": "the offer's number: it is accepted once",
        "decline_offer": "the offer's number: it is declined once",
        "give_back": _DONE_ONCE,
        "picked_up": _DONE_ONCE,
        "delivered": _DONE_ONCE,
        "withdraw": _DONE_ONCE,
        "go_online": _DONE_ONCE,
        "go_offline": _DONE_ONCE,
        "report_position": _SETS,
        "give_feedback": _SETS,
    },
}
"""
Of the built-in services' operations those that are idempotent, or carry an idempotency key, and why.

Those of the gateway are as what they pass on; ``place_order`` carries the customer's key. ``notification.notify`` is
not here: asked twice, the customer is told twice.
"""


def is_repeatable(service: str, operation: str) -> bool:
    """Whether an operation of a built-in service may be asked for twice."""
    if service == "gateway":
        return operation == "place_order" or operation in ROUTES
    return operation in REPEATABLE.get(service, {})
