"""Tables in text files, read so that every mistake is told with its file and line."""

from __future__ import annotations

import csv
import io
import math
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from delivsim.domain.units import near_miss
from delivsim.errors import InstanceError, Problem

Line = TypeVar("Line")

LARGEST = 1e9
"""No time, place or amount of a real day is larger; a larger number is a slip of the pen."""

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)

_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d):([0-5]\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table; a cell that is not what it must be is noted in ``problems``."""

    file: str
    line: int
    cells: dict[str, str]
    problems: list[Problem]

    def refuse(self, column: str, rule: str) -> None:
        """Note a mistake on this line."""
        self.problems.append(Problem(file=self.file, line=self.line, path=column, rule=rule))

    def text(self, column: str) -> str:
        """Give a cell that must not be blank."""
        value = self.cells[column]
        if not value:
            self.refuse(column, "must not be blank")
        return value

    def number(self, column: str, *, low: float = -LARGEST, above: float = -math.inf, high: float = LARGEST) -> float:
        """Give a number from ``low`` to ``high`` that is greater than ``above``; NaN if it is not."""
        value = self.cells[column].strip()
        found = float(value) if _NUMBER.fullmatch(value) else math.nan
        if math.isnan(found):
            self.refuse(column, f"must be a number, got {value!r}")
        elif found <= above:
            self.refuse(column, f"must be > {above:g}, got {value}")
        elif not low <= found <= high:
            self.refuse(column, f"must be {f'>= {low:g}' if found < low else f'<= {high:g}'}, got {value}")
        else:
            return found
        return math.nan

    def whole(self, column: str, *, low: float = -LARGEST) -> float:
        """Give a whole number that is at least ``low``; NaN if it is not."""
        found = self.number(column, low=low)
        if math.isnan(found) or found == math.floor(found):
            return found
        self.refuse(column, f"must be a whole number, got {self.cells[column]}")
        return math.nan

    def clock(self, column: str) -> float:
        """Give a time of day, as seconds since midnight; NaN if it is none."""
        value = self.cells[column]
        if (found := _CLOCK.fullmatch(value)) is None:
            self.refuse(column, f"must be a time of day such as 18:30:00, got {value!r}")
            return math.nan
        hours, minutes, seconds = map(int, found.groups())
        return 3600.0 * hours + 60.0 * minutes + seconds


def read_table(
    path: Path,
    columns: Sequence[str],
    problems: list[Problem],
    *,
    separator: str | None = "\t",
    open_ended: bool = False,
) -> list[Row]:
    """
    Read a table with one header line; what is wrong is added to ``problems``.

    Parameters
    ----------
    path
        A UTF-8 text file.
    columns
        Names that the header must have, in any order; other columns are kept out.
    separator
        What stands between cells; None: any white space.
    open_ended
        Whether the last of ``columns`` takes all further cells of its line.

    Returns
    -------
    The rows that have a cell for every column; blank lines are skipped.
    """
    lines = _lines(path, problems)
    if not lines:
        return []
    header = [name.strip() for name in lines[0][1].split(separator)]
    most = len(columns) - 1 if open_ended else -1
    header = header[: len(columns)] if open_ended else header
    if not _has_columns(path, lines[0][0], header, columns, problems):
        return []
    rows = (_row(path, line, text.split(separator, most), header, problems) for line, text in lines[1:])
    return [row for row in rows if row is not None]


def read_csv(path: Path, columns: Sequence[str], problems: list[Problem], *, optional: Sequence[str] = ()) -> list[Row]:
    """
    Read a table of comma-separated values, cells in quotes where need be; what is wrong is added to ``problems``.

    Parameters
    ----------
    path
        A UTF-8 text file with one header line.
    columns, optional
        Names that the header must have and may have, in any order; others are refused. Cells of columns that it has
        not are blank. Spaces belong to a cell.
    """
    lines = _quoted_lines(path, problems)
    if not lines:
        return []
    header = [name.strip() for name in lines[0][1]]
    if not check_header(path, lines[0][0], header, columns, optional, problems):
        return []
    blank = dict.fromkeys((name for name in optional if name not in header), "")
    rows = (_row(path, line, cells, header, problems, strip=False) for line, cells in lines[1:])
    return [Row(row.file, row.line, row.cells | blank, problems) for row in rows if row is not None]


def read_things(path: Path, columns: Sequence[str], problems: list[Problem], separator: str = "\t") -> list[Row]:
    """Read a table of things that must exist and have a name each, in the first of ``columns``."""
    before = len(problems)
    rows = read_table(path, columns, problems, separator=separator)
    if not rows and len(problems) == before:
        problems.append(Problem(file=str(path), rule="must have a row below the header, got none"))
    refuse_repeats(rows, columns[0])
    return rows


def refuse_no_folder(path: Path) -> None:
    """
    Refuse what is no directory.

    Raises
    ------
    InstanceError
        It is a file, or nothing.
    """
    if not os.path.isdir(path):  # unlike Path.is_dir, never raises
        what = "must be a directory, got a file" if os.path.exists(path) else "no such directory"
        raise InstanceError.of([Problem(file=str(path), rule=what)])


def refuse_repeats(rows: Iterable[Row], column: str) -> None:
    """Note every row whose cell was already in an earlier row."""
    first: dict[str, int] = {}
    for row in rows:
        name = row.cells[column]
        if name in first:
            row.refuse(column, f"given twice: {name!r} is on line {first[name]} already")
        first.setdefault(name, row.line)


def check_header(
    path: Path,
    line: int | None,
    header: Sequence[str],
    columns: Sequence[str],
    optional: Sequence[str],
    problems: list[Problem],
) -> bool:
    """Tell whether a table has all ``columns``, and no other than those and the ``optional`` ones; note what is not."""
    known = [*columns, *optional]
    rules = [
        f"must not have a column {name!r}, the format has none{near_miss(name, [k for k in known if k not in header])}"
        for name in header
        if name not in known
    ]
    rules += [f"column {name!r} is given twice" for name in known if header.count(name) > 1]
    problems += [Problem(file=str(path), line=line, rule=rule) for rule in rules]
    return _has_columns(path, line, header, columns, problems) and not rules


def _text(path: Path, problems: list[Problem]) -> str | None:
    """Give the text of a file; None, and why, if it is no text."""
    rule = ""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        rule = "must be a text file in UTF-8, got bytes that are none"
    except OSError as error:
        rule = f"cannot be read: {(error.strerror or str(error)).lower()}"
    else:
        if "\0" not in text:
            return text
        rule = "must be a text file, got a binary one"
    problems.append(Problem(file=str(path), rule=rule))
    return None


def _lines(path: Path, problems: list[Problem]) -> list[tuple[int, str]]:
    """Give the numbered lines of a file that are not blank."""
    if (text := _text(path, problems)) is None:
        return []
    lines = enumerate(re.split(r"\r\n|\n|\r", text), start=1)
    return _some([(number, line) for number, line in lines if line.strip()], path, problems)


def _quoted_lines(path: Path, problems: list[Problem]) -> list[tuple[int, list[str]]]:
    """Give the cells of every line of comma-separated values that is not blank, with the number of the line."""
    if (text := _text(path, problems)) is None:
        return []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    found, line = [], 1
    try:
        for cells in reader:
            if cells:
                found.append((line, cells))
            line = reader.line_num + 1
    except csv.Error as error:
        problems.append(Problem(file=str(path), line=line, rule=f"must be comma-separated values, got {error}"))
        return []
    return _some(found, path, problems)


def _some(lines: list[Line], path: Path, problems: list[Problem]) -> list[Line]:
    if not lines:
        problems.append(Problem(file=str(path), rule="must start with a header line, got an empty file"))
    return lines


def _has_columns(
    path: Path, line: int | None, header: Sequence[str], columns: Sequence[str], problems: list[Problem]
) -> bool:
    missing = [name for name in columns if name not in header]
    others = [name for name in header if name not in columns]
    for name in missing:
        rule = f"no column {name!r} in the header{near_miss(name, others)}"
        problems.append(Problem(file=str(path), line=line, rule=rule))
    return not missing


def _row(
    path: Path, line: int, cells: list[str], header: list[str], problems: list[Problem], *, strip: bool = True
) -> Row | None:
    if len(cells) != len(header):
        rule = f"must have {len(header)} cells as the header has, got {len(cells)}"
        problems.append(Problem(file=str(path), line=line, rule=rule))
        return None
    named = zip(header, (cell.strip() for cell in cells) if strip else cells, strict=True)
    return Row(str(path), line, dict(named), problems)
