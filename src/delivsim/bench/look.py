"""Running a suite with this code and with another, and checking this one's policies beyond their figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from delivsim.bench.baseline import Figures, figures_of
from delivsim.bench.benchmark import Benchmark, collect
from delivsim.bench.elsewhere import Code
from delivsim.bench.run import can_be_made, gathered
from delivsim.bench.suite import Suite
from delivsim.bench.tasks import Task, plan
from delivsim.bench.verdict import Finding, command_for
from delivsim.bench.work import work
from delivsim.errors import InputError
from delivsim.experiment.pool import Found, Shelf, Tell, run_all
from delivsim.record.parquet import read_frame

AGAIN, OTHER_FUTURES = 16, 4
"""On how many instances each policy is run a second time, and with another future."""
HASH_SEED = "20202"
"""Of the processes that do runs again: whatever depends on the order of a set of texts decides otherwise there."""
Paths = Mapping[str, tuple[str, Path]]
"""Format and path of each instance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """
    Where a suite is run, and with how many processes.

    Parameters
    ----------
    folder
        Where results are kept, so that a second look does not repeat the first.
    """

    suite: Suite
    folder: Path
    jobs: int
    tell: Tell | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mine:
    """What this code gave: figures, and the findings that need no baseline."""

    made: Benchmark
    figures: Figures
    findings: list[Finding]


def mine(bench: Bench, paths: Paths, policies: Sequence[str], *, checks: bool = True) -> Mine:
    """Run policies on instances; with ``checks`` some again in other processes, and some with another future."""
    suite, shelf = bench.suite, Shelf(bench.folder / "mine")
    tasks = plan(suite, paths, policies)
    can_be_made(tasks)
    again = list(_again(suite, tasks, list(paths))) if checks else []
    total = len(tasks) + len(again)
    results = run_all(tasks, shelf, work, jobs=bench.jobs, tell=_of(bench.tell, 0, total))
    seconds = run_all(again, shelf, work, jobs=bench.jobs, tell=_of(bench.tell, len(tasks), total), hash_seed=HASH_SEED)
    made = gathered(suite, policies, tasks, results)
    by_key = {_what(task): found for task, found in zip(tasks, results, strict=True)}
    findings = [*_failed(made, suite.called), *_wavering(suite, again, seconds, by_key)]
    return Mine(made=made, figures=figures_of(made, paths), findings=findings)


def _again(suite: Suite, tasks: Sequence[Task], instances: Sequence[str]) -> Iterator[Task]:
    first = [task for task in tasks if not task.permutation and task.seed == suite.seeds[0]]
    for task in first:
        if task.instance in instances[:AGAIN]:
            yield task.other("again")
    for task in first:
        if task.instance in instances[:OTHER_FUTURES] and task.condition == suite.condition_names[0]:
            yield task.other("other_future")


def _of(tell: Tell | None, before: int, total: int) -> Tell | None:
    return None if tell is None else lambda done, _: tell(before + done, total)


def _what(task: Task) -> tuple[Any, ...]:
    return task.policy, task.condition, task.instance, task.seed, task.permutation


def _failed(made: Benchmark, suite: str) -> Iterator[Finding]:
    """Tell policies that ended their runs, and those that break the rules."""
    for error in made.errors[:5]:
        yield Finding(policy=error.split(" on ")[0], what="failed", text=f"ended its run: {error}")
    both = pd.concat([made.rows, made.numberings])
    for policy, wrong in both[both["violations"] > 0].groupby("policy", sort=False):
        row = wrong.iloc[0]
        text = f"{policy} breaks the rules in {len(wrong)} solutions; on {row['instance']}: {row['first_violation']}"
        yield Finding(
            policy=str(policy), what="rules", text=text, command=command_for(suite, str(policy), row["instance"])
        )


def _wavering(
    suite: Suite, checks: Sequence[Task], seconds: Sequence[Found], first: Mapping[tuple[Any, ...], Found]
) -> Iterator[Finding]:
    """Tell policies that decide otherwise when run again, or when only the future is another; each once."""
    words = {
        "again": ("repeatability", "decides otherwise when the same run is done again", "digest"),
        "other_future": (
            "foresight",
            "sees the future: with other orders in the second half of the day it decides otherwise in the first",
            "digest_of_the_past",
        ),
    }
    told: dict[tuple[str, str], list[str]] = {}
    for task, found in zip(checks, seconds, strict=True):
        what, _, column = words[task.kind]
        figures = first[_what(task)]["figures"]
        if figures and figures[column] != found["figures"].get(column):
            told.setdefault((task.policy, task.kind), []).append(task.instance)
    for (policy, kind), instances in told.items():
        what, text, _ = words[kind]
        if kind == "other_future" and (policy, "again") in told:
            continue  # who does not even repeat himself is not accused of foresight
        where = f"on {len(instances)} instance{'s' * (len(instances) > 1)}, first {instances[0]}"
        yield Finding(
            policy=policy,
            what=what,
            text=f"{policy} {text} ({where})",
            command=command_for(suite.called, policy, instances[0]),
        )


def theirs(bench: Bench, paths: Paths, policies: Sequence[str], base: Code) -> Figures:
    """Run the same suite on the same files with the other code; policies that it does not have are left out."""
    known, suite, folder = base.policies(), bench.suite, bench.folder / "theirs"
    names = [name for name in policies if (policy := suite.scenario_of(name).dispatch.policy) in known or ":" in policy]
    if not names:
        raise InputError("the revision to compare with has none of the suite's policies")
    folder.mkdir(parents=True, exist_ok=True)
    file = resolved(suite, paths, folder, names)
    base.call("bench", "run", "--suite", str(file), "--jobs", str(bench.jobs), "--out", str(folder / "out"))
    rows = pd.concat([read_frame(folder / "out" / f"{name}.parquet") for name in ("rows", "numberings")])
    return figures_of(collect(suite.name, rows.to_dict("records"), [], names[0], []), paths)  # type: ignore[arg-type]


def resolved(suite: Suite, paths: Paths, folder: Path, names: Sequence[str]) -> Path:
    """Write the suite with its instances as files that are there, for another version of the code."""
    data = suite.model_dump(mode="json", exclude_unset=True)
    data["instances"] = [{"format": form, "path": str(path)} for form, path in paths.values()]
    data["policies"] = {name: data["policies"][name] for name in names}
    for key in ("against", "further"):
        data.pop(key, None)
    file = folder / "suite.yaml"
    file.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
    return file
