"""What was wrong at the time, as lines of text: the faults that overlapped an order's life or a window."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich.text import Text

from delivsim.report.clock import Clock
from delivsim.report.columns import heading, table
from delivsim.report.rows import each

if TYPE_CHECKING:
    from delivsim.record.result import Result


def faults(result: Result, begin: float, end: float) -> list[Text]:
    """Lines on the faults that were on at any time between two instants; none if there was none."""
    known = result.tables["faults"]
    known = known[(known["began_at"] <= end) & ~(known["ended_at"] <= begin)]
    if known.empty:
        return []
    clock = Clock.of(result.manifest)
    rows = [
        (
            f"{row.kind} {row.target}".rstrip(),
            row.detail,
            clock.time_of_day(row.began_at, seconds=True),
            "still on" if math.isnan(row.ended_at) else clock.time_of_day(row.ended_at, seconds=True),
        )
        for row in each(known)
    ]
    return [heading("What was wrong meanwhile"), *table(rows, head=("fault", "", "from", "to"), left=2)]
