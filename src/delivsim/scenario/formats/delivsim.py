"""
Our own format: a directory with ``instance.yaml`` and a table for each kind of thing, CSV or Parquet.

It holds all that an instance can say, so a round trip is exact, to the last bit of every number. Which columns there
are follows from the nouns (`nouns`); ``docs/instance.md`` is rendered from them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

from delivsim.domain.instance import Instance
from delivsim.domain.store import Store
from delivsim.errors import InstanceError, Problem
from delivsim.scenario.dump import plain
from delivsim.scenario.formats.about import FILE, read_about, write_about
from delivsim.scenario.formats.columnar import read_parquet, write_parquet
from delivsim.scenario.formats.delimited import Row, read_csv, refuse_no_folder, refuse_repeats
from delivsim.scenario.formats.nouns import NEEDED, NOUNS, PARTS, Column, Kind, Part, columns_of, parts_of
from delivsim.scenario.formats.rows import entries_of, made_of, nouns_of, refuse_items, refuse_strangers

Tables = Literal["csv", "parquet"]

ODD = (",", '"', "\n", "\r")
"""What must not stand in a cell of a CSV file without quotes around it."""
SUFFIXES: tuple[Tables, ...] = ("csv", "parquet")


def read(path: str | os.PathLike[str]) -> Instance:
    """
    Read an instance from its directory; each table may be CSV or Parquet.

    Raises
    ------
    InstanceError
        With every mistake of all files, each named with its file and line, in Parquet with the number of the row.
    """
    folder, problems = Path(path), list[Problem]()
    refuse_no_folder(folder)
    about = read_about(folder, problems)
    rows = {name: _rows(folder, name, problems) for name in (*NOUNS, *PARTS)}
    for name in NOUNS:
        refuse_repeats(rows[name], "id")
    # The names of a broken table are not all known: nobody is blamed for that.
    known = None if problems else {name: {r.cells["id"]: i for i, r in enumerate(rows[name])} for name in NOUNS}
    made: dict[str, Any] = {name: nouns_of(name, rows, known) for name in NOUNS}
    if about is not None and not problems:
        refuse_strangers(rows, made, about["zones"])
    if problems or about is None:
        raise InstanceError.of(problems)
    return Instance(**about, **made)


def write(instance: Instance, path: str | os.PathLike[str], *, tables: Tables = "csv") -> None:
    """
    Write an instance as a directory in this format; reading it back gives the same instance.

    Tables that an earlier instance left there are removed.

    Raises
    ------
    InstanceError
        Its travel model is one that the format does not know, or an order is for nothing at all.
    """
    _refuse_empty_orders(instance)
    folder = Path(path)
    text = write_about(instance)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_text(text, encoding="utf-8", newline="\n")
    for name in (*NOUNS, *PARTS):
        for suffix in SUFFIXES:
            (folder / f"{name}.{suffix}").unlink(missing_ok=True)
        columns, rows = _noun_table(instance, name) if name in NOUNS else _part_table(instance, PARTS[name])
        if rows or name in NOUNS:
            (_write_csv if tables == "csv" else write_parquet)(folder / f"{name}.{tables}", columns, rows)


# --- reading ---------------------------------------------------------------------------------------------------------


def _rows(folder: Path, table: str, problems: list[Problem]) -> list[Row]:
    """Read a table from the file that there is; lists may have none."""
    files = [file for suffix in SUFFIXES if os.path.lexists(file := folder / f"{table}.{suffix}")]
    if len(files) > 1:
        problems.append(Problem(file=str(files[1]), rule=f"must not be given beside {files[0].name}: have one of them"))
        return []
    if files or table in NOUNS:
        return _table(files[0] if files else folder / f"{table}.csv", table, problems)
    return []


def _table(file: Path, table: str, problems: list[Problem], *, blank: Sequence[str] = ()) -> list[Row]:
    """Read one table; the columns in ``blank`` need not be filled."""
    columns = columns_of(table)
    needed = [c.name for c in columns if c.default is NEEDED and c.name not in blank]
    optional = [c.name for c in columns if c.name not in needed]
    read = read_parquet if file.suffix == ".parquet" else read_csv
    return read(file, needed, problems, optional=optional)


def read_nouns(
    table: str,
    files: Mapping[str, Path],
    *,
    stores: Sequence[Store] = (),
    fill: Callable[[Row], None] = lambda _: None,
    blank: Sequence[str] = (),
) -> list[Any]:
    """
    Read the nouns of one table, and their lists, from files of their own.

    Parameters
    ----------
    table
        ``orders``, ``riders`` or ``stores``.
    files
        By the name of the table: its own, and those of lists; lists without a file are empty.
    stores
        All stores, for orders.
    fill
        May change the cells of a row before it is read.
    blank
        Columns that rows need not have, because ``fill`` fills them.

    Raises
    ------
    InstanceError
        With every mistake of these files, each with its line.
    """
    problems: list[Problem] = []
    rows = {name: _table(file, name, problems, blank=blank) for name, file in files.items()}
    for row in (row for each in rows.values() for row in each):
        fill(row)
    refuse_repeats(rows[table], "id")
    names = {row.cells["id"]: i for i, row in enumerate(rows[table])}
    known = None if problems else {table: names, "stores": {s.id: i for i, s in enumerate(stores)} or names}
    made = nouns_of(table, {name: rows.get(name, []) for name in (table, *parts_of(table))}, known)
    if "items" in rows and not problems:
        refuse_items(rows["items"], made, stores)
    if problems:
        raise InstanceError.of(problems)
    return made


def read_lists(
    files: Mapping[str, Path], stores: Sequence[Store], fill: Callable[[Row], None] = lambda _: None
) -> list[Store]:
    """
    Give stores that are known already other lists: menus, stock, refills, openings.

    Raises
    ------
    InstanceError
        With every mistake of these files, each with its line.
    """
    problems: list[Problem] = []
    known = {"stores": {store.id: i for i, store in enumerate(stores)}}
    rows = {name: _table(file, name, problems) for name, file in files.items()}
    for row in (row for each in rows.values() for row in each):
        fill(row)
    lists = {PARTS[name].field: entries_of(PARTS[name], rows[name], known) for name in PARTS if name in rows}
    head = Row(str(next(iter(files.values()))), 1, {}, problems)
    made = [made_of(partial(replace, s), {name: of.get(s.id, []) for name, of in lists.items()}, head) for s in stores]
    if problems:
        raise InstanceError.of(problems)
    return [store for store in made if store is not None]


# --- writing ---------------------------------------------------------------------------------------------------------


def _refuse_empty_orders(instance: Instance) -> None:
    empty = [Problem(path=f"order {o.id}", rule="items: must not be empty") for o in instance.orders if not o.items]
    if empty:
        raise InstanceError.of(empty)


def _noun_table(instance: Instance, table: str) -> tuple[list[Column], list[list[Any]]]:
    """Give the columns of a table that say something, and its rows."""
    things = getattr(instance, table)
    columns = [
        c for c in columns_of(table) if c.default is NEEDED or any(getattr(t, c.name) != c.default for t in things)
    ]
    return columns, [[_cell(instance, column, getattr(thing, column.name)) for column in columns] for thing in things]


def _cell(instance: Instance, column: Column, value: Any) -> Any:
    if column.name == "store":
        return instance.stores[value].id
    if column.kind is not Kind.LAW or value is None:
        return value
    law: Any = plain(value)
    return law if isinstance(law, str) else json.dumps(law)


def _part_table(instance: Instance, part: Part) -> tuple[tuple[Column, ...], list[list[Any]]]:
    return part.columns, list(_part_rows(getattr(instance, part.of), part))


def _part_rows(things: Iterable[Any], part: Part) -> Iterator[list[Any]]:
    default = NOUNS[part.of].__dataclass_fields__[part.field].default
    for thing in things:
        entries = getattr(thing, part.field)
        for entry in entries if entries != default else ():
            yield [thing.id, *entry]


def _write_csv(path: Path, columns: Sequence[Column], rows: Iterable[Sequence[Any]]) -> None:
    lines = ([column.name for column in columns], *rows)
    text = "".join(",".join(map(_csv_cell, line)) + "\n" for line in lines)
    path.write_text(text, encoding="utf-8", newline="")


def _csv_cell(cell: Any) -> str:
    """Write a cell, in quotes if need be (the csv module leaves out those around a lone carriage return)."""
    text = "" if cell is None else str(cell)
    return '"' + text.replace('"', '""') + '"' if any(odd in text for odd in ODD) else text
