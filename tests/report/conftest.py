"""One evening of two orders, small enough to be followed by hand."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pandas as pd
import pytest


def request(number: int, parent: int, caller: str, name: str, times: tuple[float, ...], **more: Any) -> dict[str, Any]:
    """A request for order 0: sent, arrived, ended, answered."""
    service, operation = name.split(".")
    sent, arrived, ended, answered = times
    return {
        "request": number, "parent": parent, "attempt": 1, "caller": caller, "service": service,
        "operation": operation, "sent_at": sent, "arrived_at": arrived, "ended_at": ended, "answered_at": answered,
        "status": 200, "seen": 200, "first_sent_at": sent, **more,
    }  # fmt: skip


def visit(number: int, name: str, arrived: float, started: float, departed: float) -> dict[str, Any]:
    """A visit made for a request of order 0."""
    service, operation = name.split(".")
    return {
        "request": number, "station": service, "service": service, "operation": operation, "arrived_at": arrived,
        "started_at": started, "departed_at": departed, "outcome": "served",
    }  # fmt: skip


@pytest.fixture
def story(sample: ModuleType) -> dict[str, pd.DataFrame]:
    """
    Order ``a`` is placed at t = 60 and delivered at t = 1260; order ``b`` is rejected.

    Placing takes 1 s: 0.1 s to the gateway and back each, 0.1 s of waiting and 0.2 s of work there, and a call to
    payment of 0.5 s which its caller gives up (504) although it is done in the end.
    """
    rows = sample.make
    orders = rows(
        "orders",
        {
            "order": 0, "id": "a", "customer": 7, "store": 0, "rider": 0, "x": 100.0, "y": 200.0, "n_items": 2,
            "placed_at": 60.0, "responded_at": 61.0, "promised_at": 1500.0, "ready_at": 660.0, "assigned_at": 300.0,
            "departed_at": 300.0, "arrived_at": 600.0, "picked_up_at": 720.0, "delivered_at": 1260.0,
            "ended_at": 1260.0, "outcome": "delivered", "bundle_size": 1, "n_offers": 2, "charged": 2500,
            "rating": 4.0,
        },
        {
            "order": 1, "id": "b", "customer": 8, "store": 0, "rider": -1, "x": 0.0, "y": 0.0, "placed_at": 100.0,
            "responded_at": 101.0, "ended_at": 101.0, "outcome": "rejected", "reason": "unavailable",
        },
    )  # fmt: skip
    requests = rows(
        "requests",
        request(1, 0, "customer", "gateway.place_order", (60.0, 60.1, 60.9, 61.0)),
        request(2, 1, "gateway", "payment.charge", (60.4, 60.5, 61.9, 60.9), seen=504),
        request(4, 3, "broker", "delivery.open_order", (62.0, 62.0, 62.1, 62.1)),
        *(
            request(10 + i, 0, "customer", "gateway.track_order", (200.0 + i, 200.1 + i, 200.2 + i, 200.3 + i))
            for i in range(5)
        ),
    )
    visits = rows(
        "visits",
        visit(1, "gateway.place_order", 60.1, 60.2, 60.4),
        visit(2, "payment.charge", 60.5, 60.5, 61.9),
    )
    messages = rows(
        "messages",
        {
            "message": 3, "request": 1, "parent": 1, "attempt": 1, "topic": "order.placed", "group": "delivery",
            "published_at": 61.9, "available_at": 61.95, "delivered_at": 62.0, "acknowledged_at": 62.1,
            "outcome": "acknowledged",
        },
    )  # fmt: skip
    declined = {"offer": 1, "decision": 2, "rider": 1, "offered_at": 120.0, "answered_at": 130.0, "answer": "declined"}
    accepted = {"offer": 2, "decision": 3, "rider": 0, "offered_at": 290.0, "answered_at": 299.0, "answer": "accepted"}
    there = {"kind": "to_store", "started_at": 300.0, "ended_at": 600.0, "distance": 1500.0}
    door = {"kind": "to_customer", "started_at": 720.0, "ended_at": 1200.0, "distance": 2500.0, "n_carried": 1}
    other = {"rider": 1, "order": 1, "kind": "move", "started_at": 700.0, "ended_at": 800.0, "distance": 900.0}
    decided = enumerate((90.0, 119.0, 289.0, 400.0), start=1)
    return {
        "orders": orders,
        "requests": requests,
        "visits": visits,
        "messages": messages,
        "offers": rows("offers", *({"bundle_size": 1, **offer} for offer in (declined, accepted))),
        "legs": rows("legs", there, door, other),
        "decisions": rows(
            "decisions",
            *({"decision": i, "decided_at": t, "applied_at": t, "n_orders": 1, "n_riders": i % 2} for i, t in decided),
        ),
        "riders": rows("riders", *({"rider": i, "id": f"r{i + 1}", "off_at": 3600.0} for i in range(2))),
        "stores": rows("stores", {"store": 0, "id": "noodles"}),
    }
