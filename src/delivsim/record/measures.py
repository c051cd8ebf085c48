"""
Measures of meal delivery and of queueing, one value per row: functions from a table to a Series.

The words are those of Reyes et al. (2018), "The meal delivery routing problem", and of queueing textbooks. ``orders``
may be indexed by row or by id: what comes back has the same index. All times are seconds.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

DRIVING = ("to_store", "to_customer", "move")
WORKING = (*DRIVING, "pickup", "dropoff")
"""Kinds of legs that count as work in a rider's utilization; ``wait`` does not."""
BREAK = "break"
"""The kind of leg that is no part of the shift."""

PARTS = ("platform", "waiting_for_rider", "travel_to_store", "kitchen", "delivery")
"""The parts of click-to-door, in the order in which they happen."""


def is_delivered(orders: pd.DataFrame) -> pd.Series:
    """Tell which orders ended well."""
    return orders["outcome"] == "delivered"


def click_to_door(orders: pd.DataFrame) -> pd.Series:
    """Time from placement to delivery, the customer's wait; NaN unless delivered."""
    return _between(orders, "placed_at", "delivered_at")


def click_to_door_overage(orders: pd.DataFrame, target: float) -> pd.Series:
    """Click-to-door above the target, 0 when within it; NaN unless delivered."""
    return (click_to_door(orders) - target).clip(lower=0.0)


def ready_to_door(orders: pd.DataFrame) -> pd.Series:
    """Time from the food being ready to its delivery; NaN unless delivered."""
    return _between(orders, "ready_at", "delivered_at")


def ready_to_pickup(orders: pd.DataFrame) -> pd.Series:
    """Time the ready food waits for its rider; NaN unless delivered."""
    return _between(orders, "ready_at", "picked_up_at")


def promise_error(orders: pd.DataFrame) -> pd.Series:
    """Delivery after (positive) or before (negative) the time promised at step 7; NaN unless delivered."""
    return _between(orders, "promised_at", "delivered_at")


def on_time(orders: pd.DataFrame) -> pd.Series:
    """Whether an order was delivered by the time promised; False for all that were not delivered."""
    return is_delivered(orders) & (orders["delivered_at"] <= orders["promised_at"])


def _between(orders: pd.DataFrame, start: str, end: str) -> pd.Series:
    return (orders[end] - orders[start]).where(is_delivered(orders))


def joined_at(orders: pd.DataFrame, messages: pd.DataFrame) -> pd.Series:
    """
    Tell when each order joined the delivery service's open set: its ``order.placed`` was acknowledged there.

    Where no such message was recorded, the instant of the app's answer stands in for it.
    """
    placed = messages[(messages["topic"] == "order.placed") & (messages["group"] == "delivery")]
    at = placed.groupby("order")["acknowledged_at"].min()
    joined = orders["order"].map(at).astype("float64")
    return joined.fillna(orders["responded_at"])


def click_to_door_parts(orders: pd.DataFrame, messages: pd.DataFrame) -> pd.DataFrame:
    """
    Cut click-to-door into what the customer waited for; the parts of an order add up to its click-to-door.

    Returns
    -------
    One row per order, NaN unless delivered: ``platform`` (placed until the delivery service knew of it),
    ``waiting_for_rider`` (until the rider set out), ``travel_to_store``, ``kitchen`` (from the rider's arrival until
    the food changed hands, pickup service included) and ``delivery`` (until the door).
    """
    joined = np.minimum(joined_at(orders, messages), orders["departed_at"])
    marks = [orders["placed_at"], joined, *(orders[f"{name}_at"] for name in ("departed", "arrived", "picked_up"))]
    marks.append(orders["delivered_at"])
    parts = {name: marks[i + 1] - marks[i] for i, name in enumerate(PARTS)}
    return pd.DataFrame(parts, index=orders.index).where(is_delivered(orders))


def waiting_time(visits: pd.DataFrame) -> pd.Series:
    """Time in the queue, before a server; NaN for a visit that no server ever took."""
    return visits["started_at"] - visits["arrived_at"]


def sojourn_time(visits: pd.DataFrame) -> pd.Series:
    """Time in the system, queue and server; NaN unless served."""
    return (visits["departed_at"] - visits["arrived_at"]).where(visits["outcome"] == "served")


def client_operations(requests: pd.DataFrame, clients: Collection[str]) -> pd.DataFrame:
    """Keep what clients asked for, one row per operation however often it was tried: the final answer."""
    return requests[requests["caller"].isin(list(clients)) & requests["last"]]


def latency(operations: pd.DataFrame) -> pd.Series:
    """Time from the first attempt to the final answer as the client sees it, an error or time-out included."""
    return operations["answered_at"] - operations["first_sent_at"]


def is_error(operations: pd.DataFrame) -> pd.Series:
    """Tell which operations ended in a platform error or time-out (5xx as the client saw it)."""
    return operations["seen"] >= 500


def shift_time(riders: pd.DataFrame, legs: pd.DataFrame, start: float = -np.inf, end: float = np.inf) -> pd.Series:
    """Length of each rider's shift within [start, end), breaks left out."""
    whole = (riders["off_at"].clip(upper=end) - riders["on_at"].clip(lower=start)).clip(lower=0.0)
    return whole - _spent(riders, legs[legs["kind"] == BREAK], start, end)


def work_time(riders: pd.DataFrame, legs: pd.DataFrame, start: float = -np.inf, end: float = np.inf) -> pd.Series:
    """Time each rider drove, picked up or dropped off within [start, end), also after the shift; waits not counted."""
    return _spent(riders, legs[legs["kind"].isin(WORKING)], start, end)


def _spent(riders: pd.DataFrame, legs: pd.DataFrame, start: float, end: float) -> pd.Series:
    """Add up the time within [start, end) of each rider's legs."""
    spent = (legs["ended_at"].clip(upper=end) - legs["started_at"].clip(lower=start)).clip(lower=0.0)
    return riders["rider"].map(spent.groupby(legs["rider"]).sum()).astype("float64").fillna(0.0)


def rider_utilization(
    riders: pd.DataFrame, legs: pd.DataFrame, start: float = -np.inf, end: float = np.inf
) -> pd.Series:
    """Share of the shift that each rider worked (driving, pickup and drop-off service); NaN without a shift."""
    shift = shift_time(riders, legs, start, end)
    return work_time(riders, legs, start, end) / shift.where(shift > 0)


def n_bundles(orders: pd.DataFrame) -> int:
    """Count the bundles in which these orders were picked up: one per rider and instant of pickup."""
    picked = orders[orders["picked_up_at"].notna()]
    return len(picked[["rider", "picked_up_at"]].drop_duplicates())
