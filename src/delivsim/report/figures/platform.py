"""Figures of the platform: how fast and how often clients were answered, and how busy its services were."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from delivsim.report import series
from delivsim.report.clock import Clock
from delivsim.report.figures import style
from delivsim.report.figures.faults import shade

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from delivsim.record.result import Result

PERCENTILES = {"p99": style.RED, "p95": style.ORANGE, "p50": style.BLUE}
MOST_OPERATIONS = 6
"""A page has room for the panels of so many operations; those used most are drawn."""
MOST_STATIONS = 10
"""And for so many stations; the busiest are drawn."""
_TOPS = (10.0, 20.0, 30.0, 50.0, 100.0)
"""Ends of the axis of utilization, in percent: all stations have the same, the least that holds the busiest."""


@style.styled
def latency(result: Result) -> Axes:
    """Latency of each client operation over time, as its clients saw it: median, 95th and 99th percentile."""
    measured = series.latencies(result)
    names = _most_used(measured)
    columns = min(3, max(1, len(names)))
    rows = max(1, math.ceil(len(names) / columns))
    panels = style.panels(rows, columns, size=(9.0, 1.2 + 2.0 * rows), share_y=True)
    if not names:
        style.title(panels[0], "Latency of client operations")
        return style.nothing(panels[0], "no client was answered")
    style.unused(panels[len(names) :])
    clock = Clock.of(result.manifest)
    for i, (panel, name) in enumerate(zip(panels, names, strict=False)):
        _latency_panel(panel, measured[measured["operation"] == name])
        style.title(panel, name)
        style.time_axis(panel, clock, *_span(measured), label=i + columns >= len(names), most=5)
        shade(panel, result, named=False)
        if i % columns == 0:
            panel.set_ylabel("latency")
    style.common_legend(panels[0])
    return panels[0]


def _latency_panel(panel: Axes, rows: pd.DataFrame) -> None:
    middle = (rows["start"] + rows["end"]) / 2
    for percentile, color in PERCENTILES.items():
        panel.plot(middle, rows[percentile], color=color, label=percentile)
    style.duration_axis(panel)


@style.styled
def throughput(result: Result) -> Axes:
    """How often each client operation was asked for over time, and below it the share answered with an error."""
    measured = series.latencies(result)
    names = _most_used(measured)
    rates, errors = style.panels(2, size=(9.0, 4.6), ratios=(3.0, 1.0))
    style.title(rates, "Requests of clients", lines_below=1)
    if not names:
        style.unused([errors])
        return style.nothing(rates, "no client asked for anything")
    for name, color in zip(names, style.CYCLE, strict=False):
        rows = measured[measured["operation"] == name]
        middle = (rows["start"] + rows["end"]) / 2
        rates.plot(middle, rows["throughput"] * 60.0, color=color, label=name)
        errors.plot(middle, 100.0 * rows["errors"] / rows["count"], color=color)
    rates.set_ylabel("asked for per minute")
    rates.set_ylim(bottom=0.0)
    errors.set_ylabel("errors, %")
    errors.set_ylim(0.0, max(1.0, errors.get_ylim()[1]))
    if not measured["errors"].any():
        errors.text(0.5, 0.5, "no request was answered with an error", transform=errors.transAxes, **style.NOTE)
    clock = Clock.of(result.manifest)
    style.time_axis(rates, clock, *_span(measured), label=False)
    style.time_axis(errors, clock, *_span(measured))
    shade(rates, result)
    shade(errors, result, named=False)
    style.legend(rates)
    return rates


@style.styled
def services(result: Result) -> Axes:
    """Utilization (left) and mean queue length (right) of each station over time, the busiest first."""
    measured = series.loads(result)
    names = _busiest(measured)
    if not names:
        return style.nothing(style.panels()[0], "no station: the platform takes no time")
    panels = style.panels(len(names), 2, size=(9.0, 1.0 + 0.8 * max(2, len(names))))
    clock = Clock.of(result.manifest)
    busiest = next(top for top in _TOPS if float(measured["utilization"].max()) * 105.0 <= top or top == _TOPS[-1])
    longest = max(0.1, float(measured["queue_length"].max()))
    for i, name in enumerate(names):
        rows = measured[measured["station"] == name]
        left, right = panels[2 * i], panels[2 * i + 1]
        _station_row(left, right, rows, name)
        left.set_ylim(0.0, busiest * 1.08)
        left.set_yticks([0.0, busiest / 2, busiest])
        right.set_ylim(0.0, longest * 1.08)
        for panel in (left, right):
            style.time_axis(panel, clock, *_span(measured), label=i == len(names) - 1, most=6)
            shade(panel, result, named=False)
    style.title(panels[0], "Utilization, %")
    style.title(panels[1], "Visits waiting, mean")
    return panels[0]


def _station_row(left: Axes, right: Axes, rows: pd.DataFrame, name: str) -> None:
    edges = [*rows["start"], float(rows["end"].iloc[-1])]
    left.stairs(100.0 * rows["utilization"], edges, fill=True, color=style.BLUE, alpha=0.85)
    left.axhline(100.0, color=style.RED, linewidth=1.0)
    left.set_ylabel(name, rotation=0, ha="right", va="center", color=style.INK)
    right.stairs(rows["queue_length"], edges, fill=True, color=style.ORANGE, alpha=0.9)
    right.locator_params(axis="y", nbins=3)


def _span(measured: pd.DataFrame) -> tuple[float, float]:
    return float(measured["start"].min()), float(measured["end"].max())


def _most_used(measured: pd.DataFrame) -> list[str]:
    """Names of the operations asked for most; placing an order comes first wherever it is asked for at all."""
    counts = measured.groupby("operation", observed=True)["count"].sum()
    ranked = sorted(counts.index, key=lambda name: (name != "place_order", -counts[name], name))
    return [str(name) for name in ranked[:MOST_OPERATIONS]]


def _busiest(measured: pd.DataFrame) -> list[str]:
    load = measured.groupby("station", observed=True)["utilization"].mean().fillna(-1.0)
    ranked = sorted(load.index, key=lambda name: (-load[name], name))
    return [str(name) for name in ranked[:MOST_STATIONS]]
