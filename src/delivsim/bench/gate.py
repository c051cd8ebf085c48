"""The gate: is this code's dispatch as good, as fast, as repeatable and as blind to the future as it must be?"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from delivsim.bench.baseline import Figures, differs_in, figures_of, made_with, read_baseline, write_baseline
from delivsim.bench.benchmark import Benchmark, collect
from delivsim.bench.clock import REFERENCE, least
from delivsim.bench.elsewhere import Code, Stopwatch, git, repository, revision
from delivsim.bench.pool import Found, Shelf, Tell, run_all
from delivsim.bench.run import can_be_made, gathered
from delivsim.bench.suite import Suite, instance_paths
from delivsim.bench.tasks import Task, plan
from delivsim.bench.verdict import SLOWER, Finding, Verdict, changes_between, command_for, regressions
from delivsim.bench.work import work
from delivsim.errors import DelivsimError, InputError
from delivsim.record.parquet import read_frame

GIT = "git:"
AGAIN, OTHER_FUTURES = 16, 4
"""On how many instances each policy is run a second time, and with another future."""
HASH_SEED = "20202"
"""Of the processes that do runs again: whatever depends on the order of a set of texts decides otherwise there."""
ROUNDS, BATCHES = 7, 4
"""Rounds of the stopwatch; what looks slower is measured again, up to so many times."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mine:
    """What this code gave: figures, and the findings that need no baseline."""

    made: Benchmark
    figures: Figures
    findings: list[Finding]


def check(suite: Suite, baseline: str, *, jobs: int = 1, tell: Tell | None = None) -> Verdict:
    """
    Hold this code against a baseline.

    Parameters
    ----------
    suite
        What is run.
    baseline
        A file that ``update`` wrote, or ``git:REVISION``, which is then run beside this code.
    jobs
        How many processes.
    tell
        Told how many of how many runs are done.

    Raises
    ------
    InputError
        There is no such baseline or revision, or nothing in it can be compared.
    """
    recorded = None if baseline.startswith(GIT) else read_baseline(Path(baseline))
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        paths = instance_paths(suite, folder / "instances")
        notes, base = _base(baseline, recorded, stack)
        mine = _mine(suite, paths, folder / "mine", jobs, tell)
        if base is not None:
            old = _theirs(suite, paths, base, folder / "theirs", jobs)
        else:
            assert recorded is not None
            old = recorded
        keys = [key for key in mine.figures.means if key in old.means]
        notes += [f"{policy} is new: there is nothing to compare it with" for policy in _new(mine.figures, old)]
        changes = changes_between(old, mine.figures, keys)
        if not changes or not changes[0].worst:
            raise InputError(f"{baseline}: has no policy on an instance of {suite.name}; --update writes it anew")
        speeds, slow = _speeds(suite, list(dict.fromkeys(policy for policy, _ in keys)), recorded, base)
        if not speeds and not slow:
            notes.append("speed was not judged: the baseline is of another machine")
        elif speeds and slow and base is None:
            speeds, slow = _second_look(suite, baseline, speeds, stack)
    n = sum(old.instances.get(name) == digest for name, digest in mine.figures.instances.items())
    findings = [*mine.findings, *regressions(changes, str(suite.file)), *slow]
    return Verdict(
        suite=suite.name,
        findings=tuple(findings),
        changes=tuple(changes),
        speeds=speeds,
        notes=tuple(notes),
        n_instances=n,
    )


def update(suite: Suite, path: Path, *, jobs: int = 1, tell: Tell | None = None) -> list[Finding]:
    """
    Write a baseline of this code; give what is wrong with it all the same.

    A policy that is not repeatable, sees the future or breaks the rules makes no baseline: then nothing is written.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        mine = _mine(suite, instance_paths(suite, folder / "instances"), folder / "mine", jobs, tell)
        if not mine.findings:
            with Stopwatch(Code(), suite.file, list(suite.policies)) as watch:
                speed = _ratios(least([watch.round() for _ in range(ROUNDS * 3)]))
            write_baseline(replace(mine.figures, speed=speed), path)
    return mine.findings


def _base(baseline: str, recorded: Figures | None, stack: ExitStack) -> tuple[list[str], Code | None]:
    """Find the code to run beside this one: the revision asked for, or that of a baseline made elsewhere."""
    if recorded is None:
        return [], stack.enter_context(revision(baseline.removeprefix(GIT)))
    others = differs_in(recorded.made_with, made_with())
    if not others:
        return [], None
    notes = [f"The baseline was made with other versions or on another machine: {', '.join(others)}."]
    commit = _revision_of(baseline)
    if commit is None:
        return [*notes, "Its revision is not here, so its recorded figures are compared."], None
    try:
        code = stack.enter_context(revision(commit))
    except InputError as error:
        return [*notes, f"Its recorded figures are compared: {error}."], None
    return [*notes, f"So its revision {commit[:10]} was run here as well, and the two are compared."], code


def _new(mine: Figures, old: Figures) -> list[str]:
    return list(dict.fromkeys(policy for policy, condition in mine.means if (policy, condition) not in old.means))


def _mine(suite: Suite, paths: Mapping[str, tuple[str, Path]], folder: Path, jobs: int, tell: Tell | None) -> Mine:
    """Run all of the suite, some of it again in other processes, and some of it with another future."""
    names = list(suite.policies)
    tasks = plan(suite, paths, names)
    can_be_made(tasks)
    first = [task for task in tasks if not task.permutation and task.seed == suite.seeds[0]]
    checks = [task.other("again") for task in first if task.instance in list(paths)[:AGAIN]]
    checks += [
        task.other("other_future")
        for task in first
        if task.instance in list(paths)[:OTHER_FUTURES] and task.condition == suite.condition_names[0]
    ]
    shelf = Shelf(folder)
    total = len(tasks) + len(checks)
    results = run_all(tasks, shelf, work, jobs=jobs, tell=_of(tell, 0, total))
    seconds = run_all(checks, shelf, work, jobs=jobs, tell=_of(tell, len(tasks), total), hash_seed=HASH_SEED)
    made = gathered(suite, names, tasks, results)
    by_key = {_what(task): found for task, found in zip(tasks, results, strict=True)}
    findings = [*_failed(made, str(suite.file)), *_wavering(suite, checks, seconds, by_key)]
    return Mine(made=made, figures=figures_of(made, paths), findings=findings)


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
            command=command_for(str(suite.file), policy, instances[0]),
        )


def _theirs(suite: Suite, paths: Mapping[str, tuple[str, Path]], base: Code, folder: Path, jobs: int) -> Figures:
    """Run the same suite on the same files with the other code; policies that it does not have are left out."""
    known = base.policies()
    names = [
        name for name in suite.policies if (policy := suite.scenario_of(name).dispatch.policy) in known or ":" in policy
    ]
    if not names:
        raise InputError("the revision to compare with has none of the suite's policies")
    folder.mkdir(parents=True)
    file = _resolved(suite, paths, folder, names)
    base.call("bench", "run", "--suite", str(file), "--jobs", str(jobs), "--out", str(folder / "out"))
    rows = pd.concat([read_frame(folder / "out" / f"{name}.parquet") for name in ("rows", "numberings")])
    return figures_of(collect(suite.name, rows.to_dict("records"), [], names[0], []), paths)  # type: ignore[arg-type]


def _resolved(suite: Suite, paths: Mapping[str, tuple[str, Path]], folder: Path, names: Sequence[str]) -> Path:
    """Write the suite with its instances as files that are there, for another version of the code."""
    data = suite.model_dump(mode="json", exclude_unset=True)
    data["instances"] = [{"format": form, "path": str(path)} for form, path in paths.values()]
    data["policies"] = {name: data["policies"][name] for name in names}
    data.pop("against", None)
    file = folder / "suite.yaml"
    file.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
    return file


def _speeds(
    suite: Suite, policies: list[str], recorded: Figures | None, base: Code | None
) -> tuple[dict[str, float], list[Finding]]:
    """Time the policies, this code and the other in turn; who looks slower is measured again before he is blamed."""
    if base is None and (recorded is None or differs_in(recorded.made_with, made_with())):
        return {}, []
    try:
        speeds = _timed(suite, policies, recorded, base)
    except DelivsimError as error:
        return {}, [Finding(policy=", ".join(policies), what="speed", text=str(error))]
    return speeds, _slow(speeds)


def _slow(speeds: Mapping[str, float]) -> list[Finding]:
    return [
        Finding(
            policy=policy,
            what="speed",
            text=f"{policy} takes {ratio:.2f} times its old CPU time per decision (allowed {SLOWER:.2f})",
        )
        for policy, ratio in speeds.items()
        if ratio > SLOWER
    ]


def _second_look(
    suite: Suite, baseline: str, speeds: dict[str, float], stack: ExitStack
) -> tuple[dict[str, float], list[Finding]]:
    """Time who looks slower than recorded beside the recorded code, if that is here: a busy machine is no fault."""
    slow, commit = _slow(speeds), _revision_of(baseline)
    if commit is None:
        return speeds, slow
    try:
        code = stack.enter_context(revision(commit))
        again = _timed(suite, [finding.policy for finding in slow], None, code)
    except DelivsimError:
        return speeds, slow
    return speeds | again, _slow(speeds | again)


def _revision_of(baseline: str) -> str | None:
    """Find the revision that last wrote a baseline; None where it is not known."""
    root = repository()
    return None if root is None else git(root, "log", "-1", "--format=%H", "--", str(Path(baseline).absolute())) or None


def _timed(suite: Suite, policies: list[str], recorded: Figures | None, base: Code | None) -> dict[str, float]:
    with ExitStack() as stack:
        watches = [stack.enter_context(Stopwatch(Code(), suite.file, policies))]
        if base is not None:
            watches.append(stack.enter_context(_their_watch(suite, policies, base)))
        rounds: list[list[dict[str, float]]] = [[] for _ in watches]
        for _ in range(BATCHES):
            for _ in range(ROUNDS):
                for watch, taken in zip(watches, rounds, strict=True):
                    taken.append(watch.round())
            speeds = _compared([least(taken) for taken in rounds], recorded)
            if all(ratio <= SLOWER for ratio in speeds.values()):
                break
    return speeds


@contextmanager
def _their_watch(suite: Suite, policies: Sequence[str], base: Code) -> Iterator[Stopwatch]:
    """Time the other code on the same instance."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = instance_paths(suite, folder / "instances")
        with Stopwatch(base, _resolved(suite, paths, folder, policies), policies) as watch:
            watch.round()
            yield watch


def _compared(taken: Sequence[Mapping[str, float]], recorded: Figures | None) -> dict[str, float]:
    """Give new over old: of two that ran in turn directly, else through the fixed work."""
    mine = _ratios(taken[0])
    if len(taken) > 1:
        return {name: taken[0][name] / taken[1][name] for name in mine}
    assert recorded is not None
    return {name: mine[name] / recorded.speed[name] for name in mine if recorded.speed.get(name)}


def _ratios(taken: Mapping[str, float]) -> dict[str, float]:
    return {name: seconds / taken[REFERENCE] for name, seconds in taken.items() if name != REFERENCE}
