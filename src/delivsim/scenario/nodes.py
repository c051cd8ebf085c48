"""What a scenario file holds before it is checked: values, each with the place where it is written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from delivsim.domain.config import Loc
from delivsim.errors import Problem


def dotted(path: Loc) -> str:
    """Write a path as messages and ``--set`` do: ``a.b[0]."c.d"``."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f'."{step}"' if re.search(r"[.\s\[\]\"=]", step) or not step else f".{step}"
    return text.lstrip(".")


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is written: a file (or ``--set a.b.c``), and the line and column, counted from 1."""

    file: str
    line: int | None = None
    column: int | None = None

    def problem(self, rule: str, path: str = "") -> Problem:
        """Make the mistake that breaks ``rule`` here."""
        return Problem(rule=rule, file=self.file, line=self.line, column=self.column, path=path)


@dataclass(frozen=True, slots=True)
class Node:
    """One value with its place and the place of its key; maps and lists hold nodes."""

    value: Any
    place: Place
    key: Place | None = None

    def plain(self) -> Any:
        """Give the bare value: text, numbers, true, false, None, and dicts and lists of them."""
        if isinstance(self.value, dict):
            return {name: node.plain() for name, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value

    def get(self, step: str | int) -> Node | None:
        """Give the entry of a map or list, or None."""
        if isinstance(self.value, dict):
            return self.value.get(step)
        if isinstance(self.value, list) and isinstance(step, int) and 0 <= step < len(self.value):
            found: Node = self.value[step]
            return found
        return None


def node_of(value: Any, place: Place) -> Node:
    """Give a bare value, all of which is written in one place, as a node."""
    if isinstance(value, dict):
        return Node({name: node_of(entry, place) for name, entry in value.items()}, place)
    if isinstance(value, list):
        return Node([node_of(entry, place) for entry in value], place)
    return Node(value, place)


def walk(node: Node, path: Loc = ()) -> Iterator[tuple[Loc, Node]]:
    """Give every value below a node with its path, the node first."""
    yield path, node
    if isinstance(node.value, dict):
        for name, entry in node.value.items():
            yield from walk(entry, (*path, name))
    elif isinstance(node.value, list):
        for i, entry in enumerate(node.value):
            yield from walk(entry, (*path, i))


def place_of(root: Node, path: Loc, *, on_key: bool = False) -> Place:
    """Find where a value is written; what is not written at all is placed at the nearest key above it."""
    node = root
    for step in path:
        below = node.get(step)
        if below is None:
            return node.key or node.place
        node = below
    return node.key if on_key and node.key else node.place
