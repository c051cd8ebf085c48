"""Nouns made of the rows of their tables and lists; what is wrong with one is noted at the row that is at fault."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from pydantic import ValidationError

from delivsim.domain.config import Config
from delivsim.domain.distributions import DurationLaw
from delivsim.domain.order import Order
from delivsim.domain.store import MEAL, Store
from delivsim.domain.units import near_miss
from delivsim.errors import InstanceError
from delivsim.scenario.formats.delimited import Row
from delivsim.scenario.formats.nouns import NEEDED, NOUNS, Column, Kind, Part, columns_of, parts_of
from delivsim.scenario.mistakes import problems_of
from delivsim.scenario.nodes import Place, node_of

T = TypeVar("T")
Entry = tuple[Row, tuple[Any, ...]]
"""What a row of a list says."""
Entries = dict[str, dict[str, list[Entry]]]
"""The lists inside nouns: by field and then by owner."""

MANY = 20
"""Mistakes after which no near misses are looked for."""


def nouns_of(table: str, rows: Mapping[str, list[Row]], known: Mapping[str, dict[str, int]] | None) -> list[Any]:
    """Make the nouns of a table, each with its lists."""
    lists = {part.field: entries_of(part, rows[name], known) for name, part in parts_of(table).items()}
    stores = known["stores"] if known else None
    return [thing for row in rows[table] if (thing := _thing(table, row, lists, stores)) is not None]


def entries_of(part: Part, rows: Iterable[Row], known: Mapping[str, dict[str, int]] | None) -> dict[str, list[Entry]]:
    """Read the entries of a list, by their owner; rows that name none, or are wrong, are noted."""
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
    return made_of(partial(noun, **values), mine, row)


def made_of(make: Callable[..., T], lists: Mapping[str, Sequence[Entry]], own: Row) -> T | None:
    """Make a noun with its lists; None, and noted at the row that is at fault, if it cannot be."""
    try:
        return make(**{field: tuple(entry for _, entry in entries) for field, entries in lists.items()})
    except InstanceError as error:
        row, why = next(_faults(make, lists, own), (own, str(error)))
        row.refuse("", why)
        return None


def _faults(make: Callable[..., Any], lists: Mapping[str, Sequence[Entry]], own: Row) -> Iterator[tuple[Row, str]]:
    """Find the rows, its own or of its lists, with which a noun cannot be made any more: entry after entry."""
    said: dict[str, tuple[Any, ...]] = {}
    for field, row, entry in ("", own, ()), *((f, row, entry) for f, found in lists.items() for row, entry in found):
        if field:
            said[field] = (*said.get(field, ()), entry)
        try:
            make(**said)
        except InstanceError as error:
            yield row, str(error)


def refuse_strangers(rows: Mapping[str, list[Row]], made: Mapping[str, list[Any]], zones: tuple[str, ...]) -> None:
    """Note zones that the instance has not, and items that are not on the menu of their order's store."""
    known = {zone: i for i, zone in enumerate(zones)}
    for name in NOUNS if known else ():
        for row in rows[name]:
            if row.cells["zone"]:
                _refuse_unknown(row, "zone", known)
    refuse_items(rows["items"], made["orders"], made["stores"])


def refuse_items(rows: Iterable[Row], orders: Iterable[Order], stores: Sequence[Store]) -> None:
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
