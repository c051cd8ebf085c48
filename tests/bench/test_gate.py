"""The gate: planted faults are caught, an unchanged policy passes."""

from __future__ import annotations

import json
import shlex
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from delivsim.bench import comment, gate
from delivsim.bench.baseline import read_baseline
from delivsim.bench.suite import load_suite
from delivsim.bench.verdict import command_for
from delivsim.errors import InputError

SUITE = """
name: few
instances:
  - twins: {{count: 4, orders: 40, riders: 16, stores: 12}}
policies:
  linear_assignment: {policy}
permutations: 1
"""


def suite_of(folder: Path, policy: str = ""):
    """A small suite whose one policy may be a planted one under the old name."""
    file = folder / "few.yaml"
    file.write_text(SUITE.format(policy=policy))
    return load_suite(file)


@pytest.fixture(scope="module")
def baseline(tmp_path_factory) -> Path:
    """A baseline of the policy as it is."""
    folder = tmp_path_factory.mktemp("baseline")
    assert gate.update(suite_of(folder), folder / "baseline.json") == []
    return folder / "baseline.json"


def verdict_of(folder: Path, baseline: Path, policy: str = ""):
    return gate.check(suite_of(folder, policy), str(baseline))


def test_an_unchanged_policy_passes_and_nothing_moved(tmp_path, baseline):
    """The same code gives the same figures to the last digit, whatever else the machine does."""
    verdict = verdict_of(tmp_path, baseline)
    assert (verdict.findings, verdict.moved, verdict.ok) == ((), [], True)
    assert "No figure moved." in comment.markdown(verdict)
    assert comment.headline(verdict) == "Dispatch is as good and as fast as before (suite few, 4 instances)"


def test_figures_that_moved_are_looked_at_on_further_instances(tmp_path, baseline, planted):
    """What moved and is not clear on the first days is judged on more of them, and that is said."""
    further = "further: [{{twins: {{count: 4, first_seed: 5, orders: 40, riders: 16, stores: 12}}}}]\n"
    file = tmp_path / "more.yaml"

    def suite(policy: str = ""):
        file.write_text((SUITE + further).format(policy=policy))
        return load_suite(file)

    assert gate.update(suite(), tmp_path / "more.json") == []
    assert len(read_baseline(tmp_path / "more.json").instances) == 8
    same = gate.check(suite(), str(tmp_path / "more.json"))
    assert (same.ok, same.moved, same.notes) == (True, [], ())
    verdict = gate.check(suite("{policy: 'planted:Later', params: {share: 0.1}}"), str(tmp_path / "more.json"))
    assert {change.n_instances for change in verdict.changes} == {8}
    assert "linear_assignment moved, so it was looked at on 8 instances instead of 4." in verdict.notes


PLANTED = {
    "{policy: 'planted:Later', params: {share: 0.3}}": ("ready_to_pickup_mean", "ready-to-pickup"),
    "{policy: 'planted:Loses', params: {one_in: 12}}": ("undelivered_share", "undelivered %"),
    "{policy: 'planted:Moody', params: {share: 0.1}}": ("repeatability", "again"),
    "{policy: 'planted:Foresees'}": ("foresight", "sees the future"),
    "{policy: 'planted:Slower', params: {more: 0.6}}": ("speed", "times its old CPU time"),
}


@pytest.mark.parametrize("policy", PLANTED, ids=lambda policy: policy.split(":")[2].split("'")[0])
def test_a_planted_fault_is_caught_and_named(tmp_path, baseline, planted, policy):
    """Worse, lossy, moody, clairvoyant, slow: each fails with its own name; a fault in speed moves no figure."""
    what, words = PLANTED[policy]
    verdict = verdict_of(tmp_path, baseline, policy)
    found = {finding.what: finding for finding in verdict.findings}
    assert what in found
    assert words in found[what].text
    if what == "speed":
        assert verdict.moved == []
    else:
        assert found[what].command.startswith(f"delivsim bench run --suite {tmp_path / 'few.yaml'} --policies")
    says_it_well(verdict)


def says_it_well(verdict) -> None:
    """The comment has the verdict first, the command, what moved, and the rest folded; JUnit has a case for each."""
    text = comment.markdown(verdict)
    lines = text.splitlines()
    assert "regression" in lines[0]
    assert lines[0].count("linear_assignment (") == 1
    if verdict.moved:
        assert text.index("**What moved**") < text.index("<details>")
        assert all(part in text for part in ("95 % interval", "noise band", "old", "new"))
        assert "What moved" in comment.text(verdict)
    if any(finding.command for finding in verdict.findings):
        assert text.index("bench run --suite") < text.index("<details>")
    cases = ElementTree.fromstring(comment.junit(verdict))
    assert int(cases.get("failures", 0)) == len(verdict.findings) == len(cases.findall("testcase/failure"))


def test_a_baseline_is_small_and_reads_back(baseline):
    """Figures per instance, their spread over numberings, versions and machine: a few kilobytes of JSON."""
    assert len(baseline.read_bytes()) < 5000
    found = read_baseline(baseline)
    assert len(found.instances) == 4
    assert found.n_numberings == 2
    assert set(found.speed) == {"linear_assignment"}
    assert {"python", "numpy", "processor"} <= set(found.made_with)


def test_other_versions_are_said_and_the_recorded_figures_compared(tmp_path, baseline):
    """Outside of a repository there is no revision to run: quality is judged, speed is not, and both are said."""
    data = json.loads(baseline.read_text())
    data["made_with"]["numpy"] = "0.1"
    other = tmp_path / "other.json"
    other.write_text(json.dumps(data))
    verdict = verdict_of(tmp_path, other)
    assert verdict.ok
    assert "numpy 0.1 -> " in verdict.notes[0]
    assert verdict.speeds == {}
    assert any("speed was not judged" in note for note in verdict.notes)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "--update` writes a baseline"),
        ("{", "must be a baseline in JSON"),
        ("{}", "is no baseline of format 1: KeyError"),
        ('{"format": 2}', "is no baseline of format 1"),
    ],
)
def test_a_file_that_is_no_baseline_is_refused(tmp_path, text, said):
    """Missing, broken, foreign or newer: said before anything is run."""
    file = tmp_path / "baseline.json"
    if text is not None:
        file.write_text(text)
    with pytest.raises(InputError, match=said):
        verdict_of(tmp_path, file)


def test_a_baseline_of_other_instances_compares_nothing(tmp_path, baseline):
    """Figures of other days are not held against these."""
    data = json.loads(baseline.read_text())
    data["instances"] = dict.fromkeys(data["instances"], "another digest")
    other = tmp_path / "other.json"
    other.write_text(json.dumps(data))
    with pytest.raises(InputError, match="has no policy on an instance of few; --update writes it anew"):
        verdict_of(tmp_path, other)


def test_a_policy_that_ends_every_run_is_a_regression(tmp_path, baseline, planted):
    """There is nothing to compare then, and what happened is the verdict."""
    verdict = verdict_of(tmp_path, baseline, "{policy: 'planted:Fails'}")
    assert {finding.what for finding in verdict.findings} == {"failed"}
    assert "regression" in comment.markdown(verdict).splitlines()[0]
    assert verdict.n_instances == 0


def test_the_command_of_a_finding_can_be_pasted():
    """Names with spaces and quotes are quoted."""
    command = command_for("my suites/a.yaml", "lookahead + demand", "a'b")
    assert shlex.split(command)[4:] == ["my suites/a.yaml", "--policies", "lookahead + demand", "--instances", "a'b"]


def test_no_baseline_is_made_of_a_policy_that_foresees(tmp_path, planted):
    """What must not pass must not become the measure either."""
    suite = suite_of(tmp_path, "{policy: 'planted:Foresees'}")
    [finding] = gate.update(suite, tmp_path / "baseline.json")
    assert finding.what == "foresight"
    assert not (tmp_path / "baseline.json").exists()
