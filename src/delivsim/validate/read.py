"""What is read from a run: times of visits and of calls that came between warm-up and horizon."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from delivsim.record.result import Result

Read = Callable[["Result"], float]
Times = Callable[["Result"], "pd.Series"]

CALLER = "visitors"
"""The name of every case's workload."""


def _chosen(rows: pd.DataFrame, which: pd.Series) -> pd.DataFrame:
    found: pd.DataFrame = rows.loc[which]
    return found


def visits(result: Result, station: str = "web", operation: str | None = None) -> pd.DataFrame:
    """Give the visits to a station that came between warm-up and horizon."""
    rows = result.tables["visits"]
    begin, end = result.manifest["warm_up"], result.manifest["horizon"]
    chosen = (rows["station"] == station) & (rows["arrived_at"] >= begin) & (rows["arrived_at"] < end)
    if operation is not None:
        chosen &= rows["operation"] == operation
    return _chosen(rows, chosen)


def calls(result: Result, caller: str = CALLER) -> pd.DataFrame:
    """Give a caller's last attempts of the calls that began between warm-up and horizon."""
    rows = result.tables["requests"]
    begin, end = result.manifest["warm_up"], result.manifest["horizon"]
    chosen = (rows["caller"] == caller) & rows["last"]
    return _chosen(rows, chosen & (rows["first_sent_at"] >= begin) & (rows["first_sent_at"] < end))


def waits(station: str = "web", operation: str | None = None) -> Times:
    """Times in a station's queue, of those who were served and of those who left it."""

    def read(result: Result) -> pd.Series:
        rows = visits(result, station, operation)
        return rows["started_at"].fillna(rows["departed_at"]) - rows["arrived_at"]

    return read


def sojourns(station: str = "web", operation: str | None = None) -> Times:
    """Times in a station, queue and work."""

    def read(result: Result) -> pd.Series:
        rows = visits(result, station, operation)
        return rows["departed_at"] - rows["arrived_at"]

    return read


def latencies(result: Result) -> pd.Series:
    """Times from a call's first attempt to its last answer."""
    rows = calls(result)
    return rows["answered_at"] - rows["first_sent_at"]


def mean(times: Times) -> Read:
    """Give the mean of times."""
    return lambda result: float(times(result).mean())


def mean_square(times: Times) -> Read:
    """Give the mean of squared times."""
    return lambda result: float((times(result) ** 2).mean())


def quantile(times: Times, p: float) -> Read:
    """Give the value below which a share ``p`` of times is."""
    return lambda result: float(times(result).quantile(p))


def share_above(times: Times, limit: float) -> Read:
    """Give the share of times above a limit."""
    return lambda result: float((times(result) > limit).mean())


def share_not_served(result: Result) -> float:
    """Give the share of visits that were refused or gave up."""
    return float((visits(result)["outcome"] != "served").mean())


def share_of_status(low: int, high: int = 600) -> Read:
    """Give the share of calls whose last answer had a status of at least ``low`` and below ``high``."""
    return lambda result: float(calls(result)["seen"].between(low, high - 1).mean())


def attempts(result: Result) -> float:
    """Give the mean number of attempts of a call."""
    return float(calls(result)["attempt"].mean())


def per_second(result: Result) -> float:
    """Give how many visits were served per second."""
    return len(visits(result)) / float(result.manifest["horizon"] - result.manifest["warm_up"])


def busy(result: Result, station: str = "web") -> float:
    """Give the mean number of servers at work between warm-up and horizon."""
    rows = result.tables["visits"]
    rows = rows[(rows["station"] == station) & rows["started_at"].notna()]
    begin, end = result.manifest["warm_up"], result.manifest["horizon"]
    spent = np.minimum(rows["departed_at"], end) - np.maximum(rows["started_at"], begin)
    return float(spent.clip(lower=0.0).sum() / (end - begin))


def busy_at(offset: float, period: float) -> Read:
    """Give the mean number of servers at work at an instant of a round that repeats, over the rounds after warm-up."""

    def read(result: Result) -> float:
        rows = visits_all(result)
        begin, end = result.manifest["warm_up"], result.manifest["horizon"]
        instants = np.arange(np.ceil(begin / period) * period + offset, end, period)
        started = np.searchsorted(np.sort(rows["started_at"].to_numpy()), instants, side="right")
        departed = np.searchsorted(np.sort(rows["departed_at"].to_numpy()), instants, side="right")
        return float((started - departed).mean())

    return read


def visits_all(result: Result, station: str = "web") -> pd.DataFrame:
    """Give every visit to a station."""
    rows = result.tables["visits"]
    return rows[rows["station"] == station]
