import math

import numpy as np
import pytest

from delivsim.dispatch.known import Demand, Promises, Readiness, Shifts, asked_by
from delivsim.dispatch.problem import UNLIMITED, DispatchProblem
from delivsim.domain.instance import Rules
from delivsim.domain.travel import Euclidean
from delivsim.errors import InputError


def problem(**changes) -> DispatchProblem:
    """Two orders of store 7, one of store 8, two riders; 1 m/s, and 100 s of service at a store."""
    given = {
        "now": 1000.0,
        "every": 60.0,
        "orders": np.array([3, 5, 9]),
        "placed_at": np.array([900.0, 950.0, 990.0]),
        "ready_at": np.array([1200.0, 1500.0, 1100.0]),
        "stores": np.array([7, 7, 8]),
        "pickups": np.array([[0.0, 0.0], [0.0, 0.0], [500.0, 0.0]]),
        "dropoffs": np.array([[0.0, 100.0], [0.0, 200.0], [500.0, 100.0]]),
        "riders": np.array([2, 4]),
        "places": np.array([[300.0, 400.0], [0.0, 0.0]]),
        "free_at": np.array([800.0, 1300.0]),
        "off_at": np.array([1550.0, 9000.0]),
        "speeds": np.array([np.nan, 2.0]),
        "travel": Euclidean(1.0),
        "rules": Rules(pickup_service_time=100.0),
    }
    return DispatchProblem(**(given | changes))


ROWS = {
    "stores": [7, 7],
    "placed_at": [0.0, 0.0],
    "ready_at": [1100.0, 1100.0],
    "pickup_at": [1200.0, 1200.0],
    "pickups": [[0.0, 0.0]] * 2,
    "dropoffs": [[0.0, 50.0]] * 2,
    "picked_up": [False, False],
}
THREE = {name: [*values, values[0]] for name, values in ROWS.items()}


def promised(**changes) -> Promises:
    """Two orders of store 7 that rider 2 fetches in bundle 4."""
    return Promises(**({"orders": [1, 2], "riders": [2, 2], "bundles": [4, 4]} | ROWS | changes))


def coming(**changes) -> Shifts:
    """Riders 50 and 0 come on duty in 100 and 200 s."""
    given = {
        "riders": [50, 0],
        "places": [(1.0, 2.0), (3.0, 4.0)],
        "on_at": [1100.0, 1200.0],
        "off_at": [9000.0, 8000.0],
        "speeds": [np.nan, 2.0],
        "capacities": [UNLIMITED, 3],
    }
    return Shifts(**(given | changes))


def test_arrays_arrive_read_only():
    """A policy cannot change what it is given, and the caller's own array stays writable."""
    mine = np.array([1200.0, 1500.0, 1100.0])
    made = problem(ready_at=mine)
    with pytest.raises(ValueError, match="read-only"):
        made.ready_at[0] = 0.0
    mine[0] = 1.0


def test_empty_lists_have_the_right_shapes():
    """A problem without orders still has (0, 2) places."""
    made = problem(**{k: [] for k in ("orders", "placed_at", "ready_at", "stores", "pickups", "dropoffs")})
    assert made.pickups.shape == made.dropoffs.shape == (0, 2)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"orders": np.array([3, 3, 9])}, "orders: numbers must ascend, each once"),
        ({"riders": np.array([4, 2])}, "riders: numbers must ascend"),
        ({"ready_at": np.array([1.0, np.nan, 2.0])}, "ready_at: every value must be finite"),
        ({"places": np.full((2, 2), np.inf)}, "places: every value must be finite"),
        ({"off_at": np.array([np.nan, 1.0])}, "off_at: must not be NaN"),
        ({"speeds": np.array([0.0, 1.0])}, "speeds: must be > 0"),
        ({"stores": np.array([7, 7])}, r"stores: shape must be \(3,\), got \(2,\)"),
        ({"pickups": np.zeros((3, 3))}, r"pickups: shape must be \(3, 2\), got \(3, 3\)"),
        ({"pickups": []}, r"pickups: shape must be \(3, 2\), got \(0,\)"),
        ({"orders": [3.7, 5, 9]}, "orders: must be whole numbers, got 3.7"),
        ({"riders": np.array([2.0, np.nan])}, "riders: must be whole numbers, got nan"),
        ({"stores": ["a", "b", "c"]}, "stores: must be whole numbers, got array"),
        ({"orders": [3, 5, 10**30]}, "orders: must be whole numbers, got array"),
        ({"free_at": ["soon", "later"]}, "free_at: must be numbers, got array"),
        ({"now": np.nan}, "now must be finite"),
        ({"every": 0.0}, "every > 0"),
    ],
)
def test_a_wrong_problem_is_refused(changes, message):
    """Shapes, order, NaN and signs are checked at construction, and the message names the field."""
    with pytest.raises(InputError, match=message):
        problem(**changes)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: promised(picked_up=[0.5, 1.0]), "picked_up: must be true or false, got 0.5"),
        (lambda: Promises(orders=[1, 1], riders=[2, 2], bundles=[4, 4], **ROWS), "promised twice"),
        (lambda: Promises(orders=[1, 2, 3], riders=[2, 2, 2], bundles=[4, 5, 4], **THREE), "must stand together"),
        (lambda: Promises(orders=[1, 2], riders=[2], bundles=[4, 4], **ROWS), "riders: shape must be"),
        (lambda: Demand(stores=[0], places=[(0.0, np.nan)], rates=[1.0]), "places: every value must be finite"),
        (lambda: Demand(stores=[0], places=[(0.0, 1.0)], rates=[-1.0]), "rates must be >= 0"),
        (lambda: problem(promises=promised(orders=[3, 8])), "both open and promised"),
        (lambda: problem(shifts=coming(riders=[2, 50])), "shifts: a rider is both here and still to come"),
        (lambda: coming(riders=[3, 3]), "shifts: a rider is named twice"),
        (lambda: problem(capacities=np.array([0, 1])), "capacities: must be >= 1"),
        (lambda: problem(moving_until=np.array([np.nan, 1.0])), "moving_until: must not be NaN"),
    ],
)
def test_wrong_knowledge_is_refused(make, message):
    """Promises, demand and capacities are checked once, too."""
    with pytest.raises(InputError, match=message):
        make()


def test_riders_without_a_capacity_carry_what_the_rules_say():
    """Without numbers of their own all riders carry as many as the rules allow, or any number."""
    assert problem(rules=Rules(capacity=3)).carries.tolist() == [3, 3]
    assert problem().carries.tolist() == [UNLIMITED, UNLIMITED]


def test_a_batch_of_travel_times_knows_the_riders_speed():
    """The same way takes a fast rider half the time."""
    made = problem()
    assert made.ways_to_stores(np.array([0, 0]), np.array([0, 0])).tolist() == [500.0, 500.0]
    assert made.times(made.pickups[:1], made.dropoffs[1:2], np.array([1])).tolist() == [100.0]


def test_only_the_last_bundle_of_a_rider_grows():
    """Of two bundles of one rider the later one may grow, and none that is on board."""
    made = promised(orders=[1, 2], bundles=[4, 5])
    assert [rows.tolist() for rows in made.growing()] == [[1]]
    assert promised(orders=[1, 2], picked_up=[True, True]).growing() == []


def test_a_policy_asks_for_what_there_is():
    """What a policy wants to be told is checked, with the list of what can be asked for."""

    class Curious:
        asks = frozenset({"weather"})

    with pytest.raises(InputError, match="asks: must be of promises, demand, shifts, readiness, got 'weather'"):
        asked_by(Curious())
    assert asked_by(object()) == frozenset()


@pytest.mark.parametrize(("said", "rule"), [({"n": -1}, "must be >= 0"), ({"bias": math.nan}, "must be finite")])
def test_wrong_words_on_readiness_are_refused(said, rule):
    """Counts and spreads are not negative, and nothing is NaN."""
    with pytest.raises(InputError, match=f"readiness: .* {rule}"):
        Readiness(**said)


def test_riders_who_come_on_soon_can_be_planned_with():
    """They stand among the riders by number, free when their shifts begin; nobody else changes."""
    given = problem(shifts=coming())
    known = given.with_shifts(1200.0)
    assert known.riders.tolist() == sorted([*given.riders.tolist(), 0, 50])
    at = np.searchsorted(known.riders, [0, 50])
    assert known.free_at[at].tolist() == [1200.0, 1100.0]
    assert known.off_at[at].tolist() == [8000.0, 9000.0]
    assert known.places[at].tolist() == [[3.0, 4.0], [1.0, 2.0]]
    there = np.searchsorted(known.riders, given.riders)
    assert known.free_at[there].tolist() == given.free_at.tolist()
    assert given.with_shifts(1199.0).riders.tolist() == sorted([*given.riders.tolist(), 50])
    assert problem().with_shifts(1200.0).riders.tolist() == given.riders.tolist()
