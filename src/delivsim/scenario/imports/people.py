"""The stores, riders and offers of an export: from their own files, else from what the orders tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from delivsim.domain.rider import Rider
from delivsim.domain.store import Store
from delivsim.errors import InputError, Problem
from delivsim.scenario.imports.intake import Intake
from delivsim.scenario.imports.orders import check_places
from delivsim.scenario.imports.window import Window

if TYPE_CHECKING:
    import pandas as pd

MOVED = 300.0
"""Metres between places of one store in two orders that are worth saying."""
ANSWERS = {
    "accepted": ("accept", "yes", "true", "1", "taken", "acept", "confirm"),
    "declined": ("declin", "reject", "refus", "no", "false", "0", "rechaz", "deny", "denied"),
    "timed_out": ("time", "expire", "ignore", "missed", "none", "unanswered"),
    "withdrawn": ("withdraw", "cancel", "revoked"),
}
_ORDER = ("timed_out", "withdrawn", "declined", "accepted")


def check_stores(taken: Intake) -> None:
    """Reject stores without a name or a place, or given twice."""
    _must_have(taken, "store_id")
    taken.require("store_id", *_place(taken))
    check_places(taken, ("lon", "lat"), ("x", "y"))
    taken.refuse_repeats("store_id")


def stores_of_file(stores: pd.DataFrame, *, geographic: bool) -> list[Store]:
    """Make stores of the rows of a stores file."""
    east, north = ("lon", "lat") if geographic else ("x", "y")
    zones = stores["zone"] if "zone" in stores else [""] * len(stores)
    cooks = stores["cooks"] if "cooks" in stores else [float("nan")] * len(stores)
    rows = zip(stores["store_id"], stores[east], stores[north], zones, cooks, strict=True)
    return [
        Store(id=name, x=float(x), y=float(y), zone=zone, cooks=int(n) if n >= 1 else None)
        for name, x, y, zone, n in rows
    ]


def name_stores(orders: pd.DataFrame, file: str) -> pd.Series:
    """
    Give every order the name of its store: the one it says, else one for each place to five decimals.

    Raises
    ------
    InputError
        Orders tell neither the names nor the places of stores.
    """
    import pandas as pd

    if "store_id" in orders:
        return orders["store_id"]
    east, north = _store_columns(orders, file)
    places = pd.Series(list(zip(orders[east].round(5), orders[north].round(5), strict=True)), index=orders.index)
    number = {place: i + 1 for i, place in enumerate(dict.fromkeys(places))}
    return places.map(lambda place: f"s{number[place]}")


def stores_of_orders(orders: pd.DataFrame, names: pd.Series, file: str, notes: list[str]) -> list[Store]:
    """
    Make stores of what their orders say of them: each is in the middle (median) of the places told.

    Raises
    ------
    InputError
        Orders do not tell where stores are.
    """
    east, north = _store_columns(orders, file)
    places = orders[[east, north]].groupby(names, sort=False)
    middle = places.median()
    per_unit = 111_195.0 if north == "store_lat" else 1.0
    spread = (places.max() - places.min()).max(axis=1) * per_unit
    if moved := int((spread > MOVED).sum()):
        notes.append(f"{moved} stores are in several places more than {MOVED:.0f} m apart; the middle is taken")
    return [Store(id=str(name), x=float(x), y=float(y)) for name, x, y in middle.itertuples()]


def _store_columns(orders: pd.DataFrame, file: str) -> tuple[str, str]:
    for pair in (("store_lon", "store_lat"), ("store_x", "store_y")):
        if set(pair) <= set(orders.columns):
            return pair
    rule = "no column tells where stores are: give --stores FILE, or --map store_lat=COLUMN --map store_lon=COLUMN"
    raise InputError.of([Problem(file=file, rule=rule)])


# --- riders ----------------------------------------------------------------------------------------------------------


def check_riders(taken: Intake, window: Window) -> None:
    """Reject shifts without an end, or that end before they begin; leave out those outside the window."""
    _must_have(taken, "on_at", "off_at")
    taken.require(*(["rider_id"] if taken.has("rider_id") else []), "on_at", "off_at")
    check_places(taken, ("lon", "lat"), ("x", "y"))
    for i in list(taken.rows()):
        on_at, off_at = taken.at(i, "on_at"), taken.at(i, "off_at")
        assert isinstance(on_at, float)
        assert isinstance(off_at, float)
        speeds = [taken.at(i, name) for name in ("speed", "speed_kmh")]
        if off_at < on_at:
            taken.refuse(i, "off_at", f"must not be before {taken.found['on_at'].name}", taken.text(i, "off_at"))
        elif 0.0 in speeds:
            taken.refuse(i, "speed" if taken.has("speed") else "speed_kmh", "must be > 0")
        elif off_at <= window.begin or on_at >= window.end:
            taken.leave_out(i)


def riders_of_file(
    riders: pd.DataFrame, window: Window, starts: list[tuple[float, float]], *, geographic: bool
) -> list[Rider]:
    """
    Make riders of the rows of a riders file, one for each shift.

    Parameters
    ----------
    riders
        The rows.
    window
        A shift that began before it begins with it.
    starts
        A place for each row that tells none.
    geographic
        Whether places are degrees.
    """
    east, north = ("lon", "lat") if geographic else ("x", "y")
    told = {east, north} <= set(riders.columns)
    seen: dict[str, int] = {}
    out = []
    for k, row in enumerate(riders.to_dict("records")):
        name = str(row.get("rider_id") or f"r{k + 1}")
        seen[name] = seen.get(name, 0) + 1
        x, y = (row[east], row[north]) if told and row[east] == row[east] else starts[k]
        speed = row.get("speed", float("nan"))
        if not speed > 0:
            speed = row.get("speed_kmh", float("nan")) / 3.6
        capacity = row.get("capacity", float("nan"))
        out.append(
            Rider(
                id=name if seen[name] == 1 else f"{name}#{seen[name]}",
                x=float(x),
                y=float(y),
                on_at=max(0.0, row["on_at"] - window.begin),
                off_at=row["off_at"] - window.begin,
                speed=float(speed) if speed > 0 else None,
                vehicle=str(row.get("vehicle", "")),
                capacity=int(capacity) if capacity >= 1 else None,
                zone=str(row.get("zone", "")),
            )
        )
    return out


# --- offers ----------------------------------------------------------------------------------------------------------


def check_offers(taken: Intake, orders: set[str], dropped: set[str]) -> None:
    """Reject offers without an order or an answer that is understood; leave out those of orders left out."""
    _must_have(taken, "order_id", "answer")
    taken.require("order_id", "answer")
    for i in list(taken.rows()):
        order, answer = str(taken.at(i, "order_id")), str(taken.at(i, "answer"))
        offered, answered = taken.at(i, "offered_at"), taken.at(i, "answered_at")
        if order not in orders:
            if order in dropped:
                taken.leave_out(i)
            else:
                taken.refuse(i, "order_id", "must be an order of the orders file", order)
        elif not answer_of(answer):
            taken.refuse(i, "answer", "must be accepted, declined or timed out", answer)
        elif isinstance(offered, float) and isinstance(answered, float) and answered < offered:
            taken.refuse(i, "answered_at", f"must not be before {taken.found['offered_at'].name}")


def answer_of(text: str) -> str:
    """Understand a rider's answer; "" if it is none."""
    word = text.strip().lower()
    return next((name for name in _ORDER if any(_starts(word, sign) for sign in ANSWERS[name])), "")


def _starts(word: str, sign: str) -> bool:
    return word == sign if len(sign) <= 3 else sign in word


def _must_have(taken: Intake, *fields: str) -> None:
    for name in fields:
        if not taken.has(name):
            rule = f"no column is {name}: say --map {taken.table}.{name}=COLUMN"
            rule += f"; there are {', '.join(taken.sheet.header)}"
            raise InputError.of([Problem(file=taken.sheet.file, rule=rule)])


def _place(taken: Intake) -> tuple[str, str]:
    for pair in (("lat", "lon"), ("x", "y")):
        if taken.has(*pair):
            return pair
    _must_have(taken, "lat", "lon")
    raise AssertionError
