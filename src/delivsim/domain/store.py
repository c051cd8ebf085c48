"""Stores: where food is made and handed over."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

from delivsim.domain.distributions import DurationLaw
from delivsim.domain.units import near_miss
from delivsim.errors import InstanceError

MEAL = "meal"
"""The one item of a store that has no menu."""


def is_open(opening: tuple[tuple[float, float], ...], at: float) -> bool:
    """Whether a store with these opening hours takes orders at that instant; without any it always does."""
    return not opening or any(begin <= at < end for begin, end in opening)


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
        Pairs of (item, price in cents); empty: one item, `MEAL`.
    stock
        Units of each menu item at the start, pairs of (item, units); empty: nothing ever runs out.
    cooks
        How many orders are cooked at the same time; None: as many as come.
    zone
        Name of the zone it stands in; empty: none.
    opening
        Pairs of instants (from, to) in which it takes orders, seconds, in order and apart; empty: always.
    refills
        Triples of (instant, item, units): what is added to the stock, and when; only items that have a stock.
    preparation
        How long it cooks one order, seconds; None: as the scenario says of all stores.
    estimate
        How long cooking takes by its menu, seconds; None: as the scenario says of all stores.
    handover_time
        Seconds it takes to hand a rider the bundle, once the food is ready and the rider is there.
    other_rate
        Orders per second that the kitchen has from elsewhere (its guests, other platforms); only with ``cooks``.
    slowdown
        How much longer cooking takes in a busy kitchen: by this times the share of cooks at work as it begins. Only
        with ``cooks``.
    """

    id: str
    x: float
    y: float
    menu: tuple[tuple[str, int], ...] = ()
    stock: tuple[tuple[str, int], ...] = ()
    cooks: int | None = None
    zone: str = ""
    opening: tuple[tuple[float, float], ...] = ()
    refills: tuple[tuple[float, str, int], ...] = ()
    preparation: DurationLaw | None = None
    estimate: float | None = None
    handover_time: float = 0.0
    other_rate: float = 0.0
    slowdown: float = 0.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.x) and math.isfinite(self.y)):
            raise InstanceError(f"store {self.id}: x and y must be finite")
        if self.cooks is not None and self.cooks < 1:
            raise InstanceError(f"store {self.id}: cooks: must be >= 1, got {self.cooks}")
        self._check_menu()
        for name in ("handover_time", "other_rate", "slowdown", "estimate"):
            number = getattr(self, name)
            if number is not None and not 0.0 <= number < math.inf:
                raise InstanceError(f"store {self.id}: {name}: must be >= 0, got {number}")
        for name in ("other_rate", "slowdown"):
            if getattr(self, name) > 0.0 and self.cooks is None:
                raise InstanceError(f"store {self.id}: {name}: only a kitchen with a number of cooks can be busy")
        self._check_opening()
        self._check_refills()

    def _check_menu(self) -> None:
        for item, price in self.menu:
            if price < 0:
                raise InstanceError(f"store {self.id}: price of {item}: must be >= 0, got {price}")
        menu = dict(self.menu or ((MEAL, 0),))
        for item, units in self.stock:
            if units < 0:
                raise InstanceError(f"store {self.id}: stock of {item}: must be >= 0, got {units}")
            if item not in menu:
                near = near_miss(item, list(menu))
                raise InstanceError(f"store {self.id}: stock of {item}: not on the menu{near}")
        for what, lines in (("menu", self.menu), ("stock", self.stock)):
            if len(dict(lines)) < len(lines):
                twice = Counter(item for item, _ in lines).most_common(1)[0][0]
                raise InstanceError(f"store {self.id}: {what}: {twice} is given twice")

    def _check_opening(self) -> None:
        last = -math.inf
        for begin, end in self.opening:
            if not (math.isfinite(begin) and math.isfinite(end) and last <= begin <= end):
                raise InstanceError(f"store {self.id}: opening: must be in order and apart, got {begin} to {end}")
            last = end

    def _check_refills(self) -> None:
        stocked = {item for item, _ in self.stock}
        for at, item, units in self.refills:
            if not math.isfinite(at) or units < 0:
                raise InstanceError(
                    f"store {self.id}: refill of {item}: must be at a finite time and >= 0, got {units} at {at}"
                )
            if item not in stocked:
                raise InstanceError(f"store {self.id}: refill of {item}: no stock of it is kept, it never runs out")
