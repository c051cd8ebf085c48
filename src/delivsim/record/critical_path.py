"""
Where the time of a call went, along its critical path: hop by hop, and what for.

The path is walked backwards from the caller's answer: what ended last was waited for, then what ended last before
that began, and so on down the calls (as in critical path tracing, Eaton et al. 2022). Its pieces do not overlap and
add up to the latency.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

WAITING, WORK, NETWORK, RETRIES, BROKER, PAUSES = "waiting", "work", "network", "retries", "broker", "pauses"
KINDS = (WAITING, WORK, NETWORK, RETRIES, BROKER, PAUSES)
"""What time can go to: queues, servers, the wire, attempts that failed and pauses after them, the broker, the rest."""

CALL = ("request", "cause", "service", "operation", "first_sent_at", "sent_at", "arrived_at", "ended_at", "answered_at")
VISIT = ("arrived_at", "started_at", "departed_at")
"""Columns that a path is found from."""


class Piece(NamedTuple):
    """Seconds that a call spent at one hop for one thing."""

    hop: str
    kind: str
    seconds: float


class CriticalPaths:
    """
    Finds critical paths in a run.

    Parameters
    ----------
    requests, visits
        Tables of the run.
    """

    def __init__(self, requests: pd.DataFrame, visits: pd.DataFrame) -> None:
        self._requests = _Rows(requests[requests["last"]], "parent", CALL)
        self._visits = _Rows(visits, "request", VISIT)

    def of_call(self, row: Mapping[str, Any]) -> list[Piece]:
        """Give the path of a call, from its first attempt to what the caller saw last."""
        return list(self._call(row, float(row["answered_at"])))

    def of_message(self, row: Mapping[str, Any]) -> list[Piece]:
        """Give the path of a message to one consumer group, from its commit to the end of its handling."""
        return list(self._message(row))

    def _call(self, row: Mapping[str, Any], until: float) -> Iterator[Piece]:
        hop = f"{row['service']}.{row['operation']}"
        sent = float(row["sent_at"])
        yield from _piece(hop, RETRIES, float(row["first_sent_at"]), min(sent, until))
        arrived = _or(row["arrived_at"], math.inf)
        ended = _or(row["ended_at"], math.inf)
        yield from _piece(hop, NETWORK, sent, min(arrived, until))
        yield from _piece(hop, NETWORK, ended, until)
        if arrived < until:
            yield from self._handled(row, hop, arrived, min(ended, until))

    def _handled(self, row: Mapping[str, Any], hop: str, begin: float, end: float) -> Iterator[Piece]:
        """Walk back from the end of a handler: through the calls it waited for, and what lies between them."""
        number = int(row["request"])
        visits = self._visits.of(number)
        calls = [call for call in self._requests.of(number) if call["cause"] == "call"]
        at = end
        while calls:
            last = max(calls, key=lambda call: (min(_or(call["answered_at"], math.inf), at), call["first_sent_at"]))
            answered = min(_or(last["answered_at"], math.inf), at)
            yield from _own(hop, visits, answered, at)
            yield from self._call(last, answered)
            at = min(at, float(last["first_sent_at"]))
            calls = [call for call in calls if call["first_sent_at"] < at]
        yield from _own(hop, visits, begin, at)

    def _message(self, row: Mapping[str, Any]) -> Iterator[Piece]:
        hop = f"{row['topic']} > {row['group']}"
        published, delivered = float(row["published_at"]), float(row["delivered_at"])
        handlers = [
            call
            for call in self._requests.of(int(row["message"]))
            if call["cause"] == "message" and call["service"] == row["group"] and call["sent_at"] >= delivered - 1e-9
        ]
        yield from _piece(hop, BROKER, published, delivered)
        for call in handlers[-1:]:
            name = f"{call['service']}.{call['operation']}"
            yield from self._handled(call, name, float(call["arrived_at"]), float(call["ended_at"]))


class _Rows:
    """Rows of a table by the value of one column, as mappings of some columns; only what is asked for is made."""

    def __init__(self, table: pd.DataFrame, key: str, columns: Sequence[str]) -> None:
        keys = table[key].to_numpy()
        self._order = np.argsort(keys, kind="stable")
        self._keys = keys[self._order]
        self._columns = {name: _values(table[name]) for name in columns}

    def of(self, key: int) -> Sequence[Mapping[str, Any]]:
        low, high = np.searchsorted(self._keys, [key, key + 1])
        return [{name: values(at) for name, values in self._columns.items()} for at in self._order[low:high]]


def _values(column: pd.Series) -> Callable[[int], Any]:
    """Give a reader of a column's values by place; labels are looked up, not written out for all rows."""
    if hasattr(column, "cat"):
        codes, labels = column.cat.codes.to_numpy(), list(column.cat.categories)
        return lambda at: labels[codes[at]]
    return column.to_numpy().__getitem__


def _own(hop: str, visits: Sequence[Mapping[str, Any]], begin: float, end: float) -> Iterator[Piece]:
    """Give what a handler did between two instants in which it waited for no call: queued, worked, or neither."""
    if end <= begin:
        return
    waited = worked = 0.0
    for visit in visits:
        left = _or(visit["departed_at"], end)
        started = _or(visit["started_at"], left)
        waited += max(0.0, min(started, end) - max(float(visit["arrived_at"]), begin))
        worked += max(0.0, min(left, end) - max(started, begin))
    yield Piece(hop, WAITING, waited)
    yield Piece(hop, WORK, worked)
    yield Piece(hop, PAUSES, max(0.0, end - begin - waited - worked))


def _piece(hop: str, kind: str, begin: float, end: float) -> Iterator[Piece]:
    if end > begin:
        yield Piece(hop, kind, end - begin)


def _or(value: Any, otherwise: float) -> float:
    number = float(value)
    return otherwise if math.isnan(number) else number


def added(paths: Sequence[Sequence[Piece]]) -> dict[tuple[str, str], float]:
    """Give the mean seconds per path of each hop and kind, those that are nothing left out."""
    sums: defaultdict[tuple[str, str], float] = defaultdict(float)
    for path in paths:
        for hop, kind, seconds in path:
            sums[hop, kind] += seconds
    return {key: total / len(paths) for key, total in sums.items() if total > 0.0}
