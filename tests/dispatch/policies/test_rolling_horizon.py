from dataclasses import replace

import numpy as np
import pytest

from delivsim.dispatch.assignment import Assignment
from delivsim.dispatch.contract import NOW, sample_problem
from delivsim.dispatch.known import Promises
from delivsim.dispatch.lawful import check_assignment
from delivsim.dispatch.policies.rolling_horizon import RollingHorizon
from delivsim.dispatch.problem import DispatchProblem
from delivsim.dispatch.store_routes import target_size
from delivsim.domain.instance import Rules
from delivsim.domain.travel import Euclidean


def problem(**changes) -> DispatchProblem:
    """Order 3 at store 0, ready in 10 min; rider 1 at 100 m, free; rider 2 at 50 m, free in 10 min."""
    given = {
        "now": NOW,
        "every": 60.0,
        "orders": [3],
        "placed_at": [NOW - 60.0],
        "ready_at": [NOW + 600.0],
        "stores": [0],
        "pickups": [(0.0, 0.0)],
        "dropoffs": [(0.0, 500.0)],
        "riders": [1, 2],
        "places": [(100.0, 0.0), (50.0, 0.0)],
        "free_at": [NOW - 1.0, NOW + 600.0],
        "off_at": [NOW + 9000.0] * 2,
        "speeds": [np.nan] * 2,
        "travel": Euclidean(10.0),
        "rules": Rules(pickup_service_time=0.0, dropoff_service_time=0.0),
    }
    return DispatchProblem(**(given | changes))


def promised(**changes) -> Promises:
    """Rider 1 is on the way to store 0 for order 9."""
    given = {
        "riders": [1],
        "bundles": [77],
        "orders": [9],
        "stores": [0],
        "placed_at": [NOW - 300.0],
        "ready_at": [NOW + 590.0],
        "pickup_at": [NOW + 590.0],
        "pickups": [(0.0, 0.0)],
        "dropoffs": [(0.0, 480.0)],
        "picked_up": [False],
    }
    return Promises(**(given | changes))


def ask(given: DispatchProblem, **parameters) -> Assignment:
    made = RollingHorizon(**parameters)(given, np.random.default_rng(0))
    check_assignment(given, made)
    return made


def busy(**changes) -> DispatchProblem:
    """The same with rider 1 busy until after order 9."""
    return problem(free_at=[NOW + 900.0, NOW + 1500.0], promises=promised(), **changes)


@pytest.mark.parametrize(("commitment", "n"), [("two_stage", 1), ("one_stage", 1), ("just_in_time", 0)])
def test_a_free_rider_goes_and_waits_unless_he_leaves_just_in_time(commitment, n):
    """Where he is free before the next decision he goes at once; just in time he goes nine minutes later."""
    only = problem(off_at=[NOW + 9000.0, NOW - 1.0])
    made = ask(only, commitment=commitment)
    assert len(made.matches) == n
    assert sum(len(wait.orders) for wait in made.waits) == 1 - n
    assert len(ask(replace(only, ready_at=np.array([NOW + 20.0])), commitment="just_in_time").matches) == 1


def test_a_rider_who_is_free_later_is_not_told_yet():
    """The better rider is still busy: the order waits for him, by name, until it is overdue."""
    later = problem(places=[(90_000.0, 0.0), (50.0, 0.0)], off_at=[NOW + 600.0, NOW + 9000.0])
    made = ask(later)
    assert made.matches == ()
    assert [(w.orders, w.riders) for w in made.waits] == [((3,), (2,))]
    overdue = replace(later, ready_at=np.array([NOW - 1300.0]), placed_at=np.array([NOW - 1500.0]))
    assert [match.rider for match in ask(overdue).matches] == [2]


def test_a_promised_bundle_grows_only_under_two_stage_commitment():
    """The new order joins the bundle that its rider is about to fetch, next to its door; one stage forbids it."""
    made = ask(busy())
    assert [(match.joins, match.orders, match.rider) for match in made.matches] == [(77, (9, 3), 1)]
    assert ask(busy(), commitment="one_stage").matches == ()
    on_board = busy().promises
    gone = replace(busy(), promises=replace(on_board, picked_up=np.array([True])))
    assert all(match.joins == 0 for match in ask(gone).matches)


def test_growth_keeps_to_the_rules_and_to_what_the_rider_carries():
    """Where bundles may not grow, or the rider's hands are full, the order waits."""
    assert ask(busy(rules=Rules(growing_bundles=False))).matches == ()
    assert ask(busy(capacities=[1, 1])).matches == ()


def test_the_target_size_follows_the_load():
    """Thirty orders ready soon over ten riders free soon: three in a bundle; at least one."""
    free, ready = np.full(10, NOW), np.full(30, NOW)
    assert target_size(sample_problem(30, 10, free_at=free, ready_at=ready), ready_within=60.0, free_within=60.0) == 3
    assert target_size(sample_problem(0, 10), ready_within=60.0, free_within=60.0) == 1


def test_what_misses_its_target_is_matched_first():
    """One rider, two orders: the one that is late already goes before the one that is on time."""
    both = problem(
        orders=[3, 4],
        placed_at=[NOW - 60.0, NOW - 4000.0],
        ready_at=[NOW + 30.0, NOW + 30.0],
        stores=[0, 1],
        pickups=[(0.0, 0.0), (3000.0, 0.0)],
        dropoffs=[(0.0, 500.0), (3000.0, 500.0)],
        off_at=[NOW + 9000.0, NOW - 1.0],
    )
    assert [match.orders for match in ask(both).matches] == [(4,)]


def test_a_follower_waits_for_the_rider_of_another_bundle():
    """With more bundles than riders one order is meant to follow another, and says so."""
    both = problem(
        orders=[3, 4],
        placed_at=[NOW - 60.0] * 2,
        ready_at=[NOW + 30.0, NOW + 200.0],
        stores=[0, 1],
        pickups=[(0.0, 0.0), (0.0, 600.0)],
        dropoffs=[(0.0, 500.0), (0.0, 900.0)],
        off_at=[NOW + 9000.0, NOW - 1.0],
    )
    made = ask(both, follow_on=True)
    assert [match.orders for match in made.matches] == [(3,)]
    assert [(wait.orders, wait.reason) for wait in made.waits] == [((4,), "it is meant to follow another bundle")]
