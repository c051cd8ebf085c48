"""What every policy must keep, whatever the problem: the suite for delivsim's own policies and for anybody else's."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from delivsim.dispatch.asking import place_of
from delivsim.dispatch.assignment import Assignment, DispatchPolicy
from delivsim.dispatch.codec import problem_from_json, problem_to_json
from delivsim.dispatch.known import Demand, Promises
from delivsim.dispatch.lawful import check_assignment
from delivsim.dispatch.problem import DispatchProblem
from delivsim.domain.instance import Rules
from delivsim.domain.travel import Euclidean, Haversine
from delivsim.domain.travel.belief import DRAWS, Erring
from delivsim.domain.travel.matrix import Matrix
from delivsim.domain.travel.networks import grid
from delivsim.domain.travel.pace import Pace, Paced
from delivsim.domain.travel.road_graph import RoadGraph
from delivsim.domain.travel.streets import Streets
from delivsim.errors import PolicyError

Make = Callable[[], DispatchPolicy]
"""Makes a fresh policy."""

NOW = 50_000.0
IMPOSSIBLE = ("nothing at all", "no orders", "no riders", "shifts ended", "nobody in time")
"""Problems in which no match is possible."""
FEASIBLE = ("one each", "ready long ago", "all free", "one place")
"""Problems that are made so that every rider is free and all food ready: somebody must be sent."""


class Finding(NamedTuple):
    """One check of a policy: what must hold, and how it was broken (empty: it holds)."""

    rule: str
    broken: str


def sample_problem(n: int, m: int, *, seed: int = 1, **changes: Any) -> DispatchProblem:
    """Make up a busy quarter hour: n open orders of few stores, m riders free or nearly so, a city of 10 km."""
    draw = np.random.default_rng(seed)
    places = draw.random((max(1, n // 4), 2)) * 10_000
    stores = draw.integers(0, len(places), n)
    placed_at = NOW - draw.integers(0, 15, n) * 60.0
    given: dict[str, Any] = {
        "now": NOW,
        "every": 60.0,
        "orders": np.arange(n) * 3 + 5,
        "placed_at": placed_at,
        "ready_at": placed_at + draw.integers(5, 25, n) * 60.0,
        "stores": stores,
        "pickups": places[stores],
        "dropoffs": draw.random((n, 2)) * 10_000,
        "riders": np.arange(m) * 2 + 7,
        "places": draw.random((m, 2)) * 10_000,
        "free_at": NOW + draw.integers(-10, 15, m) * 60.0,
        "off_at": NOW + draw.integers(10, 90, m) * 60.0,
        "speeds": np.full(m, np.nan),
        "travel": Euclidean(320 / 60, round_up_to=60),
        "rules": Rules(),
        "demand": Demand(stores=np.arange(len(places)), places=places, rates=draw.random(len(places)) / 600.0),
    }
    return DispatchProblem(**(given | changes))


def _in_degrees(n: int, seed: int) -> Any:
    return np.random.default_rng(seed).random((n, 2)) * 0.05 + (-74.1, 4.6)


def _with_promises() -> DispatchProblem:
    """Riders 7 to 17 are on their way to the stores of open orders; some of the food is on board."""
    base, k = sample_problem(30, 12), 6
    promised = Promises(
        riders=base.riders[:k],
        bundles=np.arange(k) + 900,
        orders=np.arange(k) + 1000,
        stores=base.stores[:k],
        placed_at=np.full(k, NOW - 900.0),
        ready_at=np.full(k, NOW - 60.0),
        pickup_at=np.full(k, NOW + 240.0),
        pickups=base.pickups[:k],
        dropoffs=base.dropoffs[:k] + 100.0,
        picked_up=np.arange(k) % 3 == 0,
    )
    free_at = base.free_at.copy()
    free_at[:k] = NOW + 900.0
    return replace(base, promises=promised, free_at=free_at)


@cache
def sample_problems() -> Mapping[str, DispatchProblem]:
    """Give problems of all shapes by name."""
    return {
        "nothing at all": sample_problem(0, 0),
        "no orders": sample_problem(0, 9),
        "no riders": sample_problem(9, 0),
        "one each": sample_problem(1, 1),
        "one order": sample_problem(1, 30),
        "one rider": sample_problem(30, 1),
        "as many as riders": sample_problem(20, 20),
        "many orders": sample_problem(150, 25),
        "many riders": sample_problem(25, 150),
        "more than candidates": sample_problem(200, 200),
        "all free": sample_problem(40, 40, free_at=np.full(40, NOW - 1000.0)),
        "all busy": sample_problem(20, 20, free_at=np.full(20, NOW + 9000.0)),
        "shifts ended": sample_problem(20, 20, off_at=np.full(20, NOW - 1000.0)),
        "nobody in time": sample_problem(20, 20, off_at=np.full(20, NOW + 1.0)),
        "no end of shift": sample_problem(20, 20, off_at=np.full(20, np.inf)),
        "ready long ago": sample_problem(
            30, 10, ready_at=np.full(30, NOW - 10_000.0), placed_at=np.full(30, NOW - 11_000.0)
        ),
        "ready tomorrow": sample_problem(30, 10, ready_at=np.full(30, NOW + 90_000.0)),
        "one place": sample_problem(
            80, 60, pickups=np.zeros((80, 2)), places=np.zeros((60, 2)), stores=np.zeros(80, int)
        ),
        "own speeds": sample_problem(20, 20, speeds=np.linspace(1.0, 9.0, 20)),
        "one order each": sample_problem(60, 12, capacities=np.ones(12, int)),
        "own capacities": sample_problem(60, 12, capacities=np.arange(12) % 3 + 1),
        "mixed bundles allowed": sample_problem(30, 10, rules=Rules(same_store_bundles=False)),
        "promised bundles": _with_promises(),
        "promised bundles that may not grow": replace(_with_promises(), rules=Rules(growing_bundles=False)),
        "waiting at stores only": sample_problem(5, 40, rules=Rules(waiting_at="stores")),
        "some on the way to wait": sample_problem(10, 20, moving_until=NOW + (np.arange(20) % 2) * 300.0 - 150.0),
        "degrees": sample_problem(
            20,
            20,
            travel=Haversine(5.0),
            pickups=_in_degrees(20, 2),
            dropoffs=_in_degrees(20, 3),
            places=_in_degrees(20, 4),
            demand=Demand(stores=np.arange(5), places=_in_degrees(5, 5), rates=np.full(5, 0.001)),
        ),
        "seconds between decisions": sample_problem(20, 20, every=0.5),
        **_other_ways(),
    }


def _other_ways() -> dict[str, DispatchProblem]:
    """Problems on streets, tables and mistaken beliefs."""
    draw, own = np.random.default_rng(5), np.where(np.arange(30) % 3, np.nan, 3.0)
    streets = RoadGraph(Streets.of(grid((0.0, 0.0, 1e4, 1e4), 1000.0, one_way=True), speed=8.0), speed=5.0)
    table = Matrix(draw.random((12, 12)) * 1800.0, draw.random((12, 2)) * 10_000, np.arange(12))
    mistaken = Erring(Euclidean(5.0), draw.random(DRAWS) + 0.5)
    return {
        "one-way streets": sample_problem(60, 30, travel=streets, speeds=own),
        "a table of zones": sample_problem(60, 30, travel=table),
        "rush hour, and errors of belief": sample_problem(
            60, 30, travel=Paced(travel=mistaken, pace=Pace([(0.0, 1.0), (NOW + 300.0, 0.4)]))
        ),
    }


def check_policy(make: Make) -> Iterator[Finding]:
    """Check a policy against all rules, one finding each; what breaks in one problem is told with its name."""
    told: set[str] = set()
    for rule, check in RULES.items():
        try:
            check(make)
        except (Exception, SystemExit) as error:
            said = _told(error)
            yield Finding(rule, f"as above, {said}" if said in told else said)
            told.add(said)
        else:
            yield Finding(rule, "")


def _answer(make: Make, name: str) -> Assignment:
    return _decided(make(), sample_problems()[name], name)


def _decided(policy: DispatchPolicy, problem: DispatchProblem, name: str) -> Assignment:
    """Ask, and say in which problem when it breaks."""
    try:
        made = policy(problem, np.random.default_rng(0))
        check_assignment(problem, made)
    except (Exception, SystemExit) as error:
        raise PolicyError(f"in the problem '{name}': {_told(error)}") from error
    return made


def _told(error: BaseException) -> str:
    """Say what broke, a broken rule as it is, an error with the line of the policy's code."""
    return str(error) if isinstance(error, PolicyError) else f"{type(error).__name__}: {error}{place_of(error)}"


def _lawful(make: Make) -> None:
    for name in sample_problems():
        _answer(make, name)


def _mixes_stores(make: Make) -> None:
    for name, problem in sample_problems().items():
        mixed = replace(problem, rules=replace(problem.rules, same_store_bundles=False))
        made = _decided(make(), mixed, f"{name}, bundles of several stores allowed")
        if made != _decided(make(), mixed, name):
            raise PolicyError(f"in the problem '{name}, bundles of several stores allowed': another answer next time")


def _repeats(make: Make) -> None:
    for name in sample_problems():
        if _answer(make, name) != _answer(make, name):
            raise PolicyError(f"in the problem '{name}': another answer the second time")


def _remembers_nothing(make: Make) -> None:
    policy, problems = make(), sample_problems()
    before = {name: _decided(policy, problem, name) for name, problem in problems.items()}
    for name in [*problems][::-1]:
        if _decided(policy, problems[name], name) != before[name]:
            raise PolicyError(f"in the problem '{name}': another answer after other problems came in between")


def _draws_from_rng_alone(make: Make) -> None:
    one, other = random.getstate(), np.random.get_state(legacy=False)  # noqa: NPY002
    for name in ("many orders", "as many as riders"):
        _answer(make, name)
    then = np.random.get_state(legacy=False)  # noqa: NPY002
    same = np.array_equal(other["state"]["key"], then["state"]["key"]) and other["state"]["pos"] == then["state"]["pos"]
    if random.getstate() != one or not same:
        raise PolicyError("it draws from the global random numbers; only `rng` makes a run repeatable")


def _does_nothing_in_vain(make: Make) -> None:
    for name in IMPOSSIBLE:
        if _answer(make, name).matches:
            raise PolicyError(f"in the problem '{name}': a match where none is possible")


def _sends_somebody(make: Make) -> None:
    for name in FEASIBLE:
        given = sample_problems()[name]
        ready = replace(
            given,
            ready_at=np.full(given.orders.size, NOW - 500.0),
            free_at=np.full(given.riders.size, NOW - 1000.0),
            off_at=np.full(given.riders.size, NOW + 50_000.0),
        )
        if not _decided(make(), ready, name).matches:
            raise PolicyError(f"in the problem '{name}', all food ready and all riders free: nobody is sent")


def _reads_json(make: Make) -> None:
    exact = {name: p for name, p in sample_problems().items() if isinstance(p.travel, Euclidean | Haversine)}
    for name, problem in exact.items():
        back = problem_from_json(problem_to_json(problem))
        if _decided(make(), back, name) != _decided(make(), problem, name):
            raise PolicyError(f"in the problem '{name}': another answer when it comes as JSON")


RULES: Mapping[str, Callable[[Make], None]] = {
    "keeps the rules in problems of every shape": _lawful,
    "keeps the rules and repeats itself where bundles of several stores are allowed": _mixes_stores,
    "gives the same answer to the same problem": _repeats,
    "remembers nothing of other problems": _remembers_nothing,
    "draws random numbers from rng alone": _draws_from_rng_alone,
    "makes no match where none is possible": _does_nothing_in_vain,
    "sends somebody where food and riders are ready": _sends_somebody,
    "decides the same when the problem comes as JSON": _reads_json,
}
"""What must hold of every policy, and the function that raises where it does not."""
