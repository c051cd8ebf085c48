"""The tail of an operation or a topic: its slowest calls, beside ordinary ones, and where the time of both went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from delivsim.record.critical_path import CriticalPaths, added
from delivsim.record.view import View, Window

if TYPE_CHECKING:
    import pandas as pd

    from delivsim.record.result import Result

MOST = 300
"""Calls that are looked at in each group; of more, so many spread evenly over their latencies."""
ORDINARY = (0.45, 0.55)
"""Between these quantiles calls are ordinary."""

Parts = dict[tuple[str, str], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tail:
    """
    Where the time of the slowest calls went, and of ordinary ones.

    Parameters
    ----------
    name
        The operation or topic.
    q
        The quantile from which on a call is in the tail.
    at, median
        Latency at that quantile and at the median, seconds.
    n_calls, n_tail
        Calls that were answered (or messages handled), and those in the tail.
    n_refused
        Of those in the tail, how many were answered with an error (500 and above).
    tail, ordinary
        Mean seconds per call by (hop, kind); each adds up to the mean latency of its group.
    """

    name: str
    q: float
    at: float
    median: float
    n_calls: int
    n_tail: int
    n_refused: int
    tail: Parts
    ordinary: Parts

    def by_kind(self) -> dict[str, float]:
        """Give the mean seconds of the tail by what they went to, the most first."""
        sums: dict[str, float] = {}
        for (_, kind), seconds in self.tail.items():
            sums[kind] = sums.get(kind, 0.0) + seconds
        return dict(sorted(sums.items(), key=lambda pair: -pair[1]))

    def by_hop(self) -> dict[str, float]:
        """Give the mean seconds of the tail by hop, the most first."""
        sums: dict[str, float] = {}
        for (hop, _), seconds in self.tail.items():
            sums[hop] = sums.get(hop, 0.0) + seconds
        return dict(sorted(sums.items(), key=lambda pair: -pair[1]))


def tails_of(result: Result) -> list[str]:
    """Name what a run has tails of: the operations that clients called, and the topics that services consumed."""
    requests, messages = result.tables["requests"], result.tables["messages"]
    called = requests.loc[requests["cause"] == "client", "operation"].astype(str).unique()
    handled = messages.loc[~messages["group"].isin(["", "app"]), "topic"].astype(str).unique()
    return [*sorted(called), *sorted(handled)]


def find_tail(
    result: Result, name: str, q: float, window: Window | None = None, paths: CriticalPaths | None = None
) -> Tail | None:
    """
    Attribute the tail of a client operation or of a topic.

    Parameters
    ----------
    name
        One of ``tails_of``. An operation's latency is what its clients saw, retries included; a topic's is from the
        publisher's commit to the end of the handling, over all consumer groups.
    q
        The quantile, such as 0.99.
    window
        Calls that began (messages that were published) in it; by default after the warm-up.
    paths
        Those of the run, if they were made before.

    Returns
    -------
    None when nothing of that name ended in the window.
    """
    tables = result.tables
    within = View(result, window).window
    rows, latency, refused = _calls(tables["requests"], name, within)
    is_call = len(rows) > 0
    if not is_call:
        rows, latency, refused = _handled(tables["messages"], name, within)
    if not len(rows):
        return None
    at, median, low, high = (float(v) for v in np.quantile(latency, [q, 0.5, *ORDINARY]))
    paths = paths or CriticalPaths(tables["requests"], tables["visits"])
    find = paths.of_call if is_call else paths.of_message
    slow, usual = latency >= at, (latency >= low) & (latency <= high)
    return Tail(
        name=name,
        q=q,
        at=at,
        median=median,
        n_calls=len(rows),
        n_tail=int(slow.sum()),
        n_refused=int(refused[slow].sum()),
        tail=added([find(row) for row in _some(rows, latency, slow)]),
        ordinary=added([find(row) for row in _some(rows, latency, usual)]),
    )


def _calls(requests: pd.DataFrame, name: str, window: Window) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    rows = requests[(requests["operation"] == name) & (requests["cause"] == "client") & requests["last"]]
    rows = rows[(rows["first_sent_at"] >= window.start) & (rows["first_sent_at"] < window.end)]
    rows = rows[rows["answered_at"].notna()]
    latency = (rows["answered_at"] - rows["first_sent_at"]).to_numpy()
    return rows, latency, (rows["seen"] >= 500).to_numpy()


def _handled(messages: pd.DataFrame, name: str, window: Window) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    rows = messages[(messages["topic"] == name) & messages["acknowledged_at"].notna()]
    rows = rows[~rows["group"].isin(["", "app"])]
    rows = rows[(rows["published_at"] >= window.start) & (rows["published_at"] < window.end)]
    latency = (rows["acknowledged_at"] - rows["published_at"]).to_numpy()
    return rows, latency, np.zeros(len(rows), dtype=bool)


def _some(rows: pd.DataFrame, latency: np.ndarray, which: np.ndarray) -> list[dict[str, Any]]:
    """Give the chosen rows, or as many as ``MOST`` of them, evenly over their latencies."""
    places = np.flatnonzero(which)
    if len(places) > MOST:
        places = places[np.argsort(latency[places], kind="stable")]
        places = places[np.linspace(0, len(places) - 1, MOST).round().astype(int)]
    found: list[Any] = rows.iloc[places].astype(object).to_dict("records")
    return found
