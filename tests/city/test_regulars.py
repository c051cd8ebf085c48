"""People who order again do so from one home, the loyal more often, at stores around it."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

import numpy as np

from delivsim.city.config import CityConfig
from delivsim.city.generate import generate
from delivsim.domain.instance import Instance
from delivsim.domain.streams import Streams


def city(**customers: Any) -> Instance:
    """An evening of some two thousand orders."""
    config = {
        "demand": {"rate": {"18:00": "1000/h"}}, "stores": {"count": 40}, "riders": 1, "customers": customers,
        "zones": {"a": {"x": 2000, "y": 2000}, "b": {"x": 6000, "y": 6000}},
    }  # fmt: skip
    return generate(CityConfig.model_validate(config), datetime(2026, 11, 20, 18), 7200.0, Streams(1), name="t")


def test_without_a_pool_every_order_is_somebody_elses() -> None:
    """As many customers as orders."""
    orders = city().orders
    assert len({order.customer for order in orders}) == len(orders)


def test_a_pool_orders_again_from_the_same_home() -> None:
    """Three hundred people place two thousand orders, each from one door, in one zone."""
    orders = city(pool=300).orders
    by_person: dict[int, set[tuple[float, float, str]]] = {}
    for order in orders:
        by_person.setdefault(order.customer, set()).add((order.x, order.y, order.zone))
    assert 200 < len(by_person) <= 301
    assert all(len(homes) == 1 for homes in by_person.values())


def test_the_loyal_order_more_often() -> None:
    """By Zipf's law with exponent 1 the first of some 150 in a zone has about a sixth of its orders; alike, a 150th."""
    for loyalty, low, high in ((1.0, 0.12, 0.25), (0.0, 0.0, 0.03)):
        orders = [order for order in city(pool=300, loyalty=loyalty).orders if order.zone == "a"]
        most = Counter(order.customer for order in orders).most_common(1)[0][1] / len(orders)
        assert low < most < high


def test_people_order_around_their_homes_and_from_more_than_one_store() -> None:
    """Ways are as long as without a pool, within a quarter, and nobody eats at one store only."""

    def way(instance: Instance) -> float:
        at = np.array([(instance.stores[o.store].x, instance.stores[o.store].y) for o in instance.orders])
        return float(np.median(np.hypot(*(at - np.array([(o.x, o.y) for o in instance.orders])).T)))

    some = city(pool=300)
    assert abs(way(some) / way(city()) - 1) < 0.3
    often = Counter(order.customer for order in some.orders).most_common(20)
    for person, _ in often:
        assert len({order.store for order in some.orders if order.customer == person}) > 1
