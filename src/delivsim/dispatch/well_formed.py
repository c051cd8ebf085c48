"""Whether an answer of a policy has the parts and types of one, so that nothing after it can stumble over it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from numbers import Integral, Real
from typing import Any

from delivsim.dispatch.assignment import Assignment, Match, Move, Wait
from delivsim.errors import PolicyError

_BEYOND = 2**63
"""The first number that is no 64-bit integer."""


def refuse_unless_well_formed(assignment: Assignment) -> None:
    """
    Refuse what is no answer whatever the problem.

    Raises
    ------
    PolicyError
        Matches, moves or waits are no sequence of these, or a field of one is of another type than it says.
    """
    for name, kind in _KINDS.items():
        parts = getattr(assignment, name)
        if not isinstance(parts, Sequence):
            raise PolicyError(f"{name}: must be a tuple of {kind.__name__}, got {type(parts).__name__}")
        for part in parts:
            if not isinstance(part, kind):
                raise PolicyError(f"{name}: each must be a {kind.__name__}, got {type(part).__name__}")
            for field, (is_one, what) in _FIELDS[kind]:
                value = getattr(part, field)
                if not is_one(value):
                    raise PolicyError(f"{kind.__name__}.{field}: must be {what}, got {value!r}")


def _is_number(value: Any) -> bool:
    return type(value) is float or (not isinstance(value, bool) and isinstance(value, Real))


def _is_whole(value: Any) -> bool:
    is_one = type(value) is int or (not isinstance(value, bool) and isinstance(value, Integral))
    return is_one and -_BEYOND <= value < _BEYOND


def _are_whole(value: Any) -> bool:
    return isinstance(value, tuple | list) and all(map(_is_whole, value))


def _are_numbers(value: Any) -> bool:
    return isinstance(value, tuple | list) and all(_is_number(one) and math.isfinite(one) for one in value)


def _is_place(value: Any) -> bool:
    return isinstance(value, Sequence) and len(value) == 2 and all(map(_is_number, value))


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_number_or_none(value: Any) -> bool:
    return value is None or _is_number(value)


_Rule = tuple[Callable[[Any], bool], str]

_TEXT: _Rule = _is_text, "text"
_WHOLE: _Rule = _is_whole, "a whole number"
_ARE_WHOLE: _Rule = _are_whole, "a tuple of whole numbers"
_NUMBER: _Rule = _is_number, "a number"
_NUMBERS: _Rule = _are_numbers, "a tuple of finite numbers"

_KINDS: dict[str, type] = {"matches": Match, "moves": Move, "waits": Wait}
_FIELDS: dict[type, tuple[tuple[str, _Rule], ...]] = {
    Match: (
        ("rider", _WHOLE),
        ("orders", _ARE_WHOLE),
        ("reason", _TEXT),
        ("hold_until", (_is_number_or_none, "an instant or None")),
        ("joins", _WHOLE),
        ("cost", _NUMBER),
        ("second", _WHOLE),
        ("second_cost", _NUMBER),
    ),
    Move: (("rider", _WHOLE), ("place", (_is_place, "two numbers")), ("reason", _TEXT)),
    Wait: (("orders", _ARE_WHOLE), ("reason", _TEXT), ("riders", _ARE_WHOLE), ("costs", _NUMBERS), ("until", _NUMBERS)),
}
