"""Cases hold on the model as it is, and stop holding when the model is broken on purpose."""

from __future__ import annotations

import pytest

from delivsim.services.resilience.retries import Retries
from delivsim.simulated.stations import ComputedStation
from delivsim.validate.cases import all_cases
from delivsim.validate.check import QUICK, Finding, Widths, chosen, examine, validate

SAMPLE = tuple({case.family: case for case in reversed(chosen(quick=True))}.values())
"""The first quick case of each family."""


def verdicts(name: str, widths: Widths = QUICK) -> set[str]:
    case = chosen(quick=False, names=[name])[0]
    return {finding.verdict for finding in examine(case, widths)}


@pytest.mark.parametrize("case", SAMPLE, ids=lambda case: case.family)
def test_the_model_reproduces_exact_results(case):
    """One case of each family, at the widths of the quick set."""
    wrong = [finding for finding in examine(case, QUICK) if finding.verdict != "holds"]
    assert wrong == []


def test_there_are_enough_cases():
    """At least 30 in the quick set, each under its own name, and harder ones in the full set only."""
    quick, full = chosen(quick=True), all_cases()
    assert len(quick) >= 30
    assert len({case.name for case in full}) == len(full)
    assert {case.family for case in quick} == {case.family for case in full}
    assert max(case.load for case in full) >= 0.8


def test_a_broken_station_is_caught(monkeypatch):
    """Work that takes 5 % longer than it says, and a queue that forgets its shortest waits, are seen."""
    enter = ComputedStation.enter
    monkeypatch.setattr(ComputedStation, "enter", lambda self, visit, work: enter(self, visit, 1.05 * work))
    monkeypatch.setattr(ComputedStation, "pass_through", lambda *_: False)
    assert "differs" in verdicts("M/M/1, load 60%")


def test_one_server_too_many_is_caught(monkeypatch):
    """A station that builds one server more than it was told to is seen in the loss."""
    build = ComputedStation.__init__

    def generous(self, env, name, servers, *rest, **more):
        build(self, env, name, servers + 1, *rest, **more)

    monkeypatch.setattr(ComputedStation, "__init__", generous)
    assert "differs" in verdicts("M/M/3/3")


def test_one_retry_too_few_is_caught(monkeypatch):
    """A caller that gives up one attempt early is seen in the attempts and the failures."""
    monkeypatch.setattr(Retries, "left", lambda self, attempt: attempt + 1 < self.max_attempts)
    assert "differs" in verdicts("50% fail")


def test_an_interval_too_wide_is_no_proof():
    """A narrow miss and a wide hit are told apart."""
    said = {"case": "", "family": "", "source": "", "quantity": "", "exact": 1.0, "calls": 1, "allowed": 0.06}
    assert Finding(**said, simulated=1.05, half_width=0.055).verdict == "holds"
    assert Finding(**said, simulated=1.06, half_width=0.055).verdict == "differs"
    assert Finding(**said, simulated=1.0, half_width=0.07).verdict == "too wide"
    assert Finding(**said, simulated=1.0, half_width=float("nan")).verdict == "too wide"


def test_processes_change_nothing():
    """Two processes find what one finds, in the order of the cases."""
    cases = chosen(quick=True, names=["closed", "fork"])[1:]
    assert list(validate(cases, Widths(1.0, 1.0), jobs=1)) == list(validate(cases, Widths(1.0, 1.0), jobs=2))
