import dataclasses
import json
import re
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import delivsim as ds
from delivsim.cli.app import app
from delivsim.dispatch.policies import POLICIES
from delivsim.errors import PolicyError

TWIN = Path(__file__).parents[1] / "data" / "mdrplib_twin"
SCENARIO = f"""
name: one
seed: 3
starts_at: 2026-11-20T00:00
horizon: 24h
instance: {{format: mdrplib, path: {TWIN}}}
platform: {{kind: ideal}}
dispatch: {{policy: linear_assignment, every: 60s}}
"""


@pytest.fixture(scope="module")
def saved(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    (folder / "scenario.yaml").write_text(SCENARIO)
    return ds.run(ds.load_scenario(folder / "scenario.yaml")).save(folder / "run")


def called(*words: object):
    return CliRunner().invoke(app, [str(word) for word in words])


def test_policies_are_listed_with_parameters_and_source():
    """Every policy with every parameter, its default and meaning, and where it comes from."""
    text = called("policies").output
    for name, policy in POLICIES.items():
        assert name in text
        assert all(field.name in text for field in dataclasses.fields(policy))
    assert text.count("Source: ") == len(POLICIES)
    assert "most orders" in text.lower()


def test_a_policy_of_ours_passes_the_check():
    """The command names every rule, and ends with 0."""
    found = called("policies", "check", "nearest")
    assert found.exit_code == 0
    assert "ok    decides the same whatever happens later" in found.output
    assert "nearest: fine" in found.output


def test_a_policy_that_breaks_a_rule_fails_the_check(tmp_path, monkeypatch):
    """The rule and the problem are named, and the command ends with 1."""
    (tmp_path / "lazy_policy.py").write_text(
        "import delivsim as ds\n\nclass Lazy:\n    def __call__(self, problem, rng):\n        return ds.Assignment()\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    found = called("policies", "check", "lazy_policy:Lazy")
    assert found.exit_code == 1
    assert "FAIL  sends somebody where food and riders are ready: in the problem 'one each'" in found.output


def test_a_decision_of_a_saved_run_is_written_and_decided_again(saved, tmp_path):
    """`problem` writes the JSON, and `decide` gives another policy's answer to it."""
    file = tmp_path / "p.json"
    assert called("problem", saved, 10, "-o", file).exit_code == 0
    assert json.loads(file.read_text())["format"] == "delivsim.problem/1"
    answer = json.loads(called("decide", file, "--policy", "rolling_horizon").output)
    assert answer["format"] == "delivsim.assignment/1"


def test_a_policy_that_fails_is_told_with_its_own_line(saved, tmp_path, monkeypatch):
    """`decide` ends with 2 and names the policy, the error, and the line of the policy's own file."""
    (tmp_path / "dividing_policy.py").write_text(
        "class Divides:\n    def __call__(self, problem, rng):\n        return len(problem.orders) / 0\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    called("problem", saved, 100, "-o", "p.json")
    with pytest.raises(PolicyError, match=r"policy dividing_policy:Divides: .*by zero \(dividing_policy.py:3\)"):
        CliRunner().invoke(app, ["decide", "p.json", "--policy", "dividing_policy:Divides"], catch_exceptions=False)
    checked = called("policies", "check", "dividing_policy:Divides").output
    assert "(dividing_policy.py:3)" in checked
    assert "as above, " in checked


def test_an_order_is_found_by_the_number_that_decisions_call_it_by(saved):
    """From a problem's JSON to the order's story, and back to its id."""
    known = ds.load_result(saved).tables["known_orders"]
    decision = int(known["decision"].iloc[0])
    number = json.loads(called("problem", saved, decision).output)["orders"][0]["order"]
    told = called("explain", saved, number)
    assert told.exit_code == 0
    index = known[known["number"] == number]["order"].iloc[0]
    assert f"Order {ds.load_result(saved).tables['orders']['id'][index]}: " in told.output


def test_a_policy_takes_parameters_as_scenarios_do(saved, tmp_path):
    """`--set dispatch.params.NAME=VALUE`: who looks only at what is ready leaves later food for later."""
    file = tmp_path / "p.json"
    called("problem", saved, 100, "-o", file)
    known = json.loads(file.read_text())
    known["orders"] = [order | {"ready_at": known["now"] + 300.0} for order in known["orders"]]
    file.write_text(json.dumps(known))
    told, untold = (
        json.loads(called("decide", file, "--set", f"dispatch.params.ready_within={within}").output)
        for within in ("20min", "0")
    )
    assert {wait["reason"] for wait in told["waits"]} != {"it is ready much later"}
    assert not untold["matches"]
    assert {wait["reason"] for wait in untold["waits"]} == {"it is ready much later"}
    assert called("policies", "check", "nearest", "--set", "dispatch.params.urgency=2.0").exit_code == 0


MISTAKES = {
    ("--policy", "neerest"): r"--policy: dispatch.policy: must be one of .* \(did you mean 'nearest'\?\)",
    ("--policy", "nearest", "--set", "dispatch.params.urgensy=1"): r"--set dispatch.params.urgensy: .*mean 'urgency'",
    ("--policy", "nearest", "--set", "dispatch.params.urgency=-1"): r"--set dispatch.params.urgency: .*must be .* 0",
    ("--set", "urgency"): r"--set urgency: must be PATH=VALUE",
    ("--set", "urgency=1"): r"--set urgency: urgency: unknown key",
    ("--policy", "delivsim.dispatch.polices.nearest:Nearest"): r"no module .*polices \(did you mean 'policies'\?\)",
    ("--policy", "delivsim.dispatch.policies.nearest:Neerest"): r"has no Neerest \(did you mean 'Nearest'\?\)",
    ("--policy", "nowhere_at_all:Mine"): r"dispatch.policy: nowhere_at_all:Mine: no module nowhere_at_all",
}


@pytest.mark.parametrize("options", MISTAKES, ids=lambda options: options[-1])
def test_a_policy_that_cannot_be_made_is_named(saved, tmp_path, options):
    """The option, the path, the rule and a near miss; never a traceback."""
    file = tmp_path / "p.json"
    called("problem", saved, 10, "-o", file)
    found = called("decide", file, *options)
    assert isinstance(found.exception, ds.DelivsimError)
    assert re.search(MISTAKES[options], str(found.exception))


def test_explain_says_why(saved):
    """The story of an order names every decision it was in, the cost of the choice, and who was second."""
    result = ds.load_result(saved)
    offered = result.tables["choices"].query("choice == 'offered' and second >= 0").iloc[0]
    name = result.tables["orders"].set_index("order")["id"][offered["order"]]
    text = called("explain", saved, name).output
    assert "Why" in text
    second = result.tables["riders"].set_index("rider")["id"][offered["second"]]
    line = next(line for line in text.splitlines() if "offered" in line and str(offered["reason"]) in line)
    assert f"{offered['cost']:,.1f}" in line
    assert second in line


def test_explain_says_what_a_wait_was_worth(saved):
    """A wait is told with its rider, cost and instant; then the unit of costs, and what all waits came to."""
    result = ds.load_result(saved)
    choices = result.tables["choices"]
    waits = choices.query("choice == 'waits' and rider >= 0 and cost == cost and hold_until == hold_until")
    waited = waits[waits["order"].isin(choices.query("choice == 'offered'")["order"])].iloc[0]
    name = result.tables["orders"].set_index("order")["id"][waited["order"]]
    text = called("explain", saved, name).output
    lines = [line for line in text.splitlines() if str(waited["reason"]) in line and f"{waited['cost']:,.1f}" in line]
    assert any("(+" in line for line in lines)
    assert "Costs are in seconds of its customers' delay" in text
    assert "passed from its first wait to its last offer; meant for" in " ".join(text.split())
