"""
Figures of a run, each a function of its result that returns the (first) axes; ``axes.figure`` is the picture.

A figure draws what `delivsim.record` measures and measures nothing itself. In a notebook, after ``%matplotlib inline``:
``latency(result).figure``.
"""

from __future__ import annotations

from delivsim.report.figures.orders import click_to_door, click_to_door_parts, open_orders
from delivsim.report.figures.platform import latency, services, throughput
from delivsim.report.figures.registry import FIGURES, figure, save_figures, svg
from delivsim.report.figures.riders import busy_riders, city_map

__all__ = [
    "FIGURES",
    "busy_riders",
    "city_map",
    "click_to_door",
    "click_to_door_parts",
    "figure",
    "latency",
    "open_orders",
    "save_figures",
    "services",
    "svg",
    "throughput",
]
