"""Parquet tables of an instance, read row by row as text files are; always through DuckDB."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from delivsim.errors import Problem
from delivsim.record.parquet import con_errors, connect, write_frame
from delivsim.scenario.formats.delimited import Row, check_header
from delivsim.scenario.formats.nouns import Column, Kind


def read_parquet(path: Path, columns: Sequence[str], problems: list[Problem], *, optional: Sequence[str]) -> list[Row]:
    """
    Read a Parquet file; ``Row.line`` is the number of the row, from 1.

    Numbers of any type are read by their shortest exact text, so a cell means the same as in a text file.
    """
    with connect() as con:
        source = "read_parquet('" + str(path).replace("'", "''") + "')"
        try:
            header = [str(name) for name, *_ in con.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()]
            if not check_header(path, None, header, columns, optional, problems):
                return []
            cells = ", ".join(f"COALESCE(CAST({_quoted(name)} AS VARCHAR), '')" for name in header)
            rows = con.execute(f"SELECT {cells} FROM {source}").fetchall()
        except con_errors() as error:
            problems.append(Problem(file=str(path), rule=f"must be a Parquet file: {str(error).splitlines()[0]}"))
            return []
    blank = dict.fromkeys((name for name in optional if name not in header), "")
    return [
        Row(str(path), line, dict(zip(header, row, strict=True)) | blank, problems)
        for line, row in enumerate(rows, start=1)
    ]


def write_parquet(path: Path, columns: Sequence[Column], rows: Sequence[Sequence[Any]]) -> None:
    """Write rows of plain values, None for what is not said, as one Parquet file."""
    import pandas as pd

    types: dict[Kind, Any] = {Kind.TEXT: "str", Kind.NUMBER: "Float64", Kind.WHOLE: "Int64", Kind.LAW: "str"}
    cells = zip(*rows, strict=True) if rows else ((),) * len(columns)
    data = {
        column.name: pd.array(list(values), dtype=types[column.kind])
        for column, values in zip(columns, cells, strict=True)
    }
    with connect() as con:
        write_frame(con, pd.DataFrame(data, copy=False), path)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
