"""Two runs of the same orders side by side: by how much customers waited longer, and for what."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

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
_NONE = 1e-6
"""Seconds: a mean difference below this is rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """
    One measure of the same orders in two runs: both means, and the interval of the paired difference (b - a).

    Seconds. ``share`` is the part of the change of click-to-door that this part of it makes; NaN for totals.
    """

    name: str
    mean_a: float
    mean_b: float
    difference: Interval
    share: float = math.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """
    What became of the same orders in two runs.

    ``totals`` and ``parts`` are of the ``n_both`` orders delivered in both; ``only_a`` and ``only_b`` count the
    orders that were delivered in one run alone. The parts' differences add up to that of click-to-door.
    """

    n_orders: int
    n_both: int
    only_a: int
    only_b: int
    same_rider: float
    totals: tuple[Change, ...]
    parts: tuple[Change, ...]


def compare(result_a: Result, result_b: Result) -> Comparison:
    """
    Compare two runs of the same orders, order by order.

    The interval treats orders as a sample; orders of one evening share riders and queues, so it says how much
    the difference varies between orders, and not how it would vary between evenings.

    Raises
    ------
    InputError
        The runs have no order in common.
    """
    both = sorted(set(result_a.orders.index) & set(result_b.orders.index))
    if not both:
        raise InputError("compare: the two runs have no order in common; they must be of the same instance")
    waits = [_waits(result, both) for result in (result_a, result_b)]
    delivered = [frame["click_to_door"].notna() for frame in waits]
    paired = delivered[0] & delivered[1]
    a, b = (frame[paired] for frame in waits)
    totals = tuple(_change(name, a, b) for name in TOTALS)
    whole = totals[0].difference.mean
    riders = [result.orders.loc[both, "rider"][paired] for result in (result_a, result_b)]
    return Comparison(
        n_orders=len(both),
        n_both=int(paired.sum()),
        only_a=int((delivered[0] & ~delivered[1]).sum()),
        only_b=int((delivered[1] & ~delivered[0]).sum()),
        same_rider=float((riders[0] == riders[1]).mean()) if len(riders[0]) else math.nan,
        totals=totals,
        parts=tuple(_change(name, a, b, whole) for name in measures.PARTS),
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
    head = ("minutes, mean per order", a, b, "difference", "95 % interval", "share")
    only = (
        f"{count(found.n_both)} of {plural(found.n_orders, 'order')} delivered in both runs, "
        f"{count(found.only_a)} only with {a}, {count(found.only_b)} only with {b}."
    )
    return joined(
        [
            heading(f"{a} against {b}", "the same orders, order by order"),
            *wrapped(_sentence(found, a, b)),
            Text(),
            *table([*_rows(found.totals), [], *_rows(found.parts)], head=head),
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
    orders = result.orders.loc[ids]
    parts = measures.click_to_door_parts(orders, result.tables["messages"])
    return parts.assign(**{name: getattr(measures, name)(orders) for name in TOTALS})


def _change(name: str, a: pd.DataFrame, b: pd.DataFrame, whole: float = math.nan) -> Change:
    difference = paired_difference(b[name], a[name])
    share = difference.mean / whole if math.isfinite(whole) and abs(whole) > _NONE else math.nan
    mean_a, mean_b = (float(frame[name].mean()) for frame in (a, b))
    return Change(name=name, mean_a=mean_a, mean_b=mean_b, difference=difference, share=share)


def _rows(changes: tuple[Change, ...]) -> list[list[Cell]]:
    return [
        [
            change.name.replace("_", " "),
            minutes(change.mean_a, 2),
            minutes(change.mean_b, 2),
            _signed(change.difference.mean),
            f"{_signed(change.difference.low)} to {_signed(change.difference.high)}",
            percent(change.share, 0) if abs(change.difference.mean) > _NONE and math.isfinite(change.share) else "",
        ]
        for change in changes
    ]


def _signed(seconds: float) -> str:
    words = minutes(seconds, 2)
    return f"+{words}" if seconds > 0 and words != minutes(0.0, 2) else words


def _sentence(found: Comparison, a: str, b: str) -> str:
    """The answer in words: how much, how sure, and which part made most of it."""
    total = found.totals[0].difference
    if found.n_both == 0:
        return "No order was delivered in both runs, so there is nothing to compare."
    if all(abs(change.difference.mean) < _NONE for change in (*found.totals, *found.parts)):
        return f"Customers waited exactly as long with {b} as with {a}."
    word = "longer" if total.mean > 0 else "less"
    sure = "" if total.low > 0 or total.high < 0 else " (not clearly different from none)"
    most = max(found.parts, key=lambda part: part.difference.mean * math.copysign(1.0, total.mean))
    return (
        f"Customers waited {format_duration(abs(total.mean))} {word} with {b} than with {a}{sure}: "
        f"{minutes(found.totals[0].mean_b, 2)} against {minutes(found.totals[0].mean_a, 2)} min on average, "
        f"95 % interval of the difference {_signed(total.low)} to {_signed(total.high)} min. "
        f"The largest part of it is {most.name.replace('_', ' ')}: {_signed(most.difference.mean)} min; "
        f"the platform's own part is {_signed(found.parts[0].difference.mean)} min."
    )


def _riders(found: Comparison) -> str:
    if not math.isfinite(found.same_rider) or found.same_rider == 1.0:
        return "All of them had the same rider in both." if found.n_both else ""
    return (
        f"{percent(found.same_rider)} of them had the same rider in both: what the platform delays also changes "
        "who is free at a decision, so times to the store and to the door differ too."
    )
