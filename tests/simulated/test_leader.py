"""The dispatch leader: a policy's answer is checked, and a policy that breaks is named."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from delivsim.dispatch.assignment import Assignment, Match
from delivsim.dispatch.problem import DispatchProblem
from delivsim.domain.instance import Rules
from delivsim.domain.travel import Euclidean
from delivsim.errors import PolicyError
from delivsim.simulated.leader import Leader


def problem() -> DispatchProblem:
    """Order 7 and rider 3, at the same place."""
    return DispatchProblem(
        now=60.0, every=30.0,
        orders=np.array([7]), placed_at=np.zeros(1), ready_at=np.zeros(1), stores=np.zeros(1, int),
        pickups=np.zeros((1, 2)), dropoffs=np.ones((1, 2)), riders=np.array([3]), places=np.zeros((1, 2)),
        free_at=np.zeros(1), off_at=np.full(1, 900.0), speeds=np.full(1, np.nan), travel=Euclidean(speed=5.0),
        rules=Rules(),
    )  # fmt: skip


def leader(answer: Any) -> Leader:
    return Leader("mine", lambda p, rng: answer(p), np.random.default_rng(0), lambda: 2.0, [], lambda: 0.0)


def test_a_decision_is_numbered_and_comes_into_force_after_its_time() -> None:
    """Decisions count from 1; each leaves one row with the instant of its problem and that of its effect."""
    asked = leader(lambda p: Assignment((Match(3, (7,)),)))
    first, delay = asked.decide(problem(), [70])
    second, _ = asked.decide(problem(), [70])
    assert (first.number, second.number, delay) == (1, 2, 2.0)
    assert [row[:3] for row in asked.rows] == [(1, 60.0, 62.0), (2, 60.0, 62.0)]


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (lambda p: None, "policy mine: at 60 s: the policy must give an Assignment, got NoneType"),
        (lambda p: [Match(3, (7,))], "policy mine: at 60 s: the policy must give an Assignment, got list"),
        (lambda p: Assignment((Match(3, (8,)),)), "policy mine: at 60 s: order 8: not in the problem"),
        (lambda p: 1 / 0, "policy mine: failed at 60 s: ZeroDivisionError: division by zero"),
        (
            lambda p: p.placed_at.fill(0.0),
            "policy mine: failed at 60 s: ValueError: assignment destination is read-only",
        ),
    ],
)
def test_a_policy_that_errs_is_named(answer: Any, complaint: str) -> None:
    """Whatever a policy does wrong ends in one message: which policy, when, what; and nothing is recorded."""
    asked = leader(answer)
    complaint = re.escape(complaint.replace("60 s: ", "60 s (decision 1): "))
    with pytest.raises(PolicyError, match=complaint):
        asked.decide(problem(), [70])
    assert asked.rows == []
