"""Tables of travel times: a row for each pair, or a square; CSV or Parquet."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from delivsim.domain.travel.protocol import Floats
from delivsim.errors import InstanceError, Problem
from delivsim.record.parquet import con_errors, connect

Ints = NDArray[np.int64]

PAIR = ("from", "to", "seconds")
MOST = 100
"""Mistakes told of one file; further ones are most likely all the same."""


class MatrixFile(NamedTuple):
    """
    What a table says of pairs.

    Parameters
    ----------
    path
        The file.
    ids
        Number of each id.
    tails, heads
        Numbers of the ids from which and to which, shape (n,).
    seconds, metres
        Of each pair, shape (n,); ``metres`` is None where the table has none.
    """

    path: Path
    ids: dict[str, int]
    tails: Ints
    heads: Ints
    seconds: Floats
    metres: Floats | None


def read_matrix(path: Path) -> MatrixFile:
    """
    Read a table of travel times.

    Columns ``from``, ``to``, ``seconds`` and perhaps ``metres`` in any order; or a square of seconds with the ids to
    which in the first line and those from which in the first column.

    Raises
    ------
    InstanceError
        With every mistake: file, line (in Parquet: row, from 1), column and value.
    """
    lines = _parquet_lines(path) if path.suffix == ".parquet" else _csv_lines(path)
    problems: list[Problem] = []
    try:
        header = [cell.strip() for cell in next(lines)[1]]
        table = _Table(path, problems)
        if set(PAIR) <= set(header):
            table.take_pairs(header, lines)
        elif header[0] in ("", "id", "from") and "to" not in header[1:]:
            table.take_square(header[1:], lines)
        else:
            rule = f"must have columns from, to and seconds, or ids after a first cell id, got {', '.join(header[:6])}"
            problems.append(Problem(file=str(path), line=1, rule=rule))
    except StopIteration:
        problems.append(Problem(file=str(path), rule="must start with a header line, got an empty file"))
    if problems:
        raise InstanceError.of(problems[:MOST])
    return table.made()


class _Table:
    """A table while it is read."""

    def __init__(self, path: Path, problems: list[Problem]) -> None:
        self.path, self.problems = path, problems
        self.ids: dict[str, int] = {}
        self.tails: list[int] = []
        self.heads: list[int] = []
        self.seconds: list[float] = []
        self.metres: list[float] = []
        self.lines: list[int] = []

    def refuse(self, line: int, column: str, rule: str) -> None:
        self.problems.append(Problem(file=str(self.path), line=line, path=column, rule=rule))

    def take_pairs(self, header: Sequence[str], lines: Iterator[tuple[int, Sequence[str]]]) -> None:
        a, b, c = (header.index(name) for name in PAIR)
        d = header.index("metres") if "metres" in header else None
        for line, cells in lines:
            if len(cells) != len(header):
                self.refuse(line, "", f"must have {len(header)} cells as the header has, got {len(cells)}")
                continue
            if not cells[a].strip() or not cells[b].strip():
                self.refuse(line, "from" if not cells[a].strip() else "to", "must not be blank")
            self._pair(line, cells[a].strip(), cells[b].strip(), self._number(line, "seconds", cells[c]))
            if d is not None:
                self.metres.append(self._number(line, "metres", cells[d]))

    def take_square(self, columns: Sequence[str], lines: Iterator[tuple[int, Sequence[str]]]) -> None:
        for line, cells in lines:
            if len(cells) != len(columns) + 1:
                self.refuse(line, "", f"must have {len(columns) + 1} cells as the header has, got {len(cells)}")
                continue
            for name, cell in zip(columns, cells[1:], strict=True):
                self._pair(line, cells[0].strip(), name, self._number(line, name, cell))

    def _pair(self, line: int, tail: str, head: str, seconds: float) -> None:
        ids = self.ids
        self.tails.append(ids.setdefault(tail, len(ids)))
        self.heads.append(ids.setdefault(head, len(ids)))
        self.seconds.append(seconds)
        self.lines.append(line)

    def _number(self, line: int, column: str, cell: str) -> float:
        try:
            found = float(cell)
        except ValueError:
            found = math.nan
        if not 0.0 <= found < math.inf:
            self.refuse(line, column, f"must be a number >= 0, got {cell.strip()!r}")
        return found

    def made(self) -> MatrixFile:
        tails, heads = np.array(self.tails, dtype=np.int64), np.array(self.heads, dtype=np.int64)
        self._refuse_repeats(tails * len(self.ids) + heads)
        metres = np.array(self.metres) if self.metres else None
        return MatrixFile(self.path, self.ids, tails, heads, np.array(self.seconds), metres)

    def _refuse_repeats(self, pairs: Ints) -> None:
        order = np.argsort(pairs, kind="stable")
        again = order[1:][pairs[order[1:]] == pairs[order[:-1]]]
        names = list(self.ids)
        for i in np.sort(again)[:MOST]:
            self.refuse(self.lines[i], "", f"given twice: from {names[self.tails[i]]!r} to {names[self.heads[i]]!r}")
        if self.problems:
            raise InstanceError.of(self.problems)


def _csv_lines(path: Path) -> Iterator[tuple[int, Sequence[str]]]:
    """Give the cells of each line that is not blank, with its number."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            yield from ((reader.line_num, cells) for cells in reader if any(cells))
    except OSError as error:
        rule = f"cannot be read: {(error.strerror or str(error)).lower()}"
        raise InstanceError.of([Problem(file=str(path), rule=rule)]) from None
    except (csv.Error, UnicodeDecodeError) as error:
        line = reader.line_num if isinstance(error, csv.Error) else None
        rule = f"must be comma-separated values in UTF-8: {error}"
        raise InstanceError.of([Problem(file=str(path), line=line, rule=rule)]) from None


def _parquet_lines(path: Path) -> Iterator[tuple[int, Sequence[str]]]:
    """Give the names of the columns, then the cells of each row, as texts, with its number."""
    source = "read_parquet('" + str(path).replace("'", "''") + "')"
    try:
        with connect() as con:
            header = [str(name) for name, *_ in con.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()]
            rows = con.execute(f"SELECT COLUMNS(*)::VARCHAR FROM {source}").fetchall()
    except con_errors() as error:
        rule = f"must be a Parquet file: {str(error).splitlines()[0]}"
        raise InstanceError.of([Problem(file=str(path), rule=rule)]) from None
    yield 1, header
    yield from ((line, [cell or "" for cell in cells]) for line, cells in enumerate(rows, start=1))
