"""The dispatch leader: the policy as the runtime uses it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from delivsim.dispatch.asking import ask
from delivsim.dispatch.assignment import Assignment, DispatchPolicy
from delivsim.dispatch.outside import outside_of
from delivsim.dispatch.problem import DispatchProblem
from delivsim.services.effects import Decision
from delivsim.simulated.diary import Diary


class Leader:
    """
    Asks the policy, checks its answers, numbers and records its decisions.

    Parameters
    ----------
    name
        The policy's name, for the decisions table.
    policy
        What decides.
    rng
        What it may draw from.
    decision_time
        Gives the modelled compute time of the next decision, seconds.
    rows
        The list of ``decisions`` rows.
    diary
        Where what was known and why it chose is written down; None: nowhere.
    clock
        The wall clock; the seconds that each decision really took are no part of the deterministic record.
    """

    def __init__(
        self,
        name: str,
        policy: DispatchPolicy,
        rng: np.random.Generator,
        decision_time: Callable[[], float],
        rows: list[tuple[Any, ...]],
        clock: Callable[[], float],
        diary: Diary | None = None,
    ) -> None:
        self.name, self.policy, self.rng, self.decision_time, self.rows = name, policy, rng, decision_time, rows
        self.timings: list[float] = []
        self._clock, self._diary = clock, diary
        self.outside = outside_of(policy)
        self._decisions = 0

    def decide(self, problem: DispatchProblem, references: Sequence[int]) -> tuple[Decision, float]:
        """Give the policy's checked answer, and the seconds until it comes into force."""
        assignment = self._ask(problem)
        self._decisions += 1
        delay = self.decision_time()
        matches = assignment.matches
        n_assigned = sum(len(match.orders) for match in matches)
        self.rows.append(
            (
                self._decisions, problem.now, problem.now + delay, len(problem.orders), len(problem.riders),
                len(matches), n_assigned, self.name, problem.readiness.n, problem.readiness.bias,
                problem.readiness.spread, "" if self.outside is None else self.outside.reason,
            )
        )  # fmt: skip
        if self._diary is not None:
            self._diary.write(self._decisions, problem, references, assignment)
        return Decision(self._decisions, assignment), delay

    def _ask(self, problem: DispatchProblem) -> Assignment:
        """Ask the policy; PolicyError, with the cause, when it breaks or breaks the rules."""
        began = self._clock()
        assignment = ask(self.policy, self.name, problem, self.rng, self._decisions + 1)
        self.timings.append(self._clock() - began)
        return assignment
