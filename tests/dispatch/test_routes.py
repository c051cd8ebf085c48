import numpy as np
import pytest

from delivsim.dispatch.contract import sample_problem
from delivsim.dispatch.routes import Route, Stops, build_routes, doors, store_stops
from delivsim.dispatch.subsets import small_bundles
from delivsim.domain.travel import Euclidean

LINE = (100.0, 200.0, 300.0)
"""Doors on one street, so many seconds from the store."""


def stops(*ready_at: float, out: tuple[float, ...] = LINE, weight: float = 1.0) -> Stops:
    between = [[abs(a - b) for b in out] for a in out]
    return Stops(list(ready_at), list(out), between, service=60.0, delay_weight=weight)


def test_a_route_costs_its_driving_and_the_delay_of_its_orders():
    """Two doors on the way, ready 50 s apart: worked out by hand."""
    given = stops(0.0, 50.0, 0.0)
    assert given.length([0, 1]) == 100 + 60 + 100 + 60
    delay = (50 + 100 - 0) + (50 + 100 + 60 + 100 - 50)
    assert given.cost([0, 1], -np.inf) == 320 + delay
    assert given.cost([0, 1], 500.0) == 320 + delay + 2 * 450
    assert (given.length([]), given.cost([], 0.0)) == (0.0, 0.0)


def test_orders_on_one_way_share_a_route_in_order_of_their_doors():
    """Ready together and behind each other, three orders make one route from near to far."""
    routes = [Route()]
    build_routes(stops(0.0, 0.0, 0.0), [2, 0, 1], routes, target=3, largest=5)
    assert [route.rows for route in routes] == [[0, 1, 2]]


def test_a_full_route_takes_no_more():
    """With room for two the third order gets a route of its own, also where its rider can carry no more."""
    for routes, largest in (([Route()], 2), ([Route(most=2)], 5)):
        build_routes(stops(0.0, 0.0, 0.0), [0, 1, 2], routes, target=3, largest=largest)
        assert sorted(len(route.rows) for route in routes) == [1, 2]


def test_an_order_ready_after_the_shift_does_not_join():
    """A promised bundle of a rider whose shift ends does not wait for later food."""
    late, early = ([Route([0], bundle=7, off_at=100.0)] for _ in range(2))
    build_routes(stops(0.0, 150.0, 90.0), [1], late, target=3, largest=5)
    build_routes(stops(0.0, 150.0, 90.0), [2], early, target=3, largest=5)
    assert [route.rows for route in late] == [[0], [1]]
    assert [route.rows for route in early] == [[0, 2]]


def test_beyond_the_target_only_what_saves_time_per_order_joins():
    """A door on the way makes a bundle better; one far off does not."""
    near, far = [Route([1])], [Route([0])]
    build_routes(stops(0.0, 0.0, 0.0), [0], near, target=1, largest=5)
    build_routes(stops(0.0, 0.0, 0.0, out=(10.0, 2000.0, 10.0), weight=0.0), [1], far, target=1, largest=5)
    assert len(near[0].rows) == 2
    assert [route.rows for route in far] == [[0], [1]]


def test_travel_is_asked_for_once_for_all_stores():
    """The tables of each store are those of its own orders."""
    problem = sample_problem(12, 3)
    groups = [np.array([3, 1]), np.array([5]), np.array([0, 2, 4])]
    asked = []

    class Counting(Euclidean):
        def times(self, *args, **kwargs):
            asked.append(1)
            return super().times(*args, **kwargs)

    found = list(store_stops(groups, doors(problem), Counting(5.0), problem.now, service=60.0, delay_weight=1.0))
    assert len(asked) == 2
    for group, store in zip(groups, found, strict=True):
        for i, a in enumerate(group):
            assert store.out[i] == pytest.approx(np.hypot(*(problem.pickups[a] - problem.dropoffs[a])) / 5.0)
            for j, b in enumerate(group):
                expected = np.hypot(*(problem.dropoffs[a] - problem.dropoffs[b])) / 5.0
                assert store.between[i][j] == pytest.approx(expected)


def test_small_bundles_are_all_sets_of_neighbors_that_may_pay():
    """Every order alone, and every set of up to three of one store where the wait is worth it; each set once."""
    problem = sample_problem(12, 3)
    alone = small_bundles(problem, np.arange(12), largest=3, neighbors=4, worth=0.0)
    found = small_bundles(problem, np.arange(12), largest=3, neighbors=11, worth=1e9)
    sets = [frozenset(bundle) for bundle in found]
    assert len(sets) == len(set(sets))
    assert {bundle for bundle in found if len(bundle) == 1} == {(row,) for row in range(12)}
    assert {bundle for bundle in alone if len(bundle) == 1} == {(row,) for row in range(12)}
    sizes = [np.count_nonzero(problem.stores == store) for store in np.unique(problem.stores)]
    assert len(found) == sum(n + n * (n - 1) // 2 + n * (n - 1) * (n - 2) // 6 for n in sizes)
    assert all(len({int(problem.stores[row]) for row in bundle}) == 1 for bundle in found)
