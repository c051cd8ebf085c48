"""Writes what was found as a scenario, and beside it the instance from which its days are drawn."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from delivsim.calibrate.people import Acceptance, is_sure
from delivsim.calibrate.ways import Ways
from delivsim.domain.distributions import duration_law
from delivsim.domain.instance import Instance
from delivsim.domain.store import Store
from delivsim.domain.travel import Euclidean, Haversine, Travel
from delivsim.scenario.dump import write_text
from delivsim.scenario.fitting.found import Found
from delivsim.scenario.formats import delivsim

HOUR = 3600.0
FLAT = 0.03
"""Speeds by hour, and the spread of ways, that differ by less are left out."""


def write_city(found: Found, path: Path) -> Path:
    """
    Write the scenario, and its instance into a folder beside it of the same name.

    Parameters
    ----------
    found
        What the past tells.
    path
        The scenario, ``city.yaml``; the folder is then ``city``.

    Returns
    -------
    The folder.
    """
    folder = path.with_suffix("")
    path.parent.mkdir(parents=True, exist_ok=True)
    delivsim.write(city_instance(found, folder.name), folder)
    path.write_text(_head(found) + write_text(city_scenario(found, folder.name)), encoding="utf-8")
    return folder


def hours_of(found: Found) -> tuple[int, int]:
    """Give the first hour of demand and the one after the last."""
    busy = found.demand.rates.index[found.demand.rates.sum(axis=1) > 0]
    return int(busy[0]), int(busy[-1]) + 1


def city_instance(found: Found, name: str) -> Instance:
    """Make the instance: all orders that new ones can be like, the stores with their laws, a usual day's riders."""
    begin = hours_of(found)[0] * HOUR
    stores = [_with_law(found, store) for store in found.past.stores.values()]
    number = {store.id: i for i, store in enumerate(stores)}
    rows = zip(found.past.models, found.past.orders["store"], strict=True)
    orders = [
        replace(order, id=f"o{n}", store=number[store], placed_at=round(max(0.0, order.placed_at - begin), 3))
        for n, (order, store) in enumerate(rows, start=1)
    ]
    riders = [
        replace(
            rider,
            on_at=max(0.0, rider.on_at - begin),
            off_at=rider.off_at - begin,
            breaks=tuple((a - begin, b - begin) for a, b in rider.breaks if a >= begin),
        )
        for rider in found.roster
        if rider.off_at > begin
    ]
    zones = {thing.zone for things in (stores, orders, riders) for thing in things if thing.zone}
    template = found.past.instance
    return replace(
        template,
        name=name,
        orders=orders,
        riders=riders,
        stores=stores,
        zones=tuple(sorted(zones)),
        travel=_travel(found),
        rules=_rules(found),
    )


def _with_law(found: Found, store: Store) -> Store:
    if found.preparation is None or not found.preparation.factor:
        return store
    law: Any = duration_law(short(found.preparation.law_of(store.id)))
    return replace(store, preparation=law)


def _travel(found: Found) -> Travel:
    if found.ways is None:
        return found.past.instance.travel
    speed = round(found.ways.speed, 4)
    return Haversine(speed=speed) if found.past.instance.geographic else Euclidean(speed=speed)


def _rules(found: Found) -> Any:
    ways, rules = found.ways, found.past.instance.rules
    if ways is None:
        return rules
    pickup, dropoff = services(ways)
    return replace(rules, pickup_service_time=round(pickup, 1), dropoff_service_time=round(dropoff, 1))


def services(ways: Ways) -> tuple[float, float]:
    """Seconds at a store and at a door; where only their sum is told, half of it each."""
    if ways.pickup_service_time is None:
        return ways.stay_time, ways.stay_time
    return ways.pickup_service_time, ways.dropoff_service_time or 0.0


def city_scenario(found: Found, folder: str) -> dict[str, Any]:
    """Give the scenario as plain data."""
    first, last = hours_of(found)
    return {
        "name": folder,
        "seed": 1,
        "starts_at": (found.past.last + timedelta(hours=first)).isoformat(timespec="minutes"),
        "timezone": found.past.timezone,
        "horizon": f"{last - first}h",
        "instance": {
            "format": "delivsim",
            "path": folder,
            "demand": _demand(found),
            **_speeds(found.ways),
            "behavior": {
                "customers": _customers(found),
                "riders": {} if found.acceptance is None else _riders(found.acceptance),
                "kitchens": _kitchens(found),
            },
        },
        "platform": {"kind": "simulated"},
        "dispatch": {"policy": "lookahead", "every": "30s"},
    }


def _demand(found: Found) -> dict[str, Any]:
    first, last = hours_of(found)
    rates = found.demand.rates
    zones = {
        str(zone): {f"{hour:02d}:00": f"{rates[zone].get(hour, 0.0):.4g}/h" for hour in range(first, last)}
        for zone in rates.columns
    }
    cv = found.demand.day_cv
    rate: dict[str, Any] = {"rate": next(iter(zones.values()))} if list(zones) == [""] else {"zones": zones}
    return {"scale": 1.0, "day_to_day": 0.0 if math.isnan(cv) else round(min(cv, 1.0), 4), **rate}


def _speeds(ways: Ways | None) -> dict[str, Any]:
    """Say how speeds change with the hour and vary, where they do."""
    if ways is None:
        return {}
    travel: dict[str, Any] = {}
    if any(abs(factor - 1) > FLAT for factor in ways.by_hour.values()):
        travel["speed_by_hour"] = {f"{hour:02d}:00": round(ways.by_hour[hour], 3) for hour in sorted(ways.by_hour)}
    if ways.spread > FLAT:
        travel["noise"] = {"kind": "lognormal", "mean": 1.0, "cv": round(math.sqrt(math.expm1(ways.spread**2)), 3)}
    return {"travel": {"kind": "given", **travel}} if travel else {}


def _customers(found: Found) -> dict[str, Any]:
    out: dict[str, Any] = {}
    if found.patience is not None and found.patience.fit is not None:
        out["patience"] = short(found.patience.fit.law)
    for name in ("declined_card", "bad_token"):
        if getattr(found, name) > 0:
            out[name] = round(getattr(found, name), 5)
    return out


def _riders(acceptance: Acceptance) -> dict[str, Any]:
    out: dict[str, Any] = {"accept": round(acceptance.accept, 4), "ignore": round(acceptance.ignore, 4)}
    if acceptance.think_time is not None:
        out["think_time"] = short(acceptance.think_time.law)
    sure = {name: c for name, c in acceptance.depends_on.items() if name != "intercept" and is_sure(c)}
    if sure:
        out["acceptance"] = logit(acceptance)
        out["accept"] = round(usual_accept(acceptance), 4)
        out["ignore"] = min(out["ignore"], round(1.0 - out["accept"], 4))
    return out


def logit(acceptance: Acceptance) -> dict[str, float]:
    """Write the logistic model as a scenario does: what distance and pay add, around what is usual."""
    keys = {"distance": ("per_km", "usual_km"), "pay": ("per_pay", "usual_pay")}
    out: dict[str, float] = {}
    for name, (per, usual) in keys.items():
        if name in acceptance.depends_on and is_sure(acceptance.depends_on[name]):
            out[per] = round(acceptance.depends_on[name].value, 4)
            out[usual] = round(acceptance.usual[name], 3)
    return out


def usual_accept(acceptance: Acceptance) -> float:
    """Share of yes to an offer of usual distance and pay."""
    odds = acceptance.depends_on["intercept"].value
    odds += sum(c.value * acceptance.usual[name] for name, c in acceptance.depends_on.items() if name != "intercept")
    return 1.0 / (1.0 + math.exp(-odds))


def _kitchens(found: Found) -> dict[str, Any]:
    starts = {"preparation_starts": "on_accept" if found.on_accept else "on_order"}
    return starts if found.preparation is None else {**starts, "preparation": short(found.preparation.city.law)}


def short(law: Mapping[str, Any]) -> dict[str, Any]:
    """Write a law of seconds with five digits."""
    return {key: float(f"{value:.5g}") if isinstance(value, float) else value for key, value in law.items()}


def _head(found: Found) -> str:
    days = found.past.days
    lines = [
        f"Fitted to {len(found.past.orders):,} orders of {len(days)} day{'s' if len(days) > 1 else ''}, {days[0].label}"
        + (f" to {days[-1].label}" if len(days) > 1 else "") + ".",
        "Each seed is another day: demand is drawn anew, each order like one that was placed in that zone around that",
        "time. `--set instance.demand.scale=1.2` is 20 % more. What the data do not tell:",
        *(f"- {line}" for line in found.untold),
    ]  # fmt: skip
    return "".join(f"# {line}\n" for line in lines)
