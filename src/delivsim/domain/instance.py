"""An instance: the orders, riders and stores of one day, and the rules they live by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from delivsim.domain.order import Order
from delivsim.domain.rider import Rider
from delivsim.domain.store import Store
from delivsim.domain.travel import Travel
from delivsim.errors import InstanceError, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """
    What holds for every order and rider of an instance (Reyes et al. 2018 unless said otherwise).

    Parameters
    ----------
    pickup_service_time, dropoff_service_time
        Seconds a rider spends at a store and at a customer; half of it before the hand-over, half after.
    target_click_to_door, max_click_to_door
        Seconds from placement to delivery that the platform aims at, and may never pass.
    pay_per_order
        Cents a rider earns per delivered order.
    guaranteed_pay_per_hour
        Cents per hour of shift a rider earns at least.
    same_store_bundles
        Whether only orders of one store may share a bundle.
    """

    pickup_service_time: float = 240.0
    dropoff_service_time: float = 240.0
    target_click_to_door: float = 2400.0
    max_click_to_door: float = 5400.0
    pay_per_order: int = 1000
    guaranteed_pay_per_hour: int = 1500
    same_store_bundles: bool = True


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Instance:
    """
    One day of a city, cross-checked: every order names a store that exists, ids are unique.

    ``geographic`` tells that places are longitude and latitude instead of metres.
    """

    name: str
    orders: Sequence[Order]
    riders: Sequence[Rider]
    stores: Sequence[Store]
    travel: Travel
    rules: Rules = field(default_factory=Rules)
    geographic: bool = False

    def __post_init__(self) -> None:
        problems = [Problem(rule=rule) for rule in self._mistakes()]
        if problems:
            raise InstanceError(f"instance {self.name}: " + "; ".join(str(p) for p in problems[:20]), tuple(problems))

    def _mistakes(self) -> list[str]:
        n = len(self.stores)
        found = [
            f"order {o.id}: no store number {o.store} (there are {n})" for o in self.orders if not 0 <= o.store < n
        ]
        for what, things in (("order", self.orders), ("rider", self.riders), ("store", self.stores)):
            seen: set[str] = set()
            for thing in things:
                if thing.id in seen:
                    found.append(f"{what} {thing.id}: given twice")
                seen.add(thing.id)
        return found
