"""The synthetic city: where things are, and when orders come."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pytest

from delivsim.city.config import CityConfig
from delivsim.city.demand import placement_times
from delivsim.city.generate import generate
from delivsim.city.places import apportioned
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


LUNCH_AND_DINNER = {
    "orders": 6000,
    "peaks": [
        {"at": "18:20", "spread": "5min", "share": "30%"},
        {"at": "19:30", "spread": "10min", "share": 0.6},
    ],
}


def test_peaks_hold_their_shares() -> None:
    """Each peak has its part of the orders around its time; the rest is spread over the horizon."""
    at = np.array([order.placed_at for order in city(demand=LUNCH_AND_DINNER).orders])
    assert len(at) == pytest.approx(6000, rel=0.05)
    for middle, spread, share in ((1200.0, 300.0, 0.3), (5400.0, 600.0, 0.6)):
        within = (np.abs(at - middle) < spread).mean()
        assert within == pytest.approx(share * 0.6827 + 0.1 * 2 * spread / 7200, abs=0.02)
    assert at.min() >= 0
    assert at.max() <= 7200


def test_a_peak_past_the_horizon_is_cut_not_piled_up() -> None:
    """All of a peak's orders come within the horizon, the more the nearer to it, none of them at its very end."""
    peak = {"at": "20:10", "spread": "20min", "share": 1}
    at = np.array([order.placed_at for order in city(demand={"orders": 4000, "peaks": [peak]}).orders])
    counts, _ = np.histogram(at, bins=np.arange(0, 7201, 600))
    assert counts[-1] > counts[-2] > counts[-3] > 0
    assert (at > 7199).mean() < 0.01


def test_days_differ_as_much_as_said() -> None:
    """Orders of many days have the mean of one, and the spread that was asked for beyond that of chance."""
    demand = {"rate": {"18:00": "500/h"}, "day_to_day": 0.2, "scale": 1.5}
    days = np.array([len(city(seed, demand=demand).orders) for seed in range(150)])
    assert days.mean() == pytest.approx(1500, rel=0.06)
    assert days.std() / days.mean() == pytest.approx((0.2**2 + 1 / 1500) ** 0.5, rel=0.2)
    steady = np.array([len(city(seed, demand={"rate": {"18:00": "500/h"}}).orders) for seed in range(40)])
    assert steady.std() / steady.mean() < 0.06


ZONES = {
    "centre": {"x": "4km", "y": "4km", "spread": "300m", "demand": 3, "stores": 2, "riders": 1},
    "port": {"x": "1km", "y": "7km", "spread": "200m", "stores": 1, "riders": 3},
    "campus": {"x": "7km", "y": "1km", "spread": "200m", "rate": {"19:00": "1000/h"}, "riders": 0},
}


def test_zones_have_their_parts_of_everything() -> None:
    """Orders, stores and riders of zones are as many as their weights or rates say, and around their middles."""
    town = city(zones=ZONES, reach="100m", stores={"count": 83})
    assert town.zones == ("centre", "port", "campus")
    n = {zone: [sum(thing.zone == zone for thing in things) for things in (town.orders, town.stores, town.riders)]
         for zone in town.zones}  # fmt: skip
    assert n["campus"][0] == pytest.approx(1000, rel=0.1)
    assert n["centre"][0] / n["port"][0] == pytest.approx(3, rel=0.15)
    assert [n[zone][1] for zone in town.zones] == [41, 21, 21]
    assert n["port"][2] == pytest.approx(300, abs=40)
    assert n["campus"][2] == 0
    for order in town.orders:
        assert town.stores[order.store].zone == order.zone
        middle = ZONES[order.zone]
        assert np.hypot(order.x - _metres(middle["x"]), order.y - _metres(middle["y"])) < 2000
    assert all(a.placed_at <= b.placed_at for a, b in zip(town.orders, town.orders[1:], strict=False))
    assert min(order.placed_at for order in town.orders if order.zone == "campus") >= 3600


def _metres(text: Any) -> float:
    return float(text.removesuffix("km")) * 1000


def test_stores_can_crowd_into_few_districts() -> None:
    """With a concentration the first district has most stores, without one all are alike."""
    near = {}
    for concentration in (0, 2):
        at = places(city(stores={"count": 400, "clusters": 8, "spread": "50m", "concentration": concentration}).stores)
        near[concentration] = max((np.hypot(*(at - place).T) < 300).mean() for place in at)
    assert near[2] == pytest.approx(0.65, abs=0.1)
    assert near[0] < 0.3


def test_things_are_divided_by_weight() -> None:
    """Everybody gets one at least, and the whole is given out."""
    assert apportioned(10, [1, 1, 2]).tolist() == [3, 3, 4]
    assert apportioned(3, [0, 0, 5]).tolist() == [1, 1, 1]
    assert apportioned(7, [0, 0]).tolist() == [4, 3]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"demand": {"rate": {"18:00": 1}, "orders": 5}}, "must not be given beside rate"),
        ({"demand": {"peaks": LUNCH_AND_DINNER["peaks"]}}, "must have orders beside them"),
        ({"demand": {"orders": 5, "peaks": LUNCH_AND_DINNER["peaks"] * 2}}, "must add up to at most 1, got 1.8"),
        ({"demand": {}}, "must have a rate by time of day, or orders and peaks"),
        ({"zones": {"far": {"x": "9km", "y": "1km"}}}, "must be within the city, whose side is 8000 m"),
        ({"zones": ZONES, "stores": {"count": 2}}, "must be >= 3, one for each zone"),
        ({"zones": {"dull": {"x": 1, "y": 1, "demand": 0}}}, "must be > 0 for some zone"),
    ],
)
def test_a_city_that_makes_no_sense_is_refused(changes: dict[str, Any], message: str) -> None:
    """What contradicts itself is named by its rule."""
    with pytest.raises(ValueError, match=message):
        city(**changes)


def test_every_order_can_be_cooked() -> None:
    """Every order is of whole units of a dish on its store's menu, priced within bounds; stock is as given."""
    town = city(stores={"count": 5, "stock": 7, "price_low": 5, "price_high": 6, "items": 3})
    for store in town.stores:
        assert all(500 <= price <= 600 for _, price in store.menu)
        assert store.stock == tuple((item, 7) for item, _ in store.menu)
    assert all(units >= 1 and item in dict(town.stores[o.store].menu) for o in town.orders for item, units in o.items)
