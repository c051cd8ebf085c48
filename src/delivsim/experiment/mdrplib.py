"""
Solutions of the Meal Delivery Routing Problem: written from a run, and checked strictly.

A solution is three tables separated by spaces, times in minutes: ``solution_info_assignments.txt`` (who was told to
pick up what, and when), ``solution_info_orders.txt`` and ``solution_info_couriers.txt`` (every way a courier went).
"""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from delivsim.errors import ResultError
from delivsim.experiment.mdrplib_check import SolutionCheck, check_solution
from delivsim.experiment.mdrplib_solution import ASSIGNMENTS, COURIERS, MINUTE, ON_LOCATION, ORDERS

if TYPE_CHECKING:
    import pandas as pd

    from delivsim.record.result import Result

__all__ = ["SolutionCheck", "check_solution", "export_solution"]

EXACT = 1e-6
"""Minutes by which a time may miss a whole one and still be it: the rounding error of float arithmetic."""


def export_solution(result: Result, directory: str | PathLike[str]) -> list[str]:
    """
    Write the three published solution files of a run.

    Orders that were never picked up appear nowhere; one still on board at the end has no line among the orders.

    Parameters
    ----------
    result
        A run on an instance.
    directory
        Where to write; made if need be.

    Returns
    -------
    Warnings for people to read; empty if the solution is comparable with published ones.

    Raises
    ------
    ResultError
        The run was not on an mdrplib instance: there is nothing that a solution could be checked against.
    """
    if ((result.manifest.get("scenario") or {}).get("instance") or {}).get("format") != "mdrplib":
        raise ResultError(f"{result.manifest['name']}: must be a run on an mdrplib instance to be a solution")
    orders = result.tables["orders"]
    minutes = Minutes()
    files = {
        ASSIGNMENTS: _assignments(result, orders[orders["bundle_size"] > 0], minutes),
        ORDERS: _orders(result, orders[orders["outcome"] == "delivered"], minutes),
        COURIERS: _couriers(result, minutes),
    }
    folder = Path(directory)
    folder.mkdir(parents=True, exist_ok=True)
    for (name, columns), rows in files.items():
        text = "".join(" ".join(row) + "\n" for row in (columns, *rows))
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    return minutes.warnings()


class Minutes:
    """Writes seconds as minutes, and counts those that are between two whole ones."""

    def __init__(self) -> None:
        self.n_written = self.n_fractions = 0

    def __call__(self, seconds: float) -> str:
        """Write one time."""
        minutes = seconds / MINUTE
        self.n_written += 1
        if abs(minutes - round(minutes)) <= EXACT:
            return str(round(minutes))
        self.n_fractions += 1
        return f"{minutes:.6f}".rstrip("0")

    def warnings(self) -> list[str]:
        """Say that the times are not those of the published rules, if so."""
        if not self.n_fractions:
            return []
        return [
            f"{self.n_fractions:,} of {self.n_written:,} times are no whole minutes, because the platform and the "
            "riders took time to answer: not comparable with published solutions"
        ]


def _assignments(result: Result, picked: pd.DataFrame, minutes: Minutes) -> Iterable[list[str]]:
    """One line per bundle: the orders a rider picked up at one instant, as visited, and when the last was told."""
    courier = _ids(result.tables["riders"], "rider")
    bundles: dict[tuple[float, int], list[dict[Any, Any]]] = {}
    for row in picked.sort_values(["delivered_at", "order"]).to_dict("records"):
        bundles.setdefault((float(row["picked_up_at"]), int(row["rider"])), []).append(row)
    told = {key: max(float(row["assigned_at"]) for row in rows) for key, rows in bundles.items()}
    for key in sorted(bundles, key=lambda key: (told[key], *key)):
        picked_up_at, rider = key
        names = [str(row["id"]) for row in bundles[key]]
        yield [minutes(told[key]), minutes(picked_up_at), courier[rider], *names]


def _orders(result: Result, delivered: pd.DataFrame, minutes: Minutes) -> Iterable[list[str]]:
    courier = _ids(result.tables["riders"], "rider")
    times = ("placed_at", "ready_at", "picked_up_at", "delivered_at")
    for row in delivered.sort_values("order").to_dict("records"):
        yield [str(row["id"]), *(minutes(float(row[name])) for name in times), courier[int(row["rider"])]]


def _couriers(result: Result, minutes: Minutes) -> Iterable[list[str]]:
    """One line per way driven: to a store, or to the customer of an order."""
    courier, door = _ids(result.tables["riders"], "rider"), _ids(result.tables["orders"], "order")
    stores = _ids(result.tables["stores"], "store")
    orders = result.tables["orders"]
    store = {int(order): stores[int(s)] for order, s in zip(orders["order"], orders["store"], strict=True)}
    there = {(row["x"], row["y"]): str(row["id"]) for row in result.tables["stores"].to_dict("records")}
    legs = result.tables["legs"]
    driven = legs[legs["kind"].isin(["to_store", "to_customer", "move"])].sort_values(
        ["rider", "started_at"], kind="stable"
    )
    place: dict[int, str] = {}
    for leg in driven.to_dict("records"):
        rider, order = int(leg["rider"]), int(leg["order"])
        if leg["kind"] == "move":
            to = there[leg["to_x"], leg["to_y"]]
        else:
            to = (store if leg["kind"] == "to_store" else door)[order]
        yield [courier[rider], minutes(float(leg["started_at"])), place.get(rider, ON_LOCATION), to]
        place[rider] = to


def _ids(table: pd.DataFrame, number: str) -> dict[int, str]:
    """Give the names in the instance by number."""
    return {int(n): str(name) for n, name in zip(table[number], table["id"], strict=True)}
