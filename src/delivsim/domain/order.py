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
        Position of the customer among the instance's customers.
    """

    id: str
    placed_at: float
    store: int
    x: float
    y: float
    ready_at: float | None = None
    items: tuple[tuple[str, int], ...] = (("meal", 1),)
    customer: int = 0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.placed_at) and math.isfinite(self.x) and math.isfinite(self.y)):
            raise InstanceError(f"order {self.id}: placed_at, x and y must be finite")
        if self.ready_at is not None and not self.ready_at >= self.placed_at:
            raise InstanceError(
                f"order {self.id}: ready_at: must be >= placed_at ({self.placed_at}), got {self.ready_at}"
            )
