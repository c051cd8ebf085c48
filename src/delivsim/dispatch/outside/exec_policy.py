"""``policy: exec``: a program decides, one line of JSON per decision on its standard input and output."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from pydantic.dataclasses import dataclass

from delivsim.dispatch.assignment import Assignment
from delivsim.dispatch.known import ASKABLE, asked_by
from delivsim.dispatch.outside.asking import Outside
from delivsim.dispatch.outside.child import ChildLine
from delivsim.dispatch.outside.parameters import Asks, Command, Fallback
from delivsim.dispatch.policies import POLICIES
from delivsim.dispatch.policies.parameters import Count
from delivsim.dispatch.problem import DispatchProblem
from delivsim.domain.units import PositiveDuration


@dataclass(frozen=True, kw_only=True)
class Exec:
    """
    Have a program decide: it reads each problem as a line of JSON, and writes the assignment as another.

    Parameters
    ----------
    command
        The program and its arguments; a relative name is looked up where the command is run.
    timeout
        How long an answer may take, in real time.
    fallback
        The policy of delivsim that decides where there is no answer, or one that cannot be used; null: the run ends.
    asks
        What the program is told besides open orders and riders.
    nearest
        Riders near each store (or orders near each rider, where riders are fewer) whose ways are listed, >= 1.
    """

    command: Command
    timeout: PositiveDuration = 10.0
    fallback: Fallback = None
    asks: Asks = frozenset(ASKABLE)
    nearest: Count = 50

    def __post_init__(self) -> None:
        if self.fallback is not None:
            object.__setattr__(self, "asks", self.asks | asked_by(POLICIES[self.fallback]))

    @cached_property
    def outside(self) -> Outside:
        """What decides."""
        fallback = None if self.fallback is None else POLICIES[self.fallback]()
        return Outside(ChildLine(self.command), seconds=self.timeout, nearest=self.nearest, fallback=fallback)

    def __call__(self, problem: DispatchProblem, rng: np.random.Generator) -> Assignment:
        """Ask the program."""
        return self.outside.decide(problem, rng)
