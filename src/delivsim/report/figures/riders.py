"""Figures of the riders: what those on shift were doing, and a map of where orders came from and went."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from delivsim.record import measures
from delivsim.report import series
from delivsim.report.clock import Clock
from delivsim.report.figures import style
from delivsim.report.figures.faults import shade

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from delivsim.record.result import Result

COLORS = {
    "driving": style.BLUE,
    "at_customer": style.GREEN,
    "at_store": style.RED,
    "free": style.GRID,
}
_MOST_SHAPES = 10_000
"""More drop-offs than this become an image inside the drawing, so that a big day's page stays small."""


@style.styled
def busy_riders(result: Result) -> Axes:
    """What the riders were doing over time: driving, at a door, at a store, or free on their shift."""
    axes = style.panels()[0]
    style.title(axes, "Riders", lines_below=1)
    counts = series.riders(result)
    if not counts.to_numpy().any():
        return style.nothing(axes, "no riders")
    names = [name for name in COLORS if name in counts]
    axes.stackplot(
        counts.index,
        *(counts[name] for name in names),
        colors=[COLORS[name] for name in names],
        labels=[name.replace("_", " ") for name in names],
        linewidth=0,
    )
    axes.plot(counts.index, counts["on_shift"], color=style.INK, linewidth=1.2, label="on shift", drawstyle="steps-mid")
    style.time_axis(axes, Clock.of(result.manifest), float(counts.index.min()), float(counts.index.max()))
    shade(axes, result)
    axes.set_ylim(bottom=0.0)
    axes.set_ylabel("riders")
    style.whole_numbers(axes)
    style.legend(axes)
    return axes


@style.styled
def city_map(result: Result) -> Axes:
    """Stores, riders' first places, and every drop-off colored by how late it was against what was promised."""
    axes = style.panels(size=(7.6, 6.2))[0]
    style.title(axes, "Where orders went, and how late they came", lines_below=1)
    axes.grid(visible=False)
    tables = result.tables
    if len(tables["orders"]) == 0:
        return style.nothing(axes, "no orders")
    geographic = bool((result.manifest.get("instance") or {}).get("geographic"))
    scale = 1.0 if geographic else 1000.0
    _draw_orders(axes, tables["orders"], scale)
    starts = tables["legs"].sort_values("started_at").drop_duplicates("rider")
    axes.scatter(
        starts["from_x"] / scale,
        starts["from_y"] / scale,
        s=20,
        marker="^",
        color=style.GREEN,
        edgecolors=style.PAPER,
        linewidths=0.6,
        label="rider's first place",
    )
    axes.scatter(
        tables["stores"]["x"] / scale,
        tables["stores"]["y"] / scale,
        s=30,
        marker="s",
        color=style.INK,
        edgecolors=style.PAPER,
        linewidths=0.6,
        label="store",
    )
    _frame(axes, tables["orders"], geographic)
    style.legend(axes)
    return axes


def _draw_orders(axes: Axes, orders: pd.DataFrame, scale: float) -> None:
    late = measures.promise_error(orders) / 60.0
    came = late.notna().to_numpy()
    limit = max(5.0, math.ceil(float(late.abs().quantile(0.98)) / 5.0) * 5.0) if came.any() else 5.0
    drawn = axes.scatter(
        orders["x"][came] / scale,
        orders["y"][came] / scale,
        c=late[came],
        cmap="PuOr_r",
        vmin=-limit,
        vmax=limit,
        s=16,
        linewidths=0.3,
        edgecolors=style.FAINT,
        rasterized=len(orders) > _MOST_SHAPES,
    )
    lost = ~came
    if lost.any():
        axes.scatter(
            orders["x"][lost] / scale,
            orders["y"][lost] / scale,
            s=20,
            marker="x",
            linewidths=1.0,
            color=style.FAINT,
            label="not delivered",
        )
    bar = style.figure_of(axes).colorbar(drawn, ax=axes, shrink=0.7, pad=0.02, extend="both")
    bar.set_label("minutes after the promised time")
    bar.outline.set_visible(False)


def _frame(axes: Axes, orders: pd.DataFrame, geographic: bool) -> None:
    axes.locator_params(nbins=6)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    if geographic:
        axes.set_aspect(1.0 / max(0.1, math.cos(math.radians(float(orders["y"].mean())))))
        axes.set_xlabel("degrees east")
        axes.set_ylabel("degrees north")
    else:
        axes.set_aspect("equal")
        axes.set_xlabel("km east")
        axes.set_ylabel("km north")
