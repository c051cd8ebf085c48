"""
From pydantic's errors to what a planner reads: the place in the file, the dotted path, the rule and the value.

One wrong value gives one problem, however many forms of it pydantic tried; what a shorthand or a ``kind`` adds to
pydantic's paths is taken out again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel, ValidationError

from delivsim.domain.config import Loc
from delivsim.domain.units import near_miss, shown
from delivsim.errors import Problem
from delivsim.scenario.nodes import Node, dotted, place_of
from delivsim.scenario.shape import choices_at, keys_at

_RULES = {
    "missing": "must be given",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be finite",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "string_type": "must be text",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "dict_type": "must be a map of keys and values",
    "mapping_type": "must be a map of keys and values",
    "model_type": "must be a map of keys and values",
    "model_attributes_type": "must be a map of keys and values",
    "greater_than": "must be > {gt}",
    "greater_than_equal": "must be >= {ge}",
    "less_than": "must be < {lt}",
    "less_than_equal": "must be <= {le}",
    "too_short": "must have at least {min_length} entries",
    "too_long": "must have at most {max_length} entries",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "must match {pattern}",
}
_SUFFIX = re.compile(r"(?P<rule>.*?)(?P<got>, got .*?)?(?P<hint> \([^()]*did you mean [^()]*\))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Found:
    """One error of pydantic: the path in the file, the branches taken on the way, and what is wrong there."""

    path: Loc
    branches: tuple[tuple[Loc, str], ...]
    rule: str
    on_key: bool = False


def problems_of(error: ValidationError, model: type[BaseModel], root: Node) -> list[Problem]:
    """
    Say every mistake of a validation once, in the order of the file.

    Parameters
    ----------
    error
        What ``model`` found wrong with ``root.plain()``.
    root
        The merged values with their places, possibly of several files.
    """
    found = [one for details in error.errors(include_url=False) for one in _explained(details, model, root)]
    seen: dict[tuple[Loc, str], Problem] = {}
    for one in _one_branch_each(found):
        seen.setdefault((one.path, one.rule), _placed(one, root))
    return list(seen.values())


def _explained(details: Any, model: type[BaseModel], root: Node) -> Iterator[_Found]:
    loc, kind, context = details["loc"], details["type"], details.get("ctx", {})
    path, branches = _in_file(loc, root, ends_with_field=kind in ("missing", "extra_forbidden"))
    if branches and branches[-1][1] == "[key]":
        name = str(path[-1])
        yield _Found(path, branches, f"{_rule(kind, context, details['msg'])}, got {shown(name)}", on_key=True)
    elif kind in ("too_short", "too_long") and context.get("actual_length") != _length(root, path):
        return  # entries that are wrong themselves are not counted: no second problem for them
    elif kind == "located":
        for below, rule in context["mistakes"]:
            whole = (*path, *below)
            yield _Found(whole, branches, rule if below == () else _with_got(rule, whole, root))
    elif kind == "extra_forbidden":
        known = keys_at(model, loc[:-1])
        some = f"; known: {', '.join(known)}" if 0 < len(known) <= 12 else ""
        name = str(path[-1])
        yield _Found(path, branches, f"unknown key{near_miss(name, known) or some}", on_key=True)
    elif kind in ("union_tag_invalid", "union_tag_not_found"):
        yield _tag_mistake(path, branches, loc, context, model, root)
    else:
        rule = _rule(kind, context, details["msg"])
        yield _Found(path, branches, rule if kind == "missing" else _with_got(rule, path, root))


def _tag_mistake(
    path: Loc, branches: tuple[tuple[Loc, str], ...], loc: Loc, context: Any, model: type[BaseModel], root: Node
) -> _Found:
    name = str(context["discriminator"]).strip("'")
    known = choices_at(model, loc, name)
    node = _find(root, path)
    if node is None or not isinstance(node.value, dict):
        return _Found(path, branches, _with_got(f"must be a map with a {name}", path, root))
    rule = f"must be one of {', '.join(known)}"
    below = (*path, name)
    if name not in node.value:
        return _Found(below, branches, f"must be given: {rule.removeprefix('must be ')}")
    got = node.value[name].plain()
    return _Found(below, branches, f"{rule}, got {shown(got)}{near_miss(got, known)}")


def _rule(kind: str, context: Any, message: str) -> str:
    if kind == "value_error":
        return str(context["error"])
    if kind in ("literal_error", "enum"):
        expected = _quoted(context["expected"])
        return f"must be {'one of ' if len(expected) > 1 else ''}{', '.join(expected)}"
    if kind in _RULES:
        return _RULES[kind].format(**context)
    return message.replace("Input should be", "must be").replace("Input should", "must")


def _quoted(text: str) -> list[str]:
    return re.findall(r"'([^']*)'", text) or [text]


def _with_got(rule: str, path: Loc, root: Node) -> str:
    """Add the value got, and a near miss of a choice, unless the rule tells them already."""
    node = _find(root, path)
    if node is None or ", got " in rule or "did you mean" in rule:
        return rule
    value = node.plain()
    near = ""
    choices = re.fullmatch(r"must be (?:one of )?([\w-]+(?:, [\w-]+)*)", rule)
    if choices is not None and isinstance(value, str):
        near = near_miss(value, choices[1].split(", "))
    elif rule == "must be true or false" and value in ("yes", "on", "no", "off"):
        near = f" (did you mean {'true' if value in ('yes', 'on') else 'false'}?)"
    return f"{rule}, got {shown(value)}{near}"


def _in_file(loc: Loc, root: Node, *, ends_with_field: bool) -> tuple[Loc, tuple[tuple[Loc, str], ...]]:
    """Take out of pydantic's path what is not in the file: the branches of unions that it went through."""
    path: list[str | int] = []
    branches: list[tuple[Loc, str]] = []
    node: Node | None = root
    for i, step in enumerate(loc):
        below = None if node is None else node.get(step)
        if below is not None or (ends_with_field and i == len(loc) - 1):
            path.append(step)
            node = below
        else:
            branches.append((tuple(path), str(step)))
    return tuple(path), tuple(branches)


def _one_branch_each(found: list[_Found]) -> list[_Found]:
    """Where pydantic tried several forms of one value, keep what is wrong with the form that was meant."""
    forks = sorted({fork for one in found for fork, _ in one.branches}, key=lambda fork: (len(fork), str(fork)))
    for fork in forks:
        tried: dict[str, list[_Found]] = {}
        for one in found:
            for at, branch in one.branches:
                if at == fork:
                    tried.setdefault(branch, []).append(one)
                    break
        if len(tried) > 1:
            keep = _meant(fork, list(tried.values()))
            dropped = [one for group in tried.values() for one in group]
            found = [one for one in found if one not in dropped] + keep
    return found


def _meant(fork: Loc, groups: list[list[_Found]]) -> list[_Found]:
    """Choose the form whose mistakes lie deepest; if none of the forms fits at all, join their rules."""
    deep = [group for group in groups if all(len(one.path) > len(fork) for one in group)]
    if deep:
        return min(deep, key=len)
    flat = [group for group in groups if all(one.path == fork for one in group)]
    rules = list(dict.fromkeys(one.rule for group in flat for one in group)) or [groups[0][0].rule]
    return [replace(groups[0][0], path=fork, rule=_joined(rules))]


def _joined(rules: list[str]) -> str:
    parts = [match.groupdict() for rule in rules if (match := _SUFFIX.fullmatch(rule)) is not None]
    heads = [part["rule"].removeprefix("must be ") for part in parts]
    got = next((part["got"] for part in parts if part["got"]), "")
    hint = next((part["hint"] for part in parts if part["hint"]), "")
    return f"must be {' or '.join(dict.fromkeys(heads))}{got}{hint}"


def _length(root: Node, path: Loc) -> int | None:
    node = _find(root, path)
    return len(node.value) if node is not None and isinstance(node.value, list | dict) else None


def _find(root: Node, path: Iterable[str | int]) -> Node | None:
    node: Node | None = root
    for step in path:
        node = None if node is None else node.get(step)
    return node


def _placed(one: _Found, root: Node) -> Problem:
    return place_of(root, one.path, on_key=one.on_key).problem(one.rule, dotted(one.path))
