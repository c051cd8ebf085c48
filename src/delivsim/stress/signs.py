"""Signs of well-known patterns of failure in one run; what a ramp makes of them is in ``patterns``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from delivsim.record.measures import client_operations

if TYPE_CHECKING:
    import pandas as pd

    from delivsim.record.result import Result

BINS = 40
"""Stretches of equal length into which the time of demand is divided."""
LONG = 5
"""Stretches at the end in all of which calls must fail for a state to be called metastable."""
GOOD = 3
"""Stretches at the beginning that must all be good: the load that the platform copes with is their mean."""
PEAK, QUIET = 1.2, 1.05
"""More than so many times that load is a peak; up to so many times that load it should cope."""
BAD_ANSWERS = 0.9
"""A stretch is bad when fewer of its calls than this share are answered well,"""
BAD_LATENCY = 5.0
"""or when its median latency is so many times that of its best quarter."""
LOST = ("no_rider", "patience")
"""Reasons of cancelled orders that more riders may have served."""
NO_CONNECTION = ("pool_full", "pool_wait")
"""Reasons of calls that got no connection."""


def signs(result: Result) -> dict[str, Any]:
    """
    Look for signs.

    Returns
    -------
    JSON: ``attempts`` per call by edge; ``metastable`` (instants, if after the peak nothing got well); ``held_idle``
    share by station that holds workers for whole requests; ``no_connection``, the share of calls by edge that got none
    of its pool; ``deadlocks``, the share of attempts by edge that were in one; ``pools``, the resources that are pools;
    ``dead_letters``; ``cold`` stations that grew, with what calls waited while replicas started; ``rider_utilization``
    and ``lost_for_riders``, the share of orders cancelled after no rider had accepted them for most of the time.
    """
    requests = result.tables["requests"]
    summary = result.summary()
    placed = summary["orders"]["placed"]
    return {
        "attempts": dict(_attempts(requests)),
        "metastable": _metastable(result),
        "held_idle": dict(_held_idle(result)),
        "no_connection": dict(_no_connection(requests)),
        "deadlocks": dict(_deadlocks(summary["edges"])),
        "pools": _pools(result),
        "dead_letters": summary["broker"]["dead_letter"],
        "cold": dict(_cold(result)),
        "rider_utilization": summary["riders"]["utilization"],
        "lost_for_riders": _lost(result) / placed if placed else 0.0,
    }


def _attempts(requests: pd.DataFrame) -> Iterator[tuple[str, float]]:
    """Give the mean number of attempts per call of each edge on which any call was tried again."""
    rows = requests[requests["cause"].isin(["client", "call"])]
    for (caller, service), group in rows.groupby(["caller", "service"], observed=True):
        calls = int(group["last"].sum())
        if calls and len(group) > calls:
            yield f"{caller}->{service}", len(group) / calls


def _metastable(result: Result) -> dict[str, float] | None:
    """
    Tell whether a platform that coped with a load no longer does after a peak, until the end of the demand.

    That is what a metastable failure is (Bronson et al. 2021): the trigger is gone, the bad state feeds itself. Its
    mark is that calls are not answered well any more; a queue that only grows, because the load was too much all
    along, is plain overload.
    """
    start, end = float(result.manifest["warm_up"]), float(result.manifest["horizon"])
    rows = client_operations(result.tables["requests"], result.manifest["clients"])
    rows = rows[(rows["first_sent_at"] >= start) & (rows["first_sent_at"] < end)]
    if len(rows) < 20 * BINS:
        return None
    edges = np.linspace(start, end, BINS + 1)
    at = np.clip(np.searchsorted(edges, rows["first_sent_at"].to_numpy(), side="right") - 1, 0, BINS - 1)
    offered = np.bincount(at, minlength=BINS)
    well = np.bincount(at[rows["seen"].between(1, 499).to_numpy()], minlength=BINS)
    latency = (rows["answered_at"].fillna(float(result.manifest["ended_at"])) - rows["first_sent_at"]).to_numpy()
    median = np.array([np.median(latency[at == k]) if offered[k] else 0.0 for k in range(BINS)])
    best = np.quantile(median[offered > 0], 0.25) if (offered > 0).any() else 0.0
    failing = (offered > 0) & (well < BAD_ANSWERS * offered)
    bad = failing | ((offered > 0) & (median > BAD_LATENCY * max(best, 1e-3)))
    first = int(np.argmax(bad)) if bad.any() else BINS
    if first < GOOD or first == BINS:
        return None
    coped = offered[:first].mean()
    last_peak = int(np.max(np.flatnonzero(offered > PEAK * coped), initial=-1))
    after = slice(last_peak + 1, BINS)
    if last_peak < 0 or BINS - last_peak - 1 < LONG or not failing[after].all():
        return None
    if offered[after].mean() > QUIET * coped:
        return None
    return {"from": float(edges[first]), "peak_ended": float(edges[last_peak + 1]), "until": end}


def _held_idle(result: Result) -> Iterator[tuple[str, float]]:
    """Give the share of held time in which workers waited for answers, where workers are held for requests."""
    requests, visits = result.tables["requests"], result.tables["visits"]
    for name, station in result.manifest["stations"].items():
        if station["holds"] != "request":
            continue
        mine = visits[(visits["station"] == name) & visits["departed_at"].notna() & visits["started_at"].notna()]
        held = float((mine["departed_at"] - mine["started_at"]).sum())
        calls = requests[requests["parent"].isin(mine["request"]) & (requests["cause"] == "call") & requests["last"]]
        waited = float((calls["answered_at"] - calls["first_sent_at"]).sum())
        if held > 0:
            yield name, min(1.0, waited / held)


def _no_connection(requests: pd.DataFrame) -> Iterator[tuple[str, float]]:
    """Give the share of calls of each edge that were refused for want of a connection, where any was."""
    rows = requests[requests["cause"] == "call"]
    for (caller, service), group in rows.groupby(["caller", "service"], observed=True):
        if share := float(group["reason"].isin(NO_CONNECTION).mean()):
            yield f"{caller}->{service}", share


def _deadlocks(edges: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """Give the share of attempts that waited for places held by their own callers, of each edge where any did."""
    for caller, services in edges.items():
        for service, one in services.items():
            if stuck := one["by_reason"].get("deadlock"):
                yield f"{caller}->{service}", stuck / one["attempts"]


def _pools(result: Result) -> list[str]:
    resources = result.manifest["scenario"]["platform"].get("resources", {})
    return [name for name, one in resources.items() if one["kind"] == "pool"]


def _cold(result: Result) -> Iterator[tuple[str, dict[str, float]]]:
    """
    Tell what calls waited at stations that grew: those that came while a new replica started, and the others.

    ``grew`` is by how many times, ``share`` the part of all time in the queue that those calls spent, ``during`` the
    part of the time in which they came, ``waited`` and ``otherwise`` mean waits in seconds.
    """
    visits = result.tables["visits"]
    for name, station in result.manifest["stations"].items():
        servers = [n for _, n in station["capacity"]]
        if not servers or not max(servers) > servers[0] > 0:
            continue
        mine = visits[visits["station"] == name]
        came = mine["arrived_at"].to_numpy()
        waited = (mine["started_at"].fillna(mine["departed_at"]) - mine["arrived_at"]).fillna(0.0).to_numpy()
        starting, during = np.zeros(len(mine), dtype=bool), 0.0
        for begin, end in _starts(station["replicas"], station["capacity"]):
            starting |= (came >= begin) & (came < end)
            during += end - begin
        if starting.any() and not starting.all() and waited.sum() > 0.0:
            yield (
                name,
                {
                    "grew": max(servers) / servers[0],
                    "share": float(waited[starting].sum() / waited.sum()),
                    "during": during / float(result.manifest["ended_at"]),
                    "waited": float(waited[starting].mean()),
                    "otherwise": float(waited[~starting].mean()),
                },
            )


def _starts(paid: list[list[float]], serving: list[list[float]]) -> Iterator[tuple[float, float]]:
    """Give the stretches from a launch of replicas until more servers serve; those within another one left out."""
    ready, until = _rises(serving), 0.0
    for launched in _rises(paid):
        end = next((at for at in ready if at > launched), None)
        if end is not None and launched >= until:
            yield launched, end
            until = end


def _rises(levels: list[list[float]]) -> list[float]:
    return [at for (_, before), (at, after) in pairwise(levels) if after > before]


def _lost(result: Result) -> int:
    """Count the orders that were cancelled after no rider had accepted them for most of the time."""
    orders = result.tables["orders"]
    orders = orders[orders["reason"].isin(LOST)]
    accepted = orders["assigned_at"].fillna(orders["ended_at"])
    return int((accepted - orders["placed_at"] > 0.5 * (orders["ended_at"] - orders["placed_at"])).sum())
