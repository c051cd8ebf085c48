"""First come first served, and greedy insertion, on problems small enough to see the answer."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from delivsim.dispatch.assignment import Assignment
from delivsim.dispatch.contract import sample_problem
from delivsim.dispatch.policies.cheapest_insertion import CheapestInsertion
from delivsim.dispatch.policies.fcfs import Fcfs
from delivsim.dispatch.problem import DispatchProblem
from delivsim.domain.instance import Rules
from delivsim.domain.travel import Euclidean, Haversine, Travel
from delivsim.domain.travel.pace import Pace, Paced


def problem(**changes) -> DispatchProblem:
    """Two orders on a line, at stores 0 m and 1000 m, the second placed first; riders at 100 m, and at 5000 m."""
    given = {
        "now": 1000.0,
        "every": 60.0,
        "orders": [3, 5],
        "placed_at": [900.0, 800.0],
        "ready_at": [1000.0, 1000.0],
        "stores": [0, 1],
        "pickups": [(0.0, 0.0), (1000.0, 0.0)],
        "dropoffs": [(0.0, 500.0), (1000.0, 500.0)],
        "riders": [1, 2],
        "places": [(100.0, 0.0), (5000.0, 0.0)],
        "free_at": [0.0, 0.0],
        "off_at": [9000.0, 9000.0],
        "speeds": [np.nan, np.nan],
        "travel": Euclidean(10.0),
        "rules": Rules(pickup_service_time=0.0, dropoff_service_time=0.0),
    }
    return DispatchProblem(**(given | changes))


def pairs(made: Assignment) -> dict[tuple[int, ...], int]:
    return {match.orders: match.rider for match in made.matches}


def ask(policy, given: DispatchProblem) -> Assignment:
    return policy(given, np.random.default_rng(0))


def test_who_came_first_gets_the_nearest_rider():
    """The older order takes the rider whom the younger one needs more."""
    assert pairs(ask(Fcfs(), problem())) == {(5,): 1, (3,): 2}


def test_the_younger_order_waits_when_riders_run_out():
    """With one rider only the older order is served, and the other waits with a reason."""
    made = ask(Fcfs(), problem(free_at=[0.0, 3000.0]))
    assert pairs(made) == {(5,): 1}
    assert [(wait.orders, wait.reason) for wait in made.waits] == [((3,), "older orders had the riders")]


def test_a_busy_rider_is_asked_only_if_wanted():
    """With `busy` the rider who will be free soon is there first, though another is free now."""
    soon = problem(free_at=[1010.0, 0.0])
    assert pairs(ask(Fcfs(), soon))[(5,)] == 2
    assert pairs(ask(Fcfs(busy=True), soon))[(5,)] == 1


def test_the_choice_says_its_cost_and_the_second():
    """The first order's rider is there in 90 s, the second would be in 400 s."""
    match = ask(Fcfs(), problem()).matches[0]
    assert (match.cost, match.second, match.second_cost) == (90.0, 2, 400.0)


def scanned(given: DispatchProblem, busy: bool) -> list[tuple[int, int, float, int]]:
    """Order, rider, seconds and second rider of each match, by looking at every rider for every order."""
    left = (given.off_at >= given.now) & (busy | (given.free_at <= given.now))
    found = []
    for order in np.lexsort((given.orders, given.placed_at)):
        ways = given.ways_to_stores(np.full(given.riders.size, order), np.arange(given.riders.size))
        there = given.leave_at + ways + given.rules.pickup_service_time / 2.0
        there[~left | (np.maximum(there, given.ready_at[order]) > given.off_at + 1e-6)] = np.inf
        first, second = np.argsort(there, kind="stable")[:2]
        if np.isfinite(there[first]):
            known = int(given.riders[second]) if np.isfinite(there[second]) else -1
            found.append((int(given.orders[order]), int(given.riders[first]), there[first] - given.now, known))
            left[first] = False
    return found


TRAVEL: dict[str, Travel] = {
    "minutes": Euclidean(5.0, round_up_to=60.0),
    "seconds": Euclidean(5.0, detour=1.4),
    "on Earth": Haversine(5.0, round_up_to=60.0),
    "by the hour": Paced(travel=Euclidean(5.0), pace=Pace([(0.0, 1.0), (50_100.0, 0.2)])),
}


@pytest.mark.parametrize("travel", TRAVEL.values(), ids=TRAVEL)
@settings(max_examples=15, deadline=None)
@given(n=st.integers(1, 150), m=st.integers(2, 150), seed=st.integers(0, 99), busy=st.booleans(), own=st.booleans())
def test_looking_at_near_riders_first_changes_no_decision(travel, n, m, seed, busy, own):
    """With an index every order gets the rider, and the second, that a look at all riders gives it; ties too."""
    draw = np.random.default_rng(seed)
    stores, doors, places = (
        draw.random((k, 2)) * 0.05 + (-74.1, 4.6) if travel.geographic else np.round(draw.random((k, 2)) * 20) * 300.0
        for k in (n, n, m)
    )
    speeds = draw.uniform(3.0, 9.0, m) if own else np.full(m, np.nan)
    given = sample_problem(
        n,
        m,
        seed=seed,
        travel=travel,
        pickups=stores,
        dropoffs=doors,
        places=places,
        speeds=speeds,
        stores=np.arange(n),
    )
    made = ask(Fcfs(busy=busy), given).matches
    assert [(match.orders[0], match.rider, match.cost, match.second) for match in made] == scanned(given, busy)


def test_an_order_joins_a_tour_where_that_is_cheaper():
    """Two orders of one store with neighboring doors go together, though a second rider is free far away."""
    same = problem(stores=[0, 0], pickups=[(0.0, 0.0)] * 2, dropoffs=[(0.0, 500.0), (0.0, 600.0)])
    assert pairs(ask(CheapestInsertion(), same)) == {(3, 5): 1}
    assert len(ask(CheapestInsertion(largest_bundle=1), same).matches) == 2


def test_a_joining_order_is_delivered_where_it_delays_least():
    """The nearer door comes first, whichever order is ready first."""
    same = problem(
        stores=[0, 0], pickups=[(0.0, 0.0)] * 2, dropoffs=[(0.0, 600.0), (0.0, 500.0)], ready_at=[1000.0, 1001.0]
    )
    assert pairs(ask(CheapestInsertion(), same)) == {(5, 3): 1}


def test_orders_ready_much_later_are_left():
    """What is ready beyond the horizon waits, and says so."""
    made = ask(CheapestInsertion(), problem(ready_at=[1000.0, 2000.0]))
    assert pairs(made) == {(3,): 1}
    assert [(wait.orders, wait.reason) for wait in made.waits] == [((5,), "it is ready much later")]
