"""A dispatcher outside delivsim: asked in JSON, its answer checked, and what happens when it gives none."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from delivsim.dispatch.assignment import Assignment, DispatchPolicy
from delivsim.dispatch.codec import assignment_from_json, problem_to_json
from delivsim.dispatch.lawful import check_assignment
from delivsim.dispatch.problem import DispatchProblem
from delivsim.errors import InputError, PolicyError

LARGEST = 64 * 2**20
"""Bytes that an answer may have at most."""


class UnansweredError(Exception):
    """
    There is no answer that can be used.

    Parameters
    ----------
    reason
        ``timeout``, ``unreachable``, ``ended``, ``http_status``, ``bad_answer`` or ``unlawful``.
    told
        The whole story, for people to read.
    """

    def __init__(self, reason: str, told: str) -> None:
        super().__init__(reason, told)
        self.reason, self.told = reason, told


class Line(Protocol):
    """The way to what decides. It is opened when it is first used, and again after it was closed."""

    where: str
    """What messages call it."""

    def check(self) -> None:
        """Raise PolicyError where it can never be used: a secret or a program is missing."""
        ...

    def ask(self, problem: bytes, seconds: float) -> bytes:
        """Give the answer to a problem (JSON without line breaks); UnansweredError after ``seconds`` at the latest."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class Outside:
    """
    Asks over a line, checks the answer, and has a fallback decide where there is none.

    Parameters
    ----------
    line
        The way to what decides.
    seconds
        How long an answer may take.
    nearest
        How many nearest pairs of riders and stores the problem gives travel times of.
    fallback
        What decides where there is no answer; None: PolicyError.

    Attributes
    ----------
    reason
        Why the fallback made the last decision; empty: it did not.
    """

    def __init__(self, line: Line, *, seconds: float, nearest: int, fallback: DispatchPolicy | None) -> None:
        self.line, self.seconds, self.nearest, self.fallback = line, seconds, nearest, fallback
        self.reason = ""

    def decide(self, problem: DispatchProblem, rng: np.random.Generator) -> Assignment:
        """
        Give a lawful answer; only the fallback draws from ``rng``.

        Raises
        ------
        PolicyError
            There is no answer that can be used, and no fallback.
        """
        self.reason = ""
        try:
            return self._answer(problem)
        except UnansweredError as error:
            self.line.close()  # what it still says would be taken for the answer to the next problem
            if self.fallback is None:
                raise PolicyError(error.told) from None
            self.reason = error.reason
            return self.fallback(problem, rng)

    def _answer(self, problem: DispatchProblem) -> Assignment:
        said = self.line.ask(problem_to_json(problem, nearest=self.nearest).encode(), self.seconds)
        try:
            made = assignment_from_json(said, f"{self.line.where}: the answer")
            check_assignment(problem, made)
        except InputError as error:
            raise UnansweredError("bad_answer", str(error)) from None
        except PolicyError as error:
            raise UnansweredError("unlawful", f"{self.line.where}: the answer breaks a rule: {error}") from None
        return made
