"""docs/dispatch.md says what is so."""

import json
import re
from pathlib import Path

import numpy as np

import delivsim as ds
from delivsim.dispatch.candidates import grid_zones
from delivsim.dispatch.codec import assignment_from_json, problem_from_json
from delivsim.dispatch.contract import check_policy

PAGE = (Path(__file__).parents[2] / "docs" / "dispatch.md").read_text(encoding="utf-8")


def test_the_json_on_the_page_is_read():
    """The problem shown is one, and the assignment shown keeps its rules."""
    problem, assignment = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    given = problem_from_json(problem, "the page")
    ds.check_assignment(given, assignment_from_json(assignment, "the page"))
    listed = json.loads(problem)["travel"]
    assert given.ways_to_stores(np.array([0]), np.array([0])).tolist() == [listed["to_stores"][0][2]]
    assert given.times(given.pickups, given.dropoffs).tolist() == [listed["to_doors"][0][1]]


def test_every_policy_is_on_the_page():
    """No policy is forgotten."""
    assert all(f"| `{name}` |" in PAGE for name in ds.POLICIES)


def test_the_policy_made_of_parts_keeps_to_its_zones(replay, twin):
    """Whoever takes the parts and replaces one has a lawful policy; nobody is sent out of his square."""
    scope: dict[str, object] = {}
    exec(next(code for code in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL) if "class ByZone" in code), scope)
    seen = []

    class Watched(scope["ByZone"]):
        def __call__(self, problem, rng):
            made = super().__call__(problem, rng)
            ds.check_assignment(problem, made)
            stores, places = (
                dict(zip(numbers.tolist(), grid_zones(where, self.side).tolist(), strict=True))
                for numbers, where in ((problem.orders, problem.pickups), (problem.riders, problem.places))
            )
            seen.extend((stores[match.orders[0]], places[match.rider]) for match in made.matches)
            return made

    assert 0 < len(replay(twin, Watched()).delivered_at) < len(replay(twin, Watched(side=1e6)).delivered_at)
    assert all(store == rider for store, rider in seen)


def test_the_policy_on_the_page_decides():
    """The policy of one's own that is shown is a lawful one for a free rider with a long shift."""
    scope: dict[str, object] = {}
    exec(next(code for code in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL) if "class First" in code), scope)
    given = problem_from_json(re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)[0])
    made = scope["First"]()(given, np.random.default_rng(0))
    ds.check_assignment(given, made)
    assert len(made.matches) == 1
    assert [found for found in check_policy(scope["First"]) if found.broken] == []
