"""One cell of an export at a time: numbers with either decimal sign, degrees, durations."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from delivsim.scenario.imports.columns import Found
from delivsim.scenario.imports.moments import Cell, Clock

NUMBER = "must be a number"
_PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?", re.ASCII)
_CURRENCY = re.compile(r"[\s$€£\u00a0\u202f]")
LARGEST = 1e9


def number(text: str, *, decimal_comma: bool) -> Cell:
    """Read ``1234.5``, ``1234,5``, ``1.234,5``, ``1,234.5`` or ``$ 12``; the rule it breaks where it is none."""
    bare = text if _PLAIN.fullmatch(text) else _CURRENCY.sub("", text)
    if "," in bare:
        if not decimal_comma and _THOUSANDS.fullmatch(bare):
            bare = bare.replace(",", "")
        elif bare.rfind(",") > bare.rfind("."):
            bare = bare.replace(".", "").replace(",", ".")
    if not _PLAIN.fullmatch(bare):
        return NUMBER
    value = float(bare)
    return value if abs(value) <= LARGEST else f"must be between -{LARGEST:g} and {LARGEST:g}"


def _at_least_0(value: Cell) -> Cell:
    return "must be >= 0" if isinstance(value, float) and value < 0 else value


def _degrees(limit: float) -> Callable[[Cell], Cell]:
    def checked(value: Cell) -> Cell:
        bad = isinstance(value, float) and not -limit <= value <= limit
        return f"must be between -{limit:g} and {limit:g} degrees" if bad else value

    return checked


_RULES: dict[str, Callable[[Cell], Cell]] = {
    "latitude": _degrees(90.0),
    "longitude": _degrees(180.0),
    "metres": lambda value: value,
    "number": _at_least_0,
    "duration": _at_least_0,
    "distance": _at_least_0,
}


def read_column(found: Found, cells: Sequence[str], clock: Clock, where: str, *, decimal_comma: bool) -> list[object]:
    """
    Read a whole column.

    Returns
    -------
    For each cell a text, a float (in seconds, metres, degrees or plain), None where it is empty; or ``Broken``.
    """
    kind = found.known.kind
    if kind == "text":
        return [cell or None for cell in cells]
    if kind == "instant":
        return [Broken(value) if isinstance(value, str) else value for value in clock.read(cells, where)]
    rule, scale = _RULES[kind], found.scale

    def read(cell: str) -> object:
        value = rule(number(cell, decimal_comma=decimal_comma))
        return Broken(value) if isinstance(value, str) else value * scale

    return [read(cell) if cell else None for cell in cells]


class Broken(str):
    """The rule that a cell breaks, in the place of its value."""

    __slots__ = ()
