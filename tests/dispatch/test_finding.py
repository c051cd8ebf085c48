from dataclasses import dataclass
from importlib.metadata import EntryPoint

import numpy as np
import pytest

from delivsim.dispatch import finding
from delivsim.dispatch.assignment import Assignment
from delivsim.dispatch.config import DispatchConfig, make_policy
from delivsim.dispatch.finding import installed_policies, named_policy, policy_class
from delivsim.dispatch.policies import POLICIES
from delivsim.dispatch.repositioning import Repositioned
from delivsim.errors import PolicyError
from delivsim.report.policies import policies_text


class Mine:
    """A policy of some package."""

    def __init__(self, pace: float = 1.0) -> None:
        self.pace = pace

    def __call__(self, problem, rng):
        return None


@pytest.fixture
def installed(monkeypatch):
    """A package that names two policies, one of them like ours."""
    points = [
        EntryPoint("mine", "numpy:ndarray", finding.GROUP),
        EntryPoint("nearest", "numpy:ndarray", finding.GROUP),
        EntryPoint("broken", "no_such_module:Mine", finding.GROUP),
    ]
    monkeypatch.setattr(finding, "entry_points", lambda group: points if group == finding.GROUP else [])


def test_policies_of_installed_packages_are_found_by_name(installed):
    """Their names work in a scenario; ours cannot be taken."""
    assert set(installed_policies()) == {"mine", "broken"}
    assert policy_class("mine") is np.ndarray
    assert policy_class("nearest") is POLICIES["nearest"]
    assert DispatchConfig(policy="mine").policy == "mine"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("neerest", r"must be one of .*nearest.*, or module:Class, got 'neerest' \(did you mean 'nearest'\?\)"),
        ("broken", r"broken \(no_such_module:Mine\) cannot be made: ModuleNotFoundError"),
        ("json:Nothing", "json:Nothing: json has no Nothing"),
        ("json:loads", "json:loads cannot be made: TypeError"),
    ],
)
def test_what_cannot_be_found_or_made_is_told(installed, name, message):
    """The error names the policy and the cause."""
    with pytest.raises(PolicyError, match=message):
        named_policy(name, {})


@dataclass(frozen=True)
class Zoned:
    """A policy with parameters of several kinds."""

    side: float
    words: tuple[str, ...] = ()

    def __call__(self, problem, rng):
        return Assignment()


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"side": "abc"}, "dispatch.params.side: must be a valid number, .*got 'abc'"),
        (
            {"side": 1, "sid": 3},
            r"dispatch.params.sid: .*no such parameter, only side, words \(did you mean 'side'\?\)",
        ),
        ({}, "dispatch.params.side: .* must be given it"),
        ({"side": 1.0, "words": 3}, "dispatch.params.words: must be a valid tuple, got 3"),
    ],
)
def test_parameters_of_ones_own_policy_are_checked_before_anything_runs(monkeypatch, params, message):
    """A dataclass says what it takes; what does not fit is named with its near miss and value."""
    monkeypatch.setattr(finding, "policy_class", lambda name: Zoned)
    with pytest.raises(PolicyError, match=message):
        named_policy("mine:Zoned", params)
    assert named_policy("mine:Zoned", {"side": 3}) == Zoned(3)


def test_one_broken_package_does_not_hide_the_other_policies(installed):
    """The list goes on, and says what cannot be used and why; a name that is ours is told, too."""
    text = policies_text().plain
    assert "broken  cannot be used: " in text
    assert "no_such_module" in text
    assert "nearest  numpy:ndarray is not used: the name is delivsim's own" in text
    assert all(name in text for name in POLICIES)


def test_repositioning_is_laid_around_any_policy():
    """`stay` leaves the policy as it is."""
    assert make_policy(DispatchConfig(policy="fcfs")) == POLICIES["fcfs"]()
    assert isinstance(make_policy(DispatchConfig(policy="fcfs", repositioning="nearest_store")), Repositioned)
