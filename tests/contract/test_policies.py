"""What every dispatch policy must keep, whatever the problem."""

import dataclasses

import numpy as np
import pytest

from delivsim.dispatch.lawful import check_assignment
from delivsim.dispatch.policies import POLICIES
from delivsim.dispatch.problem import DispatchProblem
from delivsim.domain.instance import Rules
from delivsim.domain.travel import Euclidean, Haversine
from delivsim.domain.travel.belief import DRAWS, Erring
from delivsim.domain.travel.matrix import Matrix
from delivsim.domain.travel.networks import grid
from delivsim.domain.travel.pace import Pace, Paced
from delivsim.domain.travel.road_graph import RoadGraph
from delivsim.domain.travel.streets import Streets


def rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def problem(n: int, m: int, *, seed: int = 1, **changes) -> DispatchProblem:
    """A busy quarter hour: n open orders of few stores, m riders free or nearly so, a city of 10 km."""
    draw = rng(seed)
    places = draw.random((max(1, n // 4), 2)) * 10_000
    stores = draw.integers(0, len(places), n)
    placed_at = 50_000.0 - draw.integers(0, 15, n) * 60.0
    given = {
        "now": 50_000.0,
        "every": 60.0,
        "orders": np.arange(n) * 3 + 5,
        "placed_at": placed_at,
        "ready_at": placed_at + draw.integers(5, 25, n) * 60.0,
        "stores": stores,
        "pickups": places[stores],
        "dropoffs": draw.random((n, 2)) * 10_000,
        "riders": np.arange(m) * 2 + 7,
        "places": draw.random((m, 2)) * 10_000,
        "free_at": 50_000.0 + draw.integers(-10, 15, m) * 60.0,
        "off_at": 50_000.0 + draw.integers(10, 90, m) * 60.0,
        "speeds": np.full(m, np.nan),
        "travel": Euclidean(320 / 60, round_up_to=60),
        "rules": Rules(),
    }
    return DispatchProblem(**(given | changes))


ZONES = rng(5).random((12, 2)) * 10_000
STREETS = RoadGraph(Streets.of(grid((0.0, 0.0, 1e4, 1e4), 1000.0, one_way=True), speed=8.0), speed=5.0)
TABLE = Matrix(rng(6).random((12, 12)) * 1800.0, ZONES, np.arange(12))
MISTAKEN = Erring(Euclidean(5.0), rng(7).random(DRAWS) + 0.5)

PROBLEMS = {
    "nothing at all": problem(0, 0),
    "no orders": problem(0, 9),
    "no riders": problem(9, 0),
    "one each": problem(1, 1),
    "one order": problem(1, 30),
    "one rider": problem(30, 1),
    "as many as riders": problem(20, 20),
    "many orders": problem(150, 25),
    "many riders": problem(25, 150),
    "more than candidates": problem(200, 200),
    "all free": problem(40, 40, free_at=np.full(40, 49_000.0)),
    "all busy": problem(20, 20, free_at=np.full(20, 59_000.0)),
    "shifts ended": problem(20, 20, off_at=np.full(20, 49_000.0)),
    "nobody in time": problem(20, 20, off_at=np.full(20, 50_001.0)),
    "no end of shift": problem(20, 20, off_at=np.full(20, np.inf)),
    "ready long ago": problem(30, 10, ready_at=np.full(30, 40_000.0), placed_at=np.full(30, 39_000.0)),
    "ready tomorrow": problem(30, 10, ready_at=np.full(30, 140_000.0)),
    "one place": problem(80, 60, pickups=np.zeros((80, 2)), places=np.zeros((60, 2)), stores=np.zeros(80, int)),
    "own speeds": problem(20, 20, speeds=np.linspace(1.0, 9.0, 20)),
    "mixed bundles allowed": problem(30, 10, rules=Rules(same_store_bundles=False)),
    "degrees": problem(
        20,
        20,
        travel=Haversine(5.0),
        pickups=rng(2).random((20, 2)) * 0.05 + (-74.1, 4.6),
        dropoffs=rng(3).random((20, 2)) * 0.05 + (-74.1, 4.6),
        places=rng(4).random((20, 2)) * 0.05 + (-74.1, 4.6),
    ),
    "seconds between decisions": problem(20, 20, every=0.5),
    "one-way streets": problem(60, 30, travel=STREETS, speeds=np.where(np.arange(30) % 3, np.nan, 3.0)),
    "a table of zones": problem(60, 30, travel=TABLE),
    "rush hour, and errors of belief": problem(
        60, 30, travel=Paced(travel=MISTAKEN, pace=Pace([(0.0, 1.0), (50_300.0, 0.4)]))
    ),
}


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
@pytest.mark.parametrize("given", PROBLEMS.values(), ids=PROBLEMS)
def test_a_policy_obeys_the_rules(policy, given):
    """Each order and rider is matched at most once, within the rules, and the same call gives the same answer."""
    first = policy()(given, rng(0))
    check_assignment(given, first)
    assert first == policy()(given, rng(0))


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
@pytest.mark.parametrize("name", ["nothing at all", "no orders", "no riders", "shifts ended", "nobody in time"])
def test_nothing_possible_nothing_done(policy, name):
    """Where no pick-up is possible no match is made."""
    assert policy()(PROBLEMS[name], rng(0)).matches == ()


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
@pytest.mark.parametrize("name", ["one each", "ready long ago", "all free", "one place"])
def test_what_is_ready_is_fetched(policy, name):
    """Where food is ready and riders are free, somebody is sent; as many as there are riders or stores."""
    given = PROBLEMS[name]
    ready = dataclasses.replace(
        given,
        ready_at=np.full(given.orders.size, 49_500.0),
        free_at=np.full(given.riders.size, 49_000.0),
        off_at=np.full(given.riders.size, 99_000.0),
    )
    sent = len(policy()(ready, rng(0)).matches)
    assert sent >= min(ready.riders.size, len(np.unique(ready.stores)))


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_every_match_says_why(policy):
    """A reason for people to read comes with each match."""
    matches = policy()(PROBLEMS["many orders"], rng(0)).matches
    assert matches
    assert all(match.reason for match in matches)


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_a_policy_is_a_frozen_dataclass_of_documented_parameters(policy):
    """Parameters are fields with defaults, cannot change, and each is explained in the docstring."""
    made = policy()
    for field in dataclasses.fields(policy):
        assert f"\n    {field.name}" in policy.__doc__ or f", {field.name}" in policy.__doc__
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(made, field.name, 0)
