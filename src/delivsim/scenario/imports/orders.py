"""The orders of an export, row by row: complete, in the window, somewhere on Earth, and in the order of events."""

from __future__ import annotations

import math
import statistics
from typing import TYPE_CHECKING

from delivsim.domain.order import Outcome
from delivsim.errors import InputError, Problem
from delivsim.scenario.imports.columns import KNOWN
from delivsim.scenario.imports.intake import Intake

if TYPE_CHECKING:
    import pandas as pd

FARTHEST = 200_000.0
"""Metres from the middle of all places beyond which a place is a mistake: nobody carries a meal that far."""
LONGEST = 86400.0
"""Seconds that anything in an order's life may lie after its placement."""

EVENTS = ("placed_at", "preparation_started_at", "ready_at", "assigned_at", "arrived_at", "picked_up_at",
          "delivered_at", "cancelled_at")  # fmt: skip
AFTER = (
    *((event, "placed_at") for event in EVENTS[1:]),
    ("ready_at", "preparation_started_at"),
    ("picked_up_at", "assigned_at"),
    ("picked_up_at", "arrived_at"),
    ("delivered_at", "picked_up_at"),
)
"""Pairs of instants of which the first may not be before the second."""

_ENDS: tuple[tuple[Outcome, tuple[str, ...]], ...] = (
    (Outcome.CANCELLED, ("cancel", "anul")),
    (Outcome.REJECTED, ("reject", "refus", "declin", "unavail", "rechaz")),
    (Outcome.FAILED, ("fail", "error")),
    (Outcome.DELIVERED, ("deliver", "complet", "finish", "done", "entreg", "closed", "success")),
)
_CUSTOMERS = ("customer", "user", "client", "patience", "too_long", "too long", "late", "changed", "mind")
_OTHERS = ("store", "restaurant", "merchant", "rider", "courier", "driver", "payment", "card", "stock", "unavail",
           "fraud", "auth", "system", "partner")  # fmt: skip


def check_places(taken: Intake, *pairs: tuple[str, str]) -> None:
    """
    Reject rows whose places cannot be: latitude and longitude 0, or far from where everything else is.

    Parameters
    ----------
    taken
        The rows.
    pairs
        Fields of places, east and north: ``("lon", "lat")``.
    """
    for east, north in pairs:
        if not taken.has(east, north):
            continue
        places = {}
        for i in list(taken.rows()):
            a, b = taken.at(i, east), taken.at(i, north)
            if not isinstance(a, float) or not isinstance(b, float):
                if a is not None or b is not None:
                    taken.refuse(i, east if a is None else north, "must not be empty")
            elif north.endswith("lat") and a == b == 0.0:
                taken.refuse(i, north, "must be a place, not 0, 0")
            else:
                places[i] = (a, b)
        _refuse_far(taken, places, north)


def _refuse_far(taken: Intake, places: dict[int, tuple[float, float]], north: str) -> None:
    if not places:
        return
    middle = tuple(statistics.median(place[k] for place in places.values()) for k in (0, 1))
    per_unit = 111_195.0 if north.endswith("lat") else 1.0
    for i, (a, b) in places.items():
        across = (a - middle[0]) * (math.cos(math.radians(middle[1])) if per_unit > 1 else 1.0)
        away = per_unit * math.hypot(across, b - middle[1])
        if away > FARTHEST:
            rule = f"must be within {FARTHEST / 1000:.0f} km of the others"
            taken.refuse(i, north, rule, f"{b:g}, {a:g} ({away / 1000:,.0f} km away)")


def check_orders(taken: Intake, known_stores: set[str] | None) -> None:
    """Reject orders that lack something, are given twice, name a store that is not there, or run backward in time."""
    needed = [name for name in ("order_id", "placed_at", "store_id") if taken.has(name)]
    taken.require(*needed, *place_fields(taken))
    check_places(taken, ("lon", "lat"), ("store_lon", "store_lat"), ("x", "y"), ("store_x", "store_y"))
    if taken.has("order_id"):
        taken.refuse_repeats("order_id")
    for i in list(taken.rows()):
        wrong = _unknown_store(taken, i, known_stores) or _backward(taken, i) or _not_whole(taken, i)
        if wrong is not None:
            taken.refuse(i, *wrong)


def place_fields(taken: Intake) -> tuple[str, str]:
    """
    Say which fields tell where orders go.

    Raises
    ------
    InputError
        The export has no column for when orders were placed, or for where they go.
    """
    if not taken.has("placed_at"):
        raise _lacks(taken, "placed_at", "placed_at=COLUMN")
    for pair in (("lat", "lon"), ("x", "y")):
        if taken.has(*pair):
            return pair
    raise _lacks(taken, "lat", "lat=COLUMN --map lon=COLUMN (or x and y in metres)")


def _lacks(taken: Intake, name: str, how: str) -> InputError:
    meaning = next(known.meaning for known in KNOWN[taken.table] if known.field == name)
    rule = f"no column tells {meaning}: say --map {how}; there are {', '.join(taken.sheet.header)}"
    return InputError.of([Problem(file=taken.sheet.file, rule=rule)])


Wrong = tuple[str, str, str]


def _unknown_store(taken: Intake, i: int, known: set[str] | None) -> Wrong | None:
    if known is None or not taken.has("store_id") or taken.at(i, "store_id") in known:
        return None
    return "store_id", "must be a store of the stores file", str(taken.at(i, "store_id"))


def _backward(taken: Intake, i: int) -> Wrong | None:
    for later, earlier in AFTER:
        a, b = taken.at(i, later), taken.at(i, earlier)
        if isinstance(a, float) and isinstance(b, float):
            if a < b - 0.001:
                return later, f"must not be before {taken.found[earlier].name}", taken.text(i, later)
            if a > b + LONGEST:
                return later, f"must be within a day of {taken.found[earlier].name}", taken.text(i, later)
    return None


def _not_whole(taken: Intake, i: int) -> Wrong | None:
    for name in ("units", "n_offers"):
        value = taken.at(i, name)
        low = 1 if name == "units" else 0
        if isinstance(value, float) and (value != math.floor(value) or value < low):
            return name, f"must be a whole number >= {low}", taken.text(i, name)
    return None


def outcomes(orders: pd.DataFrame) -> pd.Series:
    """
    Say how each order ended: by its instants, else by its status; "" where it is not told.

    Parameters
    ----------
    orders
        What `Intake.frame` gives.
    """
    import pandas as pd

    ended = pd.Series("", index=orders.index, dtype=object)
    if "status" in orders:
        ended = orders["status"].map({text: _end(text) for text in orders["status"].unique()})
    if "cancelled_at" in orders:
        ended = ended.mask(orders["cancelled_at"].notna(), str(Outcome.CANCELLED))
    if "delivered_at" in orders:
        ended = ended.mask(orders["delivered_at"].notna(), str(Outcome.DELIVERED))
    return ended


def _end(status: str) -> str:
    words = status.lower().replace("not delivered", "failed").replace("undelivered", "failed")
    return next((str(outcome) for outcome, signs in _ENDS if any(sign in words for sign in signs)), "")


def by_customer(reasons: pd.Series) -> pd.Series:
    """Tell which cancellations were the customer's: those whose reason says so, or names nobody else."""
    return reasons.map({text: _said(text, _CUSTOMERS) or not _said(text, _OTHERS) for text in reasons.unique()})


def _said(text: str, signs: tuple[str, ...]) -> bool:
    return any(sign in text.lower() for sign in signs)
