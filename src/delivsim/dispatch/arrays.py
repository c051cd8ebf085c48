"""Read-only arrays in frozen dataclasses: made once, checked once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from delivsim.errors import InputError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


def freeze(owner: object, name: str, kind: type, shape: tuple[int, ...]) -> None:
    """
    Replace a field of a frozen dataclass by a read-only view of the right type; a copy only where the type is another.

    Raises
    ------
    InputError
        The shape is wrong (an empty list has every empty shape), or a value is none of that type.
    """
    given = np.asarray(getattr(owner, name))
    array: NDArray[Any] = given if given.dtype == kind else _converted(given, name, kind)
    if array.shape != shape:
        if array.size or shape[0]:
            raise InputError(f"dispatch problem: {name}: shape must be {shape}, got {array.shape}")
        array = array.reshape(shape)
    view = array.view()
    view.flags.writeable = False
    object.__setattr__(owner, name, view)


_KINDS = {np.int64: "whole numbers", np.bool_: "true or false"}


def _converted(given: NDArray[Any], name: str, kind: type) -> NDArray[Any]:
    """Give values as another type; 3.7 is no order, and nothing is cut off to make it one."""
    try:
        with np.errstate(invalid="ignore"):
            array: NDArray[Any] = given.astype(kind)
        wrong = np.flatnonzero(array != given) if kind in _KINDS else np.empty(0, np.int64)
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"dispatch problem: {name}: must be {_KINDS.get(kind, 'numbers')}, got {given!r}") from None
    if wrong.size:
        raise InputError(f"dispatch problem: {name}: must be {_KINDS[kind]}, got {given.flat[wrong[0]]}")
    return array


def refuse_unless_finite(owner: object, *names: str) -> None:
    """Raise InputError unless every value of these fields is finite."""
    for name in names:
        if not np.isfinite(getattr(owner, name)).all():
            raise InputError(f"dispatch problem: {name}: every value must be finite")
