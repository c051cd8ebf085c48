"""The three solution files of the Meal Delivery Routing Problem as rows; all times in minutes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from delivsim.errors import Problem
from delivsim.scenario.formats.delimited import Row, read_table

MINUTE = 60.0
ON_LOCATION = "0"
"""The origin of a courier's first way: where the shift starts."""


class Columns(NamedTuple):
    """A file's name and its columns."""

    file: str
    columns: tuple[str, ...]


ASSIGNMENTS = Columns("solution_info_assignments.txt", ("assignment_time", "pickup_time", "courier", "order"))
ORDERS = Columns(
    "solution_info_orders.txt",
    ("order", "placement_time", "ready_time", "pickup_time", "dropoff_time", "courier"),
)
COURIERS = Columns("solution_info_couriers.txt", ("courier", "departure_time", "origin", "destination"))


@dataclass(frozen=True, slots=True, eq=False)
class Bundle:
    """Orders that a courier was told to pick up together, in visiting order."""

    row: Row
    assigned_at: float
    pickup_at: float
    courier: str
    orders: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Delivery:
    """One delivered order, as the solution tells it."""

    row: Row
    order: str
    placed_at: float
    ready_at: float
    pickup_at: float
    dropoff_at: float
    courier: str


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """One way of a courier, from one stop to the next."""

    row: Row
    courier: str
    departed_at: float
    origin: str
    destination: str


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """What the three files say; lines that cannot be read are left out and stand in ``problems``."""

    bundles: list[Bundle]
    deliveries: list[Delivery]
    ways: list[Way]
    problems: list[Problem]


def read_solution(directory: Path) -> Solution:
    """Read the three files; every malformed line is noted with its file and line."""
    problems: list[Problem] = []
    rows = [
        read_table(directory / name, columns, problems, separator=None, open_ended=name == ASSIGNMENTS.file)
        for name, columns in (ASSIGNMENTS, ORDERS, COURIERS)
    ]
    bundles = [bundle for row in rows[0] if _is_known((bundle := _bundle(row)).assigned_at, bundle.pickup_at)]
    deliveries = [
        d for row in rows[1] if _is_known((d := _delivery(row)).placed_at, d.ready_at, d.pickup_at, d.dropoff_at)
    ]
    ways = [way for row in rows[2] if _is_known((way := _way(row)).departed_at)]
    return Solution(bundles, deliveries, ways, problems)


def _is_known(*times: float) -> bool:
    return not any(math.isnan(time) for time in times)


def _bundle(row: Row) -> Bundle:
    assigned, pickup = _minute(row, "assignment_time"), _minute(row, "pickup_time")
    return Bundle(row, assigned, pickup, row.text("courier"), tuple(row.text("order").split()))


def _delivery(row: Row) -> Delivery:
    placed, ready, pickup, dropoff = (_minute(row, name) for name in ORDERS.columns[1:5])
    return Delivery(row, row.text("order"), placed, ready, pickup, dropoff, row.text("courier"))


def _way(row: Row) -> Way:
    departed = _minute(row, "departure_time")
    return Way(row, row.text("courier"), departed, row.text("origin"), row.text("destination"))


def _minute(row: Row, column: str) -> float:
    """Read a time that must be a whole minute; one that is not is noted, and taken as it is."""
    time = row.number(column, low=0.0)
    if not math.isnan(time) and time != math.floor(time):
        row.refuse(column, f"must be a whole minute, got {row.cells[column]}")
    return time
