"""
One scenario out of several texts: a file, what it extends, overlays, and values of the command line.

Later layers win. Maps are merged key by key; lists and single values replace. A map that names its ``kind`` (or
``rule``) is a whole and replaces too, so that ``{kind: exponential, mean: 20ms}`` over a lognormal law leaves none
of its percentiles behind; a new dispatch ``policy`` likewise drops the ``params`` of the old one, and a table of
riders the shifts that were there (`shorthand`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from delivsim.domain.config import Loc
from delivsim.domain.units import near_miss, shown
from delivsim.errors import Problem, ScenarioError
from delivsim.scenario.nodes import Node, Place, dotted
from delivsim.scenario.shorthand import in_full, replaced
from delivsim.scenario.yaml import read_file, read_text

_STEP = re.compile(r'\.?"([^"]+)"|\[(\d+)\]|\.?([^.\[\]"]+)')
_WHOLE = ("kind", "rule")


def read_layers(path: Path, overlays: Sequence[Path], overrides: Sequence[str]) -> tuple[Node, list[Problem]]:
    """
    Read and merge all layers.

    Returns
    -------
    The merged root and every mistake found so far that does not hide others.

    Raises
    ------
    ScenarioError
        A layer cannot be read at all: with every mistake of all layers.
    """
    problems: list[Problem] = []
    layers = [layer for file in (path, *overlays) for layer in _chain(file, (), problems)]
    unreadable = None in layers
    root = Node({}, Place(str(path), 1, 1))
    for layer in layers:
        root = root if layer is None else merged(root, in_full(layer))
    for override in overrides:
        root = overridden(root, override, problems)
    if unreadable:
        raise ScenarioError.of(problems)
    return root, problems


def merged(low: Node, high: Node, path: Loc = ()) -> Node:
    """Lay one node over another."""
    if not isinstance(low.value, dict) or not isinstance(high.value, dict):
        return high
    if len(path) > 1 and any(key in high.value for key in _WHOLE):
        return high
    below = {key: node for key, node in low.value.items() if key not in replaced(path, high)}
    if _policy(high) not in (None, _policy(low)):
        below.pop("params", None)
    for key, node in high.value.items():
        below[key] = merged(below[key], node, (*path, key)) if key in below else node
    return Node(below, low.place, low.key)


def _policy(node: Node) -> object:
    policy = node.value.get("policy")
    return None if policy is None else policy.plain()


def _chain(file: Path, above: tuple[Path, ...], problems: list[Problem]) -> list[Node | None]:
    """Read a file after what it extends; None stands for one that cannot be read."""
    text = read_file(file)
    problems.extend(text.problems)
    root = text.root
    if root is not None and not isinstance(root.value, dict):
        got = "an empty file" if root.value is None else shown(root.plain())
        problems.append(root.place.problem(f"must hold a map of keys and values, got {got}"))
        root = None
    if root is None:
        return [None]
    base = root.value.pop("extends", None)
    if base is None or base.value is None:
        return [root]
    here = (*above, file)
    target = _extended(base, here, problems)
    return [None] if target is None else [*_chain(target, here, problems), root]


def _extended(base: Node, above: tuple[Path, ...], problems: list[Problem]) -> Path | None:
    """Find the file that ``extends`` names, relative to the file that says so."""
    rule = ""
    if not isinstance(base.value, str):
        rule = f"must be the name of one file, got {shown(base.plain())}"
    else:
        target = above[-1].parent / base.value
        if _same(target, above):
            names = [file.name for file in (*above, target)]
            rule = f"must not come back to itself: {' -> '.join(names)}"
        elif not _is_file(target):
            near = [file.name for file in sorted(above[-1].parent.glob("*.y*ml"))]
            rule = f"must be a file that exists, got {shown(base.value)}{near_miss(base.value, near)}"
    if rule:
        problems.append(base.place.problem(rule, "extends"))
        return None
    return target


def _same(target: Path, above: tuple[Path, ...]) -> bool:
    try:
        return any(target.resolve() == file.resolve() for file in above)
    except (OSError, ValueError, RuntimeError):
        return False


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def overridden(root: Node, override: str, problems: list[Problem]) -> Node:
    """Lay one ``a.b.c=value`` over the rest; mistakes are added to ``problems``."""
    name, equals, value = override.partition("=")
    place = Place(f"--set {name.strip()}")
    steps = _steps(name.strip())
    if not equals or not steps:
        problems.append(Place(f"--set {override}").problem("must be PATH=VALUE, such as platform.kind=ideal"))
        return root
    if steps[0] == "extends":
        problems.append(place.problem("extends belongs into a file; lay files over each other with -f"))
        return root
    text = read_text(value, place.file, with_lines=False)
    problems.extend(text.problems)
    if text.root is None:
        return root
    try:
        return merged(root, in_full(_overlay(root, steps, Node(text.root.value, place, place), ())))
    except LookupError as error:
        problems.append(place.problem(str(error.args[0])))
        return root


def _steps(name: str) -> list[str]:
    """Cut ``a.b[0]."c.d"`` into its steps; nothing when it is no path."""
    steps: list[str] = []
    at = 0
    while at < len(name):
        match = _STEP.match(name, at)
        if match is None:
            return []
        steps.append(next(part for part in match.groups() if part is not None))
        at = match.end()
    return steps


def _overlay(low: Node | None, steps: list[str], value: Node, path: Loc) -> Node:
    """Give the map that lays ``value`` at ``steps`` over ``low``; LookupError when the way is blocked."""
    if not steps:
        return value
    if low is None or low.value is None:
        low = Node({}, value.place)
    if isinstance(low.value, list):
        return _list_overlay(low, steps, value, path)
    if not isinstance(low.value, dict):
        raise LookupError(f"{dotted(path)} is {shown(low.plain())}: it has nothing below it")
    # Keys may hold dots themselves (topics, percentiles): the longest one that exists is meant.
    n = next((n for n in range(len(steps), 0, -1) if ".".join(steps[:n]) in low.value), 1)
    key = ".".join(steps[:n])
    below = _overlay(low.value.get(key), steps[n:], value, (*path, key))
    return Node({key: Node(below.value, below.place, value.key)}, low.place, low.key)


def _list_overlay(low: Node, steps: list[str], value: Node, path: Loc) -> Node:
    step, n = steps[0], len(low.value)
    if not step.isdecimal() or int(step) >= n:
        raise LookupError(f"{dotted(path)} is a list: the next step must be a number below {n}, got {step}")
    i = int(step)
    here = (*path, i)
    entries = list(low.value)
    entries[i] = merged(entries[i], _overlay(entries[i], steps[1:], value, here), here)
    return Node(entries, low.place, low.key)
