"""
What happened to the orders of an instance: tables beside it, in a folder ``history``, from which scenarios are fitted.

``orders.csv`` has a row per order and ``offers.csv`` a row per offer; ``about.json`` says when it was.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from delivsim.domain.units import parse_moment
from delivsim.errors import InstanceError, Problem

if TYPE_CHECKING:
    import pandas as pd

FOLDER = "history"
ORDERS: dict[str, str] = {
    "id": "the order's id in the instance",
    "rider": "who carried it; empty: not told",
    "preparation_started_at": "the kitchen began, s",
    "ready_at": "the food was ready, s",
    "assigned_at": "a rider had accepted it, s",
    "arrived_at": "the rider reached the store, s",
    "picked_up_at": "the rider had the food, s",
    "delivered_at": "the customer had it, s",
    "cancelled_at": "it was cancelled, s",
    "outcome": "delivered, rejected, cancelled or failed; empty: not told",
    "reason": "why it was not delivered, in the company's words",
    "by_customer": "1 if the customer cancelled it",
    "n_offers": "riders it was offered to",
}
"""Columns of ``orders.csv``; instants in seconds since the start, blank where they never happened or are not told."""
OFFERS: dict[str, str] = {
    "order": "the order's id",
    "rider": "who was asked",
    "offered_at": "when, s",
    "answered_at": "when the rider answered, s",
    "answer": "accepted, declined, timed_out or withdrawn",
    "distance": "length of the way as the rider saw it, m",
    "pay": "pay as the rider saw it, units of money",
}
_TEXT = frozenset({"id", "rider", "outcome", "reason", "order", "answer"})


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """
    What happened.

    Parameters
    ----------
    orders, offers
        Columns `ORDERS` and `OFFERS`; floats with NaN, texts with "".
    starts_at
        Local date and time of second 0.
    timezone
        Where that is.
    horizon
        Seconds that were watched.
    lost
        Orders that were there, but whose rows could not be read.
    """

    orders: pd.DataFrame
    offers: pd.DataFrame
    starts_at: datetime
    timezone: str
    horizon: float
    lost: int = 0


def has_history(folder: Path) -> bool:
    """Whether a folder holds a history."""
    return (folder / FOLDER / "about.json").is_file()


def write_history(history: History, folder: Path) -> None:
    """Write a history beside an instance."""
    into = folder / FOLDER
    into.mkdir(parents=True, exist_ok=True)
    for name, table in (("orders", history.orders), ("offers", history.offers)):
        table.to_csv(into / f"{name}.csv", index=False, lineterminator="\n")
    about = {
        "starts_at": history.starts_at.isoformat(),
        "timezone": history.timezone,
        "horizon": history.horizon,
        "lost": history.lost,
    }
    (into / "about.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


def read_history(folder: Path) -> History:
    """
    Read the history beside an instance.

    Raises
    ------
    InstanceError
        A file is missing or damaged; the message names it.
    """
    into = folder / FOLDER
    about = _about(into / "about.json")
    return History(
        _table(into / "orders.csv", ORDERS),
        _table(into / "offers.csv", OFFERS),
        about["starts_at"],
        about["timezone"],
        about["horizon"],
        about["lost"],
    )


def shaped(table: pd.DataFrame, columns: dict[str, str]) -> pd.DataFrame:
    """Give the table with these columns alone, texts as texts and all else as floats."""
    return table[list(columns)].astype({name: object if name in _TEXT else "float64" for name in columns})


def empty(columns: dict[str, str]) -> pd.DataFrame:
    """Make a table without rows."""
    import pandas as pd

    return pd.DataFrame({name: pd.Series(dtype=object if name in _TEXT else "float64") for name in columns})


def _about(path: Path) -> dict[str, Any]:
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
        about["starts_at"] = parse_moment(about["starts_at"])
        about["horizon"], about["lost"] = float(about["horizon"]), int(about["lost"])
        if not (math.isfinite(about["horizon"]) and about["horizon"] > 0 and isinstance(about["timezone"], str)):
            raise ValueError("horizon must be > 0")
    except (OSError, ValueError, KeyError, TypeError) as error:
        rule = f"cannot be read as what a history says of itself: {error}"
        raise InstanceError.of([Problem(file=str(path), rule=rule)]) from error
    return dict(about)


def _table(path: Path, columns: dict[str, str]) -> pd.DataFrame:
    import pandas as pd

    kinds: Any = {name: object if name in _TEXT else "float64" for name in columns}
    try:
        table = pd.read_csv(
            path, dtype=kinds, keep_default_na=False, na_values={n: [""] for n in columns if n not in _TEXT}
        )
    except (OSError, ValueError) as error:
        raise InstanceError.of([Problem(file=str(path), rule=f"cannot be read: {error}")]) from error
    if missing := [name for name in columns if name not in table]:
        raise InstanceError.of([Problem(file=str(path), rule=f"must have the column {missing[0]}")])
    return shaped(table, columns)
