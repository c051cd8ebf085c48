"""The instance nearest to another that the mdrplib format can hold."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from delivsim.domain.instance import Instance, Rules
from delivsim.domain.order import Order
from delivsim.domain.rider import Rider
from delivsim.domain.store import Store
from delivsim.domain.travel import Euclidean, Haversine
from delivsim.errors import InstanceError
from delivsim.scenario.formats.mdrplib import read, write
from delivsim.scenario.formats.mdrplib_near import nearest_mdrplib

RICH = Instance(
    name="rich",
    orders=[Order(id="o", placed_at=119.0, store=0, x=1.5, y=2.0, ready_at=601.0, tip=50, items=(("soup", 2),))],
    riders=[Rider(id="r", x=0.0, y=0.0, on_at=29.0, off_at=3631.0, capacity=2, vehicle="car")],
    stores=[Store(id="s", x=0.0, y=0.0, menu=(("soup", 5),))],
    travel=Euclidean(6.5, detour=1.3),
    rules=Rules(pay_per_km=30, same_store_bundles=False, dropoff_service_time=90.0),
)


def test_times_and_ways_become_the_nearest_that_can_be_written(tmp_path: Path) -> None:
    """Placed in its minute, ready when it is full, shifts to the nearest minute, the detour in the speed."""
    near, _ = nearest_mdrplib(RICH)
    (order,), (rider,) = near.orders, near.riders
    assert (order.placed_at, order.ready_at, rider.on_at, rider.off_at) == (60.0, 660.0, 0.0, 3660.0)
    assert near.travel.time((0.0, 0.0), (300.0, 0.0)) == 60.0
    assert near.travel.time((0.0, 0.0), (301.0, 0.0)) == 120.0
    write(near, tmp_path)
    again = read(tmp_path)
    for name in ("orders", "riders", "stores", "travel", "rules"):
        assert getattr(again, name) == getattr(near, name)


def test_everything_that_is_lost_is_named() -> None:
    """Fields without a column, seconds, and the shape of ways; nothing if nothing is lost."""
    near, lost = nearest_mdrplib(RICH)
    assert [words.split(" (")[0] for words in lost] == [
        "orders: items, tip",
        "riders: vehicle, capacity",
        "stores: menu",
        "rules: same_store_bundles, pay_per_km, waiting_at",
        "orders: seconds",
        "riders: seconds of shifts",
        "travel: ways take whole minutes, rounded up, and the detour is in the speed",
    ]
    again, lost = nearest_mdrplib(near)
    assert lost == ()
    assert again.orders == near.orders


def test_what_nothing_comes_near_to_is_refused() -> None:
    """Degrees, and food whose readiness nobody knows."""
    with pytest.raises(InstanceError, match="travel: must be Euclidean to be written in the mdrplib format"):
        nearest_mdrplib(dataclasses.replace(RICH, travel=Haversine(5.0)))
    unknown = dataclasses.replace(RICH.orders[0], ready_at=None)
    with pytest.raises(InstanceError, match="order o: must have a ready time"):
        nearest_mdrplib(dataclasses.replace(RICH, orders=[unknown]))
