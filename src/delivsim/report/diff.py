"""Where two runs part: the first row of each table that is not the same in both."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.text import Text

from delivsim.record.tables import TABLES
from delivsim.report.clock import DASH, Clock
from delivsim.report.columns import heading, joined, table
from delivsim.report.wording import count, listed, plural

if TYPE_CHECKING:
    import pandas as pd

    from delivsim.record.result import Result

_MISSING = "no such row"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """
    The first row of a table that differs between two runs.

    Parameters
    ----------
    table, row
        Which table, and which row of it, counted from 0.
    cells
        Column, value in the one run, value in the other, for each column that differs.
    n_rows
        How many rows the table has in the one run and in the other.
    at
        Seconds: the earliest instant among the differing cells, else of the row; NaN if it has none.
    order
        The order that the row is about; -1: none.
    """

    table: str
    row: int
    cells: tuple[tuple[str, str, str], ...]
    n_rows: tuple[int, int]
    at: float
    order: int


def first_differences(one: Result, other: Result) -> list[Difference]:
    """
    Find the first differing row of every table, the earliest in simulated time first; empty if all rows are equal.

    Two values are equal if they are the same to the last bit, and where both never happened.
    """
    found = (_first(name, one.tables[name], other.tables[name]) for name in TABLES)
    differences = [difference for difference in found if difference is not None]
    return sorted(differences, key=lambda d: (math.isnan(d.at), d.at))


def diff_text(one: Result, other: Result) -> Text:
    """Say where two runs part, or that they do not: the earliest difference in full, then one line per table."""
    differences = first_differences(one, other)
    if not differences:
        n = sum(len(one.tables[name]) for name in TABLES)
        return Text(f"The runs are equal: {plural(n, 'row')} in {plural(len(TABLES), 'table')}.")
    first, clock = differences[0], Clock.of(one.manifest)
    about = f", order number {first.order}" if first.order >= 0 else ""
    when = f" at {clock.time_of_day(first.at, seconds=True)}" if math.isfinite(first.at) else ""
    title = f"First difference{when}: {first.table}, row {first.row}{about}"
    rows = [(d.table, count(d.row), " / ".join(map(count, d.n_rows)), _columns(d)) for d in differences]
    same = [name for name in TABLES if name not in {d.table for d in differences}]
    return joined(
        [
            heading(title),
            *table(first.cells, head=("column", "one run", "the other"), left=3),
            Text(),
            heading("First differing row of each table"),
            *table(
                [(row[0], row[3], row[1], row[2]) for row in rows], head=("table", "columns", "row", "rows"), left=2
            ),
            Text(f"  Equal: {listed(same, 20) if same else 'no table'}.", style="dim"),
        ]
    )


def _columns(difference: Difference) -> str:
    return listed([name for name, _, _ in difference.cells], 4) if difference.cells else "one run has more rows"


def _first(name: str, one: pd.DataFrame, other: pd.DataFrame) -> Difference | None:
    n = min(len(one), len(other))
    unequal = np.zeros(n, dtype=bool)
    for column in TABLES[name]:
        unequal |= _unequal(one[column.name].iloc[:n], other[column.name].iloc[:n])
    if not unequal.any() and len(one) == len(other):
        return None
    row = int(np.argmax(unequal)) if unequal.any() else n
    left, right = _row(one, row), _row(other, row)
    cells = tuple(
        (c.name, _shown(left, c.name), _shown(right, c.name))
        for c in TABLES[name]
        if row < n and not _same(left[c.name], right[c.name])
    )
    known = left or right
    return Difference(
        table=name,
        row=row,
        cells=cells,
        n_rows=(len(one), len(other)),
        at=_instant([column for column, _, _ in cells], left, right),
        order=int(known.get("order", -1)),
    )


def _unequal(one: pd.Series[Any], other: pd.Series[Any]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    if one.dtype.kind == "f":
        left, right = one.to_numpy(), other.to_numpy()
        return np.asarray((left != right) & ~(np.isnan(left) & np.isnan(right)))
    return np.asarray(one.astype(object).to_numpy() != other.astype(object).to_numpy(), dtype=bool)


def _row(data: pd.DataFrame, row: int) -> dict[str, Any]:
    return {str(key): value for key, value in data.iloc[row].items()} if row < len(data) else {}


def _same(left: Any, right: Any) -> bool:
    return bool(left == right) or (left != left and right != right)


def _shown(row: dict[str, Any], column: str) -> str:
    if not row:
        return _MISSING
    value = row[column]
    if isinstance(value, float):
        return repr(float(value)) if math.isfinite(value) else DASH
    return str(value) or "(empty)"


def _instant(columns: list[str], left: dict[str, Any], right: dict[str, Any]) -> float:
    rows = [row for row in (left, right) if row]
    for names in (columns, [name for row in rows[:1] for name in row]):
        instants = [row[name] for row in rows for name in names if name.endswith("_at") and math.isfinite(row[name])]
        if instants:
            return float(min(instants))
    return math.nan
