"""
Days of real orders as one platform published them: ``orders.csv`` and ``couriers.csv``, places in degrees.

Times are ``HH:MM:SS`` of one day, kept as seconds since its midnight. One that falls back by more than 12 hours
behind the one before it on its line is of the next day; one that falls back by less is a mistake, except a promise.
A pick-up point is a store, every order has a customer of its own. Each vehicle has its speed, travel is along great
circles. Rules and pay are not part of the format: those of `Rules` hold.

Legal, and counted by ``delivsim info``: shifts without length (their riders never work), promises before the food is
ready, and what happens after midnight.
"""

from __future__ import annotations

import math
import os
from pathlib import Path

from delivsim.domain.instance import Instance
from delivsim.domain.order import Order
from delivsim.domain.rider import Rider
from delivsim.domain.store import Store
from delivsim.domain.travel import Haversine
from delivsim.domain.units import near_miss
from delivsim.errors import InstanceError, Problem
from delivsim.scenario.formats.delimited import Row, read_things, refuse_no_folder

DAY = 86_400.0
HALF_A_DAY = DAY / 2
KMH = 1000.0 / 3600.0
SPEEDS = {"walking": 5 * KMH, "bicycle": 15 * KMH, "motorcycle": 23 * KMH, "car": 25 * KMH}
"""Metres per second along the way."""
ORDERS = (
    "order_id", "pick_up_lat", "pick_up_lng", "drop_off_lat", "drop_off_lng", "placement_time", "preparation_time",
    "ready_time", "expected_drop_off_time",
)  # fmt: skip
COURIERS = ("courier_id", "vehicle", "on_lat", "on_lng", "on_time", "off_time")


def read(path: str | os.PathLike[str]) -> Instance:
    """
    Read a day from its directory.

    Raises
    ------
    InstanceError
        With every mistake of both files, each named with its file and line.
    """
    folder = Path(path)
    problems: list[Problem] = []
    refuse_no_folder(folder)
    stores = _Stores()
    orders = [o for row in read_things(folder / "orders.csv", ORDERS, problems, ",") if (o := _order(row, stores))]
    riders = [r for row in read_things(folder / "couriers.csv", COURIERS, problems, ",") if (r := _rider(row))]
    if problems:
        raise InstanceError.of(problems)
    return Instance(
        name=folder.resolve().name,
        orders=orders,
        riders=riders,
        stores=stores.made,
        travel=Haversine(SPEEDS["motorcycle"]),
        geographic=True,
    )


class _Stores:
    """The pick-up points met so far."""

    def __init__(self) -> None:
        self.made: list[Store] = []
        self._numbers: dict[tuple[float, float], int] = {}

    def at(self, x: float, y: float) -> int:
        """Give the number of the store at a place."""
        number = self._numbers.setdefault((x, y), len(self.made))
        if number == len(self.made):
            self.made.append(Store(id=f"s{number + 1}", x=x, y=y))
        return number


def _order(row: Row, stores: _Stores) -> Order | None:
    name = row.text("order_id")
    (px, py), (x, y) = (_place(row, where) for where in ("pick_up", "drop_off"))
    placed = row.clock("placement_time")
    begun = _after(row, "preparation_time", placed)
    ready = _after(row, "ready_time", begun)
    promised = _after(row, "expected_drop_off_time", placed, may_precede=True)
    if not (name and math.isfinite(px + py + x + y + placed + begun + ready + promised)):
        return None
    return Order(
        id=name,
        placed_at=placed,
        store=stores.at(px, py),
        x=x,
        y=y,
        ready_at=ready,
        customer=row.line - 2,
        promised_at=promised,
        preparation_started_at=begun,
        preparation_time=ready - begun,
    )


def _rider(row: Row) -> Rider | None:
    name, vehicle = row.text("courier_id"), row.cells["vehicle"]
    (x, y), on = _place(row, "on"), row.clock("on_time")
    off = _after(row, "off_time", on)
    if vehicle not in SPEEDS:
        known = list(SPEEDS)
        row.refuse("vehicle", f"must be one of {', '.join(known)}, got {vehicle!r}{near_miss(vehicle, known)}")
        return None
    if not (name and math.isfinite(x + y + on + off)):
        return None
    return Rider(id=name, x=x, y=y, on_at=on, off_at=off, speed=SPEEDS[vehicle], vehicle=vehicle)


def _place(row: Row, where: str) -> tuple[float, float]:
    """Read longitude and latitude."""
    x = row.number(f"{where}_lng", low=-180.0, high=180.0)
    return x, row.number(f"{where}_lat", low=-90.0, high=90.0)


def _after(row: Row, column: str, before: float, *, may_precede: bool = False) -> float:
    """Read a time that follows another: of the next day if it falls back behind that by more than 12 hours."""
    time = row.clock(column)
    while time < before - HALF_A_DAY:
        time += DAY
    if time < before and not may_precede:
        row.refuse(column, f"must not fall back by 12 hours or less, got {row.cells[column]}")
        return math.nan
    return time
