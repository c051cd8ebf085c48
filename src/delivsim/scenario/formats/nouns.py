"""
What the tables of our own format hold: the columns of each, taken from the nouns of ``delivsim.domain`` themselves.

A noun's plain fields are the columns of its table, its lists (the lines of an order, the menu of a store) tables of
their own. So what an instance can say and what a file can say are one thing, and the page on it is rendered from the
nouns' own words.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import re
import types
import typing
from collections.abc import Iterator
from enum import StrEnum
from typing import Any, NamedTuple

from delivsim.domain.distributions import DurationLaw
from delivsim.domain.order import Order
from delivsim.domain.rider import Rider
from delivsim.domain.store import Store

NEEDED = dataclasses.MISSING
"""Default of a column that every row must fill."""


class Kind(StrEnum):
    """How a cell is written."""

    TEXT = "text"
    NUMBER = "number"
    WHOLE = "whole number"
    LAW = "law"


class Column(NamedTuple):
    """One column: what a cell holds, what it means, and what a blank one stands for."""

    name: str
    kind: Kind
    meaning: str
    default: Any = NEEDED


class Part(NamedTuple):
    """A list inside a noun, as a table of its own: one row per entry, in the order of the list."""

    of: str
    field: str
    about: str
    columns: tuple[Column, ...]

    @property
    def owner(self) -> str:
        """The column that names whose entry it is: ``order``, ``rider`` or ``store``."""
        return self.of.removesuffix("s")


def _c(name: str, kind: Kind, meaning: str) -> Column:
    return Column(name, kind, meaning)


NOUNS: dict[str, type[Any]] = {"stores": Store, "orders": Order, "riders": Rider}
"""The nouns by the name of their table; stores first, because orders name them."""
ABOUT = {"orders": "One row per order.", "riders": "One row per rider and shift.", "stores": "One row per store."}
PARTS: dict[str, Part] = {
    "items": Part(
        "orders",
        "items",
        "One row per line of an order; an order without any is for one `meal`.",
        (
            _c("order", Kind.TEXT, "The order's `id`."),
            _c("item", Kind.TEXT, "What is ordered: on the menu of the order's store, if that has one."),
            _c("units", Kind.WHOLE, "How many."),
        ),
    ),
    "breaks": Part(
        "riders",
        "breaks",
        "One row per break, each rider's in order.",
        (
            _c("rider", Kind.TEXT, "The rider's `id`."),
            _c("begins_at", Kind.NUMBER, "When it begins, seconds since the start of the scenario."),
            _c("ends_at", Kind.NUMBER, "When it ends, seconds."),
        ),
    ),
    "menus": Part(
        "stores",
        "menu",
        "One row per item of a store; a store without any sells `meal`.",
        (
            _c("store", Kind.TEXT, "The store's `id`."),
            _c("item", Kind.TEXT, "The item."),
            _c("price", Kind.WHOLE, "Cents."),
        ),
    ),
    "stock": Part(
        "stores",
        "stock",
        "One row per item that can run out.",
        (
            _c("store", Kind.TEXT, "The store's `id`."),
            _c("item", Kind.TEXT, "The item: on the menu of the store."),
            _c("units", Kind.WHOLE, "How many there are at the start."),
        ),
    ),
    "refills": Part(
        "stores",
        "refills",
        "One row per refill of a stock.",
        (
            _c("store", Kind.TEXT, "The store's `id`."),
            _c("refilled_at", Kind.NUMBER, "When it comes, seconds since the start of the scenario."),
            _c("item", Kind.TEXT, "The item."),
            _c("units", Kind.WHOLE, "How many are added."),
        ),
    ),
    "openings": Part(
        "stores",
        "opening",
        "One row per stretch in which a store takes orders, each store's in order; a store without any always does.",
        (
            _c("store", Kind.TEXT, "The store's `id`."),
            _c("opens_at", Kind.NUMBER, "When it opens, seconds since the start of the scenario."),
            _c("closes_at", Kind.NUMBER, "When it closes, seconds."),
        ),
    ),
}
_KINDS: dict[Any, Kind] = {str: Kind.TEXT, float: Kind.NUMBER, int: Kind.WHOLE, DurationLaw: Kind.LAW}


@functools.cache
def columns_of(table: str) -> tuple[Column, ...]:
    """Give the columns of a table; KeyError if there is none of that name."""
    return PARTS[table].columns if table in PARTS else tuple(_columns(NOUNS[table], table))


def parts_of(table: str) -> dict[str, Part]:
    """Give the tables of a noun's lists."""
    return {name: part for name, part in PARTS.items() if part.of == table}


def meanings(noun: type[Any]) -> dict[str, str]:
    """Read what each parameter of a noun means from its docstring."""
    text = inspect.cleandoc(noun.__doc__ or "").split("Parameters\n----------\n")[-1]
    found: dict[str, str] = {}
    for names, words in re.findall(r"^(\w[\w, ]*)\n((?:    .*\n?)+)", text, re.MULTILINE):
        found |= dict.fromkeys(names.split(", "), " ".join(words.split()))
    return found


def _columns(noun: type[Any], table: str) -> Iterator[Column]:
    lists = {part.field for part in parts_of(table).values()}
    words, hints = meanings(noun), typing.get_type_hints(noun, include_extras=True)
    for field in dataclasses.fields(noun):
        if (table, field.name) == ("orders", "store"):
            yield Column("store", Kind.TEXT, "The `id` of the store that cooks it.")
        elif field.name not in lists:
            yield Column(field.name, _KINDS[_bare(hints[field.name])], words[field.name], field.default)


def _bare(hint: Any) -> Any:
    """Give the type without its None."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        (hint,) = (one for one in typing.get_args(hint) if one is not type(None))
    return hint
