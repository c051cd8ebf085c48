"""The instance nearest to any other that the mdrplib format can hold, and what is lost on the way."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from delivsim.domain.instance import Instance
from delivsim.domain.order import Order
from delivsim.domain.rider import Rider
from delivsim.domain.store import Store
from delivsim.domain.travel import Euclidean
from delivsim.errors import InstanceError, Problem
from delivsim.scenario.formats.mdrplib import FIXED, HELD_RULES, MINUTE, unheld


def nearest_mdrplib(instance: Instance) -> tuple[Instance, tuple[str, ...]]:
    """
    Make whole minutes of all times, straight lines of all ways, and leave out what has no column.

    Orders are placed in the minute that has begun and ready when it is full; shifts begin and end at the nearest one.

    Returns
    -------
    The instance, and what is lost, in words.

    Raises
    ------
    InstanceError
        Travel is not Euclidean, or an order has no ready time: nothing comes near to that.
    """
    travel = instance.travel
    if not isinstance(travel, Euclidean):
        raise InstanceError.of([Problem(path="travel", rule="must be Euclidean to be written in the mdrplib format")])
    near = Instance(
        name=instance.name,
        orders=[_order(order) for order in instance.orders],
        riders=[_rider(rider) for rider in instance.riders],
        stores=[Store(id=store.id, x=store.x, y=store.y) for store in instance.stores],
        travel=Euclidean(round(travel.speed / travel.detour * MINUTE, 3) / MINUTE, round_up_to=MINUTE),
        rules=replace(FIXED, **{name: getattr(instance.rules, name) for name in HELD_RULES}),
    )
    return near, tuple(_lost(instance, near))


def _order(order: Order) -> Order:
    if order.ready_at is None:
        rule = "must have a ready time to be written in the mdrplib format"
        raise InstanceError.of([Problem(path=f"order {order.id}", rule=rule)])
    placed_at, ready_at = math.floor(order.placed_at / MINUTE), math.ceil(order.ready_at / MINUTE)
    return Order(
        id=order.id, placed_at=MINUTE * placed_at, store=order.store, x=order.x, y=order.y, ready_at=MINUTE * ready_at
    )


def _rider(rider: Rider) -> Rider:
    on_at, off_at = (MINUTE * round(at / MINUTE) for at in (rider.on_at, rider.off_at))
    return Rider(id=rider.id, x=rider.x, y=rider.y, on_at=on_at, off_at=off_at)


def _lost(instance: Instance, near: Instance) -> Iterator[str]:
    for name, fields in unheld(instance).items():
        yield f"{name}: {fields}"
    orders, riders = zip(instance.orders, near.orders, strict=True), zip(instance.riders, near.riders, strict=True)
    if any((one.placed_at, one.ready_at) != (other.placed_at, other.ready_at) for one, other in orders):
        yield "orders: seconds (placed in the minute that has begun, ready when it is full)"
    if any((one.on_at, one.off_at) != (other.on_at, other.off_at) for one, other in riders):
        yield "riders: seconds of shifts (the nearest minute)"
    if instance.travel != near.travel:
        yield "travel: ways take whole minutes, rounded up, and the detour is in the speed"
