"""Suite files: what they may say, and how they say what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from delivsim.bench.shipped import find_suite, shipped_suites, suites_table
from delivsim.bench.suite import AS_GIVEN, chosen, instance_paths, load_suite
from delivsim.errors import InputError, ScenarioError

ROOT = Path(__file__).parents[2]
SUITES = sorted((ROOT / "benchmarks" / "suites").glob("*.yaml"))


@pytest.mark.parametrize("file", SUITES, ids=lambda file: file.stem)
def test_every_suite_of_the_repository_is_valid(file: Path):
    """Each is read without data being there, and is called what its file is called."""
    assert load_suite(file).name == file.stem


def test_every_suite_ships_with_the_package_and_is_found_by_its_name(tmp_path, monkeypatch):
    """Names work wherever the command is run; a folder of that name is no suite, a file is."""
    monkeypatch.chdir(tmp_path)
    assert shipped_suites() == [file.stem for file in SUITES]
    (tmp_path / "quick").mkdir()
    for name in shipped_suites():
        assert (find_suite(name).name, find_suite(name).called) == (name, name)
    mine = tmp_path / "mine.yaml"
    mine.write_text("name: x\ninstances: [{twins: {count: 1}}]\npolicies: {nearest: }\n")
    assert find_suite("mine.yaml").called == "mine.yaml"


def test_suites_are_listed_with_what_they_need(monkeypatch):
    """One line each: a suite of published instances says which variable must name their folder."""
    monkeypatch.delenv("DELIVSIM_MDRPLIB", raising=False)
    rows = {name: (needs, about) for name, needs, about in suites_table().rows}
    assert rows["quick"] == ("DELIVSIM_MDRPLIB (not set)", "Twelve published instances, small to large.")
    assert rows["twins"][0] == rows["ci"][0] == "nothing"


@pytest.mark.parametrize("name", ["quik", "quik.yaml", "benchmarks/suites/quik.yaml"])
def test_a_suite_that_is_neither_file_nor_name_is_refused_with_a_near_miss(name: str):
    """A slip of the pen is found, in a path too."""
    rule = rf"--suite: must be a file or one of beliefs, ci, .*, got '{name}' \(did you mean 'quick'\?\)"
    with pytest.raises(ScenarioError, match=rule):
        find_suite(name)


@pytest.mark.parametrize("name", ["shared", "small16", "quick", "beliefs", "lookahead_parts", "twins", "ci"])
def test_suites_that_are_held_against_published_figures_cancel_no_order(name: str):
    """The published rules know no customer who gives up; neither on any policy nor under any condition."""
    suite = find_suite(name)
    found = {suite.scenario_of(p, c).dispatch.give_up_after for p in suite.policies for c in suite.condition_names}
    assert found == {None}


def test_further_instances_are_there_where_they_are_asked_for(suite_file, tmp_path):
    """Left out in general; all of them for a second look; and any of them by its name."""
    twins = "instances: [{twins: {count: 2}}]\nfurther: [{twins: {first_seed: 3, count: 2}}]"
    text = f"\nname: x\n{twins}\npolicies: {{nearest: }}\n"
    suite = load_suite(suite_file(text))
    first = ["twin-240-001", "twin-240-002"]
    assert list(instance_paths(suite, tmp_path)) == first
    assert list(instance_paths(suite, tmp_path, further=True)) == [*first, "twin-240-003", "twin-240-004"]
    assert list(instance_paths(suite, tmp_path, ["twin-240-004"])) == ["twin-240-004"]
    twice = load_suite(suite_file(text.replace("first_seed: 3", "first_seed: 2")))
    with pytest.raises(
        ScenarioError, match=r"suite.yaml:4:\d+: further\[0\].path: two instances are called twin-240-002"
    ):
        instance_paths(twice, tmp_path, further=True)


def test_a_policy_has_the_suites_scenario_its_own_dispatch_and_the_conditions_changes(suite_file):
    """Later layers win: the suite's scenario, what the policy says, what the condition changes."""
    suite = load_suite(
        suite_file(
            """
name: layers
instances: [{twins: {count: 1}}]
scenario: {dispatch: {every: 2min}}
policies:
  slow: {policy: nearest, every: 3min, params: {urgency: 0.25}}
  nearest:
conditions:
  exact:
  shy riders: {instance: {behavior: {riders: {accept: 0.8}}}}
"""
        )
    )
    slow, shy = suite.scenario_of("slow", "exact"), suite.scenario_of("nearest", "shy riders")
    assert (slow.dispatch.policy, slow.dispatch.every, slow.dispatch.params) == ("nearest", 180.0, {"urgency": 0.25})
    assert (shy.dispatch.every, shy.instance.behavior.riders.accept) == (120.0, 0.8)
    assert shy.platform.kind == "ideal"


def test_some_policies_can_be_left_out_of_the_permutations(suite_file):
    """The long ones need not be run again; without a list all are."""
    text = "\nname: x\ninstances: [{twins: {}}]\npolicies: {nearest: , fcfs: }\npermutations: 2\n"
    suite = load_suite(suite_file(text + "permuted: [fcfs]\n"))
    assert (suite.numberings("nearest"), suite.numberings("fcfs")) == (range(1), range(3))
    assert load_suite(suite_file(text)).numberings("nearest") == range(3)


MISTAKES = {
    "policies: {neerest: }": r"suite.yaml:4:12: dispatch.policy: must be one of .*did you mean 'nearest'",
    "policies: {nearest: {params: {urgensy: 1.0}}}": r"suite.yaml:4:\d+: dispatch.params.urgensy: .*did you mean",
    "policies: {nearest: }\nscenario: {platform: {kind: idle}}": r"suite.yaml:5:\d+: platform.kind: ",
    "policies: {nearest: }\nconditions: {x: {dispatch: {evry: 1min}}}": r"suite.yaml:5:\d+: dispatch.evry: ",
    "policies: {nearest: }\nagainst: nearst": r"suite.yaml:5:10: against: must be one of the policies, .*did you mean",
    "policies: {nearest: }\npermuted: [nearst]": r"suite.yaml:5:12: permuted\[0\]: must be one of .*did you mean",
    "policies: {nearest: }\npermutations: -1": r"suite.yaml:5:15: permutations: must be >= 0",
    "policies: {'a, b': {policy: nearest}}": r"suite.yaml:4:20: policies.*: must be named without commas",
    "policies: {nearest: }\nseeds: [3, 1, 3]": r"suite.yaml:5:8: seeds: must name each seed once, got 3 twice",
    "policies: {}": r"suite.yaml:4:11: policies: must have at least 1",
    "policies: {nearest: }\nseed: 1": r"suite.yaml:5:1: .*seeds",
}


@pytest.mark.parametrize("text", MISTAKES, ids=range(len(MISTAKES)))
def test_a_mistake_is_named_with_its_line(suite_file, text: str):
    """Whatever is wrong in a suite is told as in a scenario: file, line, column, path, rule."""
    with pytest.raises(ScenarioError, match=MISTAKES[text]):
        load_suite(suite_file(f"\nname: x\ninstances: [{{twins: {{count: 1}}}}]\n{text}\n"))


def test_instances_are_found_by_variables_and_patterns(suite_file, tmp_path, monkeypatch):
    """$NAME and * stand for what is there, in the order of the names."""
    for name in ("b1", "b2", "a1"):
        (tmp_path / "data" / name).mkdir(parents=True)
    monkeypatch.setenv("SOME_DATA", str(tmp_path / "data"))
    suite = load_suite(suite_file("\nname: x\ninstances: [{path: $SOME_DATA/b*}]\npolicies: {nearest: }\n"))
    found = instance_paths(suite, tmp_path)
    assert found == {name: ("mdrplib", tmp_path / "data" / name) for name in ("b1", "b2")}
    assert list(instance_paths(suite, tmp_path, ["b2"])) == ["b2"]
    with pytest.raises(InputError, match="--instances: x has no 'b3'"):
        instance_paths(suite, tmp_path, ["b3"])


@pytest.mark.parametrize(
    ("source", "rule"),
    [
        (
            "{path: $NOT_SET_ANYWHERE/a}",
            r"suite.yaml:3:20: .*path: the environment variable NOT_SET_ANYWHERE is not set",
        ),
        ("{path: not/there}", r"suite.yaml:3:20: instances\[0\].path: nothing is there: .*not/there"),
        ("{path: ., format: mdrplb}", r"suite.yaml:3:31: instances\[0\].format: must be one of .*mean 'mdrplib'"),
        ("{path: ., twins: {}}", r"suite.yaml:3:\d+: instances\[0\]: must have either path or twins"),
        ("{twins: {count: 2}}, {twins: {count: 1}}", r"instances\[1\].path: two instances are called twin-240-001"),
    ],
)
def test_instances_that_are_not_there_are_told_with_their_line(suite_file, tmp_path, source: str, rule: str):
    """An unset variable, an empty pattern, two sources or none: each has its own words."""
    with pytest.raises(ScenarioError, match=rule):
        instance_paths(
            load_suite(suite_file(f"\nname: x\ninstances: [{source}]\npolicies: {{nearest: }}\n")), tmp_path / "made"
        )


def test_policies_are_chosen_by_name(suite_file):
    """Of the suite, of delivsim, or code of one's own; a name that is none of them gives a near miss."""
    suite = load_suite(suite_file())
    assert chosen(suite, []) == ("linear_assignment", "nearest")
    assert chosen(suite, ["nearest", "my.module:Mine", "nearest"]) == ("nearest", "my.module:Mine")
    with pytest.raises(InputError, match=r"--policies: .* got 'neerest' \(did you mean .nearest.\?\)"):
        chosen(suite, ["neerest"])
    assert suite.condition_names == (AS_GIVEN,)
