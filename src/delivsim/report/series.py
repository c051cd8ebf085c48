"""Measures of a run over time, cut into stretches that suit its length: what figures draw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from delivsim.record import measures, over_time
from delivsim.record.stats import whole_bins

if TYPE_CHECKING:
    from delivsim.record.result import Result

_WIDTHS = (1.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0, 21600.0, 86400.0)
_MOST_BINS = 40
_MOST_INSTANTS = 480
_OFFSET = 0.47
"""Of a step: so no instant falls on the whole minutes at which published instances place their orders."""


def bin_width(span: float) -> float:
    """Seconds of a round stretch that cuts ``span`` seconds into at most 40: a quarter hour for an evening."""
    return next((width for width in _WIDTHS if span / width <= _MOST_BINS), _WIDTHS[-1])


def latencies(result: Result) -> pd.DataFrame:
    """
    Latency, throughput and errors of each client operation over time (see ``over_time.latency_over_time``).

    A stretch in which nobody asked is there too: nothing per second, and no latency.
    """
    end = _end(result)
    asked = measures.client_operations(result.tables["requests"], result.manifest["clients"])
    found = over_time.latency_over_time(asked, 0.0, end, bin_width(end))
    edges = whole_bins(0.0, end, bin_width(end))
    grid = pd.MultiIndex.from_product([found["operation"].unique(), edges[:-1]], names=["operation", "start"])
    filled = found.set_index(["operation", "start"]).reindex(grid).reset_index()
    filled[["count", "errors", "throughput"]] = filled[["count", "errors", "throughput"]].fillna(0.0)
    return filled.assign(end=np.tile(edges[1:], len(filled) // (len(edges) - 1)))


def loads(result: Result) -> pd.DataFrame:
    """Utilization and queue length over time, as ``over_time.load_over_time`` gives them, for each ``station``."""
    end, visits = _end(result), result.tables["visits"]
    parts = [
        over_time.load_over_time(
            visits[visits["station"] == name],
            station["capacity"],
            0.0,
            end,
            bin_width(end),
            shared=station.get("discipline") in over_time.SHARED,
        ).assign(station=name)
        for name, station in sorted(result.manifest["stations"].items())
    ]
    return (
        pd.concat(parts, ignore_index=True)
        if parts
        else pd.DataFrame(columns=["station", "start", "end", "utilization", "queue_length"])
    )


def click_to_door_parts(result: Result) -> pd.DataFrame:
    """
    Mean parts of click-to-door of the orders placed in each stretch of time.

    Returns
    -------
    One row per stretch in which a delivered order was placed: ``start``, ``end``, and the parts in seconds.
    """
    orders = result.tables["orders"]
    parts = measures.click_to_door_parts(orders, result.tables["messages"])
    width = bin_width(_end(result))
    start = np.floor(orders["placed_at"] / width) * width
    means = parts.groupby(start).mean().dropna().rename_axis("start").reset_index()
    return means.assign(end=means["start"] + width)


def open_orders(result: Result) -> pd.DataFrame:
    """Open orders by what they wait for, at evenly spaced instants (see ``over_time.open_orders``)."""
    tables = result.tables
    return over_time.open_orders(tables["orders"], tables["messages"], _instants(result), _end(result))


def riders(result: Result) -> pd.DataFrame:
    """What riders do at evenly spaced instants (``over_time.riders_over_time``); ``free``: on shift, not busy."""
    tables = result.tables
    counts = over_time.riders_over_time(tables["riders"], tables["legs"], _instants(result), _end(result))
    return counts.assign(free=(counts["on_shift"] - counts["busy"]).clip(lower=0.0))


def _end(result: Result) -> float:
    return float(result.manifest["ended_at"])


def _instants(result: Result) -> np.ndarray[Any, np.dtype[np.float64]]:
    step = max(1.0, bin_width(_end(result)) / 15.0)
    step *= max(1.0, np.ceil(_end(result) / step / _MOST_INSTANTS))
    return np.arange(_OFFSET * step, _end(result), step)
