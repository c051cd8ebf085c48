"""``policy: http``: a server decides, in any language, anywhere."""

from __future__ import annotations

from dataclasses import field
from functools import cached_property

import numpy as np
from pydantic.dataclasses import dataclass

from delivsim.dispatch.assignment import Assignment
from delivsim.dispatch.known import ASKABLE, asked_by
from delivsim.dispatch.outside.asking import Outside
from delivsim.dispatch.outside.http_line import HttpLine
from delivsim.dispatch.outside.parameters import Asks, Fallback, Headers, Url
from delivsim.dispatch.policies import POLICIES
from delivsim.dispatch.policies.parameters import Count
from delivsim.dispatch.problem import DispatchProblem
from delivsim.domain.units import PositiveDuration


@dataclass(frozen=True, kw_only=True)
class Http:
    """
    Have a server decide: each problem is posted to it as JSON, and the assignment is its answer.

    Parameters
    ----------
    url
        Where problems are posted, such as http://127.0.0.1:8080/decide; without a path: /decide.
    timeout
        How long an answer may take, in real time.
    fallback
        The policy of delivsim that decides where there is no answer, or one that cannot be used; null: the run ends.
    headers
        Sent with every problem; {env: NAME} stands for what a variable of the environment holds.
    asks
        What the server is told besides open orders and riders.
    nearest
        Riders near each store (or orders near each rider, where riders are fewer) whose ways are listed, >= 1.
    """

    url: Url
    timeout: PositiveDuration = 10.0
    fallback: Fallback = None
    headers: Headers = field(default_factory=dict)
    asks: Asks = frozenset(ASKABLE)
    nearest: Count = 50

    def __post_init__(self) -> None:
        if self.fallback is not None:
            object.__setattr__(self, "asks", self.asks | asked_by(POLICIES[self.fallback]))

    @cached_property
    def outside(self) -> Outside:
        """What decides."""
        fallback = None if self.fallback is None else POLICIES[self.fallback]()
        line = HttpLine(self.url, self.headers)
        return Outside(line, seconds=self.timeout, nearest=self.nearest, fallback=fallback)

    def __call__(self, problem: DispatchProblem, rng: np.random.Generator) -> Assignment:
        """Ask the server."""
        return self.outside.decide(problem, rng)
