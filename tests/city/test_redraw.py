"""Another day in an instance's city: so many orders as the rates say, each like one that was there."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest
from pydantic import ValidationError

from delivsim.city.redraw import DrawnDemand, redrawn, zones_without
from delivsim.domain.instance import Instance
from delivsim.domain.order import Order
from delivsim.domain.store import Store
from delivsim.domain.streams import Streams
from delivsim.domain.travel import Euclidean

FIVE = datetime(2026, 11, 20, 17)
HOUR = 3600.0


def _instance() -> Instance:
    """Store a sells in its first hour, three times as often as b; c is another zone's."""
    stores = [Store(id=name, x=0.0, y=0.0, zone="west" if name == "c" else "east") for name in "abc"]
    orders = [
        Order(id=f"{k}", placed_at=10.0 * k, store=(0 if k % 4 else 1) if k < 360 else 2, x=float(k), y=1.0,
              ready_at=10.0 * k + 600, items=(("meal", 1 + k % 3),), customer=k % 50)
        for k in range(720)
    ]  # fmt: skip
    return Instance(name="i", orders=orders, riders=[], stores=stores, travel=Euclidean(speed=5.0))


def _demand(**config: object) -> DrawnDemand:
    return DrawnDemand.model_validate(config)


def _drawn(config: DrawnDemand, seed: int = 1) -> Instance:
    return redrawn(_instance(), config, FIVE, 2 * HOUR, Streams(seed))


def test_as_many_as_the_rate_says_and_each_like_one_that_was() -> None:
    """Poisson counts within four deviations, places and baskets of the instance, nothing of what happened."""
    drawn = _drawn(_demand(rate={"17:00": "1000/h", "18:00": "500/h"}))
    placed_at = np.array([order.placed_at for order in drawn.orders])
    assert abs((placed_at < HOUR).sum() - 1000) < 4 * 1000**0.5
    assert abs((placed_at >= HOUR).sum() - 500) < 4 * 500**0.5
    assert (np.diff(placed_at) >= 0).all()
    for order in drawn.orders[:50]:
        was = _instance().orders[int(order.x)]
        assert (order.store, order.items, order.customer) == (was.store, was.items, was.customer)
        assert order.ready_at is None


def test_orders_are_like_those_of_the_same_time_of_day() -> None:
    """In the first minutes nobody orders from the store that sold only in the second hour."""
    drawn = _drawn(_demand(rate={"17:00": "3000/h"}))
    early = [order.store for order in drawn.orders if order.placed_at < 60]
    assert set(early) == {0, 1}
    share = np.mean([order.store == 0 for order in drawn.orders if order.store < 2])
    assert share == pytest.approx(0.75, abs=0.04)


def test_zones_have_rates_of_their_own() -> None:
    """A zone's orders are like those of its stores; one without any is named."""
    drawn = _drawn(_demand(zones={"east": {"17:00": "100/h"}, "west": {"18:00": "400/h"}}))
    west = [order for order in drawn.orders if order.store == 2]
    assert abs(len(west) - 400) < 80
    assert min(order.placed_at for order in west) >= HOUR
    assert zones_without(_instance(), _demand(zones={"east": {"17:00": 1}, "north": {"17:00": 1}})) == ["north"]


def test_days_differ_as_much_as_they_are_told_to() -> None:
    """Over many days, the spread of counts beyond chance is that of ``day_to_day``; ``scale`` moves their mean."""
    demand = _demand(rate={"17:00": "500/h"}, day_to_day=0.2, scale=1.2)
    counts = np.array([len(_drawn(demand, seed).orders) for seed in range(150)])
    assert counts.mean() == pytest.approx(1200, rel=0.06)
    beyond = (counts.var(ddof=1) - counts.mean()) / counts.mean() ** 2
    assert beyond**0.5 == pytest.approx(0.2, rel=0.2)


def test_the_same_seed_is_the_same_day() -> None:
    """And another seed another."""
    demand = _demand(rate={"17:00": "500/h"})
    assert list(_drawn(demand).orders) == list(_drawn(demand).orders)
    assert list(_drawn(demand).orders) != list(_drawn(demand, 2).orders)


@pytest.mark.parametrize(
    ("config", "rule"),
    [
        ({"rate": {"17:00": 1}, "zones": {"a": {"17:00": 1}}}, "rate: must not be given beside zones or file"),
        ({"rate": {"17:00": 1}, "file": "orders.csv"}, "rate: must not be given beside zones or file"),
        ({"zones": {"a": {"noon": 1}}}, "zones.a.noon: must be a time"),
    ],
)
def test_wrong_demand_is_told(config: dict[str, object], rule: str) -> None:
    """With its place and the rule."""
    with pytest.raises(ValidationError, match=rule):
        _demand(**config)
