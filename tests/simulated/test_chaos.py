"""Evenings on which nearly everything goes wrong, drawn at random: whatever happens, nothing and nobody gets lost."""

from __future__ import annotations

import random
from typing import Any

import pytest

SERVICES = ("gateway", "user", "order", "store", "delivery", "payment", "notification")
EVENINGS = range(24)


def crash(draw: random.Random) -> dict[str, Any]:
    minutes, seconds = divmod(draw.randrange(1800), 60)
    at, lasts = f"18:{minutes:02}:{seconds:02}", draw.choice([1, 10, 60, 300])
    return {"kind": "crash", "service": draw.choice(SERVICES), "at": at, "for": lasts}


def crowd(draw: random.Random) -> dict[str, Any]:
    return {
        "diversion": draw.choice([False, True]), "same_store_bundles": draw.choice([False, True]),
        "kitchens": {
            "preparation_starts": draw.choice(["on_order", "on_accept"]),
            **draw.choice([{}, {"cooks": 2}, {"cooks": 3, "slowdown": 1, "other_orders": "6/h"}]),
            "handover_time": draw.choice(["0s", "1min"]),
        },
        "stores": draw.choice([{}, {"stock": 3, "items": 3}]),
        "customers": {
            "patience": draw.choice(["3min", {"kind": "uniform", "low": 0, "high": "20min"}, "2h"]),
            "declined_card": draw.choice([0, 0.2]), "bad_token": draw.choice([0, 0.1]), "track_every": "2min",
            "patience_assigned": draw.choice(["2min", "30min"]), "tips": 0.3,
            "feedback": 0.3, "update_profile": 0.3,
        },
        "riders": {
            "give_back": draw.choice([0, 0.3]), "give_back_after": {"kind": "exponential", "mean": "5min"},
            "leave_early": draw.choice([0, 0.3]), "report_every": "1min",
            "accept": draw.choice([1, 0.7]), "think_time": {"kind": "exponential", "mean": draw.choice(["5s", "25s"])},
            "shifts": [
                {"start": "18:00", "end": draw.choice(["18:30", "19:00"]), "riders": draw.choice([4, 12])},
                {"start": "18:20", "end": "21:00", "riders": 5},
            ],
        },
    }  # fmt: skip


def platform(draw: random.Random) -> dict[str, Any]:
    slow, seconds = draw.choice(SERVICES), draw.choice([0.3, 1.0])
    default = {"mean": seconds, "kind": "exponential"}
    operations = {op: {"work": default} for op in OFTEN_CALLED[slow]}
    services: dict[str, Any] = {name: {"holds": "request"} for name in SERVICES} if draw.random() < 0.3 else {}
    services[slow] = services.get(slow, {}) | {"operations": operations, "queue_capacity": draw.choice([None, 1, 5])}
    return {
        "services": {name: {k: v for k, v in service.items() if v is not None} for name, service in services.items()},
        "payment": {"mode": draw.choice(["sync", "async"])},
        "abandon_after": draw.choice(["1s", "10s", "5min"]),
        "broker": {"publish_delay": draw.choice([0.002, {"kind": "exponential", "mean": draw.choice([1, 20])}])},
    }


OFTEN_CALLED: dict[str, tuple[str, ...]] = {
    "gateway": ("place_order", "accept_offer", "picked_up", "delivered", "cancel_order"),
    "user": ("authenticate", "update_profile"),
    "order": ("create_order", "cancel_order", "order.assigned"),
    "store": ("check_availability", "request_preparation", "mark_ready", "order.cancelled"),
    "delivery": ("order.placed", "accept_offer", "withdraw", "picked_up", "delivered"),
    "payment": ("charge", "order.placed", "order.cancelled"),
    "notification": ("order.placed", "order.cancelled", "order.delivered"),
}


@pytest.mark.parametrize("evening", EVENINGS)
def test_nothing_gets_lost(city, books, evening: int) -> None:
    """Counts add up; who was charged is served or refunded, once; stock is accounted for; nothing is left hanging."""
    draw = random.Random(evening)
    result = city(
        seed=evening,
        horizon="15min",
        city=crowd(draw),
        platform=platform(draw),
        dispatch={
            "policy": draw.choice(["nearest", "rolling_horizon", "lookahead"]),
            "repositioning": draw.choice(["stay", "nearest_store", "demand_weighted"]),
            "every": draw.choice(["20s", "60s"]),
            "decision_time": draw.choice(["0s", "5s"]), "offer_timeout": draw.choice(["5s", "45s"]),
            "give_up_after": draw.choice(["3min", "15min"]),
        },
        faults=[crash(draw) for _ in range(draw.randint(1, 3))],
    )  # fmt: skip
    assert len(result.tables["orders"]) > 20
    books.assert_all_ended_well(result)
