"""Writes a run as a company would export its day: four CSV files with columns, words and clocks of its own."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd

from delivsim.record.result import Result

WORDS = {"delivered": "DELIVERED", "rejected": "REJECTED", "cancelled": "CANCELED", "failed": "FAILED", "censored": ""}
WHY = {"patience": "customer changed mind", "payment": "payment declined", "no_rider": "no courier found"}


def export_company(result: Result, directory: Path) -> list[Path]:
    """
    Write orders, couriers, merchants and courier offers of a run, as `delivsim import` can read them.

    Nothing is told that a company would not know of itself: no laws, no patience of those who did not cancel, no
    preparation of orders that never became ready.

    Parameters
    ----------
    result
        A run with a city.
    directory
        Made if it is not there.

    Returns
    -------
    The files written: ``orders.csv``, ``couriers.csv``, ``merchants.csv`` and ``offers.csv``.
    """
    directory.mkdir(parents=True, exist_ok=True)
    clock = _Clock(result)
    geographic = bool((result.manifest.get("instance") or {}).get("geographic"))
    tables = {
        "orders.csv": _orders(result, clock, geographic=geographic),
        "couriers.csv": _couriers(result, clock, geographic=geographic),
        "merchants.csv": _merchants(result, geographic=geographic),
        "offers.csv": _offers(result, clock),
    }
    for name, table in tables.items():
        table.to_csv(directory / name, index=False, lineterminator="\n")
    return [directory / name for name in tables]


class _Clock:
    """Writes seconds of a run as local times with their offset from UTC, as ``2026-11-20T18:00:03.250-05:00``."""

    def __init__(self, result: Result) -> None:
        zone = ZoneInfo(result.manifest["timezone"])
        self._start = datetime.fromisoformat(result.manifest["starts_at"]).replace(tzinfo=zone)
        self._zone = zone

    def __call__(self, seconds: pd.Series) -> pd.Series:
        start = self._start.timestamp()

        def written(at: float) -> str:
            if at != at:
                return ""
            return datetime.fromtimestamp(round(start + at, 3), self._zone).isoformat(timespec="milliseconds")

        return seconds.map(written).astype(object)


def _orders(result: Result, clock: _Clock, *, geographic: bool) -> pd.DataFrame:
    orders = result.tables["orders"]
    placed = orders[orders["placed_at"].notna()]
    stores, riders = result.tables["stores"].set_index("store"), result.tables["riders"].set_index("rider")
    where = stores.loc[placed["store"]].set_index(placed.index)
    outcome = placed["outcome"].astype(str)
    east, north = ("lng", "lat") if geographic else ("x", "y")
    return pd.DataFrame(
        {
            "order_number": placed["id"],
            "created_at": clock(placed["placed_at"]),
            "merchant_id": where["id"],
            f"pickup_{east}": where["x"],
            f"pickup_{north}": where["y"],
            "customer_id": placed["customer"].map(lambda number: f"c{number}"),
            f"dropoff_{east}": placed["x"],
            f"dropoff_{north}": placed["y"],
            "item_count": placed["n_items"],
            "confirmed_at": clock(placed["responded_at"].where(~outcome.eq("rejected"))),
            "food_ready_at": clock(placed["ready_at"]),
            "courier_id": placed["rider"].map(riders["id"]).fillna(""),
            "courier_assigned_at": clock(placed["assigned_at"]),
            "arrived_at_store": clock(placed["arrived_at"]),
            "picked_up_at": clock(placed["picked_up_at"]),
            "delivered_at": clock(placed["delivered_at"]),
            "canceled_at": clock(placed["ended_at"].where(outcome.eq("cancelled"))),
            "cancel_reason": placed["reason"].astype(str).map(lambda why: WHY.get(why, why)),
            "status": outcome.map(WORDS),
        }
    )


def _couriers(result: Result, clock: _Clock, *, geographic: bool) -> pd.DataFrame:
    riders, legs = result.tables["riders"], result.tables["legs"]
    first = legs.sort_values("started_at", kind="stable").drop_duplicates("rider").set_index("rider")
    east, north = ("lng", "lat") if geographic else ("x", "y")
    return pd.DataFrame(
        {
            "courier_id": riders["id"],
            "login": clock(riders["on_at"]),
            "logout": clock(riders["off_at"]),
            f"start_{east}": riders["rider"].map(first["from_x"]),
            f"start_{north}": riders["rider"].map(first["from_y"]),
        }
    )


def _merchants(result: Result, *, geographic: bool) -> pd.DataFrame:
    stores = result.tables["stores"]
    east, north = ("longitude", "latitude") if geographic else ("x", "y")
    return pd.DataFrame({"merchant_id": stores["id"], east: stores["x"], north: stores["y"]})


def _offers(result: Result, clock: _Clock) -> pd.DataFrame:
    offers, orders, riders = (result.tables[name] for name in ("offers", "orders", "riders"))
    closed = offers[offers["answer"].isin(["accepted", "declined", "timed_out"])]
    return pd.DataFrame(
        {
            "order_number": closed["order"].map(orders.set_index("order")["id"]),
            "courier_id": closed["rider"].map(riders.set_index("rider")["id"]),
            "offered_at": clock(closed["offered_at"]),
            "answered_at": clock(closed["answered_at"]),
            "answer": closed["answer"].astype(str),
        }
    )
