"""Why the dispatcher chose as it did: every decision an order was in, who was chosen, who was second."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.text import Text

from delivsim.report.clock import DASH, Clock
from delivsim.report.columns import Cell, heading, table, wrapped
from delivsim.report.rows import Row, each, name_in, where
from delivsim.report.wording import plural

if TYPE_CHECKING:
    from delivsim.record.result import Result

_WORDS = {"offered": "offered", "joins": "joins a bundle", "waits": "waits"}


def choices(result: Result, order: Row, clock: Clock) -> list[Text]:
    """Lines on every decision the order was in; decisions that repeat the one before share a line."""
    open_in = _decisions_open(result, order)
    if not open_in:
        return []
    said = {int(row.decision): row for row in each(where(result.tables["choices"], "order", order.order))}
    at = dict(zip(*(result.tables["decisions"][name].tolist() for name in ("decision", "decided_at")), strict=True))
    rows = [_row(result, said.get(numbers[0]), numbers, at, clock) for numbers in _alike(open_in, set(said))]
    head = ("decisions", "at", "choice", "rider", "cost", "second", "at cost", "why")
    lines = [heading("Why", f"{plural(len(open_in), 'decision')} found it open"), *table(rows, head=head, left=8)]
    if not said:
        lines += wrapped("The policy gave no reasons.")
    return lines


def _decisions_open(result: Result, order: Row) -> list[int]:
    """Numbers of the decisions that found the order open."""
    known = where(result.tables["known_orders"], "order", order.order).sort_values("decision", kind="stable")
    numbers = result.tables["decisions"]["decision"].tolist()
    if not len(known) or not numbers:
        return []
    starts = [int(row.decision) for row in each(known)]
    is_open = [bool(row.is_known) and int(row.rider) < 0 for row in each(known)]
    ends = [*starts[1:], int(numbers[-1]) + 1]
    return [d for start, end, opened in zip(starts, ends, is_open, strict=True) if opened for d in range(start, end)]


def _alike(numbers: list[int], said: set[int]) -> Iterator[list[int]]:
    """Group decisions: each that says something, with those after it that say the same again."""
    group: list[int] = []
    for number in numbers:
        if group and (number in said or number != group[-1] + 1):
            yield group
            group = []
        group.append(number)
    if group:
        yield group


def _row(result: Result, said: Row | None, numbers: list[int], at: dict[int, float], clock: Clock) -> list[Cell]:
    which = str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]}-{numbers[-1]}"
    when = clock.time_of_day(at[numbers[0]], seconds=True)
    if said is None:
        return [which, when, "waits", DASH, DASH, DASH, DASH, "it does not say"]
    rider, second = (name_in(result, "riders", n) if n >= 0 else DASH for n in (int(said.rider), int(said.second)))
    choice = _WORDS.get(str(said.choice), str(said.choice))
    return [which, when, choice, rider, _number(said.cost), second, _number(said.second_cost), str(said.reason)]


def _number(value: float) -> str:
    return f"{value:,.1f}" if math.isfinite(value) else DASH
