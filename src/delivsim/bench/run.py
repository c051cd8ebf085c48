"""Runs a suite: policies on instances, in parallel, each solution checked, interrupted runs taken up again."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from delivsim.bench.benchmark import Benchmark, collect
from delivsim.bench.shipped import find_suite
from delivsim.bench.suite import Suite, chosen, instance_paths
from delivsim.bench.tasks import Task, as_row, plan
from delivsim.bench.work import work
from delivsim.dispatch.assignment import DispatchPolicy
from delivsim.dispatch.config import make_policy
from delivsim.experiment.pool import Shelf, Tell, run_all


def benchmark(
    suite: Suite | str | os.PathLike[str],
    *,
    policies: Mapping[str, DispatchPolicy | None] | Sequence[str] = (),
    instances: Sequence[str] = (),
    jobs: int = 1,
    out: str | os.PathLike[str] | None = None,
    tell: Tell | None = None,
) -> Benchmark:
    """
    Run policies over the instances of a suite.

    Parameters
    ----------
    suite
        A suite, its file, or the name of one of delivsim's (``twins``).
    policies
        Names: of the suite, of delivsim, or ``module:Class``; or a dict whose values may be policy objects (None:
        found by its name). None at all: those of the suite.
    instances
        Only these; none: all.
    jobs
        How many processes; 1: this one, where policies defined in a notebook or a test work too.
    out
        Where results are kept; the same call on the same folder takes up what was interrupted. Without it nothing is
        kept.
    tell
        Told how many of how many runs are done.

    Returns
    -------
    Rows, and the tables that follow from them.

    Raises
    ------
    ScenarioError, InputError, PolicyError
        The suite, a name or a policy cannot be used.
    """
    suite = suite if isinstance(suite, Suite) else find_suite(os.fspath(suite))
    named = dict(policies) if isinstance(policies, Mapping) else dict.fromkeys(policies)
    own = {name: policy for name, policy in named.items() if policy is not None}
    found = chosen(suite, [name for name in named if name not in own])
    names = tuple(named) if named else found
    with _folder(out) as folder:
        tasks = plan(suite, instance_paths(suite, folder / "instances", instances), names, own)
        can_be_made(tasks)
        results = run_all(tasks, Shelf(folder / "tasks"), work, jobs=jobs, tell=tell)
        made = gathered(suite, names, tasks, results)
        if out is not None:
            made.save(folder)
    return made


def gathered(
    suite: Suite, names: Sequence[str], tasks: Sequence[Task], results: Sequence[Mapping[str, object]]
) -> Benchmark:
    """Put together what the runs gave; those that policies ended are told among its errors."""
    pairs = list(zip(tasks, results, strict=True))
    rows = [as_row(task, found["figures"]) for task, found in pairs if found["figures"]]  # type: ignore[arg-type]
    times = [as_row(task, found["times"]) for task, found in pairs if found["times"]]  # type: ignore[arg-type]
    errors = [f"{task.policy} on {task.instance}: {found['error']}" for task, found in pairs if found["error"]]
    against = suite.against if suite.against in names else names[0]
    return collect(suite.name, rows, times, str(against), errors)


def can_be_made(tasks: Sequence[Task]) -> None:
    """
    Make every policy once, before any time is spent.

    Raises
    ------
    PolicyError
        One cannot be made.
    """
    for config in {task.policy: task.scenario.dispatch for task in tasks if task.own is None}.values():
        make_policy(config)


@contextmanager
def _folder(out: str | os.PathLike[str] | None) -> Iterator[Path]:
    if out is not None:
        yield Path(out)
        return
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)
