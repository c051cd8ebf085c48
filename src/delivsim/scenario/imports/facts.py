"""Orders, travel and rules of an instance, from the rows of an export and what can be estimated from them."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from delivsim.calibrate.ways import Ways, estimate_ways
from delivsim.domain.instance import Rules
from delivsim.domain.order import Order
from delivsim.domain.store import MEAL, Store
from delivsim.domain.travel import Euclidean, Haversine, Travel
from delivsim.scenario.history import OFFERS, shaped
from delivsim.scenario.imports.intake import Intake, Tally
from delivsim.scenario.imports.people import answer_of
from delivsim.scenario.imports.window import Window

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]

SPEED, DETOUR = 5.0, 1.3
"""Metres per second along streets, and how much longer these are than straight lines, where nothing tells."""
SERVICE_TIME = 120.0
"""Seconds at a store, and at a door, where nothing tells."""


def straight_distances(frame: pd.DataFrame, stores: list[Store], *, geographic: bool) -> Floats:
    """Metres from each order's store to where it goes, along a straight line."""
    east, north = ("lon", "lat") if geographic else ("x", "y")
    here = np.array([(store.x, store.y) for store in stores])[frame["store"].to_numpy(np.int64)]
    there = frame[[east, north]].to_numpy(np.float64)
    travel: Travel = Haversine(speed=1.0) if geographic else Euclidean(speed=1.0)
    return np.asarray(travel.times(here, there), dtype=np.float64)


def ways_of(frame: pd.DataFrame, stores: list[Store], window: Window, *, geographic: bool) -> Ways | None:
    """Estimate speeds and stays; None where the export does not tell when food was picked up and delivered."""
    if not {"picked_up_at", "delivered_at"} <= set(frame.columns):
        return None
    ways = frame.assign(
        distance=straight_distances(frame, stores, geographic=geographic),
        hour=hours_of_day(frame["picked_up_at"].to_numpy(np.float64), window),
    )
    return estimate_ways(ways.rename(columns={"rider_id": "rider"}))


def hours_of_day(seconds: Floats, window: Window) -> NDArray[np.int64]:
    """Hour of the day of each instant since the window's begin; -1 where there is none."""
    midnight = window.starts_at.replace(hour=0, minute=0, second=0, microsecond=0)
    offset = (window.starts_at - midnight) / timedelta(seconds=1)
    return np.where(np.isnan(seconds), -1, np.floor((np.nan_to_num(seconds) + offset) / 3600) % 24).astype(np.int64)


def travel_and_rules(ways: Ways | None, said: list[str], *, geographic: bool) -> tuple[Travel, Rules]:
    """Make the travel model and the rules: estimated where the export tells, else usual values, and say which."""
    if ways is None:
        said.append(
            "no (or too few) times of pick-up and delivery: riders are taken to go at 5 m/s along streets 1.3 times"
            " longer than straight lines, and to stay 2 min at stores and at doors"
        )
        speed, pickup, dropoff = SPEED / DETOUR, SERVICE_TIME, SERVICE_TIME
    else:
        speed = ways.speed
        pickup = ways.stay_time if ways.pickup_service_time is None else ways.pickup_service_time
        dropoff = max(0.0, 2 * ways.stay_time - pickup)
        said.append(
            f"riders' speed is estimated from {ways.n} ways: {speed:.2f} m/s ({3.6 * speed:.1f} km/h) along straight"
            f" lines; they stay {pickup:.0f} s at stores and {dropoff:.0f} s at doors"
            + (
                ""
                if ways.pickup_service_time is not None
                else " (only the sum of both is told; half is taken for each)"
            )
        )
    rules = Rules(pickup_service_time=round(pickup, 1), dropoff_service_time=round(dropoff, 1))
    said.append("what riders are paid is not told: the rules' usual pay is taken")
    return (Haversine(speed=speed) if geographic else Euclidean(speed=speed)), rules


def orders_of(frame: pd.DataFrame, said: list[str]) -> tuple[list[Order], bool]:
    """Make the orders; tell whether all their ready times are facts."""
    n = len(frame)
    ready = _column(frame, "ready_at")
    cooking = _cooking(frame, ready)
    given = not np.isnan(ready).any()
    _say_preparation(ready, cooking, said, pickups={"arrived_at", "picked_up_at"} <= set(frame.columns))
    if "units" not in frame:
        said.append("no column tells how many units were ordered: one each")
    east, north = ("lon", "lat") if "lat" in frame else ("x", "y")
    rows = frame.assign(
        x=frame[east],
        y=frame[north],
        ready_at=ready if given else math.nan,
        preparation_time=cooking,
        customer=_numbered(frame["customer_id"]) if "customer_id" in frame else range(n),
    )
    return [_order(row) for row in rows.to_dict("records")], given


def _order(row: Mapping[Hashable, Any]) -> Order:
    units, tip = (row.get(name, math.nan) for name in ("units", "tip"))
    optional = ("ready_at", "promised_at", "preparation_started_at", "preparation_time")
    return Order(
        id=str(row["order_id"]),
        placed_at=float(row["placed_at"]),
        store=int(row["store"]),
        x=float(row["x"]),
        y=float(row["y"]),
        items=((MEAL, 1 if math.isnan(units) else int(units)),),
        customer=int(row["customer"]),
        zone=str(row.get("zone", "")),
        tip=0 if math.isnan(tip) else round(100 * tip),
        **{name: _or_none(row.get(name, math.nan)) for name in optional},
    )


def _cooking(frame: pd.DataFrame, ready: Floats) -> Floats:
    """Seconds each order cooked: as told, else from its begin (or its placement) until it was ready."""
    begun = _column(frame, "preparation_started_at")
    begun = np.where(np.isnan(begun), frame["placed_at"].to_numpy(np.float64), begun)
    told = _column(frame, "preparation_time")
    return np.where(np.isnan(told), np.maximum(0.0, ready - begun).round(3), told)


def _say_preparation(ready: Floats, cooking: Floats, said: list[str], *, pickups: bool) -> None:
    n, unknown = len(ready), int(np.isnan(cooking).sum())
    if not np.isnan(ready).any():
        return
    if unknown == n and pickups:
        said.append(
            "no column tells when food was ready, or how long it cooked: it is estimated from riders who waited at the"
            " store, and who found it ready"
        )
    elif unknown == n:
        said.append(
            "no column tells when food was ready, or how long it cooked: kitchens take 12 min on average (a gamma law"
            " with cv 0.35) from the order on"
        )
    elif unknown:
        said.append(f"{unknown} of {n} orders do not tell how long they cooked: theirs is drawn from the others' law")


def _column(frame: pd.DataFrame, name: str) -> Floats:
    return frame[name].to_numpy(np.float64) if name in frame else np.full(len(frame), math.nan)


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _numbered(names: pd.Series) -> list[int]:
    number: dict[str, int] = {}
    return [number.setdefault(name or f"\0{i}", len(number)) for i, name in enumerate(names)]


def work_per_order(frame: pd.DataFrame, stores: list[Store], ways: Ways | None, *, geographic: bool) -> float:
    """Seconds of a rider's work that an order takes: there and back, and at both ends."""
    speed = SPEED / DETOUR if ways is None else ways.speed
    distance = float(straight_distances(frame, stores, geographic=geographic).mean())
    return 2.0 * distance / speed + 2.0 * SERVICE_TIME + SERVICE_TIME  # and two minutes of waiting for food


def offers_of(frame: pd.DataFrame, begin: float) -> pd.DataFrame:
    """Make the table of offers, instants in seconds since the begin."""
    import pandas as pd

    n = len(frame)
    blank = pd.Series(np.full(n, math.nan))
    out = {
        "order": frame["order_id"],
        "rider": frame["rider_id"] if "rider_id" in frame else pd.Series([""] * n),
        "answer": frame["answer"].map({text: answer_of(text) for text in frame["answer"].unique()}),
    }
    for name in ("offered_at", "answered_at"):
        out[name] = (frame[name] - begin).round(3) if name in frame else blank
    for name in ("distance", "pay"):
        out[name] = frame.get(name, blank)
    return shaped(pd.DataFrame(out), OFFERS)


def n_lost(tally: Tally, n_used: int) -> int:
    """
    Say how many orders of the window were there but could not be read.

    Rows given twice are no orders. Of the others, as many belong to the window as of those that can be read.
    """
    lost = sum(reject.rule != "must not be given twice" for reject in tally.rejects)
    return round(lost * n_used / max(1, n_used + tally.n_outside))


def names_rejected(taken: Intake) -> set[str]:
    """Names of orders whose rows were rejected."""
    return {str(taken.at(i, "order_id")) for i, alive in enumerate(taken.alive) if not alive}
