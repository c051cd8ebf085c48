"""From tuples to typed columns: the fast half of recording, and the one place that knows a column's type."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from struct import pack
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from delivsim.record.tables import TABLES, Column, columns

Array = NDArray[Any]

DTYPES = {"int": np.dtype(np.int64), "float": np.dtype(np.float64), "bool": np.dtype(np.bool_)}
CODE = np.dtype(np.int16)

ROW_ORDER: dict[str, tuple[str, ...]] = {
    "orders": ("order",),
    "requests": ("request", "attempt"),
    "visits": ("request", "arrived_at"),
    "messages": ("message",),
    "offers": ("offer", "position"),
    "legs": ("rider", "started_at"),
    "decisions": ("decision",),
    "choices": ("decision",),
    "known_orders": ("decision", "number"),
    "known_riders": ("decision", "rider"),
    "known_stores": ("decision", "store"),
    "riders": ("rider",),
    "stores": ("store",),
    "faults": ("fault",),
}
"""What the rows of each table are sorted by; ties stay as they were recorded (as things ended)."""


class Labels(dict[str, int]):
    """Codes of a category column, given out in the order in which its labels are first seen."""

    def __missing__(self, label: str) -> int:
        code = self[label] = len(self)
        return code


def typed(table: str, rows: Sequence[tuple[Any, ...]], labels: Mapping[str, Labels]) -> dict[str, Any]:
    """
    Turn recorded tuples into one array per column (a list for text, codes for a category).

    Parameters
    ----------
    table
        A name in ``TABLES``; the tuples are in the order of its columns.
    rows
        The tuples; not changed.
    labels
        The codes of each category column so far; new labels are added.

    Raises
    ------
    ValueError
        A tuple is too short or too long: a mistake of ours, not of the user.
    """
    specs = TABLES[table]
    flat = list(chain.from_iterable(rows))
    if len(flat) != len(rows) * len(specs):
        wrong = next(row for row in rows if len(row) != len(specs))
        raise ValueError(f"{table}: a row has {len(specs)} columns {columns(table)}, got {wrong}")
    return {spec.name: _column(spec, flat[i :: len(specs)], labels) for i, spec in enumerate(specs)}


def _column(spec: Column, values: list[Any], labels: Mapping[str, Labels]) -> Any:
    """Fill one column by way of ``pack``, which takes a list of plain numbers in a third of numpy's time."""
    if spec.kind == "text":
        return values
    if spec.kind == "category":
        return np.frombuffer(pack(f"{len(values)}h", *map(labels[spec.name].__getitem__, values)), CODE)
    if spec.kind == "bool":
        return np.frombuffer(bytes(values), DTYPES["bool"])
    return np.frombuffer(pack(f"{len(values)}{'q' if spec.kind == 'int' else 'd'}", *values), DTYPES[spec.kind])


def frame(table: str, data: Mapping[str, Any], labels: Mapping[str, Labels]) -> pd.DataFrame:
    """Make the final table of its typed columns: rows in ``ROW_ORDER``, categories sorted by name."""
    rank = _ranking([data[name] for name in ROW_ORDER[table]])
    out = {spec.name: _final(spec, data[spec.name], labels, rank) for spec in TABLES[table]}
    return pd.DataFrame(out, copy=False)


def _final(spec: Column, values: Any, labels: Mapping[str, Labels], rank: Array | None) -> Any:
    if spec.kind == "text":
        chosen = values if rank is None else [values[i] for i in rank]
        return pd.array(chosen, dtype="str") if chosen else pd.Series([], dtype="str").array
    chosen = values if rank is None else values[rank]
    return categorical(chosen, list(labels[spec.name])) if spec.kind == "category" else chosen


def _ranking(keys: list[Array]) -> Array | None:
    """Positions that sort by the keys, ties left in place; None when the rows are sorted already."""
    if not keys or (len(keys) == 1 and bool(np.all(keys[0][1:] >= keys[0][:-1]))):
        return None
    return np.lexsort(keys[::-1])


def categorical(codes: Array, labels: Iterable[str]) -> pd.Categorical:
    """Make a category column whose categories are sorted by name, so that equal columns are equal bytes."""
    names = [str(label) for label in labels]
    present = np.flatnonzero(np.bincount(codes, minlength=len(names))) if names else ()
    order = sorted(map(int, present), key=names.__getitem__)
    new = np.zeros(len(names), CODE)
    new[order] = np.arange(len(order))
    ranked = new[codes] if names else np.empty(0, CODE)
    return pd.Categorical.from_codes(ranked, categories=pd.Index([names[i] for i in order], dtype="str"))


def empty(table: str) -> pd.DataFrame:
    """Make a table without rows, its columns typed."""
    return table_of(table, [])


def table_of(table: str, rows: Sequence[tuple[Any, ...]]) -> pd.DataFrame:
    """Make a table of tuples in one go, as a recorder would."""
    labels = new_labels(table)
    data = {name: v if isinstance(v, list) else v.copy() for name, v in typed(table, rows, labels).items()}
    return frame(table, data, labels)


def new_labels(table: str) -> dict[str, Labels]:
    """Give each category column of a table its own, still empty, codes."""
    return {spec.name: Labels() for spec in TABLES[table] if spec.kind == "category"}
