"""An order as the world knows it, and the words for how it ends."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from delivsim.errors import InstanceError


class Outcome(StrEnum):
    """How an order ended; every order ends in exactly one of these."""

    DELIVERED = "delivered"
    REJECTED = "rejected"
    """Never accepted: authentication, unavailable items, overload."""
    CANCELLED = "cancelled"
    """Accepted and then given up: payment, the customer's patience, no rider."""
    FAILED = "failed"
    """A platform error after all retries, or a dead letter."""
    CENSORED = "censored"
    """Still open when the run stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """
    What a customer wants, from where, and when.

    Parameters
    ----------
    id
        The order's name in its instance.
    placed_at
        Seconds since the start of the scenario.
    store
        Position of the store in ``Instance.stores``.
    x, y
        Where it goes: metres (Euclidean) or longitude, latitude in degrees.
    ready_at
        When the food is ready, if that is a fact of the instance (``preparation_starts: given``); else None.
    items
        Pairs of (menu item, quantity).
    customer
        Number of the customer; orders with the same number are the same customer's.
    zone
        Name of the zone it goes to; empty: none.
    promised_at
        The instant of delivery that was promised to the customer, if that is a fact of the instance, seconds. It is
        data only: it may lie before readiness, even before the placement.
    preparation_started_at
        When the cooking began, if that is a fact of the instance, seconds; data only.
    preparation_time
        How long cooking this order takes, seconds, if known; kitchens that start by themselves take this long. It
        changes nothing where ready times are facts.
    tip
        Cents the customer gives the rider on delivery.
    """

    id: str
    placed_at: float
    store: int
    x: float
    y: float
    ready_at: float | None = None
    items: tuple[tuple[str, int], ...] = (("meal", 1),)
    customer: int = 0
    zone: str = ""
    promised_at: float | None = None
    preparation_started_at: float | None = None
    preparation_time: float | None = None
    tip: int = 0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.placed_at) and math.isfinite(self.x) and math.isfinite(self.y)):
            raise InstanceError(f"order {self.id}: placed_at, x and y must be finite")
        if self.ready_at is not None and not self.ready_at >= self.placed_at:
            raise InstanceError(
                f"order {self.id}: ready_at: must be >= placed_at ({self.placed_at}), got {self.ready_at}"
            )
        for name in ("promised_at", "preparation_started_at"):
            instant = getattr(self, name)
            if instant is not None and not math.isfinite(instant):
                raise InstanceError(f"order {self.id}: {name}: must be finite, got {instant}")
        if self.preparation_time is not None and not 0.0 <= self.preparation_time < math.inf:
            raise InstanceError(f"order {self.id}: preparation_time: must be >= 0, got {self.preparation_time}")
        if self.tip < 0:
            raise InstanceError(f"order {self.id}: tip: must be >= 0, got {self.tip}")
        for item, units in self.items:
            if units < 1:
                raise InstanceError(f"order {self.id}: units of {item}: must be >= 1, got {units}")
