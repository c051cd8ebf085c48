"""
Our own format: a directory with ``instance.yaml`` and a table for each kind of thing, CSV or Parquet.

It holds all that an instance can say, so a round trip is exact, to the last bit of every number. Which columns there
are follows from the nouns (`nouns`); ``docs/instance.md`` is rendered from them.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import ValidationError

from delivsim.domain.config import Config
from delivsim.domain.distributions import DurationLaw
from delivsim.domain.instance import Instance
from delivsim.domain.order import Order
from delivsim.domain.store import MEAL, Store
from delivsim.domain.units import near_miss
from delivsim.errors import InstanceError, Problem
from delivsim.scenario.dump import plain
from delivsim.scenario.formats.about import FILE, read_about, write_about
from delivsim.scenario.formats.columnar import read_parquet, write_parquet
from delivsim.scenario.formats.delimited import Row, read_csv, refuse_no_folder, refuse_repeats
from delivsim.scenario.formats.nouns import NEEDED, NOUNS, PARTS, Column, Kind, Part, columns_of, parts_of
from delivsim.scenario.mistakes import problems_of
from delivsim.scenario.nodes import Place, node_of

T = TypeVar("T")
Tables = Literal["csv", "parquet"]
Entry = tuple[Row, tuple[Any, ...]]
"""What a row of a list says."""
Entries = dict[str, dict[str, list[Entry]]]
"""The lists inside nouns: by field and then by owner."""

ODD = (",", '"', "\n", "\r")
"""What must not stand in a cell of a CSV file without quotes around it."""
MANY = 20
"""Mistakes after which no near misses are looked for."""
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
    made: dict[str, Any] = {name: _things(name, rows, known) for name in NOUNS}
    if about is not None and not problems:
        _refuse_strangers(rows, made, about["zones"])
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
    made = _things(table, {name: rows.get(name, []) for name in (table, *parts_of(table))}, known)
    if "items" in rows and not problems:
        _refuse_items(rows["items"], made, stores)
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
    lists = {PARTS[name].field: _entries(PARTS[name], rows[name], known) for name in PARTS if name in rows}
    made = [_made(partial(replace, s), {field: of.get(s.id, []) for field, of in lists.items()}) for s in stores]
    if problems:
        raise InstanceError.of(problems)
    return [store for store in made if store is not None]


def _things(table: str, rows: Mapping[str, list[Row]], known: Mapping[str, dict[str, int]] | None) -> list[Any]:
    """Make the nouns of a table, each with its lists."""
    lists = {part.field: _entries(part, rows[name], known) for name, part in parts_of(table).items()}
    stores = known["stores"] if known else None
    return [thing for row in rows[table] if (thing := _thing(table, row, lists, stores)) is not None]


def _entries(part: Part, rows: Iterable[Row], known: Mapping[str, dict[str, int]] | None) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = {}
    for row in rows:
        values = _values(part.columns, row)
        if known is not None:
            _refuse_unknown(row, part.owner, known[part.of])
        if values is not None:
            owner, *entry = values.values()
            found.setdefault(owner, []).append((row, tuple(entry)))
    return found


def _thing(table: str, row: Row, lists: Entries, stores: dict[str, int] | None) -> Any:
    values = _values(columns_of(table), row)
    if values is None:
        return None
    if table == "orders":
        if stores is None or not _refuse_unknown(row, "store", stores):
            return None
        values["store"] = stores[values["store"]]
    mine = {field: of[values["id"]] for field, of in lists.items() if values["id"] in of}
    noun: Callable[..., Any] = NOUNS[table]
    return _made(partial(noun, **values), mine, row)


def _made(make: Callable[..., T], lists: Mapping[str, Sequence[Entry]], own: Row | None = None) -> T | None:
    """Make a noun with its lists; None, and noted at the row that is at fault, if it cannot be."""
    try:
        return make(**{field: tuple(entry for _, entry in entries) for field, entries in lists.items()})
    except InstanceError as error:
        row, why = next(_faults(make, lists, own), (own, str(error)))
        assert row is not None, "without its lists it is as it was"
        row.refuse("", why)
        return None


def _faults(
    make: Callable[..., Any], lists: Mapping[str, Sequence[Entry]], own: Row | None
) -> Iterator[tuple[Row | None, str]]:
    """Find the rows, its own or of its lists, with which a noun cannot be made any more: entry after entry."""
    said: dict[str, tuple[Any, ...]] = {}
    for field, row, entry in ("", own, ()), *((f, row, entry) for f, found in lists.items() for row, entry in found):
        if field:
            said[field] = (*said.get(field, ()), entry)
        try:
            make(**said)
        except InstanceError as error:
            yield row, str(error)


def _refuse_strangers(rows: Mapping[str, list[Row]], made: Mapping[str, list[Any]], zones: tuple[str, ...]) -> None:
    """Note zones that the instance has not, and items that are not on the menu of their order's store."""
    known = {zone: i for i, zone in enumerate(zones)}
    for name in NOUNS if known else ():
        for row in rows[name]:
            if row.cells["zone"]:
                _refuse_unknown(row, "zone", known)
    _refuse_items(rows["items"], made["orders"], made["stores"])


def _refuse_items(rows: Iterable[Row], orders: Iterable[Order], stores: Sequence[Store]) -> None:
    """Note items that are not on the menu of their order's store."""
    menus = [{item: i for i, (item, _) in enumerate(store.menu)} or {MEAL: 0} for store in stores]
    store_of = {order.id: order.store for order in orders}
    for row in rows:
        if row.cells["item"] not in (menu := menus[store_of[row.cells["order"]]]):
            near = near_miss(row.cells["item"], sorted(menu)) if len(row.problems) < MANY else ""
            row.refuse("item", f"not on the menu of its store: {row.cells['item']!r}{near}")


def _refuse_unknown(row: Row, column: str, known: dict[str, int]) -> bool:
    """Note a name that is in no table, and tell whether it is in one."""
    name = row.cells[column]
    if name not in known:
        near = near_miss(name, sorted(known)) if len(row.problems) < MANY else ""
        row.refuse(column, f"no {column} {name!r} in the {column}s{near}")
    return name in known


def _values(columns: Sequence[Column], row: Row) -> dict[str, Any] | None:
    """Read a row; None if one of its cells is not what it must be."""
    before = len(row.problems)
    values = {column.name: _value(column, row) for column in columns}
    return None if len(row.problems) > before else values


def _value(column: Column, row: Row) -> Any:
    cell = row.cells[column.name]
    if not cell and column.default is not NEEDED:
        return column.default
    if column.kind is Kind.TEXT:
        return row.text(column.name)
    if column.kind is Kind.NUMBER:
        return row.number(column.name)
    if column.kind is Kind.WHOLE:
        found = row.whole(column.name)
        return None if math.isnan(found) else int(found)
    return _law(cell, column.name, row)


class _LawCell(Config):
    """A law alone."""

    law: DurationLaw


def _law(cell: str, name: str, row: Row) -> Any:
    said = {"law": _from_json(cell)}
    try:
        return _LawCell.model_validate(said).law
    except ValidationError as error:
        for problem in problems_of(error, _LawCell, node_of(said, Place(row.file, row.line))):
            row.refuse(name + problem.path.removeprefix("law"), problem.rule)
        return None


def _from_json(cell: str) -> Any:
    """Read a map or a number; anything else is a word."""
    try:
        return json.loads(cell)
    except ValueError:
        return cell


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
