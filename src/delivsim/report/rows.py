"""Rows of tables one by one, for pages that tell of single orders, riders and requests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from delivsim.record.result import Result

Row = Any
"""One row of a table, as ``DataFrame.itertuples`` gives it: columns are attributes."""


def each(table: pd.DataFrame) -> Iterator[Row]:
    """Every row of a table, from the first."""
    yield from table.itertuples(index=False)


def where(table: pd.DataFrame, column: str, value: object) -> pd.DataFrame:
    """The rows whose ``column`` is ``value``."""
    found: pd.DataFrame = table[table[column].to_numpy() == value]
    return found


def name_of(table: pd.DataFrame, key: str, number: int) -> str:
    """The name of an order, rider or store by its number; ``nobody`` for -1."""
    found = where(table, key, number)
    if len(found):
        return str(found["id"].iloc[0])
    return "nobody" if number < 0 else f"number {number}"


def name_in(result: Result, table: str, number: int) -> str:
    """The name of what has this number in ``orders``, ``riders`` or ``stores`` of a run."""
    return name_of(result.tables[table], table.removesuffix("s"), number)
