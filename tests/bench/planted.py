"""Policies with planted faults, and work that dies: importable by name, in other processes too."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from delivsim.dispatch.assignment import Assignment
from delivsim.dispatch.policies.linear_assignment import LinearAssignment
from delivsim.dispatch.problem import DispatchProblem


def hashed(*parts: object) -> float:
    """Give a number in [0, 1) that depends on nothing but its input."""
    digest = hashlib.blake2b("/".join(map(str, parts)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2.0**64


@dataclass(frozen=True)
class Same:
    """The policy itself."""

    inner: LinearAssignment = field(default_factory=LinearAssignment)

    def __call__(self, problem: DispatchProblem, rng: np.random.Generator) -> Assignment:
        return self.inner(problem, rng)


@dataclass(frozen=True)
class Later(Same):
    """Leaves a share of the orders, chosen as if by chance, lying for minutes after they are ready."""

    share: float = 0.001
    minutes: float = 10.0

    def __call__(self, problem: DispatchProblem, rng: np.random.Generator) -> Assignment:
        lying = {
            int(n)
            for n, ready_at, placed_at in zip(problem.orders, problem.ready_at, problem.placed_at, strict=True)
            if problem.now < ready_at + 60.0 * self.minutes and hashed("later", n, placed_at) < self.share
        }
        found = self.inner(problem, rng)
        return Assignment(tuple(m for m in found.matches if lying.isdisjoint(m.orders)))


@dataclass(frozen=True)
class Slower(Same):
    """Decides alike, and takes a share more of the processor's time."""

    more: float = 0.3

    def __call__(self, problem: DispatchProblem, rng: np.random.Generator) -> Assignment:
        began = time.process_time()
        found = self.inner(problem, rng)
        end = time.process_time() + self.more * (time.process_time() - began)
        while time.process_time() < end:
            pass
        return found


@dataclass(frozen=True)
class Loses(Same):
    """Never serves one order in so many."""

    one_in: int = 500

    def __call__(self, problem: DispatchProblem, rng: np.random.Generator) -> Assignment:
        lost = {
            int(n)
            for n, placed_at in zip(problem.orders, problem.placed_at, strict=True)
            if hashed("lost", n, placed_at) * self.one_in < 1
        }
        return Assignment(tuple(m for m in self.inner(problem, rng).matches if lost.isdisjoint(m.orders)))


@dataclass(frozen=True)
class Moody(Same):
    """Holds a match back now and then, by a coin that nobody seeded."""

    share: float = 0.002

    def __call__(self, problem: DispatchProblem, rng: np.random.Generator) -> Assignment:
        found = self.inner(problem, rng)
        return Assignment(tuple(m for m in found.matches if random.SystemRandom().random() >= self.share))


@dataclass(frozen=True)
class Foresees(Same):
    """Looks up the stack for the orders yet to come, and lets the places they go to decide whether to hold back."""

    def __call__(self, problem: DispatchProblem, rng: np.random.Generator) -> Assignment:
        found = self.inner(problem, rng)
        day = _instance()
        coming = [] if day is None else [o for o in day.orders if problem.now < o.placed_at]
        return Assignment() if sum(int(o.x + o.y) for o in coming) % 3 == 1 else found


def _instance() -> Any:
    frame = sys._getframe()
    while frame is not None:
        simulation = frame.f_locals.get("simulation")
        if simulation is not None and hasattr(simulation, "instance"):
            return simulation.instance
        frame = frame.f_back
    return None


class Fails:
    """Raises on its first decision."""

    def __call__(self, problem: DispatchProblem, rng: np.random.Generator) -> Assignment:
        raise ZeroDivisionError("planted")


def dies_once(task: Any) -> dict[str, Any]:
    """Kill this process the first time a certain task comes; its mark is kept in the folder of the instance's path."""
    mark = Path(os.environ["DELIVSIM_TEST_MARK"])
    if task.instance == "b" and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return {"figures": {"instance": task.instance}, "times": {}, "error": ""}


def always_dies(task: Any) -> dict[str, Any]:
    """Kill this process."""
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


@dataclass(frozen=True)
class Named:
    """As much of a task as the pool needs."""

    instance: str
    policy: str = "nearest"

    @property
    def key(self) -> str:
        """What its result is kept under."""
        return f"key-{self.instance}"

    def __str__(self) -> str:
        return f"{self.policy} on {self.instance}"
