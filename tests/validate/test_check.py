"""Cases hold on the model as it is, and stop holding when the model is broken on purpose."""

from __future__ import annotations

from itertools import count

import pytest

from delivsim.services.resilience.retries import Retries
from delivsim.simulated.stations import ComputedStation
from delivsim.simulated.stations.lines import ByPriority, OneLine
from delivsim.validate.cases import all_cases
from delivsim.validate.check import QUICK, Finding, Widths, chosen, examine, validate
from delivsim.validate.lengths import CALLS

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


def test_every_case_has_a_length():
    """No pilot is run, so each case must say how long its replications are."""
    assert {case.name for case in all_cases()} == set(CALLS)


def test_more_replications_come_where_the_first_spread_widely(monkeypatch):
    """Too short ones are made up for by their number, and the interval is as narrow as it must be (Stein 1945)."""
    case = chosen(quick=True, names=["5 users"])[0]
    monkeypatch.setitem(CALLS, case.name, CALLS[case.name] // 3)
    found = examine(case, QUICK)
    assert found[0].replications > 40
    assert max(one.half_width / one.allowed for one in found) == pytest.approx(1.0, abs=0.03)
    assert {one.verdict for one in found} == {"holds"}


def test_a_broken_station_is_caught(monkeypatch):
    """Work that takes 5 % longer than it says is seen."""
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


def test_a_priority_rule_that_errs_now_and_then_is_caught(monkeypatch):
    """A line that lets the lowest class go first one time in four is seen in the waits of the classes."""
    pop, turns = ByPriority.pop, count()

    def erring(self):
        lines = self._lines
        if next(turns) % 4 == 0:
            self._lines = lines[::-1]
        try:
            return pop(self)
        finally:
            self._lines = lines

    monkeypatch.setattr(ByPriority, "pop", erring)
    assert "differs" in verdicts("two classes, priority")


def test_the_latest_is_not_the_first(monkeypatch):
    """A last come, first served line that is first come, first served has the same mean; the squared wait tells."""
    monkeypatch.setattr(OneLine, "pop", lambda self: self._visits.popitem(last=False)[0])
    assert "differs" in verdicts("last come first served")


def test_an_interval_too_wide_is_no_proof():
    """A narrow miss and a wide hit are told apart."""
    said = {
        "case": "",
        "family": "",
        "source": "",
        "quantity": "",
        "exact": 1.0,
        "calls": 1,
        "replications": 20,
        "allowed": 0.06,
    }
    assert Finding(**said, simulated=1.05, half_width=0.055).verdict == "holds"
    assert Finding(**said, simulated=1.06, half_width=0.055).verdict == "differs"
    assert Finding(**said, simulated=1.0, half_width=0.07).verdict == "too wide"
    assert Finding(**said, simulated=1.0, half_width=float("nan")).verdict == "too wide"


def test_processes_change_nothing():
    """Two processes find what one finds, in the order of the cases."""
    cases = chosen(quick=True, names=["closed", "fork"])[1:]
    assert list(validate(cases, Widths(1.0, 1.0), jobs=1)) == list(validate(cases, Widths(1.0, 1.0), jobs=2))
