"""Which of a company's columns means what: by its name, or because ``--map`` says so."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from delivsim.domain.units import near_miss
from delivsim.errors import InputError, Problem

Kind = Literal["text", "instant", "number", "latitude", "longitude", "metres", "duration", "distance"]
Table = Literal["orders", "riders", "stores", "offers"]


@dataclass(frozen=True, slots=True)
class Known:
    """One thing an export can tell: its name here, how it is written, what it means, and usual names of its column."""

    field: str
    kind: Kind
    meaning: str
    names: tuple[str, ...] = ()


def _k(field: str, kind: Kind, meaning: str, names: str = "") -> Known:
    return Known(field, kind, meaning, tuple(dict.fromkeys((field, *names.split()))))


ORDER_ID = "order orderid order_number order_no order_ref order_uuid pedido_id pedido"
STORE_ID = (
    "store restaurant restaurant_id merchant merchant_id vendor vendor_id shop shop_id outlet_id partner_id kitchen_id"
    " tienda_id tienda restaurante restaurante_id loja"
)
RIDER_ID = "rider courier courier_id driver driver_id storekeeper_id"
CUSTOMER = (
    "customer",
    "dropoff",
    "drop",
    "delivery",
    "dest",
    "destination",
    "user",
    "to",
    "client",
    "cliente",
    "entrega",
)
STORE = (
    "store",
    "restaurant",
    "merchant",
    "vendor",
    "pickup",
    "origin",
    "from",
    "shop",
    "rest",
    "restaurante",
    "tienda",
)
START = ("start", "login", "home", "rider", "courier", "driver")
AXES = {"lat": "lat latitude", "lon": "lng lon long longitude", "x": "x", "y": "y"}


def _places(of: str, words: tuple[str, ...], meaning: str, prefix: str = "") -> tuple[Known, ...]:
    """Make the four fields of a place: bare names first, then ``dropoff_lat``, ``dropoff_latitude`` ..."""
    kinds: dict[str, Kind] = {"lat": "latitude", "lon": "longitude", "x": "metres", "y": "metres"}
    says = {"lat": "degrees north", "lon": "degrees east", "x": "metres east", "y": "metres north"}
    out = []
    for axis, names in AXES.items():
        bare = "" if prefix else f"{names} "
        worded = " ".join(f"{word}_{name}" for word in words for name in names.split())
        out.append(_k(f"{prefix}{axis}", kinds[axis], f"{of} {meaning}, {says[axis]}", bare + worded))
    return tuple(out)


KNOWN: dict[Table, tuple[Known, ...]] = {
    "orders": (
        _k("order_id", "text", "the order's name", f"{ORDER_ID} id"),
        _k("placed_at", "instant", "when the customer ordered",
           "created order_created creation placed order_placed ordered order order_date placement fecha_creacion"
           " timestamp"),
        _k("store_id", "text", "who cooks", STORE_ID),
        *_places("where", CUSTOMER, "it goes"),
        *_places("where", STORE, "the store is", "store_"),
        _k("zone", "text", "the zone it goes to", "area district delivery_zone neighborhood neighbourhood zona"),
        _k("units", "number", "units ordered",
           "n_items items item_count num_items items_count quantity qty basket_size total_items units_ordered"),
        _k("customer_id", "text", "who ordered", "customer user_id user client_id client cliente_id"),
        _k("rider_id", "text", "who carried it", RIDER_ID),
        _k("preparation_started_at", "instant", "when the kitchen knew of it and began",
           "cooking_started kitchen_started prep_started confirmed store_confirmed sent_to_store restaurant_accepted"
           " store_accepted merchant_accepted"),
        _k("ready_at", "instant", "when the food was ready",
           "food_ready prepared cooked preparation_finished ready_for_pickup order_ready"),
        _k("preparation_time", "duration", "how long cooking took",
           "prep_time prep preparation cooking_time cooking kitchen_time"),
        _k("assigned_at", "instant", "when a rider had accepted it",
           "courier_assigned rider_assigned driver_assigned rider_accepted courier_accepted driver_accepted accepted"
           " taken order_accepted"),
        _k("arrived_at", "instant", "when the rider reached the store",
           "at_store arrived_at_store arrived_store arrived_at_restaurant rider_at_store courier_arrived"
           " courier_at_store"),
        _k("picked_up_at", "instant", "when the rider had the food",
           "pickup picked pickedup collected order_picked_up picked_up"),
        _k("delivered_at", "instant", "when the customer had it",
           "delivery dropoff dropped_off completed order_delivered fecha_entrega actual_delivery"),
        _k("cancelled_at", "instant", "when it was cancelled", "canceled cancellation cancel order_canceled"),
        _k("promised_at", "instant", "delivery promised to the customer",
           "eta estimated_delivery promised_delivery promise expected_delivery"),
        _k("status", "text", "how it ended", "state order_status order_state outcome final_status estado"),
        _k("reason", "text", "why it was cancelled",
           "cancel_reason cancellation_reason cancelled_by canceled_by cancelled_reason canceled_reason"),
        _k("n_offers", "number", "riders it was offered to", "offers num_offers offer_count assignment_attempts"),
        _k("tip", "number", "what the customer gave the rider", "tip_amount propina"),
    ),
    "riders": (
        _k("rider_id", "text", "the rider's name", f"{RIDER_ID} id"),
        _k("on_at", "instant", "when the shift begins",
           "start shift_start starts login logged_in online check_in checkin from on shift_begin begin"),
        _k("off_at", "instant", "when it ends",
           "end shift_end ends logout logged_out offline check_out checkout to off"),
        *_places("where", START, "it begins"),
        _k("vehicle", "text", "what the rider drives", "vehicle_type transport transport_type mode vehiculo"),
        _k("speed", "number", "metres per second", "speed_mps speed_ms"),
        _k("speed_kmh", "number", "kilometres per hour", "speed_kph kmh"),
        _k("capacity", "number", "orders carried at once, at most", "max_orders"),
        _k("zone", "text", "the rider's zone", "area district zona"),
    ),
    "stores": (
        _k("store_id", "text", "the store's name", f"{STORE_ID} id"),
        *_places("where", STORE, "it is"),
        _k("zone", "text", "the zone it stands in", "area district zona"),
        _k("cooks", "number", "orders cooked at the same time", "stations kitchen_capacity"),
    ),
    "offers": (
        _k("order_id", "text", "the order offered", ORDER_ID),
        _k("rider_id", "text", "who was asked", RIDER_ID),
        _k("offered_at", "instant", "when", "sent created offer timestamp"),
        _k("answered_at", "instant", "when the rider answered", "responded response decided answer"),
        _k("answer", "text", "what the rider said", "response status result outcome accepted decision"),
        _k("distance", "distance", "length of the way as the rider saw it", "trip_distance route_distance"),
        _k("pay", "number", "pay as the rider saw it", "offered_pay payout earnings fare"),
    ),
}  # fmt: skip

ENDINGS = ("", "_at", "_ts", "_time", "_timestamp", "_datetime", "_date", "_utc", "_local", "_at_utc", "_at_local")
"""What the name of a column of instants may end with."""
UNITS: Mapping[str, Mapping[str, float]] = {
    "duration": {"s": 1, "sec": 1, "secs": 1, "seconds": 1, "min": 60, "mins": 60, "minutes": 60, "ms": 0.001,
                 "h": 3600, "hours": 3600},
    "distance": {"m": 1, "meters": 1, "metres": 1, "km": 1000, "miles": 1609.344, "mi": 1609.344},
}  # fmt: skip
"""Units that a column of durations or distances may have as the last word of its name."""


@dataclass(frozen=True, slots=True)
class Found:
    """A column that is used: the field it fills, its name in the file, and what its numbers are multiplied by."""

    known: Known
    name: str
    scale: float = 1.0


def plain(name: str) -> str:
    """Write a column's name as names here are written: ``Created TS`` and ``createdTs`` are ``created_ts``."""
    bare = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    bare = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", bare)
    return re.sub(r"[^a-z0-9]+", "_", bare.lower()).strip("_")


def find_columns(
    table: Table, header: Sequence[str], mapped: Mapping[str, str], file: str, rejected: Callable[[Found], bool]
) -> dict[str, Found]:
    """
    Find out what the columns mean; what ``--map`` says comes first, then the first usual name that is there.

    Parameters
    ----------
    table
        Whose columns they are.
    header
        Their names.
    mapped
        Field to column, as ``--map`` says.
    file
        For messages.
    rejected
        Asked about each column that has a usual name: whether its cells say that it is something else.

    Raises
    ------
    InputError
        A mapped column is not there.
    """
    found = {}
    free = {plain(name): name for name in reversed(header) if name not in mapped.values()}
    for known in KNOWN[table]:
        if known.field in mapped:
            name = _present(mapped[known.field], known.field, header, file)
            found[known.field] = Found(known, name, _scale(known, plain(name)) or 1.0)
            continue
        for usual in _spellings(known):
            scale = _scale(known, usual)
            if usual in free and scale and not rejected(column := Found(known, free[usual], scale)):
                found[known.field] = column
                del free[usual]
                break
    return found


def split_map(pairs: Sequence[str]) -> dict[Table, dict[str, str]]:
    """
    Sort ``placed_at=created_ts`` and ``riders.on_at=login`` by table.

    Raises
    ------
    InputError
        Not written so, or there is no such field; with a near miss.
    """
    out: dict[Table, dict[str, str]] = {table: {} for table in KNOWN}
    problems = []
    for pair in pairs:
        field, equals, column = (part.strip() for part in pair.partition("="))
        prefix, dot, name = field.rpartition(".")
        table = next((t for t in KNOWN if t == (prefix if dot else "orders")), None)
        if not equals or not column:
            rule = f"must be FIELD=COLUMN such as placed_at=created_ts, got {pair!r}"
        elif table is None:
            rule = f"there is no table {prefix!r}, only {', '.join(KNOWN)}{near_miss(prefix, list(KNOWN))}"
        elif name not in (fields := [known.field for known in KNOWN[table]]):
            rule = f"{table} have no field {name!r}{near_miss(name, fields)}; there are {', '.join(fields)}"
        else:
            out[table][name] = column
            continue
        problems.append(Problem(path="--map", rule=rule))
    if problems:
        raise InputError.of(problems)
    return out


def _present(name: str, field: str, header: Sequence[str], file: str) -> str:
    if name in header:
        return name
    rule = f"{field}: there is no column {name!r}{near_miss(name, list(header))}; there are {', '.join(header)}"
    raise InputError.of([Problem(file=file, path="--map", rule=rule)])


def _spellings(known: Known) -> list[str]:
    if known.kind == "instant":
        names = [known.field, known.field.removesuffix("_at"), *known.names[1:]]
        return list(dict.fromkeys(name + end for name in names for end in ENDINGS))
    endings = ("", *(f"_{unit}" for unit in UNITS.get(known.kind, ())))
    return [name + end for name in known.names for end in endings]


def _scale(known: Known, name: str) -> float:
    """Give what a column's numbers are multiplied by; 0: its name does not say which unit they have."""
    if known.kind not in UNITS:
        return 1.0
    return UNITS[known.kind].get(name.rsplit("_", 1)[-1], 0.0)
