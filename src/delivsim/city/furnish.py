"""What a scenario says of all kitchens and customers, given to the stores and orders that say nothing of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol

from delivsim.city.behavior import CustomersConfig, KitchensConfig
from delivsim.domain.instance import Instance
from delivsim.domain.order import Order
from delivsim.domain.store import Store
from delivsim.domain.streams import Streams


class Behavior(Protocol):
    """How people behave, in a city or of an instance."""

    @property
    def kitchens(self) -> KitchensConfig: ...
    @property
    def customers(self) -> CustomersConfig: ...


def furnished(instance: Instance, behavior: Behavior, streams: Streams) -> Instance:
    """Give stores the kitchens, and orders the tips, that the scenario speaks of; what they say themselves stays."""
    stores = _kitchens(instance.stores, behavior.kitchens)
    orders = _tipped(instance.orders, behavior.customers, streams)
    if stores is instance.stores and orders is instance.orders:
        return instance
    return replace(instance, stores=stores, orders=orders)


def _kitchens(stores: Sequence[Store], config: KitchensConfig) -> Sequence[Store]:
    said: dict[str, Any] = {
        "cooks": config.cooks,
        "slowdown": config.slowdown,
        "other_rate": config.other_orders,
        "handover_time": config.handover_time,
    }
    said = {name: value for name, value in said.items() if value}
    if not said:
        return stores
    return [replace(s, **{name: getattr(s, name) or value for name, value in said.items()}) for s in stores]


def _tipped(orders: Sequence[Order], config: CustomersConfig, streams: Streams) -> Sequence[Order]:
    """Draw tips, by order, unless the instance has any."""
    if config.tips == 0.0 or any(order.tip for order in orders):
        return orders
    gives = streams.keyed("customer/tips", lambda rng, n: rng.random(n))
    amount = streams.keyed("customer/tip", config.tip.sample)
    return [replace(o, tip=round(amount(i))) if gives(i) < config.tips else o for i, o in enumerate(orders)]
