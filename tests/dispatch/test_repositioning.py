import numpy as np
import pytest

from delivsim.dispatch.assignment import Assignment, Match, Move
from delivsim.dispatch.known import Demand, asked_by
from delivsim.dispatch.lawful import check_assignment
from delivsim.dispatch.policies import POLICIES
from delivsim.dispatch.problem import DispatchProblem
from delivsim.dispatch.repositioning import REPOSITIONING, Repositioned, demand_weighted, nearest_store
from delivsim.domain.instance import Rules
from delivsim.domain.travel import Euclidean

STORES = [(0.0, 0.0), (5000.0, 0.0), (0.0, 5000.0)]


def problem(**changes) -> DispatchProblem:
    """Four idle riders at (1000, 100), one who is busy, three stores; no orders."""
    given = {
        "now": 1000.0,
        "every": 60.0,
        **{name: [] for name in ("orders", "placed_at", "ready_at", "stores", "pickups", "dropoffs")},
        "riders": [1, 2, 3, 4, 9],
        "places": [(1000.0, 100.0)] * 4 + [(0.0, 0.0)],
        "free_at": [900.0] * 4 + [2000.0],
        "off_at": [9000.0] * 5,
        "speeds": [np.nan] * 5,
        "travel": Euclidean(5.0),
        "rules": Rules(waiting_at="stores"),
        "demand": Demand(stores=[0, 1, 2], places=STORES, rates=[0.01, 0.03, 0.0]),
    }
    return DispatchProblem(**(given | changes))


def places(moves: tuple[Move, ...]) -> list[tuple[float, float]]:
    return sorted(move.place for move in moves)


def test_everybody_goes_to_the_nearest_store():
    """Idle riders go to the nearest store; who is busy or there already does not."""
    moves = nearest_store(problem(), np.array([0, 1, 2, 3]))
    assert places(moves) == [(0.0, 0.0)] * 4
    assert nearest_store(problem(places=[(0.0, 0.0)] * 5), np.array([0, 1])) == ()


def test_riders_are_shared_out_by_demand():
    """With three quarters of the demand at one store, three of four riders go there, and none to a store without."""
    assert places(demand_weighted(problem(), np.array([0, 1, 2, 3]))) == [(0.0, 0.0)] + [(5000.0, 0.0)] * 3


def test_those_who_are_where_they_should_be_stay():
    """A rider at a store counts for its share."""
    there = problem(places=[(0.0, 0.0), (5000.0, 0.0), (5000.0, 0.0), (5000.0, 0.0), (9.0, 9.0)])
    assert demand_weighted(there, np.array([0, 1, 2, 3])) == ()


@pytest.mark.parametrize("name", REPOSITIONING)
def test_only_whom_a_decision_leaves_idle_is_moved(name):
    """Moves keep the rules, and nobody who is matched or busy is sent away."""

    def takes_first(_problem, _rng):
        return Assignment((Match(1, (7,)),))

    given = problem(
        orders=[7], placed_at=[900.0], ready_at=[1100.0], stores=[1], pickups=[STORES[1]], dropoffs=[(9, 9)]
    )
    made = Repositioned(takes_first, REPOSITIONING[name])(given, np.random.default_rng(0))
    check_assignment(given, made)
    assert {move.rider for move in made.moves} <= {2, 3, 4}
    assert len(made.moves) == (0 if name == "stay" else 3)


def test_what_the_policy_asks_for_is_still_asked_for():
    """A repositioned policy asks for the demand, and for all that it asked for before."""
    assert asked_by(Repositioned(POLICIES["rolling_horizon"](), nearest_store)) == {"promises", "demand"}
