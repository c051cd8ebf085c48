"""What every dispatch policy must keep: the suite of `delivsim policies check` over all policies, and that it bites."""

import dataclasses
import gc
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from delivsim.dispatch.assignment import Assignment, Match
from delivsim.dispatch.contract import RULES, Finding, check_policy, sample_problems
from delivsim.dispatch.policies import POLICIES
from delivsim.domain.instance import Instance
from delivsim.experiment.foresight import DAY, check_foresight, small_day

EACH = pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)


@EACH
@pytest.mark.parametrize("rule", RULES)
def test_a_policy_keeps_the_contract(policy, rule):
    """Every rule of the suite holds for every policy of ours."""
    RULES[rule](policy)


@EACH
@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 1000), share=st.floats(0.1, 0.9))
def test_a_policy_never_sees_the_future(policy, seed, share):
    """The same prefix of a day gives the same decisions, whatever comes later."""
    assert check_foresight(policy, seed=seed, until=share * DAY).broken == ""


@EACH
def test_every_match_and_every_wait_says_why(policy):
    """A reason for people to read comes with each match, and with each order that waits."""
    problem = sample_problems()["many orders"]
    made = policy()(problem, np.random.default_rng(0))
    assert made.matches
    assert all(match.reason for match in made.matches)
    told = {order for match in made.matches for order in match.orders}
    told |= {order for wait in made.waits for order in wait.orders if wait.reason}
    assert told >= set(problem.orders.tolist())


@EACH
@pytest.mark.parametrize("name", ["many orders", "all busy", "ready tomorrow", "one rider", "mixed bundles allowed"])
def test_every_wait_says_what_it_is_worth_or_until_when(policy, name):
    """Each order that waits comes with what its match would cost, or with the instant it waits for."""
    problem = sample_problems()[name]
    if name == "all busy":
        problem = dataclasses.replace(problem, off_at=np.full(problem.riders.size, np.inf))
    made = policy()(problem, np.random.default_rng(0))
    waits = [wait for wait in made.waits for _ in wait.orders]
    assert sum(len(match.orders) for match in made.matches) + len(waits) == problem.orders.size
    assert all(wait.costs or wait.until for wait in waits)
    assert all(until > problem.now for wait in waits for until in wait.until)


@EACH
def test_a_policy_is_a_frozen_dataclass_of_documented_parameters(policy):
    """Parameters are fields with defaults, cannot change, and each is explained in the docstring; so is the source."""
    made = policy()
    assert "\n    Notes\n" in policy.__doc__
    for field in dataclasses.fields(policy):
        assert f"\n    {field.name}" in policy.__doc__ or f", {field.name}" in policy.__doc__
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(made, field.name, 0)


class Nothing:
    """Never sends anybody."""

    def __call__(self, problem, rng):
        return Assignment()


class Unlawful:
    """Gives the first order to the first rider, whatever the rules say."""

    def __call__(self, problem, rng):
        if not (problem.orders.size and problem.riders.size):
            return Assignment()
        return Assignment((Match(int(problem.riders[0]), (int(problem.orders[0]),)),))


class Fickle:
    """Tosses a coin of its own."""

    def __call__(self, problem, rng):
        np.random.shuffle(np.arange(3))  # noqa: NPY002
        return POLICIES["nearest"]()(problem, rng)


class Forgetless:
    """Sends somebody only when it is asked for the first time."""

    asked: ClassVar[list[int]] = []

    def __call__(self, problem, rng):
        self.asked.append(1)
        return POLICIES["nearest"]()(problem, rng) if len(self.asked) % 2 else Assignment()


class Quitter:
    """Ends the whole program, and with the exit code of a success."""

    def __call__(self, problem, rng):
        raise SystemExit(0)


class Gleaner:
    """Finds the day in the memory of the process, and counts its orders."""

    def __call__(self, problem, rng):
        made = POLICIES["nearest"]()(problem, rng)
        days = [one for one in gc.get_objects() if isinstance(one, Instance) and one.name == "small-977"]
        return Assignment(made.matches[:1]) if days and max(len(day.orders) for day in days) > 30 else made


class Prophet:
    """Reads the day from elsewhere: sends nobody for the last order before a lull that it should not know of."""

    def __call__(self, problem, rng):
        made = POLICIES["nearest"]()(problem, rng)
        later = [order.placed_at for order in Prophet.day.orders if order.placed_at > problem.now]
        return Assignment() if later and later[0] - problem.now > 120.0 else made

    day = small_day(1)


@pytest.mark.parametrize(
    ("policy", "rule"),
    [
        (Nothing, "sends somebody where food and riders are ready"),
        (Quitter, "keeps the rules in problems of every shape"),
        (Unlawful, "keeps the rules in problems of every shape"),
        (Fickle, "draws random numbers from rng alone"),
        (Forgetless, "gives the same answer to the same problem"),
        (Forgetless, "remembers nothing of other problems"),
    ],
)
def test_the_suite_catches_what_breaks_a_rule(policy, rule):
    """Policies made to break one rule each are found out, with the rule and the problem named."""
    found = {finding.rule: finding.broken for finding in check_policy(policy)}
    assert found[rule]


def test_a_policy_that_searches_memory_for_the_day_is_found_out():
    """While it is asked about one day, the other is nowhere to be found."""
    assert "decides otherwise when the orders after" in check_foresight(Gleaner, seed=977).broken
    assert "SystemExit" in check_foresight(Quitter).broken


def test_a_policy_that_sees_the_future_is_found_out(monkeypatch):
    """A policy that reads the day itself decides otherwise when the day is cut."""
    from delivsim.experiment import foresight

    plain = foresight.decisions_until

    def peeking(policy, day, until):
        monkeypatch.setattr(Prophet, "day", day)
        return plain(policy, day, until)

    monkeypatch.setattr(foresight, "decisions_until", peeking)
    found = [check_foresight(Prophet, until=share * DAY) for share in (0.3, 0.5, 0.7)]
    assert any("decides otherwise when the orders after" in finding.broken for finding in found)
    assert isinstance(found[0], Finding)
