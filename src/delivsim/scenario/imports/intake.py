"""The rows of one table while they are checked: each is used, outside the window, or rejected for one named reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from delivsim.scenario.imports.cells import Broken, read_column
from delivsim.scenario.imports.columns import KNOWN, Found, Table, find_columns
from delivsim.scenario.imports.moments import Clock
from delivsim.scenario.imports.sheet import Reject, Sheet, read_sheet

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of the rows of one file; they add up: read = used + outside + rejected."""

    table: Table
    file: str
    n_read: int
    n_used: int
    n_outside: int
    rejects: tuple[Reject, ...]
    columns: Mapping[str, str]
    """Field to the column that fills it."""
    unused: tuple[str, ...]
    """Columns that were not understood, or are not needed."""
    notes: tuple[str, ...] = ()

    @property
    def reasons(self) -> Counter[str]:
        """How many rows were rejected for each reason."""
        return Counter(reject.kind for reject in self.rejects)


@dataclass(slots=True)
class Intake:
    """Rows that are still in, and why others are not; a row is rejected once, for the first thing found wrong."""

    table: Table
    sheet: Sheet
    found: dict[str, Found]
    told: dict[str, list[object]]
    alive: list[bool]
    rejects: list[Reject]
    n_outside: int = 0
    notes: list[str] = field(default_factory=list)

    def has(self, *fields: str) -> bool:
        """Whether the file has columns for all of these."""
        return all(name in self.told for name in fields)

    def rows(self) -> Iterator[int]:
        """Positions of the rows that are still in."""
        return (i for i, alive in enumerate(self.alive) if alive)

    def refuse(self, i: int, name: str, rule: str, text: str = "") -> None:
        """Reject a row for what its field ``name`` says."""
        column = self.found[name].name if name in self.found else name
        self.alive[i] = False
        self.rejects.append(Reject(self.sheet.file, self.sheet.lines[i], column, rule, text))

    def leave_out(self, i: int) -> None:
        """Leave a row out that is fine, but outside the window."""
        self.alive[i] = False
        self.n_outside += 1

    def at(self, i: int, name: str) -> object:
        """Give what a row says of a field: a text, a float, or None; also None where the file has no such column."""
        return self.told[name][i] if name in self.told else None

    def text(self, i: int, name: str) -> str:
        """Give what the file says, as it says it."""
        return self.sheet.cells[i][self.sheet.header.index(self.found[name].name)]

    def require(self, *fields: str) -> None:
        """Reject rows in which one of these is empty."""
        for i in list(self.rows()):
            empty = next((name for name in fields if self.at(i, name) is None), None)
            if empty is not None:
                self.refuse(i, empty, "must not be empty")

    def refuse_repeats(self, name: str) -> None:
        """Reject rows whose ``name`` was already in an earlier row that is still in."""
        first: dict[object, int] = {}
        for i in list(self.rows()):
            value = self.at(i, name)
            line = first.setdefault(value, self.sheet.lines[i])
            if line != self.sheet.lines[i]:
                self.refuse(i, name, "must not be given twice", f"{value} (line {line} has it)")

    def frame(self) -> pd.DataFrame:
        """Give the rows that are still in: floats with NaN, texts with "", and the ``line`` each stands on."""
        import pandas as pd

        rows = list(self.rows())
        data: dict[str, object] = {"line": [self.sheet.lines[i] for i in rows]}
        for name, values in self.told.items():
            kept = [values[i] for i in rows]
            if self.found[name].known.kind == "text":
                data[name] = pd.Series([value or "" for value in kept], dtype=object)
            else:
                data[name] = pd.Series(kept, dtype="float64")
        return pd.DataFrame(data)

    def tally(self) -> Tally:
        """Say what became of every row."""
        used = {name: found.name for name, found in self.found.items()}
        unused = tuple(name for name in self.sheet.header if name not in used.values())
        rejects = tuple(sorted(self.rejects, key=lambda reject: reject.line))
        return Tally(
            self.table, self.sheet.file, self.sheet.n_read, sum(self.alive), self.n_outside, rejects, used, unused,
            (*self.sheet.notes, *self.notes),
        )  # fmt: skip


def take_in(table: Table, path: Path, mapped: Mapping[str, str], clock: Clock) -> Intake:
    """
    Read a file and every column of it that is understood; rows with a cell that cannot be are rejected.

    Raises
    ------
    InputError
        The file cannot be read at all, or ``--map`` names a column that it does not have.
    """
    sheet = read_sheet(path)
    read: dict[str, list[object]] = {}
    notes: list[str] = []

    def is_something_else(column: Found) -> bool:
        """Read a column that has a usual name; most of its cells must be what that name says."""
        cells = read[column.name] = _read(sheet, column, clock)
        told = [cell for cell in cells if cell is not None]
        wrong = sum(isinstance(cell, Broken) for cell in told)
        if wrong * 2 > len(told):
            notes.append(
                f"{column.name} is not taken as {column.known.field}: {wrong:,} of {len(told):,} cells are none"
            )
        return wrong * 2 > len(told)

    found = find_columns(table, sheet.header, mapped, sheet.file, is_something_else)
    told = {
        field: read[column.name] if field not in mapped else _read(sheet, column, clock)
        for field, column in found.items()
    }
    taken = Intake(table, sheet, found, told, [True] * len(sheet.cells), list(sheet.broken), notes=notes)
    for known in KNOWN[table]:
        for i, value in enumerate(told.get(known.field, ())):
            if isinstance(value, Broken) and taken.alive[i]:
                taken.refuse(i, known.field, str(value), taken.text(i, known.field))
    return taken


def _read(sheet: Sheet, column: Found, clock: Clock) -> list[object]:
    where = f"{sheet.file}: {column.name}"
    return read_column(column, sheet.column(column.name), clock, where, decimal_comma=sheet.decimal_comma)
