"""What orders ask of riders, on towns that can be checked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from delivsim.city.behavior import KitchensConfig
from delivsim.domain.instance import Instance, Rules
from delivsim.domain.order import Order
from delivsim.domain.store import Store
from delivsim.domain.travel import Euclidean
from delivsim.experiment.rider_work import MOST_IN_POOL, MOST_POOLS, rider_work, ways_to_store


def town(*orders: tuple[float, int, float], ready_after: float | None = 600.0) -> Instance:
    """Orders (placed at, store, x of the door) on a street with stores at 0 m and 1000 m; a rider drives 10 m/s."""
    return Instance(
        name="street",
        orders=[
            Order(
                id=f"o{i}",
                placed_at=at,
                store=store,
                x=x,
                y=0.0,
                ready_at=None if ready_after is None else at + ready_after,
            )
            for i, (at, store, x) in enumerate(orders)
        ],
        riders=[],
        stores=[Store(id="a", x=0.0, y=0.0), Store(id="b", x=1000.0, y=0.0)],
        travel=Euclidean(speed=10.0),
        rules=Rules(pickup_service_time=60.0, dropoff_service_time=40.0),
    )


GIVEN = KitchensConfig(preparation_starts="given")


def test_a_rider_leaves_to_meet_the_food() -> None:
    """From door to store, half a pickup before the food is ready; then half a pickup, the way, and the drop-off."""
    work = rider_work(town((0.0, 0, 300.0), (100.0, 0, 500.0)), GIVEN)
    assert work.way_to_store == 30.0, "the second rider comes from the first door, 300 m from the store"
    assert work.left_at.tolist() == [540.0, 640.0]
    assert work.picked_up_at.tolist() == [600.0, 700.0]
    assert work.delivered_at.tolist() == [600.0 + 30 + 30 + 20, 700.0 + 30 + 50 + 20]
    assert work.free_at.tolist() == [700.0, 820.0]


def test_nobody_leaves_before_the_order_is_placed() -> None:
    """Food that is ready at once is picked up as soon as a rider can be there."""
    work = rider_work(town((0.0, 0, 300.0), (100.0, 0, 500.0), ready_after=0.0), GIVEN)
    assert work.left_at.tolist() == [0.0, 100.0]
    assert work.picked_up_at.tolist() == [60.0, 160.0]


def test_food_that_is_cooked_on_acceptance_is_ready_later() -> None:
    """Its time counts from the moment a rider sets out, and the rider waits for it."""
    kitchens = KitchensConfig(preparation_starts="on_accept", preparation=600.0)
    work = rider_work(town((0.0, 0, 300.0), (100.0, 0, 500.0), ready_after=None), kitchens)
    assert (work.ready_at - work.left_at).tolist() == [600.0, 600.0]
    assert (work.picked_up_at == work.ready_at).all()


def test_riders_go_to_the_stores_near_them() -> None:
    """Of two doors and two stores in one pool, each store is fetched from by the rider next to it."""
    orders = [(0.0, 0, 900.0), (10.0, 1, 100.0), (301.0, 0, 500.0), (302.0, 1, 500.0)]
    assert sorted(ways_to_store(town(*orders)).tolist())[:2] == [10.0, 10.0]


def test_orders_need_not_be_sorted_and_may_be_few() -> None:
    """The order of the file does not matter; nobody or one order is no mistake."""
    orders = [(0.0, 0, 300.0), (100.0, 1, 500.0), (900.0, 0, 100.0)]
    assert rider_work(town(*orders[::-1]), GIVEN).free_at.tolist() == rider_work(town(*orders), GIVEN).free_at.tolist()
    assert rider_work(town(), GIVEN).way_to_store == 0.0
    assert rider_work(town(orders[0]), GIVEN).way_to_store == 30.0


def test_a_big_day_is_sampled() -> None:
    """However many orders there are, only so many ways are looked at, and their mean is right."""
    rng = np.random.default_rng(1)
    many = town(*((float(at), 0, 300.0) for at in np.sort(rng.uniform(0, 86400, 40_000))))
    ways = ways_to_store(many)
    assert len(ways) <= MOST_POOLS * MOST_IN_POOL
    assert ways.mean() == pytest.approx(30.0)
