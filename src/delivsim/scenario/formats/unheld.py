"""What of an instance a format has no place for, told from the nouns themselves."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from delivsim.domain.instance import Instance, Rules


def unheld_by(fixed: Rules, **held: Iterable[str]) -> Callable[[Instance], dict[str, str]]:
    """
    Make the function that names what an instance says and a format does not hold.

    Parameters
    ----------
    fixed
        The rules of every instance in the format, but for those that it holds.
    held
        The fields that the format has: of ``orders``, ``riders``, ``stores`` and ``rules``.

    Returns
    -------
    A function that gives the other fields that say something, as words, by what they belong to.
    """
    known = {name: frozenset(fields) for name, fields in held.items()}

    def unheld(instance: Instance) -> dict[str, str]:
        found = {name: list(_said(_things(instance, name), known[name])) for name in ("orders", "riders", "stores")}
        rules = (field.name for field in dataclasses.fields(Rules) if field.name not in known["rules"])
        found["rules"] = [name for name in rules if getattr(instance.rules, name) != getattr(fixed, name)]
        return {name: ", ".join(fields) for name, fields in found.items() if fields}

    return unheld


def _things(instance: Instance, name: str) -> list[Any]:
    return list(getattr(instance, name))


def _said(things: list[Any], held: frozenset[str]) -> Iterator[str]:
    """Name the fields beyond those held that are not their default in every one of these."""
    others = [field for field in dataclasses.fields(things[0]) if field.name not in held] if things else []
    yield from (field.name for field in others if any(getattr(thing, field.name) != field.default for thing in things))
