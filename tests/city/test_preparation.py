"""How long orders cook, and what stores say of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from delivsim.city.behavior import KitchensConfig
from delivsim.city.preparation import Preparation
from delivsim.domain.distributions import duration_law
from delivsim.domain.instance import Instance
from delivsim.domain.order import Order
from delivsim.domain.store import Store
from delivsim.domain.streams import Streams
from delivsim.domain.travel import Euclidean

N = 4000


def preparation(store: dict[str, Any] | None = None, order: dict[str, Any] | None = None, **config: Any) -> Preparation:
    """Preparation in two stores, the second with more to say; orders 0 to 3999 go to it, the last one to the first."""
    orders = [Order(**{"id": f"o{i}", "placed_at": 0.0, "store": 1, "x": 0, "y": 0} | (order or {})) for i in range(N)]
    orders.append(Order(id="last", placed_at=0.0, store=0, x=0, y=0))
    stores = [Store(id="a", x=0, y=0), Store(**{"id": "b", "x": 0, "y": 0} | (store or {}))]
    instance = Instance(name="t", orders=orders, riders=[], stores=stores, travel=Euclidean(5.0))
    return Preparation(instance, KitchensConfig.model_validate({"preparation": "10min"} | config), Streams(1))


def test_a_store_cooks_by_its_own_law() -> None:
    """Its orders follow its law, those of others the common one; the same order takes the same time again."""
    law = duration_law({"kind": "exponential", "mean": "5min"})
    kitchen = preparation(store={"preparation": law})
    times = np.array([kitchen.time(i) for i in range(N)])
    assert times.mean() == pytest.approx(300, rel=0.05)
    assert times.std() == pytest.approx(300, rel=0.08)
    assert kitchen.time(N) == 600
    assert [preparation(store={"preparation": law}).time(i) for i in range(9)] == times[:9].tolist()


def test_an_order_that_knows_its_time_takes_that() -> None:
    """Whatever the law of its store says."""
    assert preparation(order={"preparation_time": 77.0}).time(0) == 77.0


def test_menus_say_the_mean_unless_store_or_scenario_say_otherwise() -> None:
    """The store's own estimate first, then that of the scenario, then the mean of its law."""
    assert preparation(store={"estimate": 100.0}, estimate="4min").menu(1) == 100.0
    assert preparation(estimate="4min").menu(1) == 240.0
    assert preparation(store={"preparation": duration_law("7min")}).menu(1) == 420.0
    assert preparation().estimates() is None


def test_estimates_may_be_biased_and_wrong() -> None:
    """Half of what the menu says, with a standard deviation of a minute, order by order; never below zero."""
    said = np.array(list((preparation(estimate_bias=0.5, estimate_error="1min").estimates() or {}).values()))
    assert said.mean() == pytest.approx(300, abs=4)
    assert said.std() == pytest.approx(60, rel=0.05)
    lost = preparation(estimate_bias=0.01, estimate_error="1h").estimates()
    assert min((lost or {}).values()) == 0.0


def test_a_store_that_knows_its_orders_says_what_they_take() -> None:
    """With ``estimates: order`` each estimate is the order's own time; given ready times are always known."""
    kitchen = preparation(preparation={"kind": "exponential", "mean": "5min"}, estimates="order")
    assert kitchen.estimates() == {i: kitchen.time(i) for i in range(N + 1)}
    given = preparation(order={"ready_at": 900.0}, preparation_starts="given").estimates()
    assert given is not None
    assert (given[0], given[N]) == (900.0, 600.0), "the last order has no ready time: the menu speaks"


def test_guests_follow_the_law_of_the_store() -> None:
    """Orders from elsewhere take as long as others."""
    kitchen = preparation(store={"preparation": duration_law({"kind": "exponential", "mean": "5min"})})
    assert np.mean([kitchen.guest(1) for _ in range(4000)]) == pytest.approx(300, rel=0.06)
