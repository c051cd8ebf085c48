"""Stores: where food is made and handed over."""

from __future__ import annotations

import math
from dataclasses import dataclass

from delivsim.errors import InstanceError


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """
    A place that cooks.

    Parameters
    ----------
    id
        The store's name in its instance.
    x, y
        Metres (Euclidean) or longitude, latitude in degrees.
    menu
        Pairs of (item, price in cents); empty: one item named "meal".
    stock
        Units of each menu item at the start, pairs of (item, units); empty: nothing ever runs out.
    cooks
        How many orders are cooked at the same time; None: as many as come.
    """

    id: str
    x: float
    y: float
    menu: tuple[tuple[str, int], ...] = ()
    stock: tuple[tuple[str, int], ...] = ()
    cooks: int | None = None

    def __post_init__(self) -> None:
        if not (math.isfinite(self.x) and math.isfinite(self.y)):
            raise InstanceError(f"store {self.id}: x and y must be finite")
        if self.cooks is not None and self.cooks < 1:
            raise InstanceError(f"store {self.id}: cooks: must be >= 1, got {self.cooks}")
        for item, units in self.stock:
            if units < 0:
                raise InstanceError(f"store {self.id}: stock of {item}: must be >= 0, got {units}")
