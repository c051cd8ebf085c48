"""The platform's part of an order's story: its requests as a waterfall, its other requests, its messages."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator

from rich.text import Text

from delivsim.domain.units import format_duration
from delivsim.report.clock import Clock
from delivsim.report.columns import Cell, heading, table
from delivsim.report.rows import Row
from delivsim.report.trace import Delivery, Hop, Trace
from delivsim.report.waterfall import LEGEND, status_of, waterfall

_POLLED = 3
"""A client operation that an order saw more often than this is told in one line."""


def requests(seen: Trace, order: Row, clock: Clock) -> list[Text]:
    """Lines on the order's requests: placing it as a waterfall, every later one in a line of a table."""
    if not seen.roots:
        return [heading("Platform", "no request of this order was recorded")]
    lines = [heading("Platform", LEGEND)]
    placed = [root for root in seen.roots if root.row.operation == "place_order"]
    for root in placed:
        lines += waterfall(root)
    others = [root for root in seen.roots if root.row.operation != "place_order"]
    rows = list(_other_rows(others, order, clock))
    head = ("other requests", "at", "since placed", "latency", "network", "waiting", "work", "status")
    return [*lines, *table(rows, head=head, left=2)] if rows else lines


def _other_rows(roots: list[Hop], order: Row, clock: Clock) -> Iterator[list[Cell]]:
    by_name: defaultdict[str, list[Hop]] = defaultdict(list)
    for root in roots:
        by_name[f"{root.row.caller} > {root.name}"].append(root)
    for name, same in by_name.items():
        if len(same) <= _POLLED:
            yield from (_other_row(name, root, order, clock) for root in same)
        else:
            slowest = max(same, key=lambda root: _latency(root) if math.isfinite(_latency(root)) else math.inf)
            yield _other_row(f"{name}, slowest of {len(same)}", slowest, order, clock)


def _other_row(name: str, root: Hop, order: Row, clock: Clock) -> list[Cell]:
    hops = [hop for _, hop in root.walk()]
    sums = (sum(getattr(hop, what) for hop in hops) for what in ("network_time", "waiting_time", "work_time"))
    return [
        name,
        clock.time_of_day(root.row.sent_at, seconds=True),
        f"+{format_duration(root.row.sent_at - order.placed_at)}",
        format_duration(_latency(root)),
        *(format_duration(time) for time in sums),
        status_of(root.row),
    ]


def _latency(root: Hop) -> float:
    return float(root.row.answered_at - root.row.sent_at)


def messages(seen: Trace, order: Row, clock: Clock) -> list[Text]:
    """Lines on the messages about the order, one per message and consumer group."""
    if not seen.messages:
        return []
    rows = [_message_row(message, order, clock) for message in seen.messages]
    head = ("message > consumer", "at", "since placed", "on the way", "queued", "handled", "outcome")
    return [heading("Messages"), *table(rows, head=head, left=2)]


def _message_row(message: Delivery, order: Row, clock: Clock) -> list[Cell]:
    row = message.row
    again = f", delivery {row.attempt}" if row.attempt > 1 else ""
    bad = row.outcome in ("dead_letter", "expired", "lost")
    return [
        f"{row.topic} > {row.group or 'nobody'}",
        clock.time_of_day(row.published_at, seconds=True),
        f"+{format_duration(row.published_at - order.placed_at)}",
        format_duration(row.available_at - row.published_at),
        format_duration(row.delivered_at - row.available_at),
        format_duration(row.acknowledged_at - row.delivered_at),
        Text(f"{row.outcome}{again}{f' ({row.reason})' if row.reason else ''}", style="red" if bad else ""),
    ]
