"""Evenings made by hand on which planted faults show, so that they can be looked for in seconds."""

from __future__ import annotations

from typing import Any



def _fault(kind: str, at: str, lasts: str, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "at": f"18:{at}", "for": lasts, **more}


def _evening(payment: str, seed: int, city: dict[str, Any], edges: dict[str, Any], *faults: Any) -> dict[str, Any]:
    return {
        "name": "stormy",
        "seed": seed,
        "starts_at": "2026-11-20T18:00",
        "horizon": "10min",
        "city": {
            "side": "2km",
            "demand": {"rate": {"18:00": "240/h"}},
            "stores": {"count": 3, "stock": 12, "price_low": "20.00", "price_high": "20.00"},
            "growing_bundles": False,
            **city,
        },
        "platform": {
            "payment": {"mode": payment},
            "abandon_after": "1min",
            "services": {"store": {"replicas": 2}, "delivery": {"replicas": 2, "workers": 1}},
            "network": {"edges": edges},
            "broker": {"max_deliveries": 200, "partitions": 3},
        },
        "dispatch": {"policy": "nearest", "every": "10s", "give_up_after": "15min"},
        "faults": list(faults),
    }


def _city(riders: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "kitchens": {"preparation": "4min", "preparation_starts": "on_order"},
        "customers": {"patience": "15min", "declined_card": 0.1, "tips": 0.3},
        "riders": {"shifts": [{"start": "18:00", "end": "21:30", "riders": 6}], **riders},
        **more,
    }


_IMPATIENT = {"retries": {"max_attempts": 3, "backoff": "200ms"}, "timeout": "300ms"}
STORMY = (
    _evening(
        "sync", 1,
        _city({"accept": 0.6, "ignore": 0.2, "give_back": 0.3}),
        {"order->payment": _IMPATIENT, "rider->gateway": {**_IMPATIENT, "timeout": "2s"}},
        _fault("slow", "01:00", "2min", service="delivery", factor=100),
        _fault("crash", "02:30", "20s", service="order"),
        _fault("crash", "03:00", "10s", service="delivery", replicas=1),
        _fault("loss", "04:00", "4min", share=0.3),
        _fault("kitchen_fire", "08:00", "1min", share=0.5),
        _fault("crash", "08:30", "2min", service="store"),
    ),
    _evening(
        "async", 2,
        _city({"give_back": 0.3}),
        {"delivery->store": _IMPATIENT},
        _fault("slow", "00:30", "9min", service="payment", factor=200),
        _fault("payment_outage", "02:00", "5min", share=0.5),
        _fault("partition", "03:00", "2min", groups=[["delivery", "order"], ["store", "payment"]]),
        _fault("error_rate", "05:00", "4min", service="store", share=0.5),
        _fault("riders_offline", "06:00", "2min", share=0.5),
        _fault("crash", "07:00", "1min", service="notification"),
    ),
)  # fmt: skip
