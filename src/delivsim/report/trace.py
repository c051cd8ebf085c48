"""What one order caused on the platform: its requests as trees, each with its visits, and its messages."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from delivsim.report.rows import Row, each, where

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Hop:
    """
    One request: its row, the visits made for it, and the requests it caused while it was handled.

    ``network_time`` is the way there and back, ``waiting_time`` in queues, ``work_time`` at servers; what is
    left of a request's time it spent waiting for the calls it made. Seconds; an open end counts nothing.
    """

    row: Row
    visits: tuple[Row, ...]
    calls: tuple[Hop, ...]

    @property
    def name(self) -> str:
        """Who was called to do what: ``store.check_availability``."""
        return f"{self.row.service}.{self.row.operation}"

    @property
    def network_time(self) -> float:
        """Seconds on the way to the service and back."""
        return _span(self.row.sent_at, self.row.arrived_at) + _span(self.row.ended_at, self.row.answered_at)

    @property
    def waiting_time(self) -> float:
        """Seconds in the queues of the service."""
        return sum(_span(visit.arrived_at, visit.started_at) for visit in self.visits)

    @property
    def work_time(self) -> float:
        """Seconds on the servers of the service."""
        return sum(_span(visit.started_at, visit.departed_at) for visit in self.visits)

    @property
    def end(self) -> float:
        """The last instant known of this request and everything it called, in seconds."""
        row = self.row
        known = [t for t in (row.sent_at, row.arrived_at, row.ended_at, row.answered_at) if math.isfinite(t)]
        return float(max([*known, *(call.end for call in self.calls)]))

    def walk(self, depth: int = 0) -> Iterator[tuple[int, Hop]]:
        """Go through this hop and all below it, with their depth, in the order they were sent."""
        yield depth, self
        for call in self.calls:
            yield from call.walk(depth + 1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Delivery:
    """One message as one consumer group had it, and the requests its handler caused."""

    row: Row
    handled: tuple[Hop, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trace:
    """
    All that the platform did for one order: what clients began, what timers began, and what messages led to.

    A timer is a root of its own, although a request set it: it may go off minutes after that was answered.
    """

    roots: tuple[Hop, ...]
    messages: tuple[Delivery, ...]


def trace(requests: pd.DataFrame, visits: pd.DataFrame, messages: pd.DataFrame, order: int) -> Trace:
    """
    Put together what the platform did for an order, from its rows and their ``parent`` links.

    Parameters
    ----------
    requests, visits, messages
        Tables of a run.
    order
        Position of the order in the instance.
    """
    mine = _rows(requests, order, "sent_at", "request")
    served = _grouped(_rows(visits, order, "arrived_at", "request"), "request")
    sent = _rows(messages, order, "published_at", "message")
    below = _grouped(mine, "parent")
    numbers = {row.request for row in mine}
    messages_sent = {row.message for row in sent}

    def hop(row: Row) -> Hop:
        calls = tuple(hop(child) for child in below[row.request] if child.cause != "timer")
        return Hop(row=row, visits=tuple(served[row.request]), calls=calls)

    roots = tuple(hop(row) for row in mine if row.cause == "timer" or row.parent not in numbers | messages_sent)
    return Trace(roots=roots, messages=tuple(_delivery(row, below[row.message], hop) for row in sent))


def _delivery(row: Row, caused: list[Row], hop: Any) -> Delivery:
    mine = [child for child in caused if row.group in ("", child.service)] or caused
    return Delivery(row=row, handled=tuple(hop(child) for child in mine))


def _rows(table: pd.DataFrame, order: int, *by: str) -> list[Row]:
    return list(each(where(table, "order", order).sort_values(list(by), kind="stable")))


def _grouped(rows: Iterable[Row], key: str) -> defaultdict[int, list[Row]]:
    groups: defaultdict[int, list[Row]] = defaultdict(list)
    for row in rows:
        groups[int(getattr(row, key))].append(row)
    return groups


def _span(start: float, end: float) -> float:
    """Seconds from ``start`` to ``end``; none if either is open or the caller no longer waited."""
    return max(0.0, float(end - start)) if math.isfinite(start) and math.isfinite(end) else 0.0
