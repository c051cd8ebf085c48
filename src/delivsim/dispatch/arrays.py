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
        The shape is wrong; an empty list has every empty shape.
    """
    array: NDArray[Any] = np.asarray(getattr(owner, name), dtype=kind)
    if array.shape != shape:
        if array.size or shape[0]:
            raise InputError(f"dispatch problem: {name}: shape must be {shape}, got {array.shape}")
        array = array.reshape(shape)
    view = array.view()
    view.flags.writeable = False
    object.__setattr__(owner, name, view)


def refuse_unless_finite(owner: object, *names: str) -> None:
    """Raise InputError unless every value of these fields is finite."""
    for name in names:
        if not np.isfinite(getattr(owner, name)).all():
            raise InputError(f"dispatch problem: {name}: every value must be finite")
