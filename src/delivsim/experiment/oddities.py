"""What is legal in an instance and deserves a second look: each counted, with an example."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np

from delivsim.domain.instance import Instance
from delivsim.domain.order import Order
from delivsim.domain.rider import Rider
from delivsim.domain.store import Store

FAR = 20_000.0
"""Metres from the nearest store beyond which a rider is hardly of this city."""
LONG_SHIFT = 16 * 3600.0
Found = tuple[str, str, Iterable[str]]
"""What is odd, of which things, and the ids of those."""


class Oddity(NamedTuple):
    """Something odd: how many of how many, and one of them."""

    what: str
    n: int
    of: int
    example: str


def oddities(instance: Instance, starts_at: datetime, *, ready_is_given: bool) -> list[Oddity]:
    """
    Count what is legal and odd; what there is none of is left out.

    Parameters
    ----------
    ready_is_given
        Whether ready times are facts, so that an order without one is odd.
    """
    midnight = datetime.combine(starts_at.date(), datetime.min.time()) + timedelta(days=1)
    totals = {"orders": len(instance.orders), "riders": len(instance.riders), "stores": len(instance.stores)}
    found = []
    for what, of, ids in (
        *_orders(instance.orders, (midnight - starts_at).total_seconds(), ready_is_given=ready_is_given),
        *_riders(instance, (midnight - starts_at).total_seconds()),
        *_together(instance),
    ):
        named = list(ids)
        if named:
            found.append(Oddity(f"{of} {what}", len(named), totals[of], named[0]))
    return found


def _orders(orders: Sequence[Order], midnight: float, *, ready_is_given: bool) -> Iterator[Found]:
    promised = [(o, o.promised_at) for o in orders if o.promised_at is not None]
    ready = [(o, o.ready_at) for o in orders if o.ready_at is not None]
    yield "promised before they are ready", "orders", (o.id for o, at in promised if _precedes(at, o.ready_at))
    yield "promised before they are placed", "orders", (o.id for o, at in promised if at < o.placed_at)
    yield "ready after midnight", "orders", (o.id for o, at in ready if at >= midnight)
    yield "without a ready time", "orders", (o.id for o in orders if ready_is_given and o.ready_at is None)
    seen = Counter((o.placed_at, o.store, o.x, o.y) for o in orders)
    yield (
        "like another in time, store and place",
        "orders",
        (o.id for o in orders if seen[o.placed_at, o.store, o.x, o.y] > 1),
    )


def _precedes(at: float, other: float | None) -> bool:
    return other is not None and at < other


def _riders(instance: Instance, midnight: float) -> Iterator[Found]:
    riders = instance.riders
    yield "with a shift of no length, who never work", "riders", (r.id for r in riders if r.on_at == r.off_at)
    yield "with a shift that ends after midnight", "riders", (r.id for r in riders if r.off_at > midnight)
    yield "with a shift of more than 16 h", "riders", (r.id for r in riders if r.off_at - r.on_at > LONG_SHIFT)
    yield "who start more than 20 km from every store", "riders", _far(instance)


def _together(instance: Instance) -> Iterator[Found]:
    orders, stores = instance.orders, instance.stores
    on_shift = _on_shift(instance.riders)
    last = max((rider.off_at for rider in instance.riders), default=-math.inf)
    yield "placed when nobody is on shift", "orders", (o.id for o in orders if not on_shift(o.placed_at))
    ready = ((o.id, o.placed_at if o.ready_at is None else o.ready_at) for o in orders)
    yield "ready after the last shift has ended", "orders", (name for name, at in ready if at > last)
    yield (
        "placed while their store is closed",
        "orders",
        (o.id for o in orders if _closed(stores[o.store], o.placed_at)),
    )
    yield (
        "delivered at the store's own place",
        "orders",
        (o.id for o in orders if (o.x, o.y) == (stores[o.store].x, stores[o.store].y)),
    )
    used = {order.store for order in orders}
    yield "without an order", "stores", (store.id for i, store in enumerate(stores) if i not in used)


def _closed(store: Store, at: float) -> bool:
    return bool(store.opening) and not any(begin <= at < end for begin, end in store.opening)


def _far(instance: Instance) -> Iterator[str]:
    """Find riders who start far from the store that is nearest as the crow flies."""
    from scipy.spatial import cKDTree

    if not instance.stores or not instance.riders:
        return
    stores = np.array([(store.x, store.y) for store in instance.stores])
    starts = np.array([(rider.x, rider.y) for rider in instance.riders])
    shrink = math.cos(math.radians(float(stores[:, 1].mean()))) if instance.geographic else 1.0
    _, nearest = cKDTree(stores * (shrink, 1.0)).query(starts * (shrink, 1.0))
    for rider, store in zip(instance.riders, np.atleast_1d(nearest), strict=True):
        place = float(stores[store, 0]), float(stores[store, 1])
        if instance.travel.distance((rider.x, rider.y), place) > FAR:
            yield rider.id


def _on_shift(riders: Iterable[Rider]) -> Callable[[float], bool]:
    """Make the function that tells whether somebody is on shift at an instant."""
    real = [rider for rider in riders if rider.off_at > rider.on_at]
    on, off = sorted(rider.on_at for rider in real), sorted(rider.off_at for rider in real)
    return lambda at: bisect_right(on, at) > bisect_right(off, at)
