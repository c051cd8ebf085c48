"""Two runs of the same orders side by side: by how much customers waited longer, and for what."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from rich.text import Text

from delivsim.domain.units import format_duration
from delivsim.errors import InputError
from delivsim.record import measures
from delivsim.record.stats import Interval, paired_difference
from delivsim.report.columns import Cell, heading, joined, table, wrapped
from delivsim.report.wording import count, minutes, percent, plural

if TYPE_CHECKING:
    from delivsim.record.result import Result

TOTALS = ("click_to_door", "ready_to_door", "ready_to_pickup")
WAITS = ("until_the_next_decision", "from_then_on")
_NONE = 1e-6
"""Seconds: a mean difference below this is rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """
    One measure of the same orders in two runs: both means, and the interval of the paired difference (b - a).

    Seconds.
    """

    name: str
    mean_a: float
    mean_b: float
    difference: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """
    What became of the same orders in two runs.

    ``totals`` and ``parts`` are of the ``n_both`` orders delivered in both; ``only_a`` and ``only_b`` count the
    orders that were delivered in one run alone. The parts' differences add up to that of click-to-door, and those of
    ``waits`` (until the next decision, and from then until the rider set out) to that of waiting for a rider.
    """

    n_orders: int
    n_both: int
    only_a: int
    only_b: int
    same_rider: float
    totals: tuple[Change, ...]
    parts: tuple[Change, ...]
    waits: tuple[Change, ...]


def compare(result_a: Result, result_b: Result) -> Comparison:
    """
    Compare two runs of the same orders, order by order.

    The interval treats orders as a sample; orders of one evening share riders and queues, so it says how much
    the difference varies between orders, and not how it would vary between evenings.

    Raises
    ------
    InputError
        The runs have no order in common, or orders that share no more than their names (another seed of a city).
    """
    both = sorted(set(result_a.orders.index) & set(result_b.orders.index))
    if not both:
        raise InputError("compare: the two runs have no order in common; they must be of the same instance")
    placed = [result.orders.loc[both, ["placed_at", "store", "x", "y"]] for result in (result_a, result_b)]
    different = (placed[0] != placed[1]).any(axis=1) & placed[0].notna().all(axis=1) & placed[1].notna().all(axis=1)
    if different.any():
        first = different.idxmax()
        rule = f"order {first} was placed elsewhere or at another time; they must be of one city and one seed"
        raise InputError(f"compare: the two runs are not about the same orders: {rule}")
    waits = [_waits(result, both) for result in (result_a, result_b)]
    delivered = [frame["click_to_door"].notna() for frame in waits]
    paired = delivered[0] & delivered[1]
    a, b = (frame[paired] for frame in waits)
    riders = [result.orders.loc[both, "rider"][paired] for result in (result_a, result_b)]
    return Comparison(
        n_orders=len(both),
        n_both=int(paired.sum()),
        only_a=int((delivered[0] & ~delivered[1]).sum()),
        only_b=int((delivered[1] & ~delivered[0]).sum()),
        same_rider=float((riders[0] == riders[1]).mean()) if len(riders[0]) else math.nan,
        totals=tuple(_change(name, a, b) for name in TOTALS),
        parts=tuple(_change(name, a, b) for name in measures.PARTS),
        waits=tuple(_change(name, a, b) for name in WAITS),
    )


def compare_text(result_a: Result, result_b: Result) -> Text:
    """
    Say by how much click-to-door differs between two runs of the same orders, and why: part by part.

    Parameters
    ----------
    result_a, result_b
        Runs of one instance, for example on ``platform: ideal`` and on a simulated one; differences are b - a.
    """
    found = compare(result_a, result_b)
    a, b = _names(result_a, result_b)
    head = ("minutes, mean per order", a, b, "difference", "95 % interval")
    only = (
        f"{count(found.n_both)} of {plural(found.n_orders, 'order')} delivered in both runs, "
        f"{count(found.only_a)} only with {a}, {count(found.only_b)} only with {b}."
    )
    return joined(
        [
            heading(f"{a} against {b}", "the same orders, order by order"),
            *wrapped(_answer(found, a, b)),
            Text(),
            *table([*_rows(found.totals), [], *_part_rows(found)], head=head),
            Text(),
            *wrapped(only),
            *wrapped(_riders(found)),
            *wrapped("The interval is over orders of one evening; other evenings may differ by more.", style="dim"),
        ]
    )


def _names(result_a: Result, result_b: Result) -> tuple[str, str]:
    """What to call two runs: the first thing in which they differ."""
    for key, before in (("platform", ""), ("policy", ""), ("name", ""), ("seed", "seed ")):
        a, b = result_a.manifest.get(key), result_b.manifest.get(key)
        if a != b:
            return f"{before}{a}", f"{before}{b}"
    return "run a", "run b"


def _waits(result: Result, ids: list[str]) -> pd.DataFrame:
    """Click-to-door, its parts and the other customer times, one row per order of ``ids``; NaN unless delivered."""
    orders, messages = result.orders.loc[ids], result.tables["messages"]
    parts = measures.click_to_door_parts(orders, messages)
    soon = _until_decision(result, measures.joined_at(orders, messages)).clip(upper=parts["waiting_for_rider"])
    return parts.assign(
        **{name: getattr(measures, name)(orders) for name in TOTALS},
        **dict(zip(WAITS, (soon, parts["waiting_for_rider"] - soon), strict=True)),
    )


def _until_decision(result: Result, joined: pd.Series[float]) -> pd.Series[float]:
    """Seconds from when an order joined the open set until the next decision; infinite if none followed."""
    decided = np.append(np.sort(result.tables["decisions"]["decided_at"].to_numpy()), np.inf)
    following = decided[np.minimum(np.searchsorted(decided, joined.to_numpy()), len(decided) - 1)]
    return pd.Series(following, index=joined.index) - joined


def _change(name: str, a: pd.DataFrame, b: pd.DataFrame) -> Change:
    mean_a, mean_b = (float(frame[name].mean()) for frame in (a, b))
    return Change(name=name, mean_a=mean_a, mean_b=mean_b, difference=paired_difference(b[name], a[name]))


def _rows(changes: tuple[Change, ...], indent: str = "") -> list[list[Cell]]:
    return [
        [
            indent + change.name.replace("_", " "),
            minutes(change.mean_a, 2),
            minutes(change.mean_b, 2),
            _signed(change.difference.mean),
            f"{_signed(change.difference.low)} to {_signed(change.difference.high)}",
        ]
        for change in changes
    ]


def _part_rows(found: Comparison) -> list[list[Cell]]:
    """The parts, and below waiting for a rider what it is made of."""
    rows: list[list[Cell]] = []
    for part in found.parts:
        rows += _rows((part,))
        if part.name == "waiting_for_rider":
            rows += _rows(found.waits, indent="  ")
    return rows


def _signed(seconds: float) -> str:
    words = minutes(seconds, 2)
    return f"+{words}" if seconds > 0 and words != minutes(0.0, 2) else words


def _answer(found: Comparison, a: str, b: str) -> str:
    """How much longer customers waited, how sure that is, and which parts of the wait made it."""
    total = found.totals[0]
    if found.n_both == 0:
        return "No order was delivered in both runs, so there is nothing to compare."
    if all(abs(change.difference.mean) < _NONE for change in (*found.totals, *found.parts)):
        return f"Customers waited exactly as long with {b} as with {a}."
    interval = total.difference
    word = "longer" if interval.mean > 0 else "less"
    sure = "" if interval.low > 0 or interval.high < 0 else ", not clearly different from none"
    return (
        f"Customers waited {format_duration(abs(interval.mean))} {word} with {b} than with {a}: "
        f"{minutes(total.mean_b, 2)} against {minutes(total.mean_a, 2)} min on average (95 % interval of the "
        f"difference {_signed(interval.low)} to {_signed(interval.high)} min{sure}). {_why(found)}"
    )


def _why(found: Comparison) -> str:
    """Name the part that made most of the difference, what makes up for it, and the platform's own part."""
    sign = math.copysign(1.0, found.totals[0].difference.mean)
    ranked = sorted(found.parts, key=lambda part: -sign * part.difference.mean)
    most, least = ranked[0], ranked[-1]
    against = f", {_told(least)} makes up for part of it" if sign * least.difference.mean < -_NONE * 1e3 else ""
    own = found.parts[0].difference.mean
    waits = ""
    if most.name == "waiting_for_rider" and sign * found.waits[0].difference.mean > 0:
        waits = (
            f" {_told(found.waits[0]).capitalize()}: orders reach dispatch later, and one that just misses a decision "
            "waits for the next."
        )
    return (
        f"Most of it is {_told(most)}{against}; the platform's own part is "
        f"{'-' if own < 0 else '+'}{format_duration(abs(own))}.{waits}"
    )


def _told(change: Change) -> str:
    return f"{change.name.replace('_', ' ')} ({_signed(change.difference.mean)} min)"


def _riders(found: Comparison) -> str:
    if not math.isfinite(found.same_rider) or found.same_rider == 1.0:
        return "All of them had the same rider in both." if found.n_both else ""
    return (
        f"{percent(found.same_rider)} of them had the same rider in both: what the platform delays also changes "
        "who is free at a decision, so times to the store and to the door differ too."
    )
