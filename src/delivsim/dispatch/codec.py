"""Problems and assignments to JSON and back: for files, for programs in other languages, and over the wire."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterator
from typing import Any, TypeVar, get_args

import numpy as np
from pydantic import BaseModel, ValidationError

from delivsim.dispatch.arrays import Ints
from delivsim.dispatch.assignment import Assignment, Match, Move, Wait
from delivsim.dispatch.candidates import flat, nearest_pairs
from delivsim.dispatch.documents import (
    ASSIGNMENT,
    PROBLEM,
    AssignmentDocument,
    Place,
    ProblemDocument,
    RulesDocument,
)
from delivsim.dispatch.known import Demand, Promises, Readiness, Shifts
from delivsim.dispatch.problem import UNLIMITED, DispatchProblem
from delivsim.domain.instance import Rules
from delivsim.domain.travel import Euclidean, Haversine, Travel
from delivsim.domain.travel.listed import Listed
from delivsim.domain.units import near_miss, shown
from delivsim.errors import InputError, Problem

NEAREST = 20
"""Riders whose ways to an order's store are listed (or orders for a rider, where riders are fewer)."""
MOST_DOORS = 40
"""Ways from door to door are listed between so many orders of a store, the earliest ready, at most."""

_Doc = TypeVar("_Doc", bound=BaseModel)


def problem_schema() -> dict[str, Any]:
    """Give the JSON Schema of a problem."""
    return ProblemDocument.model_json_schema()


def assignment_schema() -> dict[str, Any]:
    """Give the JSON Schema of an assignment."""
    return AssignmentDocument.model_json_schema()


# --- problems -------------------------------------------------------------------------------------------------------


def problem_to_json(problem: DispatchProblem, *, nearest: int = NEAREST, indent: int | None = None) -> str:
    """
    Write a problem as JSON, with the travel times of the nearest pairs.

    Parameters
    ----------
    nearest
        Riders whose ways to an order's store are listed (or orders for a rider, where riders are fewer), >= 1.
    indent
        Spaces per level; None: one line.
    """
    return json.dumps(problem_to_dict(problem, nearest=nearest), indent=indent, allow_nan=False)


def problem_to_dict(problem: DispatchProblem, *, nearest: int = NEAREST) -> dict[str, Any]:
    """Give what ``problem_to_json`` writes, as plain dicts, lists, numbers and text."""
    return {
        "format": PROBLEM,
        "now": float(problem.now),
        "every": float(problem.every),
        "rules": {name: getattr(problem.rules, name) for name in _RULES},
        "orders": _records(_ORDER, problem.orders, problem),
        "riders": [_rider(*row) for row in _rider_rows(problem)],
        "promises": _records(_PROMISE, problem.promises.orders, problem.promises),
        "demand": _records(_STORE, problem.demand.stores, problem.demand),
        "shifts": _shifts(problem.shifts),
        "readiness": dataclasses.asdict(problem.readiness),
        "travel": _travel_out(problem, nearest),
    }


_RULES = tuple(RulesDocument.model_fields)
_ORDER = {
    "order": "orders",
    "placed_at": "placed_at",
    "ready_at": "ready_at",
    "store": "stores",
    "pickup": "pickups",
    "dropoff": "dropoffs",
}
_PROMISE = _ORDER | {"rider": "riders", "bundle": "bundles", "pickup_at": "pickup_at", "picked_up": "picked_up"}
_STORE = {"store": "stores", "place": "places", "rate": "rates"}
_SHIFT = {
    "rider": "riders",
    "place": "places",
    "on_at": "on_at",
    "off_at": "off_at",
    "speed": "speeds",
    "capacity": "capacities",
}


def _records(names: dict[str, str], numbers: Ints, owner: object) -> list[dict[str, Any]]:
    """One dict per row of the owner's arrays."""
    if not numbers.size:
        return []
    columns = [getattr(owner, array).tolist() for array in names.values()]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _shifts(shifts: Shifts) -> list[dict[str, Any]]:
    records = _records(_SHIFT, shifts.riders, shifts)
    for record in records:
        record["speed"] = None if math.isnan(record["speed"]) else record["speed"]
        record["capacity"] = None if record["capacity"] >= UNLIMITED else record["capacity"]
    return records


def _rider_rows(problem: DispatchProblem) -> Any:
    arrays = (problem.riders, problem.places, problem.free_at, problem.off_at, problem.speeds, problem.carries)
    return zip(*(array.tolist() for array in (*arrays, np.asarray(problem.moving_until))), strict=True)


def _rider(
    rider: int, place: list[float], free_at: float, off_at: float, speed: float, capacity: int, moving_until: float
) -> dict[str, Any]:
    return {
        "rider": rider,
        "place": place,
        "free_at": free_at,
        "off_at": off_at if math.isfinite(off_at) else None,
        "speed": None if math.isnan(speed) else speed,
        "capacity": None if capacity >= UNLIMITED else capacity,
        "moving_until": moving_until if math.isfinite(moving_until) else None,
    }


def _travel_out(problem: DispatchProblem, nearest: int) -> dict[str, Any]:
    """Say the formula of the travel model, or one near it, and list the times of candidate pairs."""
    travel, orders, riders = problem.travel, problem.orders, problem.riders
    places = flat(problem.pickups, travel), flat(problem.places, travel)
    a, b = nearest_pairs(*places, nearest)
    first, second = _same_store(problem)
    to_stores = problem.ways_to_stores(a, b).tolist()
    to_doors = problem.times(problem.pickups, problem.dropoffs).tolist()
    between = problem.times(problem.dropoffs[first], problem.dropoffs[second]).tolist()
    return {
        **_formula(travel, problem),
        "to_stores": list(zip(riders[b].tolist(), orders[a].tolist(), to_stores, strict=True)),
        "to_doors": list(zip(orders.tolist(), to_doors, strict=True)),
        "between_doors": list(zip(orders[first].tolist(), orders[second].tolist(), between, strict=True)),
    }


def _same_store(problem: DispatchProblem) -> tuple[Ints, Ints]:
    """Rows of every two orders of one store, both ways round."""
    rows = np.lexsort((problem.orders, problem.ready_at, problem.stores))
    groups = np.split(rows, np.flatnonzero(np.diff(problem.stores[rows])) + 1)
    few = [group[:MOST_DOORS] for group in groups]
    first = np.concatenate([np.repeat(group, group.size) for group in few])
    second = np.concatenate([np.tile(group, group.size) for group in few])
    return first[first != second], second[first != second]


def _formula(travel: Travel, problem: DispatchProblem) -> dict[str, Any]:
    if isinstance(travel, Euclidean | Haversine):
        known = {name: getattr(travel, name) for name in ("speed", "detour", "round_up_to")}
        return {"geographic": travel.geographic, **known, "exact": True}
    return {"geographic": travel.geographic, **_near(travel, problem), "exact": False}


def _near(travel: Travel, problem: DispatchProblem) -> dict[str, float]:
    """Measure speed and detour of a travel model on the ways from stores to doors."""
    straight = Haversine(1.0) if travel.geographic else Euclidean(1.0)
    metres = straight.times(problem.pickups, problem.dropoffs).sum()
    seconds = problem.times(problem.pickups, problem.dropoffs).sum()
    return {
        "speed": float(metres / seconds) if seconds > 0.0 and metres > 0.0 else 1.0,
        "detour": 1.0,
        "round_up_to": 0.0,
    }


def problem_from_json(text: str | bytes, name: str = "problem") -> DispatchProblem:
    """
    Read a problem.

    Parameters
    ----------
    name
        What errors call it, such as a file's name.

    Raises
    ------
    InputError
        It is no JSON, or something in it is missing, unknown or wrong: every mistake with its place.
    """
    doc = _read(ProblemDocument, text, name)
    if doc.travel.geographic and (wrong := [_beyond_earth(name, *one) for one in _places(doc) if not on_earth(one[1])]):
        raise InputError.of(wrong)
    rules = Rules(**doc.rules.model_dump())
    given = doc.model_dump()
    orders, riders = given["orders"], given["riders"]
    try:
        return DispatchProblem(
            now=doc.now,
            every=doc.every,
            **_arrays(_ORDER, orders),
            riders=_column(riders, "rider"),
            places=_column(riders, "place"),
            free_at=_column(riders, "free_at"),
            off_at=_column(riders, "off_at", math.inf),
            speeds=_column(riders, "speed", math.nan),
            capacities=_column(riders, "capacity", UNLIMITED),
            moving_until=_column(riders, "moving_until", -math.inf),
            travel=_travel_in(doc),
            rules=rules,
            promises=Promises(**_arrays(_PROMISE, given["promises"])),
            demand=Demand(**_arrays(_STORE, given["demand"])),
            shifts=Shifts(**_arrays(_SHIFT, given["shifts"], speed=math.nan, capacity=UNLIMITED)),
            readiness=Readiness(**given["readiness"]),
        )
    except InputError as error:
        raise InputError(f"{name}: {error}") from None


def _places(doc: ProblemDocument) -> Iterator[tuple[str, Place]]:
    """Name every place of a problem."""
    for i, order in enumerate(doc.orders):
        yield f"orders.{i}.pickup", order.pickup
        yield f"orders.{i}.dropoff", order.dropoff
    for i, promise in enumerate(doc.promises):
        yield f"promises.{i}.pickup", promise.pickup
        yield f"promises.{i}.dropoff", promise.dropoff
    for part in ("riders", "demand", "shifts"):
        yield from ((f"{part}.{i}.place", record.place) for i, record in enumerate(getattr(doc, part)))


def on_earth(place: Place) -> bool:
    """Whether a place is a longitude and a latitude."""
    return abs(place[0]) <= 180.0 and abs(place[1]) <= 90.0


def _beyond_earth(name: str, path: str, place: Place) -> Problem:
    rule = f"must be a longitude from -180 to 180 and a latitude from -90 to 90, got {place[0]:g}, {place[1]:g}"
    return Problem(file=name, path=path, rule=rule)


def _arrays(names: dict[str, str], records: list[dict[str, Any]], **instead: float) -> dict[str, Any]:
    return {array: _column(records, name, instead.get(name)) for name, array in names.items()}


def _column(records: list[dict[str, Any]], name: str, instead: float | None = None) -> Any:
    return [instead if record[name] is None else record[name] for record in records]


def _travel_in(doc: ProblemDocument) -> Travel:
    travel = doc.travel
    kind = Haversine if travel.geographic else Euclidean
    straight = kind(travel.speed, round_up_to=travel.round_up_to, detour=travel.detour)
    if travel.exact:
        return straight
    orders = {order.order: order for order in doc.orders}
    riders = {rider.rider: rider for rider in doc.riders}
    ways: dict[tuple[float, ...], float] = {}
    for rider, order, seconds in travel.to_stores:
        who = _known("to_stores", "rider", rider, riders)
        ways[*who.place, *_known("to_stores", "order", order, orders).pickup, who.speed or 0.0] = seconds
    for order, seconds in travel.to_doors:
        one = _known("to_doors", "order", order, orders)
        ways[*one.pickup, *one.dropoff, 0.0] = seconds
    for order, other, seconds in travel.between_doors:
        one, two = (_known("between_doors", "order", number, orders) for number in (order, other))
        ways[*one.dropoff, *two.dropoff, 0.0] = seconds
    return Listed(straight, ways)


def _known(where: str, what: str, number: int, known: dict[int, Any]) -> Any:
    if number not in known:
        raise InputError(f"travel.{where}: no {what} {number} in the problem")
    return known[number]


# --- assignments ----------------------------------------------------------------------------------------------------


def assignment_to_json(assignment: Assignment, *, indent: int | None = None) -> str:
    """Write an assignment as JSON."""
    return json.dumps(assignment_to_dict(assignment), indent=indent, allow_nan=False)


def assignment_to_dict(assignment: Assignment) -> dict[str, Any]:
    """Give what ``assignment_to_json`` writes, as plain dicts, lists, numbers and text."""
    return {"format": ASSIGNMENT} | {
        name: [_plain(part) for part in getattr(assignment, name)] for name in ("matches", "moves", "waits")
    }


def _plain(part: Match | Move | Wait) -> dict[str, Any]:
    return {field.name: _simple(getattr(part, field.name)) for field in dataclasses.fields(part)}


def _simple(value: Any) -> Any:
    """Plain text, numbers and lists; policies may answer with NumPy's numbers, and a NaN says nothing."""
    if isinstance(value, tuple | list):
        return [_simple(one) for one in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def assignment_from_json(text: str | bytes, name: str = "assignment") -> Assignment:
    """
    Read an assignment; whether it keeps the rules is for ``check_assignment`` to say.

    Raises
    ------
    InputError
        It is no JSON, or something in it is missing, unknown or wrong: every mistake with its place.
    """
    doc = _read(AssignmentDocument, text, name)
    return Assignment(
        tuple(Match(**_numbers(match.model_dump(), "cost", "second_cost")) for match in doc.matches),
        tuple(Move(**move.model_dump()) for move in doc.moves),
        tuple(Wait(**wait.model_dump()) for wait in doc.waits),
    )


def _numbers(fields: dict[str, Any], *names: str) -> dict[str, Any]:
    return fields | {name: math.nan for name in names if fields[name] is None}


def _read(kind: type[_Doc], text: str | bytes, name: str) -> _Doc:
    try:
        return kind.model_validate_json(text, strict=True)
    except ValidationError as error:
        problems = [_mistake(kind, dict(found), name) for found in error.errors()]
        raise InputError.of(problems) from None


def _mistake(kind: type[BaseModel], found: dict[str, Any], name: str) -> Problem:
    loc, rule = found["loc"], found["msg"].replace("Input should be", "must be")
    if found["type"] == "extra_forbidden":
        rule = "unknown key" + near_miss(loc[-1], _known_keys(kind, loc[:-1]))
    elif found["type"] == "missing":
        rule = "missing"
    elif found["type"] == "json_invalid":
        rule = f"no JSON: {found['msg'].removeprefix('Invalid JSON: ')}"
    else:
        rule = f"{rule}, got {shown(found['input'])}"
    return Problem(file=name, path=".".join(map(str, loc)), rule=rule)


def _known_keys(kind: type[BaseModel], loc: tuple[str | int, ...]) -> list[str]:
    """Name the keys that the part of a document at a place may have."""
    for name in filter(lambda step: isinstance(step, str), loc):
        wanted: Any = kind.model_fields[str(name)].annotation
        kind = (get_args(wanted) or (wanted,))[0]
    return sorted(kind.model_fields)
