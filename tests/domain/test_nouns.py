"""Orders, riders, stores and instances are valid once built, and what is wrong with one is told by its name."""

from __future__ import annotations

from typing import Any

import pytest

from delivsim.domain.instance import Instance, Rules
from delivsim.domain.order import Order
from delivsim.domain.rider import Rider
from delivsim.domain.store import Store
from delivsim.domain.travel import Euclidean
from delivsim.errors import InstanceError


def order(**more: Any) -> Order:
    return Order(**{"id": "o1", "placed_at": 0.0, "store": 0, "x": 0.0, "y": 0.0} | more)


def rider(**more: Any) -> Rider:
    return Rider(**{"id": "r1", "x": 0.0, "y": 0.0, "on_at": 0.0, "off_at": 3600.0} | more)


def store(**more: Any) -> Store:
    return Store(**{"id": "s1", "x": 0.0, "y": 0.0} | more)


def instance(**more: Any) -> Instance:
    parts = {"orders": [order()], "riders": [rider()], "stores": [store()]}
    return Instance(name="tiny", travel=Euclidean(5.0), **parts | more)


@pytest.mark.parametrize(
    ("make", "wrong", "told"),
    [
        (order, {"ready_at": -1.0}, "order o1: ready_at: must be >= placed_at"),
        (order, {"promised_at": float("nan")}, "order o1: promised_at: must be finite, got nan"),
        (order, {"preparation_started_at": float("inf")}, "order o1: preparation_started_at: must be finite, got inf"),
        (order, {"preparation_time": -1.0}, "order o1: preparation_time: must be >= 0, got -1.0"),
        (order, {"tip": -1}, "order o1: tip: must be >= 0, got -1"),
        (order, {"items": (("soup", 0),)}, "order o1: units of soup: must be >= 1, got 0"),
        (rider, {"off_at": -1.0}, "rider r1: off_at: must be >= on_at"),
        (rider, {"speed": 0.0}, "rider r1: speed: must be > 0, got 0.0"),
        (rider, {"capacity": 0}, "rider r1: capacity: must be >= 1, got 0"),
        (rider, {"breaks": ((0.0, 4000.0),)}, "rider r1: breaks: must lie within the shift"),
        (rider, {"breaks": ((600.0, 900.0), (800.0, 1000.0))}, "in order and apart, got 800.0 to 1000.0"),
        (store, {"cooks": 0}, "store s1: cooks: must be >= 1, got 0"),
        (store, {"stock": (("soup", -1),)}, "store s1: stock of soup: must be >= 0, got -1"),
        (store, {"menu": (("soup", -1),)}, "store s1: price of soup: must be >= 0, got -1"),
        (store, {"menu": (("soup", 1), ("soup", 2))}, "store s1: menu: soup is given twice"),
        (
            store,
            {"menu": (("soup", 1),), "stock": (("soop", 1),)},
            "stock of soop: not on the menu (did you mean 'soup'?",
        ),
        (store, {"stock": (("soup", 1),)}, "store s1: stock of soup: not on the menu"),
        (store, {"opening": ((10.0, 5.0),)}, "store s1: opening: must be in order and apart, got 10.0 to 5.0"),
        (store, {"refills": ((10.0, "soup", 5),)}, "store s1: refill of soup: no stock of it is kept"),
        (store, {"handover_time": -1.0}, "store s1: handover_time: must be >= 0, got -1.0"),
        (store, {"estimate": float("nan")}, "store s1: estimate: must be >= 0, got nan"),
        (store, {"other_rate": 0.01}, "store s1: other_rate: only a kitchen with a number of cooks can be busy"),
        (store, {"slowdown": 0.5}, "store s1: slowdown: only a kitchen with a number of cooks can be busy"),
        (Rules, {"capacity": 0}, "rules: capacity: must be >= 1, got 0"),
        (instance, {"orders": [order(store=3)]}, "order o1: no store number 3 (there are 1)"),
        (instance, {"riders": [rider(), rider()]}, "rider r1: given twice"),
        (
            instance,
            {"orders": [order(items=(("soop", 1),))], "stores": [store(menu=(("soup", 500),))]},
            "order o1: 'soop' is not on the menu of store s1 (did you mean 'soup'?)",
        ),
        (
            instance,
            {"zones": ("north", "south"), "stores": [store(zone="nort")]},
            "store s1: no zone 'nort', only north, south (did you mean 'north'?)",
        ),
    ],
)
def test_what_is_wrong_is_told_by_the_name_of_the_thing(make: Any, wrong: dict[str, Any], told: str) -> None:
    """Every rule that a noun breaks is refused at construction, with its id, field, rule and value."""
    with pytest.raises(InstanceError) as error:
        make(**wrong)
    assert told in str(error.value)


def test_data_of_a_real_day_is_taken_as_it_is() -> None:
    """A promise before readiness, even before the placement, and a shift of no length are data, no mistakes."""
    promised = order(placed_at=60.0, ready_at=900.0, promised_at=30.0, preparation_started_at=10.0, zone="north")
    whole = instance(orders=[promised], riders=[rider(off_at=0.0)], zones=("north",))
    assert whole.orders[0].promised_at == 30.0
    assert whole.ends_at == 60.0


def test_an_instance_without_orders_ends_at_once() -> None:
    """The last placement of a day without orders is its start."""
    assert instance(orders=[]).ends_at == 0.0
