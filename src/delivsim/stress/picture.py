"""A picture of a ramp: latency and throughput against offered load, with the knees marked."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from delivsim.record.critical_path import KINDS
from delivsim.report.figures.style import (
    BLUE,
    CYCLE,
    FAINT,
    GREEN,
    ORANGE,
    RED,
    duration_axis,
    figure_of,
    legend,
    look,
    panels,
    title,
)
from delivsim.stress.findings import Findings
from delivsim.stress.knees import weakest

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_KNEES = 6


def save_picture(found: Findings, file: Path) -> None:
    """Draw three panels over the steps: latency of the main operation, what got through, how busy components were."""
    name = main_operation(found)
    with look():
        latency, through, parts, busy = panels(4, size=(9.0, 11.0))
        _latency(latency, found, name)
        _throughput(through, found, name)
        _parts(parts, found, name)
        _busy(busy, found)
        for axes in (latency, through, parts, busy):
            _knees(axes, found, named=axes is latency)
        busy.set_xlabel(f"times the scenario's {found.what}")
        if found.what == "riders":
            busy.invert_xaxis()
        figure_of(latency).savefig(file, dpi=100)


def main_operation(found: Findings) -> str:
    """Name the operation that is shown: ``place_order`` where there is a city, else the most frequent one."""
    operations: dict[str, Any] = found.steps[0].looks[0]["operations"]
    if operations.get("place_order", {}).get("count"):
        return "place_order"
    return max(operations, key=lambda name: operations[name]["count"])


def _factors(found: Findings) -> list[float]:
    return [step.factor for step in found.steps]


def _latency(axes: Axes, found: Findings, name: str) -> None:
    for q, color in (("p50", BLUE), ("p95", ORANGE), ("p99", RED)):
        axes.plot(_factors(found), [step.operation(name, q) for step in found.steps], "o-", ms=3, color=color, label=q)
    duration_axis(axes)
    title(axes, f"Latency of {name}", lines_below=1)
    legend(axes)


def _throughput(axes: Axes, found: Findings, name: str) -> None:
    for what, color in (("offered", FAINT), ("answered", GREEN)):
        values = [step.operation(name, what) for step in found.steps]
        axes.plot(_factors(found), values, "o-", ms=3, color=color, label=f"{what} per second")
    axes.set_ylim(bottom=0.0)
    title(axes, f"Throughput of {name}", lines_below=1)
    legend(axes)


def _parts(axes: Axes, found: Findings, name: str) -> None:
    """Stack what the slowest 1 % spend their time on, as shares."""
    rows = []
    for step in found.steps:
        sums = dict.fromkeys(KINDS, 0.0)
        for tail in (one["tails"].get(name) for one in step.looks):
            for _, kind, seconds in tail["parts"] if tail else ():
                sums[kind] += seconds
        total = sum(sums.values()) or math.nan
        rows.append([100.0 * sums[kind] / total for kind in KINDS])
    columns = list(zip(*rows, strict=True))
    used = [i for i, column in enumerate(columns) if any(value > 0.5 for value in column)]
    axes.stackplot(
        _factors(found),
        *(columns[i] for i in used),
        labels=[KINDS[i] for i in used],
        colors=[CYCLE[i] for i in used],
        alpha=0.8,
    )
    axes.set_ylim(0.0, 100.0)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0f} %")
    title(axes, f"What the slowest 1 % of {name} spend their time on", lines_below=1)
    legend(axes)


def _busy(axes: Axes, found: Findings) -> None:
    stations = sorted({f for step in found.steps for f in step.looks[0]["values"] if f.endswith(" busiest")})
    last = {figure: found.steps[-1].mean(figure) for figure in stations}
    shown = sorted(stations, key=lambda figure: -last[figure])[: len(CYCLE)]
    for figure, color in zip(shown, CYCLE, strict=False):
        values = [100.0 * step.mean(figure) for step in found.steps]
        axes.plot(_factors(found), values, "o-", ms=3, color=color, label=figure.rsplit(" ", 1)[0])
    axes.set_ylim(0.0, 105.0)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0f} %")
    title(axes, "Busy servers in the busiest quarter hour", lines_below=1)
    legend(axes)


def _knees(axes: Axes, found: Findings, *, named: bool) -> None:
    """Mark where components die; their names stand in the first panel, towards its middle."""
    low, high = sorted(axes.get_xlim())
    dead = [knee for knee in weakest(found.knees) if not math.isnan(knee.at)][:MOST_KNEES]
    for k, knee in enumerate(dead):
        axes.axvline(knee.at, color=FAINT, linewidth=0.8, linestyle="--")
        if named:
            right = (knee.at > (low + high) / 2.0) != (found.what == "riders")
            axes.annotate(
                knee.objective.component,
                (knee.at, 0.97 - 0.09 * k),
                xycoords=("data", "axes fraction"),
                xytext=(-3 if right else 3, 0),
                textcoords="offset points",
                fontsize=7.5,
                color=FAINT,
                ha="right" if right else "left",
                va="top",
                bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.5},
            )
