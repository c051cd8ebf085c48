"""An instance: the orders, riders and stores of one day, and the rules they live by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from delivsim.domain.order import Order
from delivsim.domain.rider import Rider
from delivsim.domain.store import MEAL, Store
from delivsim.domain.travel import Travel
from delivsim.domain.units import near_miss
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
    pay_per_km
        Cents a rider earns per kilometre driven for orders, to the store and to the customer.
    guaranteed_pay_per_hour
        Cents per hour of shift a rider earns at least.
    same_store_bundles
        Whether only orders of one store may share a bundle.
    capacity
        Orders that a rider carries at the same time at most, if the rider does not say; None: any number.
    growing_bundles
        Whether a bundle that a rider has accepted may get more orders of its stores until it is picked up. A rider on
        the way to the store is told on arrival.
    waiting_at
        Where idle riders may be sent to wait: at ``stores`` only, or ``anywhere``.
    diversion
        Whether a rider on the way to where he was sent to wait may be called away before he is there.
    """

    pickup_service_time: float = 240.0
    dropoff_service_time: float = 240.0
    target_click_to_door: float = 2400.0
    max_click_to_door: float = 5400.0
    pay_per_order: int = 1000
    guaranteed_pay_per_hour: int = 1500
    same_store_bundles: bool = True
    pay_per_km: int = 0
    capacity: int | None = None
    growing_bundles: bool = True
    waiting_at: Literal["stores", "anywhere"] = "anywhere"
    diversion: bool = False

    def __post_init__(self) -> None:
        if self.capacity is not None and self.capacity < 1:
            raise InstanceError(f"rules: capacity: must be >= 1, got {self.capacity}")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Instance:
    """
    One day of a city, cross-checked: every order names a store and items that exist, ids are unique, zones known.

    Parameters
    ----------
    name
        What reports call it.
    orders, riders, stores
        Who orders, carries and cooks.
    travel
        How long the ways between them take.
    rules
        What holds for all of them.
    geographic
        Whether places are longitude and latitude instead of metres.
    zones
        Names of all zones. Where it is empty, zones of orders, stores and riders are not checked.
    """

    name: str
    orders: Sequence[Order]
    riders: Sequence[Rider]
    stores: Sequence[Store]
    travel: Travel
    rules: Rules = field(default_factory=Rules)
    geographic: bool = False
    zones: tuple[str, ...] = ()

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
        return [*found, *self._unknown_items(), *self._unknown_zones()]

    def _unknown_items(self) -> Iterator[str]:
        """Find items that are not on the menu of their order's store."""
        menus = [{item for item, _ in store.menu} or {MEAL} for store in self.stores]
        for order in self.orders:
            for item, _ in order.items if 0 <= order.store < len(menus) else ():
                if item not in (menu := menus[order.store]):
                    near = near_miss(item, sorted(menu))
                    yield f"order {order.id}: {item!r} is not on the menu of store {self.stores[order.store].id}{near}"

    def _unknown_zones(self) -> Iterator[str]:
        known = set(self.zones)
        for what, things in (("order", self.orders), ("rider", self.riders), ("store", self.stores)):
            for thing in things if known else ():
                if thing.zone and thing.zone not in known:
                    near = near_miss(thing.zone, sorted(known))
                    yield f"{what} {thing.id}: no zone {thing.zone!r}, only {', '.join(self.zones)}{near}"

    @property
    def ends_at(self) -> float:
        """The instant of the last placement, seconds; 0 without orders."""
        return max((order.placed_at for order in self.orders), default=0.0)
