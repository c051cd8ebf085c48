"""
YAML as scenario files use it: the rules of YAML 1.2, nothing done silently, and the place of every key and value.

PyYAML on its own reads ``no`` as false, ``1e3`` as text and ``12:30`` as 750, and lets the last of two equal keys
win. Here ``no``, ``on`` and ``12:30`` are text, ``1e3`` is a number, ``010`` is ten, and a key given twice is a
mistake. Anchors, aliases and merges (``<<``) work, as long as what they expand to stays small.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from delivsim.domain.config import Loc
from delivsim.domain.units import shown
from delivsim.errors import Problem
from delivsim.scenario.nodes import Node, Place, dotted

MAX_BYTES = 5_000_000
MAX_VALUES = 200_000
MAX_DEPTH = 60

TAG = "tag:yaml.org,2002:"
_MERGE = object()
_NAMES = {
    "bool": "true or false",
    "null": "nothing",
    "int": "a whole number of at most 300 digits",
    "float": "a number of at most 300 digits",
}
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_RESOLVERS = (
    ("bool", re.compile(r"true|True|TRUE|false|False|FALSE"), "tTfF"),
    ("null", re.compile(r"~|null|Null|NULL|"), "~nN\0"),
    ("int", re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"), "-+0123456789"),
    ("float", FLOAT, "-+.0123456789"),
    ("merge", re.compile(r"<<"), "<"),
)
_PATTERNS = {name: pattern for name, pattern, _ in _RESOLVERS}


@dataclass(slots=True)
class Text:
    """What one text holds: its root (None when the text is no YAML at all) and every mistake in it."""

    root: Node | None
    problems: list[Problem] = field(default_factory=list)


def read_file(path: Path) -> Text:
    """Read one YAML file; never raises for what a path or a file may be."""
    file = str(path)
    try:
        if path.is_dir():
            return _refused(file, "must be a file, got a directory")
        if path.exists() and not path.is_file():
            return _refused(file, "must be a regular file")
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        return _refused(file, f"cannot be read: {why.lower()}")
    if len(raw) > MAX_BYTES:
        return _refused(file, f"must be at most {MAX_BYTES // 1_000_000} MB, got a larger file")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = error.start - raw.rfind(b"\n", 0, error.start)
        return Text(None, [Place(file, line, column).problem("must be text in UTF-8, got other bytes")])
    return read_text(text, file)


def read_text(text: str, file: str, *, with_lines: bool = True) -> Text:
    """
    Read one YAML text.

    Parameters
    ----------
    file
        What problems call it.
    with_lines
        False for a value of the command line, where lines mean nothing.
    """
    if "\0" in text:
        return _refused(file, "must be text, got a binary file")
    try:
        loader = _Loader(text)
    except UnicodeEncodeError:
        return _refused(file, "must be text in UTF-8, got other characters")
    builder = _Builder(loader, file, with_lines)
    try:
        root = builder.build()
    except yaml.YAMLError as error:
        return Text(None, [_syntax_problem(error, text, file, with_lines)])
    except _TooMuch as error:
        return Text(None, list(error.args))
    finally:
        loader.dispose()
    return Text(root, builder.problems)


class _TooMuch(Exception):  # noqa: N818
    """The text is too deep or too large; its only argument is the problem."""


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """PyYAML's parser with the scalars of YAML 1.2."""

    yaml_implicit_resolvers = {  # noqa: RUF012
        first: [
            (TAG + name, re.compile(rf"(?:{pattern.pattern})\Z"))
            for name, pattern, firsts in _RESOLVERS
            if first in firsts.replace("\0", "") or (first == "" and "\0" in firsts)
        ]
        for first in ["", *sorted(set("".join(firsts for _, _, firsts in _RESOLVERS)) - {"\0"})]
    }


class _Builder:
    """
    Turns the parser's events into nodes; what is wrong is noted and left out.

    PyYAML's own composer is not used, because its C version overflows the stack on a hundred thousand brackets.
    """

    def __init__(self, loader: Any, file: str, with_lines: bool) -> None:
        self.loader = loader
        self.file = file
        self.with_lines = with_lines
        self.problems: list[Problem] = []
        self.anchors: dict[str, tuple[Node, int] | None] = {}
        """Node and expanded size per anchor; None while the anchored value is still being read."""

    def build(self) -> Node:
        """Read one document, or raise what the parser finds wrong; an empty one is None at line 1."""
        self.loader.get_event()
        if self.loader.check_event(yaml.StreamEndEvent):
            return Node(None, Place(self.file, 1, 1) if self.with_lines else Place(self.file))
        self.loader.get_event()
        node, _ = self._node(self.loader.get_event(), None, ())
        self.loader.get_event()
        if not self.loader.check_event(yaml.StreamEndEvent):
            place = self._place(self.loader.get_event())
            self.problems.append(place.problem("must hold one document, got another"))
        return node

    def _node(self, event: Any, key: Place | None, path: Loc) -> tuple[Node, int]:
        place = self._place(event)
        if isinstance(event, yaml.AliasEvent):
            return self._alias(str(event.anchor), place, key, path)
        if len(path) > MAX_DEPTH:
            raise _TooMuch(place.problem(f"must not be nested deeper than {MAX_DEPTH}"))
        if event.anchor is not None:
            self.anchors[event.anchor] = None
        value, size = self._value(event, place, path)
        if event.anchor is not None:
            self.anchors[event.anchor] = Node(value, place), size
        return Node(value, place, key), size

    def _alias(self, anchor: str, place: Place, key: Place | None, path: Loc) -> tuple[Node, int]:
        if (known := self.anchors.get(anchor)) is not None:
            return Node(known[0].value, known[0].place, key), known[1]
        inside = anchor in self.anchors
        self._note(place, f"the alias *{anchor} {'contains itself' if inside else 'has no anchor before it'}", path)
        return Node(None, place, key), 1

    def _value(self, event: Any, place: Place, path: Loc) -> tuple[Any, int]:
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, place, path), 1
        is_map = isinstance(event, yaml.MappingStartEvent)
        if event.tag not in (None, "!", f"{TAG}map" if is_map else f"{TAG}seq"):
            self._note(place, f"the tag {event.tag.replace(TAG, '!!')} is not allowed here", path)
        return self._map(path) if is_map else self._list(path)

    def _list(self, path: Loc) -> tuple[list[Node], int]:
        entries: list[Node] = []
        total = 1
        while not self.loader.check_event(yaml.SequenceEndEvent):
            node, size = self._node(self.loader.get_event(), None, (*path, len(entries)))
            entries.append(node)
            total = self._sum(total + size, node)
        self.loader.get_event()
        return entries, total

    def _map(self, path: Loc) -> tuple[dict[str, Node], int]:
        own: dict[str, Node] = {}
        merged: dict[str, Node] = {}
        total = 1
        while not self.loader.check_event(yaml.MappingEndEvent):
            event = self.loader.get_event()
            place = self._place(event)
            name = self._key(event, place, path)
            below = (*path, name if isinstance(name, str) else "<<")
            node, size = self._node(self.loader.get_event(), place, below)
            total = self._sum(total + size, node)
            if name is _MERGE:
                merged = self._merged(node, path) | merged
            elif isinstance(name, str):
                self._add(own, name, node, below)
        self.loader.get_event()
        return merged | own, total

    def _key(self, event: Any, place: Place, path: Loc) -> str | object | None:
        if not isinstance(event, yaml.ScalarEvent):
            self._node(event, None, (*path, "?"))
            self._note(place, "a key must be text", path)
            return None
        kind = self._kind(event)
        if kind == "merge":
            return _MERGE
        if kind != "str":
            self._note(place, f"a key must be text, got {event.value or 'nothing'} (put it in quotes)", path)
            return None
        return str(event.value)

    def _add(self, own: dict[str, Node], name: str, node: Node, path: Loc) -> None:
        if name not in own:
            own[name] = node
            return
        assert node.key is not None
        first = own[name].key
        before = f", first on line {first.line}" if first is not None and first.line else ""
        self._note(node.key, f"the key is given twice{before}", path)

    def _merged(self, node: Node, path: Loc) -> dict[str, Node]:
        sources = node.value if isinstance(node.value, list) else [node]
        merged: dict[str, Node] = {}
        for source in sources:
            if isinstance(source.value, dict):
                merged = source.value | merged
            else:
                self._note(source.place, "only maps can be merged with <<", path)
        return merged

    def _sum(self, total: int, node: Node) -> int:
        if total > MAX_VALUES:
            rule = f"must not hold more than {MAX_VALUES:,} values once aliases are expanded"
            raise _TooMuch(node.place.problem(rule))
        return total

    def _kind(self, event: Any) -> str:
        tag = event.tag
        if tag is None or tag == "!":
            tag = self.loader.resolve(yaml.ScalarNode, event.value, event.implicit)
        return str(tag).removeprefix(TAG)

    def _scalar(self, event: Any, place: Place, path: Loc) -> Any:
        kind = self._kind(event)
        try:
            return _scalar(kind, event.value)
        except KeyError:
            self._note(place, f"the tag {(event.tag or kind).replace(TAG, '!!')} is not allowed here", path)
        except ValueError:
            self._note(place, f"must be {_NAMES[kind]}, got {shown(event.value)}", path)
        return None

    def _place(self, event: Any) -> Place:
        if not self.with_lines:
            return Place(self.file)
        return Place(self.file, event.start_mark.line + 1, event.start_mark.column + 1)

    def _note(self, place: Place, rule: str, path: Loc) -> None:
        self.problems.append(place.problem(rule, dotted(path)))


def _scalar(kind: str, text: str) -> Any:
    """Read one scalar; KeyError for a tag that is not of YAML's core, ValueError for a text that does not fit."""
    if kind in ("str", "merge"):
        return text
    if not _PATTERNS[kind].fullmatch(text) or len(text) > 300:
        raise ValueError("not of this kind")
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() == "true"
    if kind == "int":
        return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
    return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))


def _refused(file: str, rule: str) -> Text:
    return Text(None, [Place(file, 1, 1).problem(rule) if not file.startswith("--") else Place(file).problem(rule)])


def _syntax_problem(error: yaml.YAMLError, text: str, file: str, with_lines: bool) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    what = getattr(error, "problem", None) or getattr(error, "reason", None) or "cannot be parsed"
    if mark is None:
        at = min(getattr(error, "position", 0) or 0, len(text))
        line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
    else:
        line, column = mark.line + 1, mark.column + 1
    lines = text.split("\n")
    if line <= len(lines) and "\t" in lines[line - 1][:column]:
        what = "a line must be indented with spaces, not with tabs"
    return (Place(file, line, column) if with_lines else Place(file)).problem(f"not valid YAML: {what}")
