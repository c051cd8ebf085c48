"""Servers and work of the seven services where a scenario says nothing."""

from __future__ import annotations

from typing import Any

from delivsim.simulated.config.names import law


def _lognormal(p50: str, p99: str) -> Any:
    return law({"kind": "lognormal", "p50": p50, "p99": p99})


def default_services() -> dict[str, dict[str, Any]]:
    """
    Servers and work of the seven services where a scenario says nothing.

    Returns
    -------
    Per service: ``workers`` and ``operations``, the work of each operation. Medians and 99 % quantiles are of the
    order of a web service with a database behind it; the payment provider is the slow one.
    """
    quick, plain, heavy = _lognormal("2ms", "10ms"), _lognormal("4ms", "20ms"), _lognormal("8ms", "40ms")
    work: dict[str, dict[str, Any]] = {
        "gateway": {"place_order": plain, "payment.succeeded": quick, "payment.declined": quick},
        "user": {"authenticate": plain, "view_profile": plain, "update_profile": heavy},
        "order": {
            "create_order": heavy,
            "complete_order": heavy,
            "track_order": quick,
            "cancel_order": plain,
            "order.assigned": quick,
            "order.picked_up": quick,
            "order.delivered": quick,
            "order.unserved": quick,
            "order.lost": plain,
            "payment.declined": quick,
        },
        "store": {
            "check_availability": plain,
            "request_preparation": plain,
            "mark_ready": plain,
            "restock": plain,
            "kitchen_lost": plain,
            "order.cancelled": plain,
        },
        "delivery": {
            "order.placed": plain,
            "order.ready": quick,
            "accept_offer": plain,
            "decline_offer": plain,
            "give_back": plain,
            "picked_up": plain,
            "delivered": plain,
            "withdraw": plain,
            "go_online": plain,
            "go_offline": plain,
            "report_position": quick,
            "give_feedback": plain,
        },
        "payment": {
            "charge": _lognormal("150ms", "900ms"),
            "order.placed": _lognormal("150ms", "900ms"),
            "order.cancelled": _lognormal("150ms", "900ms"),
        },
        "notification": {
            "notify": plain,
            "order.placed": plain,
            "order.ready": plain,
            "order.picked_up": plain,
            "order.delivered": plain,
            "order.cancelled": plain,
            "payment.succeeded": plain,
            "payment.declined": plain,
        },
    }
    routed = (
        *("track_order", "cancel_order", "view_profile", "update_profile", "give_feedback", "go_online"),
        *("go_offline", "report_position", "accept_offer", "decline_offer", "give_back", "picked_up", "delivered"),
        *("mark_ready", "restock", "kitchen_lost"),
    )
    work["gateway"].update(dict.fromkeys(routed, quick))
    return {
        name: {"workers": 32 if name == "payment" else 8, "operations": {op: {"work": law} for op, law in ops.items()}}
        for name, ops in work.items()
    }


def merged(given: dict[Any, Any]) -> dict[Any, Any]:
    """Fill what is given of the services up with the defaults of the seven."""
    services: dict[Any, Any] = {}
    for name, default in default_services().items():
        own = given.get(name, {})
        if isinstance(own, dict):
            operations = own.get("operations", {})
            services[name] = {**default, **own}
            if isinstance(operations, dict):
                services[name]["operations"] = {**default["operations"], **operations}
        else:
            services[name] = own
    return services | {name: own for name, own in given.items() if name not in services}
