"""
The summary of a run: ``summary.json``.

Shares and counts are of what began after the warm-up (see ``View``); ``pay``, ``cost_per_order`` and
``share_on_guarantee`` are of the whole run, because a shift is paid as a whole. Seconds, cents and counts; floats
are rounded to nine decimals, a figure without data is null.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from delivsim.domain.order import Outcome
from delivsim.record import measures
from delivsim.record.conservation import conservation
from delivsim.record.stats import describe, share
from delivsim.record.summary_platform import broker, edges, operations, services, stations
from delivsim.record.tables import SCHEMA_VERSION
from delivsim.record.view import View

if TYPE_CHECKING:
    from delivsim.record.result import Result

DECIMALS = 9


def summarize(result: Result) -> dict[str, Any]:
    """
    Compute every figure of a run.

    Returns
    -------
    The content of ``summary.json``, in its order: what ran, then one entry per name in ``SECTIONS``, then the integers
    that must add up. ``docs/metrics.md`` lists every figure with its unit and what it is over.
    """
    view = View(result)
    head = {
        "schema_version": SCHEMA_VERSION,
        "name": result.manifest.get("name", ""),
        "seed": result.manifest.get("seed"),
        "window": {"start": view.window.start, "end": view.until},
        "interrupted_at": result.manifest.get("interrupted_at"),
    }
    sections = {name: section(view) for name, section in SECTIONS.items()}
    whole: dict[str, Any] = rounded({**head, **sections, "conservation": conservation(result)})
    return whole


def section_of(name: str, view: View) -> Any:
    """Compute one entry of the summary for another window: the same code on fewer rows."""
    return rounded(SECTIONS[name](view))


def orders(view: View) -> dict[str, Any]:
    """Count the orders placed in the window by how they ended; ``on_time`` is the share delivered as promised."""
    placed = view.orders
    counts = {str(outcome): int((placed["outcome"] == str(outcome)).sum()) for outcome in Outcome}
    reasons = placed.loc[~measures.is_delivered(placed), "reason"].astype(str).value_counts()
    return {
        "placed": len(placed),
        **counts,
        "by_reason": {str(reason) or "unknown": int(reasons[reason]) for reason in sorted(reasons.index)},
        "on_time": share(int(measures.on_time(placed).sum()), len(placed)),
    }


def promise_error(view: View) -> dict[str, float]:
    """Summarize how much later (positive) than promised orders came; seconds over delivered orders."""
    return describe(measures.promise_error(view.orders))


def click_to_door(view: View) -> dict[str, float]:
    """Summarize click-to-door; seconds over delivered orders."""
    return describe(measures.click_to_door(view.orders))


def click_to_door_overage(view: View) -> dict[str, float]:
    """Summarize click-to-door above the instance's target; seconds over delivered orders."""
    return describe(measures.click_to_door_overage(view.orders, view.rules.get("target_click_to_door", math.nan)))


def ready_to_door(view: View) -> dict[str, float]:
    """Summarize ready-to-door; seconds over delivered orders."""
    return describe(measures.ready_to_door(view.orders))


def ready_to_pickup(view: View) -> dict[str, float]:
    """Summarize ready-to-pickup; seconds over delivered orders."""
    return describe(measures.ready_to_pickup(view.orders))


def click_to_door_parts(view: View) -> dict[str, dict[str, float]]:
    """Summarize each part of click-to-door; seconds over delivered orders."""
    parts = measures.click_to_door_parts(view.orders, view.tables["messages"])
    return {name: describe(parts[name]) for name in measures.PARTS}


def riders(view: View) -> dict[str, Any]:
    """
    Summarize the riders: work over hours of shift, deliveries per hour of shift, pay.

    ``utilization`` and the rates are of the fleet as a whole (sum over sum); ``by_rider`` has them rider by rider.
    Shifts count in full, also past the last delivery, as published figures do; of a run that stopped with open orders
    only the hours that it saw.
    """
    a, b = view.window.start, view.until if view.stopped_short else view.window.end
    table, legs = view.tables["riders"], view.tables["legs"]
    done = view.tables["orders"]
    done = done[measures.is_delivered(done) & (done["delivered_at"] >= a) & (done["delivered_at"] < b)]
    shift, work = measures.shift_time(table, legs, a, b), measures.work_time(table, legs, a, b)
    hours = shift / 3600.0
    bundles = done[["rider", "picked_up_at"]].drop_duplicates()
    return {
        "riders": int((shift > 0).sum()),
        "utilization": share(work[shift > 0].sum(), shift.sum()),
        "orders_per_hour": share(len(done), hours.sum()),
        "bundles_per_hour": share(len(bundles), hours.sum()),
        **_pay(view),
        "by_rider": {
            "utilization": describe(work[shift > 0] / shift[shift > 0]),
            "orders_per_hour": describe(_per_hour(done["rider"], table, hours)),
            "bundles_per_hour": describe(_per_hour(bundles["rider"], table, hours)),
        },
    }


def _per_hour(who: pd.Series, riders: pd.DataFrame, hours: pd.Series) -> pd.Series:
    counts = riders["rider"].map(who.value_counts()).astype("float64").fillna(0.0)
    return counts / hours.where(hours > 0)


def _pay(view: View) -> dict[str, Any]:
    table, everything = view.tables["riders"], view.tables["orders"]
    pay = int(table["pay"].sum())
    placed = int((everything["placed_at"] <= view.ended_at).sum())
    return {
        "pay": pay,
        "cost_per_order": share(pay, placed),
        "share_on_guarantee": share(int(table["on_guarantee"].sum()), len(table)),
    }


def dispatch(view: View) -> dict[str, Any]:
    """Count decisions, and offers by their answer; orders per bundle over orders placed in the window and picked up."""
    answers = view.offers["answer"]
    picked = view.orders[view.orders["picked_up_at"].notna()]
    names = ("accepted", "declined", "timed_out", "withdrawn", "open")
    return {
        "decisions": len(view.decisions),
        "fallbacks": int((view.decisions["fallback"] != "").sum()) if "fallback" in view.decisions else 0,
        "offers": len(answers),
        **{name: int((answers == name).sum()) for name in names},
        "orders_per_bundle": share(len(picked), measures.n_bundles(picked)),
    }


SECTIONS: dict[str, Callable[[View], Any]] = {
    "orders": orders,
    "promise_error": promise_error,
    "click_to_door": click_to_door,
    "click_to_door_overage": click_to_door_overage,
    "ready_to_door": ready_to_door,
    "ready_to_pickup": ready_to_pickup,
    "click_to_door_parts": click_to_door_parts,
    "operations": operations,
    "edges": edges,
    "services": services,
    "stations": stations,
    "broker": broker,
    "riders": riders,
    "dispatch": dispatch,
}


def rounded(value: Any) -> Any:
    """Make JSON of figures: floats to nine decimals, NaN to None, numpy's numbers to Python's."""
    if isinstance(value, Mapping):
        return {str(key): rounded(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(inner) for inner in value]
    if isinstance(value, float | np.floating):
        return round(float(value), DECIMALS) + 0.0 if math.isfinite(value) else None
    return int(value) if isinstance(value, np.integer) else value
