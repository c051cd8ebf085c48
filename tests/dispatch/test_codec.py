import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from delivsim.dispatch.assignment import Assignment, Match, Move, Wait
from delivsim.dispatch.codec import (
    assignment_from_json,
    assignment_schema,
    assignment_to_json,
    problem_from_json,
    problem_schema,
    problem_to_json,
)
from delivsim.dispatch.known import Demand, Promises, Readiness, Shifts
from delivsim.dispatch.policies import POLICIES
from delivsim.dispatch.problem import DispatchProblem
from delivsim.domain.instance import Rules
from delivsim.domain.travel import Euclidean
from delivsim.domain.travel.listed import Listed
from delivsim.errors import InputError

PROMISES = Promises(
    riders=[4],
    bundles=[77],
    orders=[2],
    stores=[7],
    placed_at=[800.0],
    ready_at=[1010.0],
    pickup_at=[1100.0],
    pickups=[(0.0, 0.0)],
    dropoffs=[(0.1, 0.7)],
    picked_up=[False],
)


def problem(**changes) -> DispatchProblem:
    given = {
        "now": 1000.0,
        "every": 60.0,
        "orders": [3, 5, 9],
        "placed_at": [900.0, 950.0, 990.0],
        "ready_at": [1200.0, 1500.125, 1100.0],
        "stores": [7, 7, 8],
        "pickups": [[0.0, 0.0], [0.0, 0.0], [500.0, 0.1]],
        "dropoffs": [[0.0, 100.0], [0.0, 200.0], [500.0, 100.0]],
        "riders": [2, 4],
        "places": [[300.0, 400.0], [0.0, 0.0]],
        "free_at": [800.0, 1300.0],
        "off_at": [1550.0, np.inf],
        "speeds": [np.nan, 2.0],
        "capacities": [2**31 - 1, 2],
        "moving_until": [-np.inf, 1010.0],
        "travel": Euclidean(1.5, round_up_to=60.0),
        "rules": Rules(capacity=4, diversion=True, waiting_at="stores"),
        "promises": PROMISES,
        "demand": Demand(stores=[7], places=[(0.0, 0.0)], rates=[0.01]),
        "shifts": Shifts(
            riders=[9, 3],
            places=[(1.0, 2.0), (3.0, 4.0)],
            on_at=[1100.0, 1200.0],
            off_at=[9000.0, 9999.0],
            speeds=[np.nan, 2.5],
            capacities=[2**31 - 1, 3],
        ),
        "readiness": Readiness(n=12, bias=-30.5, spread=240.0),
    }
    return DispatchProblem(**(given | changes))


def same(one: object, other: object) -> bool:
    """Whether two dataclasses hold the same, arrays by value."""
    for field in dataclasses.fields(one):
        a, b = getattr(one, field.name), getattr(other, field.name)
        if isinstance(a, np.ndarray):
            assert np.array_equal(a, b, equal_nan=a.dtype.kind == "f"), field.name
        elif isinstance(a, Promises | Demand | Shifts):
            assert same(a, b)
        else:
            assert a == b, field.name
    return True


def test_a_problem_comes_back_to_the_bit():
    """What is written is read again, infinite ends, own speeds and all."""
    assert same(problem(), problem_from_json(problem_to_json(problem())))


def test_an_empty_problem_comes_back():
    """No orders and no riders are a problem, too."""
    names = ("orders", "placed_at", "ready_at", "stores", "pickups", "dropoffs")
    empty = problem(**{name: [] for name in names}, promises=Promises())
    assert same(empty, problem_from_json(problem_to_json(empty)))


@pytest.mark.parametrize("policy", POLICIES)
def test_a_policy_decides_the_same_about_a_problem_read_back(policy):
    """The JSON holds all that a policy looks at."""
    made, rng = POLICIES[policy](), np.random.default_rng
    assert made(problem(), rng(0)) == made(problem_from_json(problem_to_json(problem())), rng(0))


def test_times_of_a_model_without_a_formula_are_listed():
    """The listed ways take as long as they did; others are near."""
    ways = {(300.0, 400.0, 0.0, 0.0, 0.0): 77.0, (0.0, 0.0, 0.0, 100.0, 0.0): 11.0, (0.0, 100.0, 0.0, 200.0, 0.0): 5.0}
    given = problem(travel=Listed(Euclidean(1.5), ways))
    travel = problem_from_json(problem_to_json(given)).travel
    assert isinstance(travel, Listed)
    assert travel.time((300.0, 400.0), (0.0, 0.0)) == 77.0
    assert travel.time((0.0, 0.0), (0.0, 100.0)) == 11.0
    assert travel.times(np.array([[0.0, 100.0]]), np.array([[0.0, 200.0]])).tolist() == [5.0]
    assert travel.time((0.0, 0.0), (500.0, 0.1), 2.0) == given.travel.time((0.0, 0.0), (500.0, 0.1), 2.0)


def test_only_the_nearest_pairs_are_listed():
    """The JSON of a large problem grows with its orders, not with orders times riders."""
    written = json.loads(problem_to_json(problem(), nearest=1))["travel"]["to_stores"]
    assert len(written) == 2


def test_an_assignment_comes_back():
    """Matches, holds, growth, moves and waits are all there, and unknown costs stay unknown."""
    made = Assignment(
        (Match(2, (5, 3), "near", cost=1.5, second=4, second_cost=2.5), Match(4, (2, 9), joins=77, hold_until=1200.0)),
        (Move(2, (1.0, 2.0), "busy there"),),
        (Wait((9,), "nobody near", (4,), (1.5,), (1200.0,)),),
    )
    assert assignment_from_json(assignment_to_json(made)) == made


def test_an_answer_in_numbers_of_numpy_is_written():
    """What a policy computed with NumPy is written as plain numbers, and what is no number as null."""
    one = Match(np.int64(2), (np.int64(5),), cost=np.float32(1.5), second=np.int32(4), second_cost=np.float64("nan"))
    assert assignment_from_json(assignment_to_json(Assignment((one,)))).matches[0].orders == (5,)
    assert '"second_cost": null' in assignment_to_json(Assignment((one,)))


def edited(change) -> str:
    given = json.loads(problem_to_json(problem()))
    change(given)
    return json.dumps(given)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "p.json: no JSON: EOF"),
        ("[]", "p.json: must be an object"),
        (edited(lambda g: g.pop("now")), "p.json: now: missing"),
        (edited(lambda g: g.update(nwo=1)), r"p.json: nwo: unknown key \(did you mean 'now'\?\)"),
        (
            edited(lambda g: g["orders"][1].update(ready_at="soon")),
            "orders.1.ready_at: must be .*number, got 'soon'",
        ),
        (edited(lambda g: g["riders"][0].update(speed=0)), "riders.0.speed: must be greater than 0, got 0"),
        (edited(lambda g: g["riders"][0].update(free_at=float("nan"))), "riders.0.free_at: must be a finite number"),
        (edited(lambda g: g.update(format="delivsim.problem/9")), "format: must be 'delivsim.problem/1', got"),
        (
            edited(lambda g: g["riders"][0].update(of_at=1.0)),
            r"riders.0.of_at: unknown key \(did you mean 'off_at'\?\)",
        ),
        (edited(lambda g: g["rules"].update(capacty=1)), r"rules.capacty: unknown key \(did you mean 'capacity'\?\)"),
        (edited(lambda g: g["rules"].update(pickup_service_time=-1.0)), "rules.pickup_service_time: must be greater"),
        (edited(lambda g: g["orders"][0].update(order=10**25)), "orders.0.order: must be less than"),
        (edited(lambda g: g["riders"][0].update(place=[1e300, 0.0])), "riders.0.place.0: must be less than"),
        (
            edited(lambda g: g["travel"].update(exact=False, to_doors=[[3, -1.0]])),
            "travel.to_doors.0.1: must be greater",
        ),
        (
            edited(lambda g: g["travel"].update(geographic=True)),
            "p.json: orders.0.dropoff: must be a longitude from -180 to 180 and .*, got 0, 100",
        ),
        (
            edited(lambda g: (g["travel"].update(geographic=True), g["demand"][0].update(place=[-181.0, 0.0]))),
            r"p.json: demand.0.place: must be a longitude",
        ),
        (edited(lambda g: g["orders"][0].update(order=3.7)), "orders.0.order: must be a valid integer, got 3.7"),
        (edited(lambda g: g["orders"].reverse()), "p.json: dispatch problem: orders: numbers must ascend"),
        (
            edited(lambda g: g["travel"].update(exact=False, to_doors=[[8, 1.0]])),
            "p.json: travel.to_doors: no order 8 in the problem",
        ),
    ],
)
def test_wrong_json_is_refused_with_its_place(text, message):
    """The message names file, path, rule and value."""
    with pytest.raises(InputError, match=message):
        problem_from_json(text, "p.json")


def test_a_wrong_assignment_is_refused_with_its_place():
    """An optimizer of one's own learns where its answer is wrong."""
    with pytest.raises(InputError, match=r"answer: matches.0.orders: .*at least 1 item"):
        assignment_from_json('{"matches": [{"rider": 3, "orders": []}]}', "answer")


@pytest.mark.parametrize(("name", "schema"), [("problem", problem_schema()), ("assignment", assignment_schema())])
def test_the_published_schemas_are_those_of_the_code(name, schema):
    """`make pages` has been run."""
    published = Path(__file__).parents[2] / "docs" / f"{name}.schema.json"
    assert json.loads(published.read_text()) == json.loads(json.dumps(schema))


def test_what_is_written_fits_the_published_schema():
    """Problems and assignments are valid under their own JSON Schemas."""
    jsonschema = pytest.importorskip("jsonschema")
    made = Assignment((Match(2, (5, 3), cost=1.5),), (Move(4, (1.0, 2.0)),), (Wait((9,), "nobody near"),))
    jsonschema.validate(json.loads(problem_to_json(problem())), problem_schema())
    jsonschema.validate(json.loads(assignment_to_json(made)), assignment_schema())


def test_the_schemas_explain_every_field():
    """Every property of both JSON Schemas says what it means."""
    for schema in (problem_schema(), assignment_schema()):
        for definition in (schema, *schema["$defs"].values()):
            assert all("description" in field or "$ref" in field for field in definition["properties"].values())
