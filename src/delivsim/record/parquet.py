"""Tables to Parquet files and back, through DuckDB: one thread, row order kept, so equal tables are equal bytes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from delivsim.errors import ResultError
from delivsim.record.columns import CODE, categorical
from delivsim.record.tables import TABLES, Column

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def connect() -> DuckDBPyConnection:
    """Open an in-memory database that works on one thread and never reaches for the network."""
    import duckdb

    return duckdb.connect(config={"threads": 1, "autoinstall_known_extensions": False})


def write_frame(con: DuckDBPyConnection, data: pd.DataFrame, path: Path) -> None:
    """Write a table as one Parquet file; it appears whole or not at all."""
    new = path.with_name(path.name + ".new")
    con.register("data", pd.DataFrame({name: _plain(data[name]) for name in data}, copy=False))
    select = ", ".join(_selected(data, str(name)) for name in data)
    con.execute(f"COPY (SELECT {select} FROM data) TO {_quoted(new)} (FORMAT parquet, COMPRESSION zstd)")
    con.unregister("data")
    os.replace(new, path)


def read_table(table: str, path: Path) -> pd.DataFrame:
    """
    Read one table of a run, its column types restored.

    Raises
    ------
    ResultError
        The file is missing, damaged, or lacks a column.
    """
    with connect() as con:
        try:
            select = ", ".join(_typed(con, spec, path) for spec in TABLES[table])
            data = con.execute(f"SELECT {select} FROM read_parquet({_quoted(path)})").df()
        except con_errors() as error:
            raise ResultError(f"{path}: cannot be read as the table {table}: {_first(error)}") from None
    return pd.DataFrame({spec.name: _restored(spec, data[spec.name]) for spec in TABLES[table]}, copy=False)


class TableFiles(Mapping[str, pd.DataFrame]):
    """The tables of a saved run, each read when it is first asked for."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._read: dict[str, pd.DataFrame] = {}

    def __getitem__(self, table: str) -> pd.DataFrame:
        if table not in self._read:
            self._read[table] = read_table(table, self.file(table))
        return self._read[table]

    def __iter__(self) -> Iterator[str]:
        return iter(TABLES)

    def __len__(self) -> int:
        return len(TABLES)

    def __contains__(self, table: object) -> bool:
        return table in TABLES

    def file(self, table: str) -> Path:
        """Name the file of a table; KeyError when there is no such table."""
        if table not in TABLES:
            raise KeyError(table)
        return self.directory / f"{table}.parquet"


def read_frame(path: Path) -> pd.DataFrame:
    """Read any Parquet file as it is (``timings``, whose columns are no contract)."""
    with connect() as con:
        try:
            return con.execute(f"SELECT * FROM read_parquet({_quoted(path)})").df()
        except con_errors() as error:
            raise ResultError(f"{path}: cannot be read: {_first(error)}") from None


def con_errors() -> tuple[type[Exception], ...]:
    """Tell what DuckDB raises for a file it cannot use."""
    import duckdb

    return (duckdb.Error,)


def _selected(data: pd.DataFrame, name: str) -> str:
    """Say that text is text: without rows DuckDB would take it for numbers."""
    return f'CAST("{name}" AS VARCHAR) AS "{name}"' if pd.api.types.is_string_dtype(data[name]) else f'"{name}"'


def _plain(values: pd.Series) -> object:
    """Leave only the labels in use, by name: DuckDB writes a category's whole list into the file."""
    if not isinstance(values.dtype, pd.CategoricalDtype):
        return values.array
    codes, labels = values.cat.codes.to_numpy(), values.cat.categories
    used = np.flatnonzero(np.bincount(codes, minlength=len(labels)))
    if len(used) == len(labels) and labels.is_monotonic_increasing:
        return values.array
    new = np.zeros(len(labels), CODE)
    new[used] = np.arange(len(used))
    return categorical(new[codes], labels[used])


def _typed(con: DuckDBPyConnection, spec: Column, path: Path) -> str:
    """Say how to read a column: a category as an enumeration of the labels it holds."""
    if spec.kind != "category":
        return f'"{spec.name}"'
    found = con.execute(f'SELECT DISTINCT "{spec.name}" FROM read_parquet({_quoted(path)}) ORDER BY 1')
    labels = ", ".join(_quoted(label) for (label,) in found.fetchall())
    return f'CAST("{spec.name}" AS ENUM({labels})) AS "{spec.name}"' if labels else f'"{spec.name}"'


def _restored(spec: Column, values: pd.Series) -> object:
    if spec.kind == "category":
        given = values.astype("category")
        return categorical(given.cat.codes.to_numpy(), given.cat.categories)
    kinds: dict[str, Any] = {"int": "int64", "float": "float64", "bool": "bool", "text": "str"}
    return values.astype(kinds[spec.kind]).array


def _quoted(text: str | Path) -> str:
    return "'" + str(text).replace("'", "''") + "'"


def _first(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
