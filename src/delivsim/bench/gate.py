"""The gate: is this code's dispatch as good, as fast, as repeatable and as blind to the future as it must be?"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from delivsim.bench.baseline import Figures, Key, differs_in, made_with, read_baseline, write_baseline
from delivsim.bench.elsewhere import Code, git, repository, revision
from delivsim.bench.look import Bench, Mine, mine, theirs
from delivsim.bench.speed import beside, speed_of, speeds_of
from delivsim.bench.suite import Suite, instance_paths
from delivsim.bench.verdict import FIRST_LEVEL, LEVEL, Change, Finding, Verdict, changes_between, regressions
from delivsim.errors import InputError
from delivsim.experiment.pool import Tell

GIT = "git:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """
    What this code is held against.

    Parameters
    ----------
    baseline
        As it was given.
    recorded
        What a baseline's file says.
    code
        The code to run beside this one; None: the recorded figures count.
    """

    baseline: str
    recorded: Figures | None
    code: Code | None

    def figures(self, bench: Bench, instances: dict[str, tuple[str, Path]], policies: Sequence[str]) -> Figures:
        """Give its figures, of these instances at least."""
        if self.code is not None:
            return theirs(bench, instances, policies, self.code)
        assert self.recorded is not None
        return self.recorded


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
        bench = Bench(suite=suite, folder=Path(name), jobs=jobs, tell=tell)
        paths = instance_paths(suite, bench.folder / "instances")
        notes, code = _base(baseline, recorded, stack)
        against = Against(baseline=baseline, recorded=recorded, code=code)
        found = mine(bench, paths, list(suite.policies))
        old = against.figures(bench, paths, list(suite.policies))
        keys = [key for key in found.figures.means if key in old.means]
        notes += [f"{policy} is new: there is nothing to compare it with" for policy in _new(found.figures, old)]
        changes = changes_between(old, found.figures, keys, FIRST_LEVEL if suite.further else LEVEL)
        if not found.findings and not (changes and changes[0].worst):
            raise InputError(f"{baseline}: has no policy on an instance of {suite.name}; --update writes it anew")
        n_instances = max((change.n_instances for change in changes), default=0)
        changes = _looked_at_again(bench, against, changes, found.findings)
        notes += _looks(changes, n_instances)
        speeds, slow = speeds_of(suite, list(dict.fromkeys(policy for policy, _ in keys)), recorded, code)
        if keys and not speeds and not slow:
            notes.append("speed was not judged: the baseline is of another machine")
        elif speeds and slow and code is None:
            speeds, slow = beside(suite, _revision_of(baseline), speeds)
    return Verdict(
        suite=suite.name,
        findings=(*found.findings, *regressions(changes, suite.called), *slow),
        changes=tuple(changes),
        speeds=speeds,
        notes=tuple(notes),
        n_instances=n_instances,
    )


def _looked_at_again(
    bench: Bench, against: Against, changes: list[Change], findings: Sequence[Finding]
) -> list[Change]:
    """Run policies whose figures moved, and that nothing is held against yet, on the further instances as well."""
    blamed = {finding.policy for finding in findings} | {c.policy for c in changes if c.kind == "worse"}
    moved = [policy for policy in dict.fromkeys(c.policy for c in changes if c.kind != "same") if policy not in blamed]
    if not bench.suite.further or not moved:
        return changes
    paths = instance_paths(bench.suite, bench.folder / "instances", further=True)
    new = mine(bench, paths, moved, checks=False).figures
    old = against.figures(bench, paths, moved)
    keys: list[Key] = [key for key in new.means if key in old.means]
    again = changes_between(old, new, keys, LEVEL - FIRST_LEVEL)
    order = list(dict.fromkeys((change.policy, change.condition) for change in changes))
    both = [change for change in changes if change.policy not in moved] + again
    return sorted(both, key=lambda change: order.index((change.policy, change.condition)))


def _looks(changes: Sequence[Change], n_first: int) -> list[str]:
    """Say of whom more instances were looked at."""
    more = {change.policy: change.n_instances for change in changes if change.n_instances > n_first}
    return [f"{policy} moved, so it was looked at on {n} instances instead of {n_first}." for policy, n in more.items()]


def update(suite: Suite, path: Path, *, jobs: int = 1, tell: Tell | None = None) -> list[Finding]:
    """
    Write a baseline of this code; give what is wrong with it all the same.

    A policy that is not repeatable, sees the future or breaks the rules makes no baseline: then nothing is written.
    """
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(suite=suite, folder=Path(name), jobs=jobs, tell=tell)
        found: Mine = mine(bench, instance_paths(suite, bench.folder / "instances", further=True), list(suite.policies))
        if not found.findings:
            write_baseline(replace(found.figures, speed=speed_of(suite)), path)
    return found.findings


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


def _new(now: Figures, old: Figures) -> list[str]:
    return list(dict.fromkeys(policy for policy, condition in now.means if (policy, condition) not in old.means))


def _revision_of(baseline: str) -> str | None:
    """Find the revision that last wrote a baseline; None where it is not known."""
    root = repository()
    return None if root is None else git(root, "log", "-1", "--format=%H", "--", str(Path(baseline).absolute())) or None
