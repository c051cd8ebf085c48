import json
from pathlib import Path

import numpy as np
import pytest

import delivsim as ds
from delivsim.dispatch.codec import problem_to_json
from delivsim.dispatch.policies import POLICIES
from delivsim.dispatch.repositioning import Repositioned, demand_weighted
from delivsim.errors import InputError, ResultError
from delivsim.experiment.decisions import load_problem

TWIN = Path(__file__).parents[1] / "data" / "mdrplib_twin"
SCENARIO = """
name: diary
seed: 3
starts_at: 2026-11-20T00:00
horizon: 24h
instance: {{format: mdrplib, path: {path}}}
platform: {{kind: {kind}}}
dispatch: {{policy: nearest, every: 60s{more}}}
"""


class Watched:
    """A policy that keeps the problems it was given."""

    def __init__(self, policy) -> None:
        self.policy, self.seen = policy, []
        self.asks = getattr(policy, "asks", frozenset())

    def __call__(self, problem, rng):
        self.seen.append(problem_to_json(problem))
        return self.policy(problem, rng)


def ran(folder: Path, policy, *, kind: str = "ideal", more: str = "") -> ds.Result:
    file = folder / "scenario.yaml"
    file.write_text(SCENARIO.format(path=TWIN, kind=kind, more=more))
    return ds.run(ds.load_scenario(file), policy=policy)


@pytest.mark.parametrize("kind", ["ideal", "simulated"])
@pytest.mark.parametrize("policy", [*(made() for made in POLICIES.values())], ids=POLICIES)
def test_every_decision_comes_back_to_the_bit(tmp_path: Path, policy, kind: str):
    """From the tables of a saved run every problem is what the policy was given; fading demand to rounding."""
    watched = Watched(policy)
    run = ran(tmp_path, watched, kind=kind).save(tmp_path / "run")
    result = ds.load_result(run)
    assert len(watched.seen) == len(result.decisions)
    for number, seen in list(enumerate(watched.seen, start=1))[::7]:
        found, given = json.loads(problem_to_json(load_problem(result, number))), json.loads(seen)
        rates = [[store.pop("rate") for store in problem["demand"]] for problem in (found, given)]
        assert found == given
        assert rates[0] == pytest.approx(rates[1], rel=1e-12)


def test_demand_comes_back(tmp_path: Path):
    """A store's demand fades between the rows that were written of it; to rounding it is what the policy was told."""
    seen = []

    class Moving(Watched):
        def __call__(self, problem, rng):
            seen.append(problem)
            return self.policy(problem, rng)

    result = ran(tmp_path, Moving(Repositioned(POLICIES["nearest"](), demand_weighted)))
    for number in range(1, len(seen), 50):
        found = ds.load_problem(result, number)
        assert np.allclose(found.demand.rates, seen[number - 1].demand.rates, rtol=1e-9)
        assert np.array_equal(found.places, seen[number - 1].places)


def test_another_policy_can_be_tried_on_a_decision(tmp_path: Path):
    """What comes back is an ordinary problem."""
    problem = ds.load_problem(ran(tmp_path, POLICIES["nearest"]()), 10)
    ds.check_assignment(problem, POLICIES["rolling_horizon"]()(problem, np.random.default_rng(0)))


def test_what_is_not_there_is_told(tmp_path: Path):
    """A number that is no decision, and a run without a diary, are refused with a reason."""
    result = ran(tmp_path, POLICIES["nearest"]())
    with pytest.raises(InputError, match=r"decision: no decision 99999 in this run: there are 1 to \d+"):
        load_problem(result, 99_999)
    without = ran(tmp_path, POLICIES["nearest"](), more=", diary: false")
    assert without.tables["choices"].empty
    with pytest.raises(ResultError, match="the run kept no diary"):
        load_problem(without, 10)


def test_every_choice_has_its_reason(tmp_path: Path):
    """Each offered order has a row with reason and cost, and a second where there was another rider."""
    result = ran(tmp_path, POLICIES["linear_assignment"]())
    offered = result.tables["choices"].query("choice == 'offered'")
    assert set(offered["order"]) == set(result.offers["order"])
    assert (offered["reason"] != "").all()
    assert np.isfinite(offered["cost"]).all()
    second = offered[offered["second"] >= 0]
    assert len(second)
    assert (second["second"] != second["rider"]).all()
