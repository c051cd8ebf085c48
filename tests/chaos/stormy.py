"""Evenings made by hand on which planted faults show, so that they can be looked for in seconds."""

from __future__ import annotations

from typing import Any

Part = dict[str, Any]


def _fault(kind: str, at: str, lasts: str, **more: Any) -> Part:
    return {"kind": kind, "at": f"18:{at}", "for": lasts, **more}


def _evening(name: str, riders: Part, customers: Part, platform: Part, dispatch: Part, *faults: Part) -> Part:
    shifts = [{"start": "18:00", "end": "21:30", "riders": riders.pop("riders")}]
    return {
        "name": name,
        "seed": 1,
        "starts_at": "2026-11-20T18:00",
        "horizon": "10min",
        "city": {
            "side": "2km",
            "demand": {"rate": {"18:00": "240/h"}},
            "stores": {"count": 3, "stock": 30, "price_low": "20.00", "price_high": "20.00"},
            "kitchens": {"preparation": "4min"},
            "customers": {"tips": 0.3, **customers},
            "riders": {"shifts": shifts, **riders},
            "growing_bundles": False,
        },
        "platform": {"abandon_after": "1min", "broker": {"max_deliveries": 200, "partitions": 3}, **platform},
        "dispatch": {"every": "10s", **dispatch},
        "faults": list(faults),
    }


_AGAIN = {"timeout": "2s", "retries": {"max_attempts": 3, "backoff": "200ms"}}
STORMY = (
    _evening(
        "riders who cannot be reached, and orders that are begun and not confirmed",
        {"riders": 8, "accept": 0.6, "ignore": 0.3, "give_back": 0.3, "think_time": "5s"},
        {},
        {"payment": {"mode": "sync"}, "network": {"edges": {"rider->gateway": _AGAIN, "order->payment": _AGAIN}}},
        {"policy": "rolling_horizon", "offer_timeout": "20s"},
        _fault("loss", "00:30", "5min", edges=["rider->gateway", "order->payment"], share=0.5),
        _fault("crash", "01:00", "1min", service="payment"),
        _fault("crash", "02:05", "70s", service="order"),
        _fault("crash", "04:00", "1min", service="delivery"),
        _fault("loss", "09:00", "20min", edges=["rider->gateway"], share=0.4),
        _fault("riders_offline", "08:00", "2min", share=0.5),
    ),
    _evening(
        "too few riders, impatient customers, and a payment provider that is gone",
        {"riders": 4},
        {"patience": "6min", "declined_card": 0.1},
        {"payment": {"mode": "async"}},
        {"policy": "nearest", "give_up_after": "4min"},
        _fault("payment_outage", "01:00", "9min", share=0.9),
        _fault("kitchen_fire", "02:30", "1min"),
    ),
    _evening(
        "messages that come again, and replicas that die with them",
        {"riders": 12},
        {},
        {
            "payment": {"mode": "sync"},
            "services": {"delivery": {"replicas": 2, "workers": 1}},
            "network": {"edges": {"delivery->store": _AGAIN}},
        },
        {"policy": "nearest"},
        _fault("slow", "00:30", "2min", service="delivery", factor=1000),
        {**_fault("crash", "00:40", "1s", service="delivery", replicas=1), "every": "7s", "times": 15},
        _fault("loss", "03:00", "20min", edges=["delivery->store"], share=0.8),
    ),
    _evening(
        "nothing but too few riders for customers who do not wait",
        {"riders": 4}, {"patience": "8min"}, {"payment": {"mode": "sync"}}, {"policy": "nearest"},
    ),
)  # fmt: skip
