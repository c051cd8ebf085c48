"""The picture of an instance before anything runs: a map, the orders of each hour, and the riders they need."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from delivsim.errors import InputError, Problem
from delivsim.report.clock import Clock
from delivsim.report.figures import style
from delivsim.report.wording import plural

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

    from delivsim.domain.instance import Instance

FORMS = (".png", ".svg", ".pdf")
SIZE = (12.0, 6.0)
_MOST_SHAPES = 10_000
_MARGIN = 0.02
"""Share of the places on each side that may lie outside the map: one lost rider must not shrink a city to a dot."""


def instance_picture(instance: Instance, facts: Mapping[str, Any]) -> Axes:
    """
    Draw where things are and when orders come; gives the map.

    Parameters
    ----------
    facts
        What ``instance_facts`` measured.
    """
    with style.look():
        panels = style.mosaic([["map", "orders"], ["map", "riders"]], size=SIZE, widths=(1.15, 1.0))
        _map(panels["map"], instance)
        clock = Clock(starts_at=datetime.fromisoformat(facts["starts_at"]))
        _orders(panels["orders"], facts["hours"], clock)
        _riders(panels["riders"], facts["hours"], clock)
    return panels["map"]


def save_instance_picture(instance: Instance, facts: Mapping[str, Any], path: Path) -> None:
    """
    Draw it into a file, whose name says the form.

    Raises
    ------
    InputError
        The name ends in none that pictures can have.
    """
    if path.suffix.lower() not in FORMS:
        rule = f"must be the name of a picture ({', '.join(form[1:] for form in FORMS)}), got {path.name!r}"
        raise InputError.of([Problem(path="--plot", rule=rule)])
    axes = instance_picture(instance, facts)
    with style.look():
        style.figure_of(axes).savefig(path, dpi=144, metadata={"Date": None} if path.suffix == ".svg" else None)


def _map(axes: Axes, instance: Instance) -> None:
    n = len(instance.orders), len(instance.stores), len(instance.riders)
    style.title(axes, instance.name, lines_below=1)
    axes.grid(visible=False)
    if not any(n):
        style.nothing(axes, "nobody")
        return
    scale = 1.0 if instance.geographic else 1000.0
    dense = max(n) > _MOST_SHAPES / 5
    looks: tuple[tuple[Sequence[Any], str, str, float, str], ...] = (
        (instance.orders, style.SKY, "o", 10.0, plural(n[0], "order")),
        (instance.riders, style.GREEN, "^", 16.0, plural(n[2], "rider")),
        (instance.stores, style.INK, "s", 16.0, plural(n[1], "store")),
    )
    for things, color, marker, size, name in looks:
        axes.scatter(
            [thing.x / scale for thing in things],
            [thing.y / scale for thing in things],
            s=size / (5 if dense else 1),
            color=color,
            marker=marker,
            alpha=0.6,
            linewidths=0,
            rasterized=len(things) > _MOST_SHAPES,
            label=name,
        )
    _frame(axes, instance, scale)
    style.legend(axes, markerscale=2.0 if dense else 1.0)


def _frame(axes: Axes, instance: Instance, scale: float) -> None:
    everybody: list[Any] = [*instance.orders, *instance.stores, *instance.riders]
    axes.set_xlim(*_limits([one.x / scale for one in everybody]))
    axes.set_ylim(*_limits([one.y / scale for one in everybody]))
    axes.locator_params(nbins=6)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _: f"{value:g}")
    middle = sum(axes.get_ylim()) / 2.0
    axes.set_aspect(1.0 / max(0.1, math.cos(math.radians(middle))) if instance.geographic else 1.0)
    axes.set_xlabel("degrees east" if instance.geographic else "km")
    axes.set_ylabel("degrees north" if instance.geographic else "km")


def _limits(values: Sequence[float]) -> tuple[float, float]:
    ranked = sorted(values)
    out = int(len(ranked) * _MARGIN / 4)
    low, high = ranked[out], ranked[-1 - out]
    return low - _MARGIN * (high - low or 1.0), high + _MARGIN * (high - low or 1.0)


def _orders(axes: Axes, hours: Sequence[Mapping[str, Any]], clock: Clock) -> None:
    style.title(axes, "Orders placed in each hour")
    middles = [(hour["start"] + hour["end"]) / 2.0 for hour in hours]
    axes.bar(middles, [hour["orders"] for hour in hours], width=3600.0 * 0.86, color=style.BLUE)
    style.time_axis(axes, clock, hours[0]["start"], hours[-1]["end"], label=False, most=7)
    style.whole_numbers(axes)


def _riders(axes: Axes, hours: Sequence[Mapping[str, Any]], clock: Clock) -> None:
    style.title(axes, "Riders", lines_below=1)
    edges = [hours[0]["start"], *(hour["end"] for hour in hours)]
    on_shift = [hour["riders_on_shift"] for hour in hours]
    needed = [hour["rider_hours_needed"] for hour in hours]
    axes.stairs(on_shift, edges, fill=True, color=style.GRID, label="on shift")
    axes.stairs(needed, edges, color=style.ORANGE, linewidth=2.0, label="needed by the orders, one at a time")
    style.time_axis(axes, clock, edges[0], edges[-1], most=7)
    axes.set_ylim(bottom=0.0)
    style.whole_numbers(axes)
    style.legend(axes)
