"""
The recorder: the simulation appends tuples, the recorder turns them into tables without letting memory grow.

Raw columns go to plain files while the run lasts and to Parquet once, at the end: so a row's price is one conversion
(about 0.7 us) and one compression (about 0.4 us), and the bytes do not depend on when rows were flushed.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from delivsim.record.columns import CODE, DTYPES, Labels, frame, new_labels, typed
from delivsim.record.packing import CALL, MESSAGE, Codes, calls, messages
from delivsim.record.parquet import TableFiles, connect, write_frame
from delivsim.record.tables import TABLES, Column

CHUNK_ROWS = 1_000
"""Measured: larger lists leave the processor's nearest cache, which costs a run of many orders a tenth."""

PACKED_ROWS = 4_000
"""The same for packed rows, which take a tenth of the space."""


class Packed(NamedTuple):
    """Packed rows that wait to become columns, one after the other, and the codes in them."""

    rows: bytearray
    codes: Codes


class Recorder:
    """
    Collects the rows of a run.

    Parameters
    ----------
    directory
        Where the tables are to be written; rows wait there, in ``parts/``, until ``close``. None: in memory.
    chunk_rows
        How many tuples of a table may wait before ``flush`` turns them into columns.

    Attributes
    ----------
    rows
        One plain list per table; append tuples in the order of ``columns(table)``. The lists are emptied in place
        and never replaced, so a bound ``append`` stays good.
    calls, messages
        Packed rows and their codes, for what comes most often: see ``packing``.
    """

    def __init__(self, directory: Path | None = None, chunk_rows: int = CHUNK_ROWS) -> None:
        self.rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in TABLES}
        self.directory = directory
        self._chunk_rows = chunk_rows
        labels = {table: new_labels(table) for table in TABLES}
        labels["requests"] = labels["visits"] = labels["visits"] | labels["requests"]
        self.calls, self.messages = Packed(bytearray(), Codes()), Packed(bytearray(), Codes())
        self._columns = {table: _Columns(table, directory, labels[table]) for table in TABLES}

    def flush(self, force: bool = False) -> None:
        """Turn lists of ``chunk_rows`` tuples or more (all, with ``force``) into columns; cheap if there are none."""
        for table, rows in self.rows.items():
            if len(rows) >= self._chunk_rows or (force and rows):
                store = self._columns[table]
                store.extend(typed(table, rows, store.labels))
                del rows[:]
        self._unpack(1 if force else PACKED_ROWS)

    def _unpack(self, least: int) -> None:
        """Turn packed rows into columns, if there are so many."""
        requests, visits, told = (self._columns[table] for table in ("requests", "visits", "messages"))
        if len(self.calls.rows) >= least * CALL.struct.size:
            for store, data in zip((requests, visits), calls(*self.calls, requests.labels), strict=True):
                store.extend(data)
            del self.calls.rows[:]
        if len(self.messages.rows) >= least * MESSAGE.struct.size:
            told.extend(messages(*self.messages, told.labels))
            del self.messages.rows[:]

    def tables(self) -> dict[str, pd.DataFrame]:
        """Give every table as it stands, rows sorted as ``ROW_ORDER`` says, types as ``TABLES`` says."""
        self.flush(force=True)
        return {table: store.frame() for table, store in self._columns.items()}

    def close(self) -> Mapping[str, pd.DataFrame]:
        """
        Finish the tables: with a directory one Parquet file each, and the parts removed.

        Returns
        -------
        The tables, for a ``Result``: those in memory, or the files, read when asked for. The same rows give the same
        bytes, however often they were flushed.
        """
        if self.directory is None:
            return self.tables()
        self.flush(force=True)
        files = TableFiles(self.directory)
        with connect() as con:
            for table, store in self._columns.items():
                write_frame(con, store.frame(), files.file(table))
        shutil.rmtree(self.directory / "parts", ignore_errors=True)
        return files


class _Columns:
    """The columns of one table so far: arrays in memory, or plain files that grow; text always in memory."""

    def __init__(self, table: str, directory: Path | None, labels: dict[str, Labels]) -> None:
        self._table = table
        self._parts = None if directory is None else directory / "parts"
        self.labels = labels
        self._chunks: dict[str, list[Any]] = {spec.name: [] for spec in TABLES[table]}
        if self._parts is not None:
            self._parts.mkdir(parents=True, exist_ok=True)
            for spec in TABLES[table]:
                self._file(spec.name).unlink(missing_ok=True)

    def extend(self, data: Mapping[str, Any]) -> None:
        for name, values in data.items():
            if self._parts is None or isinstance(values, list):
                self._chunks[name].append(values)
            elif len(values):  # an empty file cannot be read back as an array
                with self._file(name).open("ab") as file:
                    values.tofile(file)

    def frame(self) -> pd.DataFrame:
        data = {spec.name: self._whole(spec) for spec in TABLES[self._table]}
        return frame(self._table, data, self.labels)

    def _whole(self, spec: Column) -> Any:
        chunks = self._chunks[spec.name]
        if spec.kind == "text":
            return [text for chunk in chunks for text in chunk]
        dtype = CODE if spec.kind == "category" else DTYPES[spec.kind]
        if self._parts is not None and self._file(spec.name).exists():
            return np.memmap(self._file(spec.name), dtype, mode="r")
        return np.concatenate(chunks) if chunks else np.empty(0, dtype)

    def _file(self, name: str) -> Path:
        assert self._parts is not None
        return self._parts / f"{self._table}.{name}.bin"
