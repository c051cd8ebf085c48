"""Figures of what customers got: how long they waited, what for, and how many orders were under way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from delivsim.record import measures, stats
from delivsim.record.view import View
from delivsim.report import series
from delivsim.report.clock import Clock
from delivsim.report.figures import style
from delivsim.report.figures.faults import shade
from delivsim.report.wording import minutes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from delivsim.record.result import Result

COLORS = {
    "platform": style.PURPLE,
    "waiting_for_rider": style.ORANGE,
    "travel_to_store": style.SKY,
    "kitchen": style.RED,
    "delivery": style.BLUE,
}
"""One color for what an order waits for, in every figure."""
_BARS = 60


@style.styled
def click_to_door(result: Result) -> Axes:
    """How long customers waited (placed after warm-up): a histogram with the median, 90th percentile and target."""
    axes = style.panels()[0]
    waits = measures.click_to_door(View(result).orders).dropna().to_numpy()
    style.title(axes, "Click to door", lines_below=1)
    if len(waits) == 0:
        return style.nothing(axes, "no order was delivered")
    longest = float(waits.max()) / 60.0
    width = next(w for w in (0.5, 1.0, 2.5, 5.0, 10.0, 30.0, longest) if longest / w <= _BARS)
    edges = [i * width for i in range(int(longest // width) + 2)]
    axes.hist(waits / 60.0, bins=edges, color=style.BLUE, alpha=0.8, rwidth=0.9)
    _marks(axes, result, stats.describe(waits))
    axes.set_xlim(0.0, edges[-1])
    axes.set_xlabel("minutes from placement to delivery")
    axes.set_ylabel(f"orders per {width:g} min")
    style.whole_numbers(axes)
    style.legend(axes)
    return axes


def _marks(axes: Axes, result: Result, wait: dict[str, float]) -> None:
    rules = (result.manifest.get("instance") or {}).get("rules") or {}
    marks = [("median", wait["p50"], style.INK, "-"), ("90th percentile", wait["p90"], style.INK, "--")]
    if "target_click_to_door" in rules:
        marks.append(("target", rules["target_click_to_door"], style.RED, "-"))
    for name, seconds, color, dashes in marks:
        axes.axvline(seconds / 60.0, color=color, linestyle=dashes, label=f"{name} {minutes(seconds)} min")


@style.styled
def click_to_door_parts(result: Result) -> Axes:
    """What customers waited for, by the time they ordered: the parts of click-to-door, one upon the other."""
    axes = style.panels()[0]
    clock = Clock.of(result.manifest)
    parts = series.click_to_door_parts(result)
    style.title(axes, "What customers waited for, by the time they ordered", lines_below=1)
    if len(parts) == 0:
        return style.nothing(axes, "no order was delivered")
    names = [name for name in COLORS if name in parts]
    bottom = parts[names[0]] * 0.0
    for name in names:
        axes.bar(
            (parts["start"] + parts["end"]) / 2,
            parts[name] / 60.0,
            width=(parts["end"] - parts["start"]) * 0.86,
            bottom=bottom,
            color=COLORS[name],
            label=name.replace("_", " "),
        )
        bottom = bottom + parts[name] / 60.0
    style.time_axis(axes, clock, float(parts["start"].min()), float(parts["end"].max()))
    shade(axes, result)
    axes.set_ylabel("mean minutes per order")
    style.legend(axes)
    return axes


@style.styled
def open_orders(result: Result) -> Axes:
    """How many orders were under way over time, and how far each of them had come."""
    axes = style.panels()[0]
    clock = Clock.of(result.manifest)
    counts = series.open_orders(result)
    style.title(axes, "Open orders by state", lines_below=1)
    if not counts.to_numpy().any():
        return style.nothing(axes, "no orders")
    names = [name for name in COLORS if name in counts]
    axes.stackplot(
        counts.index,
        *(counts[name] for name in names),
        colors=[COLORS[name] for name in names],
        labels=[name.replace("_", " ") for name in names],
        linewidth=0,
    )
    style.time_axis(axes, clock, float(counts.index.min()), float(counts.index.max()))
    shade(axes, result)
    axes.set_ylim(bottom=0.0)
    axes.set_ylabel("orders")
    style.whole_numbers(axes)
    style.legend(axes)
    return axes
