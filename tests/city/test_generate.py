"""The synthetic city: where things are, and when orders come."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pytest

from delivsim.city.config import CityConfig
from delivsim.city.generate import generate, placement_times
from delivsim.domain.instance import Instance
from delivsim.domain.streams import Streams

START = datetime(2026, 11, 20, 18)


def city(seed: int = 1, **changes: Any) -> Instance:
    given: dict[str, Any] = {
        "demand": {"rate": {"18:00": "2000/h", "19:00": "4000/h"}},
        "stores": {"count": 200, "clusters": 4},
        "riders": {"shifts": [{"start": "18:00", "end": "20:30", "riders": 400}]},
    }
    return generate(CityConfig.model_validate(given | changes), START, 7200.0, Streams(seed), name="town")


def places(things: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array([(thing.x, thing.y) for thing in things])


@pytest.mark.parametrize("reach", ["300m", "1.6km", "40km"])
def test_everybody_lives_inside_and_nobody_on_the_edge(reach: str) -> None:
    """However far customers live from their store, none is drawn to the border of the square."""
    town = city(reach=reach)
    for things in (town.orders, town.stores, town.riders):
        at = places(things)
        assert at.min() >= 0
        assert at.max() <= 8000
        strip = ((at < 40) | (at > 7960)).any(axis=1).mean()
        assert strip < 0.035, "1 % of the width on either side of two directions holds 2 % of an even spread"


def test_customers_live_around_their_store() -> None:
    """Away from the edge the distance is that of two normal laws: its mean is reach x sqrt(pi / 2)."""
    town = city(reach="300m", stores={"count": 50, "clusters": 5, "spread": "100m"})
    store = places(town.stores)[[order.store for order in town.orders]]
    metres = np.hypot(*(places(town.orders) - store).T)
    assert metres.mean() == pytest.approx(300 * np.sqrt(np.pi / 2), rel=0.03)


def test_a_seed_gives_one_city() -> None:
    """The same seed draws the same people; another seed draws others."""
    one, same, other = city(1), city(1), city(2)
    for what in ("orders", "riders", "stores"):
        assert getattr(one, what) == getattr(same, what)
        assert getattr(one, what) != getattr(other, what)


def test_orders_of_a_place_do_not_depend_on_the_roster() -> None:
    """More riders, other speeds or other kitchens leave every order where and when it was."""
    more = {"shifts": [{"start": "18:00", "end": "22:00", "riders": 900}]}
    assert city(riders=more, kitchens={"preparation": "5min"}).orders == city().orders


def test_popular_stores_get_more_orders() -> None:
    """Orders per store follow the Zipf law of ``popularity``; with 0 all stores are alike."""
    orders = np.bincount([o.store for o in city(stores={"count": 20, "popularity": 1}).orders], minlength=20)
    assert orders[0] / orders[9] == pytest.approx(10, rel=0.35)
    even = np.bincount([o.store for o in city(stores={"count": 20, "popularity": 0}).orders], minlength=20)
    assert even.max() / even.min() < 1.5


def test_demand_follows_its_profile() -> None:
    """Orders come at the rate of their time of day, none before the first one and none after the horizon."""
    rng = np.random.default_rng(1)
    at = placement_times({"18:30": 1.0, "19:00": 3.0, "21:00": 9.0}, START, 7200.0, rng)
    counts, _ = np.histogram(at, bins=[0, 1800, 3600, 7200])
    assert counts[0] == 0
    assert counts[1] == pytest.approx(1800, rel=0.1)
    assert counts[2] == pytest.approx(10800, rel=0.05)
    assert (np.diff(at) >= 0).all()
    assert placement_times({"21:00": 9.0}, START, 7200.0, rng).size == 0


def test_every_order_can_be_cooked() -> None:
    """Every order is of whole units of a dish on its store's menu, priced within bounds; stock is as given."""
    town = city(stores={"count": 5, "stock": 7, "price_low": 5, "price_high": 6, "items": 3})
    for store in town.stores:
        assert all(500 <= price <= 600 for _, price in store.menu)
        assert store.stock == tuple((item, 7) for item, _ in store.menu)
    assert all(units >= 1 and item in dict(town.stores[o.store].menu) for o in town.orders for item, units in o.items)
