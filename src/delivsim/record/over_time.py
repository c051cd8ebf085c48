"""
Levels over time, exact from rows: queues, busy servers, open orders, busy riders, latencies by quarter hour.

Nothing is sampled while a run goes on: a visit's row says from when to when it waited and was served.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import cast

import numpy as np
import pandas as pd

from delivsim.record.measures import BREAK, DRIVING, is_error, joined_at, latency
from delivsim.record.stats import LATENCIES, Floats, steps_within, time_by_bin, whole_bins

QUARTER_HOUR = 900.0
Spans = tuple[Floats, Floats]
Capacity = Sequence[Sequence[float]]
SHARED = ("preemptive_priority", "processor_sharing")
"""Disciplines under which more visits may be in work than there are servers."""


def waiting_spans(visits: pd.DataFrame, ended_at: float) -> Spans:
    """From when to when each visit waited in the queue; refused ones never did, open ones until the end of the run."""
    visits = visits[visits["outcome"] != "refused"]
    until = visits["started_at"].fillna(visits["departed_at"]).fillna(ended_at)
    return visits["arrived_at"].to_numpy(), until.to_numpy()


def busy_spans(visits: pd.DataFrame, ended_at: float) -> Spans:
    """From when to when each visit had a server; open ones until the end of the run."""
    served = visits[visits["started_at"].notna()]
    return served["started_at"].to_numpy(), served["departed_at"].fillna(ended_at).to_numpy()


def shared_spans(spans: Spans, capacity: Capacity) -> Spans:
    """
    Turn spans during which visits were in work into as many as servers were busy: min(visits, servers) at any time.

    For servers that work on several visits at once (processor sharing), or leave one for another (preemption).
    """
    starts, ends = spans
    at = np.concatenate([starts, ends, [step[0] for step in capacity]])
    change = np.concatenate([np.ones(len(starts)), -np.ones(len(ends)), np.zeros(len(capacity))])
    order = np.argsort(at, kind="stable")
    at, present = at[order], np.cumsum(change[order])
    known = np.array([step[0] for step in capacity], dtype=np.float64)
    servers = np.array([0.0, *(step[1] for step in capacity)])[np.searchsorted(known, at, side="right")]
    step = np.diff(np.minimum(present, servers), prepend=0.0).astype(np.int64)
    return np.repeat(at, step.clip(min=0)), np.repeat(at, (-step).clip(min=0))


def load_over_time(
    visits: pd.DataFrame,
    capacity: Capacity,
    start: float,
    end: float,
    width: float = QUARTER_HOUR,
    *,
    shared: bool = False,
) -> pd.DataFrame:
    """
    Follow one station through the run.

    Parameters
    ----------
    visits
        The visits of this station (of one of its services: that service's share of the load).
    capacity
        Pairs [instant, servers from then on].
    start, end
        Seconds; open visits last until ``end``.
    width
        Seconds of one bin; whole bins at multiples of it, or a single one when none fits.
    shared
        Whether more visits may be in work than there are servers, as ``shared_spans`` has it.

    Returns
    -------
    One row per bin: ``start``, ``end``, ``arrivals`` (count), time-weighted mean ``queue_length``, ``busy`` and
    ``servers``, and ``utilization`` = busy / servers (NaN while there are none).
    """
    edges = whole_bins(start, end, width)
    widths = np.diff(edges)
    busy = busy_spans(visits, end)
    if shared:
        busy = shared_spans(busy, capacity)
    with np.errstate(divide="ignore", invalid="ignore"):
        levels = {
            "queue_length": time_by_bin(*waiting_spans(visits, end), edges) / widths,
            "busy": time_by_bin(*busy, edges) / widths,
            "servers": np.array([steps_within(capacity, a, b) for a, b in _pairs(edges)]) / widths,
        }
        utilization = np.where(levels["servers"] > 0, levels["busy"] / levels["servers"], math.nan)
    arrivals = np.histogram(visits["arrived_at"], bins=edges)[0] if edges[-1] > edges[0] else np.zeros(1, np.int64)
    at = {"start": edges[:-1], "end": edges[1:], "arrivals": arrivals}
    return pd.DataFrame({**at, **levels, "utilization": utilization})


def latency_over_time(operations: pd.DataFrame, start: float, end: float, width: float = QUARTER_HOUR) -> pd.DataFrame:
    """
    Follow the latency that clients see, by the instant they first asked.

    Parameters
    ----------
    operations
        Client operations (see ``measures.client_operations``), of one or several names.

    Returns
    -------
    One row per operation and bin: ``operation``, ``start``, ``end``, ``count``, ``errors``, ``throughput`` (per
    second) and the latency quantiles p50 to p99.9 (NaN where nothing was answered).
    """
    edges = whole_bins(start, end, width)
    place = np.digitize(operations["first_sent_at"], edges) - 1
    inside = (place >= 0) & (place < len(edges) - 1)
    rows = pd.DataFrame(
        {
            "operation": operations["operation"].astype(str)[inside],
            "bin": place[inside],
            "latency": latency(operations)[inside],
            "error": is_error(operations)[inside],
        }
    )
    out = []
    for key, group in rows.groupby(["operation", "bin"], sort=True):
        operation, i = cast("tuple[str, int]", key)
        known = group["latency"].dropna()
        values = np.quantile(known, list(LATENCIES.values())) if len(known) else [math.nan] * len(LATENCIES)
        a, b = edges[i], edges[i + 1]
        out.append((operation, a, b, len(group), int(group["error"].sum()), len(group) / (b - a), *values))
    columns = ["operation", "start", "end", "count", "errors", "throughput", *LATENCIES]
    return pd.DataFrame(out, columns=columns)


def open_orders(orders: pd.DataFrame, messages: pd.DataFrame, at: Floats, ended_at: float) -> pd.DataFrame:
    """
    Count the open orders by what they wait for, at each of the given instants.

    Returns
    -------
    Indexed by instant: ``platform`` (placed, the delivery service does not know yet), ``waiting_for_rider`` (until a
    rider sets out), ``travel_to_store``, ``kitchen`` (the rider is there, or the food is not handed over) and
    ``delivery``. An order that ends otherwise leaves the state it was in.
    """
    placed = orders[orders["placed_at"].notna()]
    out = placed["ended_at"].fillna(ended_at).to_numpy()
    joined = joined_at(placed, messages)
    marks = [placed["placed_at"], joined, placed["departed_at"], placed["arrived_at"], placed["picked_up_at"]]
    starts = [mark.fillna(math.inf).to_numpy() for mark in marks]
    names = ("platform", "waiting_for_rider", "travel_to_store", "kitchen", "delivery")
    levels = {}
    for i, name in enumerate(names):
        following = np.minimum.reduce([*starts[i + 1 :], out])
        levels[name] = count_at((starts[i], following), at)
    return pd.DataFrame(levels, index=pd.Index(at, name="at"))


def riders_over_time(riders: pd.DataFrame, legs: pd.DataFrame, at: Floats, ended_at: float) -> pd.DataFrame:
    """
    Count the riders at each of the given instants.

    Returns
    -------
    Indexed by instant: ``on_shift``, ``driving``, ``at_store`` (pickup service and waiting for food), ``at_customer``
    and ``busy``, the sum of the last three. A rider who finishes after the shift is busy and not on shift; nor is one
    who has a break.
    """
    kinds = {"driving": DRIVING, "at_store": ("wait", "pickup"), "at_customer": ("dropoff",)}
    pauses = legs[legs["kind"] == BREAK]
    on_shift = count_at((riders["on_at"].to_numpy(), riders["off_at"].to_numpy()), at)
    levels = {"on_shift": on_shift - count_at((pauses["started_at"].to_numpy(), pauses["ended_at"].to_numpy()), at)}
    for name, some in kinds.items():
        these = legs[legs["kind"].isin(some)]
        levels[name] = count_at((these["started_at"].to_numpy(), these["ended_at"].fillna(ended_at).to_numpy()), at)
    levels["busy"] = levels["driving"] + levels["at_store"] + levels["at_customer"]
    return pd.DataFrame(levels, index=pd.Index(at, name="at"))


def count_at(spans: Spans, at: Floats) -> Floats:
    """Count the spans that hold each instant; spans are half open, and those that end before they start are none."""
    starts, ends = spans
    real = ends > starts
    passed = np.searchsorted(np.sort(starts[real]), at, side="right")
    return (passed - np.searchsorted(np.sort(ends[real]), at, side="right")).astype(np.float64)


def _pairs(edges: Floats) -> list[tuple[float, float]]:
    return [(float(a), float(b)) for a, b in pairwise(edges)]
