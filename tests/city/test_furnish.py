"""What a scenario says of all stores and customers is given to those that say nothing themselves."""

from __future__ import annotations

from typing import Any

import pytest

from delivsim.city.behavior import BehaviorConfig
from delivsim.city.furnish import furnished
from delivsim.domain.instance import Instance
from delivsim.domain.order import Order
from delivsim.domain.store import Store
from delivsim.domain.streams import Streams
from delivsim.domain.travel import Euclidean


def town(tip: int = 0) -> Instance:
    """A store that says nothing, one that says all, and a thousand orders."""
    stores = [
        Store(id="a", x=0, y=0),
        Store(id="b", x=0, y=0, cooks=7, slowdown=0.1, handover_time=9.0, other_rate=0.5),
    ]
    orders = [Order(id=f"o{i}", placed_at=0, store=0, x=0, y=0, tip=tip) for i in range(1000)]
    return Instance(name="t", orders=orders, riders=[], stores=stores, travel=Euclidean(5.0))


def behavior(**said: Any) -> BehaviorConfig:
    return BehaviorConfig.model_validate(said)


def test_nothing_said_changes_nothing() -> None:
    """The instance itself comes back."""
    instance = town()
    assert furnished(instance, behavior(), Streams(1)) is instance


def test_what_a_store_says_itself_stays() -> None:
    """Only the silent store gets the kitchens of the scenario."""
    kitchens = {"cooks": 2, "slowdown": 0.5, "handover_time": "30s", "other_orders": "6/h"}
    a, b = furnished(town(), behavior(kitchens=kitchens), Streams(1)).stores
    assert (a.cooks, a.slowdown, a.handover_time, a.other_rate) == (2, 0.5, 30.0, pytest.approx(6 / 3600))
    assert b == town().stores[1]


def test_tips_are_drawn_by_order_unless_the_instance_has_any() -> None:
    """Three of ten give, on average two units; real tips are not touched."""
    said = behavior(customers={"tips": 0.3, "tip": {"kind": "exponential", "mean": 2}})
    tips = [order.tip for order in furnished(town(), said, Streams(1)).orders]
    assert sum(tip > 0 for tip in tips) == pytest.approx(300, abs=50)
    assert sum(tips) / sum(tip > 0 for tip in tips) == pytest.approx(200, rel=0.15)
    assert furnished(town(tip=50), said, Streams(1)).orders[0].tip == 50


def test_only_a_kitchen_with_cooks_can_be_busy() -> None:
    """Guests and slowness without a number of cooks are refused."""
    for key in ({"slowdown": 0.5}, {"other_orders": "6/h"}):
        with pytest.raises(ValueError, match="only a kitchen with a number of cooks can be busy"):
            behavior(kitchens=key)
