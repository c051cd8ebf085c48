"""
A table somebody else wrote: CSV of any dialect, or Parquet; every cell as text, every broken row named.

A row that cannot be cut into cells is noted and left out; the rows after it are read as if it were not there, also
when it opens a quote that it never closes.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from delivsim.errors import InputError, Problem

MISSING = frozenset({"", "null", "nan", "none", "n/a", "na", "nat", "-", "\\n", "undefined"})
"""What exports write where they have nothing (compared in lower case)."""
SEPARATORS = ",;\t|"
LONGEST_QUOTE = 50
"""Lines that one quoted cell may span; a quote open for longer was never closed."""
_NEWLINE = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Reject:
    """One row that was not used: where it stands, why, and what it said."""

    file: str
    line: int
    column: str
    rule: str
    text: str = ""

    @property
    def kind(self) -> str:
        """What rows with the same mistake share: the column and the rule, without the value."""
        return f"{self.column}: {self.rule}" if self.column else self.rule

    @property
    def message(self) -> str:
        """The whole reason, as one line."""
        got = f", got {self.text!r}" if self.text else ""
        return str(Problem(file=self.file, line=self.line, path=self.column, rule=self.rule + got))


@dataclass(slots=True)
class Sheet:
    """
    A table as text.

    Attributes
    ----------
    file
        Its name, for messages.
    header
        The names of its columns, as written.
    lines
        The line (in Parquet: the row, from 1) where each row of ``cells`` starts.
    cells
        One list per row, as long as the header; what stands for nothing is "".
    broken
        Rows that could not be cut into cells.
    notes
        What was found out about the file and is worth saying.
    decimal_comma
        Whether a lone comma in a number is its decimal point.
    """

    file: str
    header: list[str]
    lines: list[int] = field(default_factory=list)
    cells: list[list[str]] = field(default_factory=list)
    broken: list[Reject] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    decimal_comma: bool = False

    @property
    def n_read(self) -> int:
        """Rows below the header, broken ones included."""
        return len(self.cells) + len(self.broken)

    def column(self, name: str) -> list[str]:
        """Give one column, top to bottom."""
        i = self.header.index(name)
        return [row[i] for row in self.cells]


def read_sheet(path: Path) -> Sheet:
    """
    Read a CSV or a Parquet file.

    Raises
    ------
    InputError
        It cannot be read at all: no such file, no header, or a column named twice.
    """
    sheet = _from_parquet(path) if path.suffix.lower() in (".parquet", ".pq") else _from_text(path)
    twice = sorted({name for name in sheet.header if sheet.header.count(name) > 1})
    if twice:
        raise _unusable(path, f"has the column {twice[0]!r} twice")
    return sheet


def _unusable(path: Path, rule: str) -> InputError:
    return InputError.of([Problem(file=str(path), rule=rule)])


# --- text ------------------------------------------------------------------------------------------------------------


def _from_text(path: Path) -> Sheet:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _unusable(path, f"cannot be read: {(error.strerror or str(error)).lower()}") from error
    notes: list[str] = []
    lines = list(enumerate(_NEWLINE.split(_decoded(data, notes)), start=1))
    lines = lines[next((i for i, (_, text) in enumerate(lines) if text.strip()), len(lines)) :]
    if not lines:
        raise _unusable(path, "must start with a line that names the columns, got an empty file")
    separator = _separator(lines[0][1], path)
    header, used = _header(lines, separator, path)
    sheet = Sheet(str(path), header, notes=notes, decimal_comma=separator != ",")
    for line, found in _records(lines[used:], separator, len(header)):
        if isinstance(found, str):
            sheet.broken.append(Reject(str(path), line, "", found))
        else:
            sheet.lines.append(line)
            sheet.cells.append([_known(cell) for cell in found])
    return sheet


def _decoded(data: bytes, notes: list[str]) -> str:
    """
    Decode UTF-8 or UTF-16 with or without a mark, else Windows-1252.

    A file in UTF-8 with a few bytes that are none stays UTF-8: those bytes mark their rows as broken.
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace")
    text = data.decode("utf-8-sig", errors="surrogateescape")
    if text.isascii() or not any("\udc80" <= c <= "\udcff" for c in text):
        return text
    lines = _NEWLINE.split(text)
    bad = sum(any("\udc80" <= c <= "\udcff" for c in line) for line in lines)
    good = sum(not line.isascii() for line in lines) - bad
    if good >= bad or bad <= max(1, len(lines) // 20):
        return text
    notes.append("is not UTF-8; read as Windows-1252")
    return data.decode("cp1252", errors="replace")


def _separator(header: str, path: Path) -> str:
    counts = {separator: header.count(separator) for separator in SEPARATORS}
    best = max(SEPARATORS, key=lambda separator: counts[separator])
    if not counts[best]:
        raise _unusable(
            path, f"must start with names of columns between commas, semicolons or tabs, got {header!r:.80}"
        )
    return best


def _header(lines: list[tuple[int, str]], separator: str, path: Path) -> tuple[list[str], int]:
    text = ""
    for used, (_, line) in enumerate(lines[:LONGEST_QUOTE], start=1):
        text = f"{text}\n{line}" if text else line
        cells = _cut(text, separator)
        if isinstance(cells, list):
            names = [cell.strip() for cell in cells]
            while len(names) > 1 and not names[-1]:
                names.pop()
            return names, used
    raise _unusable(path, "must start with a line that names the columns; a quote in it is never closed")


def _records(lines: list[tuple[int, str]], separator: str, n: int) -> Iterator[tuple[int, list[str] | str]]:
    """Give each record's first line with its cells, or with what is wrong with it."""
    i = 0
    while i < len(lines):
        line, text = lines[i]
        i += 1
        if not text.strip():
            continue
        if '"' not in text:
            yield line, _checked(text.split(separator), n, text)
            continue
        cells = _cut(text, separator)
        taken = 0
        while cells is None and i + taken < len(lines) and taken < LONGEST_QUOTE:
            text = f"{text}\n{lines[i + taken][1]}"
            taken += 1
            cells = _cut(text, separator)
        found = _checked(cells, n, text) if isinstance(cells, list) else cells
        if found is None or (taken and isinstance(found, str)):
            yield line, "a quote is opened and not closed"
            continue  # with the very next line: what the open quote swallowed is not lost
        i += taken
        yield line, found


def _cut(text: str, separator: str) -> list[str] | str | None:
    """Cut one record into cells; None: a quote is still open; a text: what is wrong."""
    try:
        return next(csv.reader(text.splitlines(keepends=True), delimiter=separator, strict=True))
    except csv.Error as error:
        return None if "unexpected end" in str(error) else "a quote stands in the middle of a cell"


def _checked(cells: list[str], n: int, text: str) -> list[str] | str:
    if "\0" in text or any("\udc80" <= c <= "\udcff" for c in text if not c.isascii()):
        return "has bytes that are no text in UTF-8"
    while len(cells) > n and not cells[-1].strip():
        cells.pop()
    return cells if len(cells) == n else f"must have {n} cells like the header, has {len(cells)}"


def _known(cell: str) -> str:
    cell = cell.strip()
    return "" if cell.lower() in MISSING else cell


# --- Parquet ---------------------------------------------------------------------------------------------------------


def _from_parquet(path: Path) -> Sheet:
    import duckdb

    name = "'" + str(path).replace("'", "''") + "'"
    with duckdb.connect(config={"threads": 1, "autoinstall_known_extensions": False}) as con:
        try:
            about = con.execute(f"DESCRIBE SELECT * FROM read_parquet({name})").fetchall()
            select = ", ".join(_as_text(column, kind) for column, kind, *_ in about)
            rows = con.execute(f"SELECT {select} FROM read_parquet({name})").fetchall()
        except duckdb.Error as error:
            raise _unusable(path, f"cannot be read as Parquet: {str(error).splitlines()[0]}") from error
    cells = [[_known(cell or "") for cell in row] for row in rows]
    return Sheet(str(path), [str(column) for column, *_ in about], list(range(1, len(cells) + 1)), cells)


def _as_text(column: str, kind: str) -> str:
    quoted = '"' + column.replace('"', '""') + '"'
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"CAST(epoch_us({quoted}) AS VARCHAR)"
    if kind.startswith("TIMESTAMP"):
        return f"strftime(CAST({quoted} AS TIMESTAMP), '%Y-%m-%dT%H:%M:%S.%f')"
    return f"CAST({quoted} AS VARCHAR)"
