"""
Hand-made runs for tests: ``sample_result()`` is small enough to check by hand, ``sample_evening()`` big enough to plot.

Load it from a test through the fixtures of ``tests/conftest.py``.
"""

from __future__ import annotations

import heapq
import math
from typing import Any

import numpy as np
import pandas as pd

from delivsim.record.columns import table_of
from delivsim.record.result import Result
from delivsim.record.tables import SCHEMA_VERSION, TABLES

NOTHING = {"int": 0, "float": math.nan, "category": "", "text": "", "bool": True}
SERVICES = ("gateway", "user", "order", "store", "delivery", "payment", "notification")


def make(table: str, *rows: dict[str, Any]) -> pd.DataFrame:
    """A table of rows; columns that are left out hold nothing."""
    return table_of(table, [tuple(row.get(c.name, NOTHING[c.kind]) for c in TABLES[table]) for row in rows])


def manifest(**changes: Any) -> dict[str, Any]:
    """What a run of three orders with two stations says of itself."""
    return {
        "schema_version": SCHEMA_VERSION,
        "delivsim": "0.1.0",
        "versions": {},
        "scenario": {},
        "digest": "0" * 64,
        "name": "sample",
        "seed": 1,
        "starts_at": "2026-11-20T18:00:00",
        "timezone": "Europe/Madrid",
        "horizon": 1800.0,
        "warm_up": 0.0,
        "ended_at": 2400.0,
        "interrupted_at": None,
        "instance": {
            "name": "sample", "n_orders": 3, "n_riders": 2, "n_stores": 2, "geographic": False,
            "rules": {
                "pickup_service_time": 240.0, "dropoff_service_time": 240.0, "target_click_to_door": 1200.0,
                "max_click_to_door": 5400.0, "pay_per_order": 1000, "guaranteed_pay_per_hour": 1500,
            },
        },
        "stations": {
            "gateway": {"services": ["gateway"], "capacity": [[0.0, 1]], "queue_capacity": 1, "holds": "work"},
            "payment": {"services": ["payment"], "capacity": [[0.0, 2], [1200.0, 1]], "queue_capacity": None,
                        "holds": "work"},
        },
        "services": {"gateway": "gateway", "payment": "payment"},
        "topics": {
            "order.placed": {"partitions": 4, "groups": ["delivery"]},
            "order.cancelled": {"partitions": 4, "groups": ["payment", "store"]},
        },
        "policy": "nearest",
        "slos": ["click_to_door p90 < 45min"],
        "platform": "simulated",
        "clients": ["customer", "rider", "store"],
        "operations": ["place_order", "track_order"],
        **changes,
    }  # fmt: skip


def sample_tables() -> dict[str, pd.DataFrame]:
    """
    Three orders, two riders, two stores; t = 0 is 18:00.

    ``a`` is placed at 0 and delivered at 1500 (promised 1802: on time), ``b`` placed at 300 and delivered at 2310
    (promised 2102: late), ``c`` placed at 600 and cancelled at 601.5, its payment declined.
    The gateway has one server: ``a`` is served 0.1-0.6, ``b`` 300.1-300.6, then of three requests that reach it
    at 600.1 one is served 600.1-601.1, one waits a second and is served 601.1-601.6, one is refused.
    """
    return {
        "orders": _orders(),
        "requests": _requests(),
        "visits": _visits(),
        "messages": _messages(),
        "offers": _offers(),
        "legs": _legs(),
        "decisions": make(
            "decisions",
            {"decision": 1, "decided_at": 60.0, "applied_at": 61.0, "n_orders": 1, "n_riders": 2, "n_offers": 1,
             "n_assigned": 1, "policy": "nearest",
             "n_ready": 0, "ready_bias": 0.0, "ready_spread": 0.0, "fallback": ""},
            {"decision": 2, "decided_at": 360.0, "applied_at": 361.0, "n_orders": 1, "n_riders": 1, "n_offers": 1,
             "n_assigned": 1, "policy": "nearest",
             "n_ready": 0, "ready_bias": 0.0, "ready_spread": 0.0, "fallback": ""},
            {"decision": 3, "decided_at": 420.0, "applied_at": 421.0, "n_orders": 1, "n_riders": 1, "n_offers": 1,
             "n_assigned": 1, "policy": "nearest",
             "n_ready": 0, "ready_bias": 0.0, "ready_spread": 0.0, "fallback": ""},
        ),
        "riders": make(
            "riders",
            {"rider": 0, "id": "r1", "on_at": 0.0, "off_at": 3600.0, "n_orders": 1, "n_bundles": 1, "pay": 1500,
             "on_guarantee": True},
            {"rider": 1, "id": "r2", "on_at": 0.0, "off_at": 1800.0, "n_orders": 1, "n_bundles": 1, "pay": 1000,
             "on_guarantee": False},
        ),
        "stores": make(
            "stores",
            {"store": 0, "id": "noodles", "x": 0.0, "y": 1000.0, "n_cooked": 2, "stock": -1, "reserved": 3,
             "left": -1},
            {"store": 1, "id": "curry", "x": 500.0, "y": 0.0, "n_cooked": 0, "stock": 10, "reserved": 2,
             "given_back": 2, "left": 10},
        ),
    }  # fmt: skip


def _orders() -> pd.DataFrame:
    return make(
        "orders",
        {"order": 0, "id": "a", "customer": 0, "store": 0, "rider": 0, "x": 0.0, "y": 3000.0, "n_items": 2,
         "placed_at": 0.0, "responded_at": 0.8, "promised_at": 1802.0, "ready_at": 600.0, "assigned_at": 70.0,
         "departed_at": 70.0, "arrived_at": 370.0, "picked_up_at": 660.0, "delivered_at": 1500.0, "ended_at": 1500.0,
         "outcome": "delivered", "bundle_size": 1, "n_offers": 1, "charged": 2500, "rating": 5.0},
        {"order": 1, "id": "b", "customer": 1, "store": 0, "rider": 1, "x": 2000.0, "y": 1000.0, "n_items": 1,
         "placed_at": 300.0, "responded_at": 300.8, "promised_at": 2102.0, "ready_at": 900.0, "assigned_at": 430.0,
         "departed_at": 430.0, "arrived_at": 1230.0, "picked_up_at": 1350.0, "delivered_at": 2310.0,
         "ended_at": 2310.0, "outcome": "delivered", "bundle_size": 1, "n_offers": 2, "charged": 1500},
        {"order": 2, "id": "c", "customer": 2, "store": 1, "rider": -1, "x": 0.0, "y": 0.0, "n_items": 2,
         "placed_at": 600.0, "responded_at": 601.5, "ended_at": 601.5, "outcome": "cancelled", "reason": "payment"},
    )  # fmt: skip


def _request(number: int, order: int, operation: str, sent: float, answered: float, **more: Any) -> dict[str, Any]:
    return {
        "order": order, "request": number, "attempt": 1, "cause": "client", "caller": "customer",
        "service": "gateway", "operation": operation, "sent_at": sent, "arrived_at": sent + 0.1,
        "ended_at": answered - 0.1, "answered_at": answered, "status": 200, "seen": 200, "first_sent_at": sent,
        **more,
    }  # fmt: skip


def _requests() -> pd.DataFrame:
    inner = {"cause": "call", "caller": "gateway", "service": "payment"}
    message = {"cause": "message", "caller": "broker", "service": "delivery", "status": 204, "seen": 204}
    return make(
        "requests",
        _request(1, 0, "place_order", 0.0, 0.8),
        _request(2, 0, "charge", 0.2, 0.7, parent=1, **inner),
        _request(4, 0, "open_order", 4.0, 5.0, parent=3, **message),
        _request(5, 1, "place_order", 300.0, 300.8),
        _request(7, 1, "open_order", 303.0, 304.0, parent=6, **message),
        _request(8, 2, "place_order", 600.0, 601.5, status=402, seen=402),
        _request(9, 2, "charge", 600.2, 601.0, parent=8, status=402, seen=402, **inner),
        _request(10, 0, "track_order", 600.0, 600.2, status=503, seen=503, last=False),
        _request(11, 1, "track_order", 600.0, 601.8),
        _request(12, 0, "track_order", 601.2, 602.0, attempt=2, first_sent_at=600.0),
        _request(15, 1, "track_order", 2399.9, math.nan, arrived_at=2400.0, ended_at=math.nan, status=0, seen=0),
    )


def _visit(number: int, station: str, arrived: float, started: float, departed: float, **more: Any) -> dict[str, Any]:
    return {
        "request": number, "attempt": 1, "cause": "client", "station": station, "service": station,
        "operation": "place_order", "arrived_at": arrived, "started_at": started, "departed_at": departed,
        "outcome": "served", **more,
    }  # fmt: skip


def _visits() -> pd.DataFrame:
    nan, track = math.nan, {"operation": "track_order"}
    charge = {"operation": "charge", "cause": "call"}
    return make(
        "visits",
        _visit(1, "gateway", 0.1, 0.1, 0.6),
        _visit(2, "payment", 0.2, 0.2, 0.5, parent=1, **charge),
        _visit(5, "gateway", 300.1, 300.1, 300.6, order=1),
        _visit(10, "gateway", 600.1, nan, 600.1, queue_length=1, outcome="refused", **track),
        _visit(8, "gateway", 600.1, 600.1, 601.1, order=2),
        _visit(9, "payment", 600.3, 600.3, 600.9, parent=8, order=2, **charge),
        _visit(11, "gateway", 600.1, 601.1, 601.6, order=1, **track),
        _visit(12, "gateway", 601.6, 601.6, 601.9, attempt=2, **track),
        _visit(15, "gateway", 2400.0, 2400.0, nan, order=1, outcome="open", **track),
    )


def _message(number: int, order: int, topic: str, group: str, published: float, **more: Any) -> dict[str, Any]:
    return {
        "message": number, "order": order, "request": number + 1, "attempt": 1, "cause": "call", "topic": topic,
        "group": group, "published_at": published, "available_at": published + 1, "delivered_at": published + 2,
        "acknowledged_at": published + 3, "outcome": "acknowledged", **more,
    }  # fmt: skip


def _messages() -> pd.DataFrame:
    nan = math.nan
    return make(
        "messages",
        _message(3, 0, "order.placed", "delivery", 2.0),
        _message(6, 1, "order.placed", "delivery", 301.0),
        _message(13, 2, "order.cancelled", "payment", 601.2, request=0, attempt=3),
        _message(13, 2, "order.cancelled", "store", 601.2, request=0, delivered_at=nan, acknowledged_at=nan,
                 outcome="open"),
    )  # fmt: skip


def _offers() -> pd.DataFrame:
    return make(
        "offers",
        {"offer": 1, "decision": 1, "order": 0, "rider": 0, "bundle_size": 1, "offered_at": 62.0, "answered_at": 70.0,
         "answer": "accepted"},
        {"offer": 2, "decision": 2, "order": 1, "rider": 1, "bundle_size": 1, "offered_at": 362.0,
         "answered_at": 400.0, "answer": "declined"},
        {"offer": 3, "decision": 3, "order": 1, "rider": 1, "bundle_size": 1, "offered_at": 422.0,
         "answered_at": 430.0, "answer": "accepted"},
    )  # fmt: skip


def _legs() -> pd.DataFrame:
    def leg(rider: int, kind: str, start: float, end: float, carried: int, metres: float = 0.0) -> dict[str, Any]:
        place = {"from_x": 0.0, "from_y": 1000.0, "to_x": 0.0, "to_y": 3000.0}
        return {"rider": rider, "order": rider, "kind": kind, "started_at": start, "ended_at": end,
                "n_carried": carried, "distance": metres, **place}  # fmt: skip

    return make(
        "legs",
        leg(0, "to_store", 70.0, 370.0, 0, 1500.0),
        leg(0, "pickup", 370.0, 490.0, 0),
        leg(0, "wait", 490.0, 660.0, 0),
        leg(0, "pickup", 660.0, 780.0, 1),
        leg(0, "to_customer", 780.0, 1380.0, 1, 3000.0),
        leg(0, "dropoff", 1380.0, 1620.0, 1),
        leg(1, "to_store", 430.0, 1230.0, 0, 4000.0),
        leg(1, "pickup", 1230.0, 1470.0, 1),
        leg(1, "to_customer", 1470.0, 2190.0, 1, 3600.0),
        leg(1, "dropoff", 2190.0, 2400.0, 1),
    )


def sample_result(**changes: Any) -> Result:
    """The run of three orders; ``changes`` are of its manifest."""
    return Result(sample_tables(), manifest(**changes))


def sample_evening(n: int = 300, seed: int = 1) -> Result:
    """A plausible evening of ``n`` orders over four hours, drawn without a simulator, for figures and big tables."""
    rng = np.random.default_rng(seed)
    placed = np.sort(rng.triangular(0.0, 6000.0, 14400.0, n))
    rows: dict[str, list[dict[str, Any]]] = {table: [] for table in TABLES}
    responded = _evening_platform(rng, placed, rows)
    free = [(0.0, rider) for rider in range(max(2, n // 8))]
    pays = [0] * len(free)
    for order in range(n):
        _evening_order(rng, order, float(placed[order]), float(responded[order]), rows, free, pays)
    for rider, n_orders in enumerate(pays):
        pay = max(1000 * n_orders, 6000)
        rows["riders"].append({"rider": rider, "id": f"r{rider}", "off_at": 14400.0, "on_at": 0.0, "pay": pay,
                               "n_orders": n_orders, "n_bundles": n_orders, "on_guarantee": n_orders < 6})  # fmt: skip
    rows["stores"] += [
        {"store": s, "id": f"s{s}", "x": float(x), "y": float(y), "stock": -1, "n_cooked": n // 10}
        for s, (x, y) in enumerate(rng.normal(0.0, 2000.0, (10, 2)))
    ]
    ended = max(float(row["departed_at"]) for row in rows["visits"])
    ended = max([ended, *(row["ended_at"] for row in rows["legs"])])
    stations = {
        name: {"services": [name], "capacity": [[0.0, 2]], "queue_capacity": None, "holds": "work"} for name in SERVICES
    }
    size = {"n_orders": n, "n_riders": len(pays), "n_stores": 10}
    return Result(
        {table: make(table, *given) for table, given in rows.items()},
        manifest(
            instance={**manifest()["instance"], **size},
            name="evening", seed=seed, horizon=14400.0, ended_at=ended, stations=stations,
            services={name: name for name in SERVICES},
            topics={"order.placed": {"partitions": 4, "groups": ["delivery"]}},
            operations=["place_order", "picked_up", "delivered"],
        ),
    )  # fmt: skip


def _evening_platform(
    rng: np.random.Generator, placed: np.ndarray, rows: dict[str, list[dict[str, Any]]]
) -> np.ndarray:
    """Send every order through the stations one after the other, first come first served; when each was answered."""
    now = placed + 0.02
    for station in ("gateway", "user", "order", "store", "payment"):
        arrived, by = now.copy(), np.argsort(now, kind="stable")
        free = [0.0, 0.0]
        for order in by:
            start = max(float(arrived[order]), heapq.heappop(free))
            now[order] = start + rng.exponential(20.0)
            heapq.heappush(free, float(now[order]))
            rows["visits"].append(
                _visit(int(order) + 1, station, float(arrived[order]), start, float(now[order]), order=int(order))
            )
    answered = now + 0.02
    rows["requests"] += [
        _request(i + 1, i, "place_order", float(placed[i]), float(answered[i])) for i in range(len(placed))
    ]
    return np.asarray(answered)


def _evening_order(
    rng: np.random.Generator, order: int, placed: float, responded: float, rows: dict[str, list[dict[str, Any]]],
    free: list[tuple[float, int]], pays: list[int],
) -> None:  # fmt: skip
    n = 1_000_000 + 10 * order
    here = {"order": order, "id": f"o{order}", "customer": order, "store": order % 10, "placed_at": placed,
            "responded_at": responded, "n_items": 1 + order % 3, "x": float(rng.normal(0, 3000)),
            "y": float(rng.normal(0, 3000)), "rider": -1}  # fmt: skip
    if rng.random() < 0.05:
        rows["orders"].append({**here, "ended_at": responded, "outcome": "cancelled", "reason": "payment"})
        return
    rows["messages"].append(_message(n, order, "order.placed", "delivery", responded))
    available, rider = heapq.heappop(free)
    departed = max(responded + float(rng.uniform(20, 80)), available)
    arrived = departed + float(rng.gamma(4.0, 90.0))
    ready = placed + float(rng.gamma(6.0, 120.0))
    picked = max(arrived + 60.0, ready)
    reached = picked + 60.0 + float(rng.gamma(4.0, 120.0))
    delivered = reached + 60.0
    heapq.heappush(free, (delivered + 60.0, rider))
    pays[rider] += 1
    rows["orders"].append(
        {**here, "rider": rider, "promised_at": responded + 2400.0, "ready_at": ready, "assigned_at": departed,
         "departed_at": departed, "arrived_at": arrived, "picked_up_at": picked, "delivered_at": delivered,
         "ended_at": delivered, "outcome": "delivered", "bundle_size": 1, "n_offers": 1, "charged": 2000}
    )  # fmt: skip
    decision = {"decision": order + 1, "decided_at": departed - 10, "applied_at": departed - 10, "n_orders": 3,
                "n_riders": 2, "n_offers": 1, "n_assigned": 1, "policy": "nearest",
             "n_ready": 0, "ready_bias": 0.0, "ready_spread": 0.0, "fallback": ""}  # fmt: skip
    rows["decisions"].append(decision)
    rows["offers"].append({"offer": order + 1, "decision": order + 1, "order": order, "rider": rider, "bundle_size": 1,
                           "offered_at": departed - 9, "answered_at": departed, "answer": "accepted"})  # fmt: skip
    stretches = [("to_store", departed, arrived, 0), ("pickup", arrived, arrived + 60, 0),
                 ("wait", arrived + 60, picked, 0), ("pickup", picked, picked + 60, 1),
                 ("to_customer", picked + 60, reached, 1), ("dropoff", reached, delivered + 60, 1)]  # fmt: skip
    for kind, start, end, carried in stretches:
        moving = kind.startswith("to_")
        rows["legs"].append({"rider": rider, "order": order, "kind": kind, "started_at": start, "ended_at": end,
                             "n_carried": carried, "distance": 5.0 * (end - start) if moving else 0.0,
                             "from_x": 0.0, "from_y": 0.0, "to_x": here["x"], "to_y": here["y"]})  # fmt: skip
    for i, (operation, at) in enumerate((("picked_up", picked), ("delivered", delivered))):
        took = float(rng.exponential(0.2))
        rows["requests"].append(_request(n + 5 + i, order, operation, at, at + 0.04 + took, caller="rider"))
