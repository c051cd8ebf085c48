import numpy as np
import pytest

from delivsim.dispatch.bundling import same_store_bundles
from delivsim.dispatch.problem import DispatchProblem
from delivsim.domain.instance import Rules
from delivsim.domain.travel import Euclidean


def problem(stores: list[int], ready_at: list[float], doors: list[tuple[float, float]]) -> DispatchProblem:
    """Orders of stores at x = 10 km times their number; 1 m/s, 100 s at each door, no riders."""
    n, none = len(stores), np.empty(0)
    return DispatchProblem(
        now=1000.0,
        every=60.0,
        orders=np.arange(n),
        placed_at=np.zeros(n),
        ready_at=np.array(ready_at),
        stores=np.array(stores),
        pickups=np.array([(10_000.0 * s, 0.0) for s in stores]).reshape(-1, 2),
        dropoffs=np.array([(10_000.0 * s + x, y) for s, (x, y) in zip(stores, doors, strict=True)]).reshape(-1, 2),
        riders=none,
        places=none,
        free_at=none,
        off_at=none,
        speeds=none,
        travel=Euclidean(1.0),
        rules=Rules(dropoff_service_time=100.0),
    )


def bundles(given: DispatchProblem, price: float = 1.0, spared: float = 600.0, largest: int = 9):
    return same_store_bundles(given, np.arange(given.orders.size), price=price, spared=spared, largest=largest)


def test_neighbors_travel_together_along_the_way():
    """Three doors on one road from one store make one bundle, visited from near to far."""
    given = problem([1, 1, 1], [900.0, 900.0, 900.0], [(600.0, 0.0), (200.0, 0.0), (400.0, 0.0)])
    assert bundles(given, price=2.0) == [(1, 2, 0)]


def test_no_bundle_when_a_riders_time_is_worth_nothing():
    """At price 0 everybody gets a rider of his own."""
    given = problem([1, 1], [900.0, 900.0], [(200.0, 0.0), (200.0, 0.0)])
    assert sorted(bundles(given, price=0.0)) == [(0,), (1,)]


def test_orders_of_two_stores_are_never_mixed():
    """Equal doors do not help: each bundle is of one store."""
    given = problem([1, 2, 1, 2], [900.0] * 4, [(0.0, 300.0)] * 4)
    assert sorted(sorted(b) for b in bundles(given, price=5.0)) == [[0, 2], [1, 3]]


def test_opposite_ways_are_not_bundled_until_riders_are_scarce():
    """A detour of 2 km is too much at price 1, and is accepted when a rider's time is dear."""
    given = problem([1, 1], [900.0, 900.0], [(1000.0, 0.0), (-1000.0, 0.0)])
    assert sorted(bundles(given, price=1.0)) == [(0,), (1,)]
    assert [len(b) for b in bundles(given, price=20.0, spared=2000.0)] == [2]


def test_food_does_not_wait_long_for_other_food():
    """An order ready half an hour later starts a bundle of its own."""
    doors = [(300.0, 0.0), (310.0, 0.0)]
    assert len(bundles(problem([1, 1], [1000.0, 1060.0], doors))) == 1
    assert len(bundles(problem([1, 1], [1000.0, 2800.0], doors))) == 2


@pytest.mark.parametrize("largest", [1, 2, 3])
def test_no_bundle_is_larger_than_the_largest(largest: int):
    """Seven orders for the same house go in bundles of at most that many, each order once."""
    found = bundles(problem([1] * 7, [900.0] * 7, [(50.0, 0.0)] * 7), price=9.0, largest=largest)
    assert max(len(b) for b in found) == largest
    assert sorted(row for b in found for row in b) == list(range(7))


def test_only_the_rows_asked_for_are_bundled():
    """Orders left for later are in no bundle."""
    given = problem([1, 1, 1], [900.0] * 3, [(50.0, 0.0)] * 3)
    found = same_store_bundles(given, np.array([0, 2]), price=1.0, spared=600.0, largest=9)
    assert sorted(row for b in found for row in b) == [0, 2]


def test_any_store_number_and_no_orders_at_all():
    """Stores may be numbered from anywhere, and without orders there are no bundles."""
    found = bundles(problem([-1, -1, 0], [900.0] * 3, [(0.0, 50.0)] * 3))
    assert [sorted(bundle) for bundle in found] == [[0, 1], [2]]
    assert bundles(problem([], [], [])) == []


def test_hundreds_of_orders_at_one_store_are_all_bundled():
    """Beyond the window of neighbors nothing is lost and nothing repeated."""
    rng = np.random.default_rng(3)
    doors = [tuple(xy) for xy in rng.normal(0, 1500, (300, 2))]
    found = bundles(problem([1] * 300, sorted(rng.uniform(0, 2000, 300)), doors), price=3.0, largest=4)
    assert sorted(row for b in found for row in b) == list(range(300))
