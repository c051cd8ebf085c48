"""What is in an instance, in figures."""

from __future__ import annotations

import json
import math
from datetime import datetime
from pathlib import Path

import pytest

from delivsim.domain.instance import Instance, Rules
from delivsim.domain.order import Order
from delivsim.domain.rider import Rider
from delivsim.domain.store import Store
from delivsim.domain.travel import Euclidean
from delivsim.errors import InputError, InstanceError
from delivsim.experiment.instance_facts import instance_facts, measured
from delivsim.experiment.oddities import oddities

DATA = Path(__file__).parents[1] / "data"
START = datetime(2026, 1, 1, 18)
STORES = [Store(id="s1", x=0.0, y=0.0), Store(id="s2", x=1000.0, y=0.0), Store(id="idle", x=0.0, y=5.0)]


def order(name: str, at: float, store: int = 0, x: float = 300.0, y: float = 400.0, **more: float | None) -> Order:
    return Order(**{"id": name, "placed_at": at, "store": store, "x": x, "y": y, "ready_at": at + 600.0, **more})


def town(orders: list[Order], riders: list[Rider], stores: list[Store] = STORES) -> Instance:
    rules = Rules(pickup_service_time=60.0, dropoff_service_time=120.0)
    return Instance(name="town", orders=orders, riders=riders, stores=stores, travel=Euclidean(5.0), rules=rules)


SMALL = town(
    [order("a", 600.0), order("b", 4000.0), order("c", 4100.0, store=1)],
    [
        Rider(id="r1", x=0.0, y=0.0, on_at=0.0, off_at=5400.0, vehicle="car"),
        Rider(id="r2", x=0.0, y=0.0, on_at=0.0, off_at=0.0),
    ],
)


def test_counts_distances_and_times_are_those_of_the_instance() -> None:
    """Three orders, one real shift of an hour and a half, ways of 500 m and 806 m, all checked by hand."""
    facts = instance_facts(SMALL, START)
    assert facts["counts"] == {
        "orders": 3, "riders": 2, "stores": 3, "customers": 1, "zones": {}, "vehicles": {"car": 1},
    }  # fmt: skip
    ways = facts["distributions"]
    assert ways["store_to_customer_distance"]["p50"] == pytest.approx(500.0)
    assert ways["store_to_customer_distance"]["max"] == pytest.approx(math.hypot(700.0, 400.0))
    assert ways["store_to_customer_time"]["min"] == pytest.approx(100.0)
    assert ways["placed_to_ready"] == pytest.approx(
        dict.fromkeys(("mean", "min", "p10", "p50", "p90", "p95", "p99", "max"), 600.0) | {"sd": 0.0}
    )
    assert ways["shift"]["max"] == 5400.0
    assert ways["orders_per_store"]["max"] == 2.0
    assert facts["riders"]["rider_hours"] == 1.5
    assert facts["riders"]["orders_per_rider_hour"] == 2.0
    assert facts["stores"] == {
        "busiest": "s1", "share_of_busiest": pytest.approx(2 / 3), "share_of_busiest_tenth": pytest.approx(2 / 3),
    }  # fmt: skip


def test_hours_add_up() -> None:
    """Orders, shifts and needed time of all hours are those of the whole; hours begin at whole hours."""
    facts = instance_facts(SMALL, START)
    hours = facts["hours"]
    assert [hour["orders"] for hour in hours] == [1, 2]
    assert [hour["riders_on_shift"] for hour in hours] == [1.0, 0.5]
    assert sum(hour["rider_hours_needed"] for hour in hours) == pytest.approx(facts["riders"]["rider_hours_needed"])
    assert all(hour["start"] % 3600 == 0 for hour in hours)


def test_work_is_way_service_and_way() -> None:
    """An order takes its ways, the service at both ends, and no time for what nobody knows."""
    facts = instance_facts(SMALL, START)
    ways = facts["distributions"]
    expected = ways["way_to_store_time"]["mean"] + 60.0 + 120.0 + ways["store_to_customer_time"]["mean"]
    assert facts["riders"]["time_per_order"] == pytest.approx(expected)


def test_nothing_is_null_and_not_a_number() -> None:
    """An instance without anybody is measured too; what cannot be said is null, and the whole is JSON."""
    facts = instance_facts(town([], [], []), START)
    assert facts["counts"]["orders"] == 0
    assert facts["distributions"]["placed_to_ready"]["mean"] is None
    assert facts["riders"]["load"] is None
    json.dumps(facts, allow_nan=False)


def test_odd_facts_are_counted_with_an_example() -> None:
    """Each legal oddity is counted once, over the right things; those there are none of are left out."""
    riders = [
        Rider(id="idle", x=0.0, y=0.0, on_at=50.0, off_at=50.0),
        Rider(id="long", x=0.0, y=0.0, on_at=0.0, off_at=17 * 3600.0),
        Rider(id="far", x=0.0, y=25_000.0, on_at=0.0, off_at=100.0),
    ]
    orders = [
        order("early", 0.0, promised_at=300.0),
        order("never", 10.0, promised_at=-5.0),
        order("unknown", 20.0, ready_at=None),
        order("home", 30.0, x=0.0, y=0.0),
        order("twin1", 40.0),
        order("twin2", 40.0),
        order("night", 7 * 3600.0),
        order("late", 18 * 3600.0),
        order("shut", 100.0, store=1),
    ]
    stores = [STORES[0], Store(id="s2", x=9.0, y=0.0, opening=((0.0, 100.0), (200.0, 300.0))), STORES[2]]
    found = {
        odd.what: (odd.n, odd.of, odd.example)
        for odd in oddities(town(orders, riders, stores), START, ready_is_given=True)
    }
    assert found == {
        "orders promised before they are ready": (2, 9, "early"),
        "orders promised before they are placed": (1, 9, "never"),
        "orders ready after midnight": (2, 9, "night"),
        "orders without a ready time": (1, 9, "unknown"),
        "orders like another in time, store and place": (2, 9, "twin1"),
        "riders with a shift of no length, who never work": (1, 3, "idle"),
        "riders with a shift that ends after midnight": (1, 3, "long"),
        "riders with a shift of more than 16 h": (1, 3, "long"),
        "riders who start more than 20 km from every store": (1, 3, "far"),
        "orders placed when nobody is on shift": (1, 9, "late"),
        "orders ready after the last shift has ended": (1, 9, "late"),
        "orders placed while their store is closed": (1, 9, "shut"),
        "orders delivered at the store's own place": (1, 9, "home"),
        "stores without an order": (1, 3, "idle"),
    }  # fmt: skip
    assert oddities(town([order("a", 0.0)], riders[1:2], STORES[:1]), datetime(2026, 1, 1), ready_is_given=True) == [
        ("riders with a shift of more than 16 h", 1, 1, "long")
    ]


def test_folders_and_scenarios_are_measured(tmp_path: Path) -> None:
    """A folder of any format, and a scenario with an instance or a city, are read; one without is refused."""
    _, facts = measured(DATA / "rappi_twin")
    assert (facts["format"], facts["counts"]["orders"], facts["starts_at"]) == ("rappi", 60, "2026-01-01T00:00:00")
    assert {odd["what"] for odd in facts["odd"]} >= {
        "orders promised before they are ready", "riders with a shift of no length, who never work",
    }  # fmt: skip
    scenarios = Path(__file__).parents[2] / "scenarios"
    _, facts = measured(scenarios / "friday_evening.yaml")
    assert (facts["format"], facts["starts_at"]) == (None, "2026-11-20T18:00:00")
    assert [hour["start"] for hour in facts["hours"]][:2] == [0.0, 3600.0]
    assert not facts["odd"]
    with pytest.raises(InputError, match="must have a city or an instance"):
        measured(scenarios / "services.yaml")
    with pytest.raises(InstanceError, match="no such directory"):
        measured(tmp_path / "none")
    with pytest.raises(InstanceError, match=r"orders\.txt: cannot be read"):
        measured(DATA / "rappi_twin", "mdrplib")
