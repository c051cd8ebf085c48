"""
Instances of the Meal Delivery Routing Problem in the format of mdrplib (Reyes et al. 2018).

A directory of four tab-separated tables: ``orders.txt``, ``couriers.txt``, ``restaurants.txt`` and
``instance_parameters.txt``. Minutes become seconds, money becomes cents, coordinates stay metres; travel is
Euclidean and rounded up to whole minutes.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from delivsim.domain.instance import Instance, Rules
from delivsim.domain.order import Order
from delivsim.domain.rider import Rider
from delivsim.domain.store import Store
from delivsim.domain.travel import Euclidean
from delivsim.domain.units import near_miss
from delivsim.errors import InstanceError, Problem
from delivsim.scenario.formats.delimited import Row, read_table, read_things, refuse_no_folder
from delivsim.scenario.formats.unheld import unheld_by

T = TypeVar("T")

MINUTE = 60.0
ORDERS = ("order", "x", "y", "placement_time", "restaurant", "ready_time")
COURIERS = ("courier", "x", "y", "on_time", "off_time")
RESTAURANTS = ("restaurant", "x", "y")
PARAMETERS = (
    "meters_per_minute",
    "pickup service minutes",
    "dropoff service minutes",
    "target click-to-door",
    "maximum click-to-door",
    "pay per order",
    "guaranteed pay per hour",
)


def read(path: str | os.PathLike[str]) -> Instance:
    """
    Read an instance from its directory.

    Raises
    ------
    InstanceError
        With every mistake of all four files, each named with its file and line.
    """
    folder = Path(path)
    problems: list[Problem] = []
    refuse_no_folder(folder)
    stores = read_things(folder / "restaurants.txt", RESTAURANTS, problems)
    # The names of a broken table are not all known: no order is blamed for that.
    numbers = None if problems else {row.cells["restaurant"]: i for i, row in enumerate(stores)}
    orders = read_things(folder / "orders.txt", ORDERS, problems)
    riders = read_things(folder / "couriers.txt", COURIERS, problems)
    parameters = _parameters(folder / "instance_parameters.txt", problems)
    made = (
        _each(_order(numbers), orders),
        _each(_rider, riders),
        _each(_store, stores),
        _each(_rules, parameters),
    )
    if problems:
        raise InstanceError.of(problems)
    speed, rules = made[3][0]
    travel = Euclidean(speed, round_up_to=MINUTE)
    name = folder.resolve().name
    return Instance(name=name, orders=made[0], riders=made[1], stores=made[2], travel=travel, rules=rules)


FIXED = Rules(waiting_at="stores")
"""What the rules of Reyes et al. (2018) say besides the parameters of an instance."""
HELD_RULES = (
    "pickup_service_time",
    "dropoff_service_time",
    "target_click_to_door",
    "max_click_to_door",
    "pay_per_order",
    "guaranteed_pay_per_hour",
)
unheld = unheld_by(
    FIXED,
    orders=("id", "x", "y", "placed_at", "store", "ready_at"),
    riders=("id", "x", "y", "on_at", "off_at"),
    stores=("id", "x", "y"),
    rules=HELD_RULES,
)
"""Tells what of an instance the format has no place for."""


def write(instance: Instance, path: str | os.PathLike[str]) -> None:
    """
    Write an instance as a directory in this format; reading it back gives the same instance.

    Raises
    ------
    InstanceError
        The format cannot hold it: travel that is not Euclidean in whole minutes, instants between minutes,
        orders without a ready time, whatever else the format has no column for. `mdrplib_near` finds what is near.
    """
    problems = [Problem(path=name, rule=f"the format has no {fields}") for name, fields in unheld(instance).items()]
    tables = {
        "orders.txt": (ORDERS, [_order_cells(instance, o, problems) for o in instance.orders]),
        "couriers.txt": (COURIERS, [_rider_cells(r, problems) for r in instance.riders]),
        "restaurants.txt": (RESTAURANTS, [[s.id, _plain(s.x), _plain(s.y)] for s in instance.stores]),
        "instance_parameters.txt": (PARAMETERS, [_parameter_cells(instance, problems)]),
    }
    if problems:
        raise InstanceError.of(problems)
    folder = Path(path)
    folder.mkdir(parents=True, exist_ok=True)
    for file, (header, rows) in tables.items():
        text = "".join("\t".join(cells) + "\n" for cells in (header, *rows))
        (folder / file).write_text(text, encoding="utf-8", newline="\n")


def _parameters(path: Path, problems: list[Problem]) -> list[Row]:
    rows = read_table(path, PARAMETERS, problems)
    for row in rows[1:]:
        row.refuse("", "must have one row below the header, got another")
    if not rows and not any(p.file == str(path) for p in problems):
        problems.append(Problem(file=str(path), rule="must have one row below the header, got none"))
    return rows[:1]


def _each(make: Callable[[Row], T | None], rows: Iterable[Row]) -> list[T]:
    """Make something of every row, so that the mistakes of all are found."""
    return [made for row in rows if (made := make(row)) is not None]


def _order(stores: dict[str, int] | None) -> Callable[[Row], Order | None]:
    def make(row: Row) -> Order | None:
        name, x, y = row.text("order"), row.number("x"), row.number("y")
        placed, ready = row.whole("placement_time", low=0), row.whole("ready_time", low=0)
        store = row.text("restaurant")
        if store and stores is not None and store not in stores:
            row.refuse("restaurant", f"no {store!r} in restaurants.txt{near_miss(store, sorted(stores))}")
        if ready < placed:
            row.refuse("ready_time", f"must be >= placement_time ({placed:g}), got {ready:g}")
        if not (name and stores and store in stores and ready >= placed and math.isfinite(x + y)):
            return None
        placed_at, ready_at = placed * MINUTE, ready * MINUTE
        return Order(id=name, placed_at=placed_at, store=stores[store], x=x, y=y, ready_at=ready_at)

    return make


def _rider(row: Row) -> Rider | None:
    name, x, y = row.text("courier"), row.number("x"), row.number("y")
    on, off = row.whole("on_time", low=0), row.whole("off_time", low=0)
    if off < on:
        row.refuse("off_time", f"must be >= on_time ({on:g}), got {off:g}")
    if not name or not math.isfinite(x + y + on + off) or off < on:
        return None
    return Rider(id=name, x=x, y=y, on_at=on * MINUTE, off_at=off * MINUTE)


def _store(row: Row) -> Store | None:
    name, x, y = row.text("restaurant"), row.number("x"), row.number("y")
    return Store(id=name, x=x, y=y) if name and math.isfinite(x + y) else None


def _rules(row: Row) -> tuple[float, Rules] | None:
    pace = row.number(PARAMETERS[0], above=0.0)
    pickup, dropoff = (row.number(name, low=0.0) for name in PARAMETERS[1:3])
    target, longest = (row.number(name, above=0.0) for name in PARAMETERS[3:5])
    pay, guarantee = (_cents(row, name) for name in PARAMETERS[5:7])
    if longest < target:
        row.refuse(PARAMETERS[4], f"must be >= target click-to-door ({target:g}), got {longest:g}")
    if not math.isfinite(pace + pickup + dropoff + target + longest + pay + guarantee):
        return None
    return pace / MINUTE, replace(
        FIXED,
        pickup_service_time=pickup * MINUTE,
        dropoff_service_time=dropoff * MINUTE,
        target_click_to_door=target * MINUTE,
        max_click_to_door=longest * MINUTE,
        pay_per_order=int(pay),
        guaranteed_pay_per_hour=int(guarantee),
    )


def _cents(row: Row, column: str) -> float:
    """Read an amount of money in whole cents; NaN if it is none."""
    amount = row.number(column, low=0.0)
    if math.isnan(amount):
        return amount
    if abs(amount * 100.0 - round(amount * 100.0)) > 1e-6:
        row.refuse(column, f"must be an amount in whole cents, got {row.cells[column]}")
    return round(amount * 100.0)


def _order_cells(instance: Instance, order: Order, problems: list[Problem]) -> list[str]:
    path = f"order {order.id}"
    ready_at = math.nan if order.ready_at is None else order.ready_at
    return [
        order.id,
        _plain(order.x),
        _plain(order.y),
        _minutes(order.placed_at, path, "placed_at", problems),
        instance.stores[order.store].id,
        _minutes(ready_at, path, "ready_at", problems),
    ]


def _rider_cells(rider: Rider, problems: list[Problem]) -> list[str]:
    path = f"rider {rider.id}"
    on, off = (_minutes(getattr(rider, name), path, name, problems) for name in ("on_at", "off_at"))
    return [rider.id, _plain(rider.x), _plain(rider.y), on, off]


def _parameter_cells(instance: Instance, problems: list[Problem]) -> list[str]:
    travel, rules = instance.travel, instance.rules
    if not isinstance(travel, Euclidean) or travel != Euclidean(travel.speed, round_up_to=MINUTE):
        rule = "must be Euclidean, without a detour, and rounded up to 60 s for this format"
        problems.append(Problem(path="travel", rule=rule))
        return []
    times = (
        rules.pickup_service_time,
        rules.dropoff_service_time,
        rules.target_click_to_door,
        rules.max_click_to_door,
    )
    pay = (rules.pay_per_order, rules.guaranteed_pay_per_hour)
    numbers = (round(travel.speed * MINUTE, 9), *(t / MINUTE for t in times), *(cents / 100.0 for cents in pay))
    return [_plain(number) for number in numbers]


def _minutes(seconds: float, path: str, name: str, problems: list[Problem]) -> str:
    minutes = seconds / MINUTE
    if not minutes.is_integer():
        problems.append(Problem(path=f"{path}: {name}", rule=f"must be a whole minute, got {seconds} s"))
        return ""
    return str(int(minutes))


def _plain(number: float) -> str:
    """Write a number without a needless fraction."""
    return str(int(number)) if float(number).is_integer() else repr(float(number))
