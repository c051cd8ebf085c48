"""
How long policies take, as a ratio to fixed work measured beside them.

Run as ``python -m delivsim.bench.clock SUITE POLICY ...`` it answers each line on standard input with one round: CPU
seconds of every policy over the same decisions, and of the fixed work, as one line of JSON. Two versions of the code
are compared by running both so, a round of one and a round of the other in turn; what is kept is the least of many
rounds, because everything that disturbs a measurement makes it longer.
"""

from __future__ import annotations

import gc
import json
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from delivsim.bench.shipped import find_suite
from delivsim.bench.suite import instance_paths
from delivsim.bench.tasks import Task, plan
from delivsim.bench.work import prepared
from delivsim.dispatch.assignment import Assignment, DispatchPolicy
from delivsim.dispatch.config import make_policy
from delivsim.dispatch.policies.nearest import Nearest
from delivsim.dispatch.problem import DispatchProblem
from delivsim.experiment.run import run, whole

REFERENCE = "reference"
DECISIONS = 150
"""How many decisions of a day are timed, spread evenly."""


class Listener:
    """Decides like ``nearest`` and keeps the problems, told as much as the policy that is to be timed asks for."""

    def __init__(self, policy: DispatchPolicy) -> None:
        self.asks: frozenset[str] = getattr(policy, "asks", frozenset())
        self.problems: list[DispatchProblem] = []
        self._decide = Nearest()

    def __call__(self, problem: DispatchProblem, rng: np.random.Generator) -> Assignment:
        """Keep a problem in which there is something to decide."""
        if problem.orders.size and problem.riders.size:
            self.problems.append(problem)
        return self._decide(problem, rng)


def problems_of(task: Task) -> list[DispatchProblem]:
    """Give decisions of a day, spread evenly over it."""
    listener = Listener(make_policy(task.scenario.dispatch))
    whole(run(task.scenario, seed=task.seed, instance=prepared(task), policy=listener))
    found = listener.problems
    return [found[i] for i in np.linspace(0, len(found) - 1, min(DECISIONS, len(found))).astype(int)]


def deciding(task: Task) -> Callable[[], None]:
    """Give what one round of a policy is: all decisions, by a policy made afresh."""
    problems = problems_of(task)

    def decide() -> None:
        policy, rng = make_policy(task.scenario.dispatch), np.random.default_rng(1)
        for problem in problems:
            policy(problem, rng)

    return decide


def fixed_work() -> None:
    """Do what policies mostly do, always the same: arrays, a matching, and plain Python."""
    from scipy.optimize import linear_sum_assignment

    rng = np.random.default_rng(1)
    for _ in range(40):
        places = rng.random((60, 2))
        costs = np.hypot(*(places[:, None, k] - places[None, :, k] for k in (0, 1)))
        rows, columns = linear_sum_assignment(costs)
        near = {int(i): sorted(range(60), key=costs[i].__getitem__)[:8] for i in rows}
        total = 0.0
        for i, j in zip(rows.tolist(), columns.tolist(), strict=True):
            total += sum(float(costs[i, k]) for k in near[i]) + float(costs[i, j])
        assert total > 0.0


def one_round(works: Mapping[str, Callable[[], None]]) -> dict[str, float]:
    """Do each work once; give its CPU seconds."""
    taken = {}
    collected = gc.isenabled()
    gc.disable()
    try:
        for name, do in works.items():
            began = time.process_time()
            do()
            taken[name] = time.process_time() - began
    finally:
        if collected:
            gc.enable()
    return taken


def least(rounds: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Give the least CPU seconds of each work over the rounds."""
    return {name: min(taken[name] for taken in rounds) for name in rounds[0]} if rounds else {}


def main(suite: str, policies: Sequence[str]) -> None:
    """Answer each line of standard input with one round."""
    spec = find_suite(suite)
    with tempfile.TemporaryDirectory() as folder:
        paths = instance_paths(spec, Path(folder))
        first = dict([next(iter(paths.items()))])
        tasks = {task.policy: task for task in reversed(plan(spec, first, policies))}
        works = {name: deciding(tasks[name]) for name in policies} | {REFERENCE: fixed_work}
    for _ in sys.stdin:
        sys.stdout.write(json.dumps(one_round(works)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
