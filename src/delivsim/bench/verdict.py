"""Old against new: what moved, by how much, how sure that is, and what is a regression."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from delivsim.bench.baseline import DECIMALS, Figures, Key
from delivsim.bench.metrics import METRICS, Metric
from delivsim.record.paired import Paired, holm, paired

LEVEL, FIRST_LEVEL = 0.05, 0.01
"""
A policy is blamed by mistake for any of its metrics with at most this probability; and at the first of two looks.

The second look, at more instances, may use the rest (Bonferroni over looks: valid however they depend).
"""
SLOWER = 1.15
"""A policy that takes more than this many times its old CPU time, relative to the fixed work, is a regression."""
Kind = Literal["worse", "better", "noise", "same"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """
    One metric of one policy, old against new, over the same instances.

    Parameters
    ----------
    found
        The paired comparison: new - old.
    band
        By how much mere ties move the old mean (one standard error over the numberings).
    p_worse
        One-sided p value that it did not get worse, adjusted for the metrics of the policy (Holm).
    worst, worst_by
        The instance that got worse by most, and by how much.
    n_instances
        How many instances were compared.
    """

    policy: str
    condition: str
    metric: Metric
    found: Paired
    band: float
    p_worse: float
    worst: str
    worst_by: float
    kind: Kind
    n_instances: int

    @property
    def relative(self) -> float:
        """The mean difference as a share of the old mean; NaN for an old mean of zero."""
        return self.found.difference.mean / self.found.old if self.found.old else float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that fails the gate, told in one sentence; ``command`` shows it again."""

    policy: str
    what: str
    text: str
    command: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """
    What the gate says.

    Parameters
    ----------
    findings
        Every reason to fail; none: fine.
    changes
        Every metric of every policy in both.
    speeds
        By policy the CPU time, new over old.
    notes
        What else a reader must know: other versions, new policies.
    n_instances
        How many instances were compared.
    """

    suite: str
    findings: tuple[Finding, ...]
    changes: tuple[Change, ...]
    speeds: Mapping[str, float]
    notes: tuple[str, ...]
    n_instances: int

    @property
    def ok(self) -> bool:
        """Whether nothing failed."""
        return not self.findings

    @property
    def moved(self) -> list[Change]:
        """What is not the same as before."""
        return [change for change in self.changes if change.kind != "same"]


def changes_between(old: Figures, new: Figures, keys: Iterable[Key], level: float = LEVEL) -> list[Change]:
    """Compare every metric of policies that both have, over the instances that both have; ``level`` is for blame."""
    names = [name for name, digest in new.instances.items() if old.instances.get(name) == digest]
    before, after = ([list(side.instances).index(name) for name in names] for side in (old, new))
    return [change for key in keys for change in _changes(old, new, key, names, before, after, level)]


def _changes(
    old: Figures, new: Figures, key: Key, names: list[str], before: list[int], after: list[int], level: float
) -> list[Change]:
    metrics = [m for m in METRICS if m.column in old.means[key] and m.column in new.means[key]]
    pairs = [
        (new.means[key][m.column][after].round(DECIMALS), old.means[key][m.column][before].round(DECIMALS))
        for m in metrics
    ]
    found = [paired(a, b) for a, b in pairs]
    p_worse = holm([f.p_greater for f in found])
    changes = []
    for metric, (a, b), comparison, p in zip(metrics, pairs, found, p_worse, strict=True):
        steps = np.nan_to_num(a - b)
        worst = int(np.argmax(steps)) if len(steps) else 0
        band = old.band(key, metric.column, before)
        changes.append(
            Change(
                policy=key[0],
                condition=key[1],
                metric=metric,
                found=comparison,
                band=band,
                p_worse=p,
                worst=names[worst] if names else "",
                worst_by=float(steps[worst]) if len(steps) else 0.0,
                kind=_kind(comparison, band, p, level, moved=bool((a != b).any())),
                n_instances=len(names),
            )
        )
    return changes


def _kind(found: Paired, band: float, p_worse: float, level: float, *, moved: bool) -> Kind:
    """Judge one metric: only what is outside the noise band and clear of chance counts."""
    if not moved:
        return "same"
    if found.difference.mean > band and p_worse < level:
        return "worse"
    if found.difference.mean < -band and found.p_less < LEVEL:
        return "better"
    return "noise"


def regressions(changes: Iterable[Change], suite: str) -> list[Finding]:
    """Give a finding for every metric that got worse."""
    return [
        Finding(
            policy=change.policy,
            what=change.metric.column,
            text=regression_text(change),
            command=command_for(suite, change.policy, change.worst),
        )
        for change in changes
        if change.kind == "worse"
    ]


def regression_text(change: Change) -> str:
    """Say what got worse, by how much, how sure that is, and where most."""
    m, f = change.metric, change.found
    low, high = (m.shown(value, signed=True) for value in (f.difference.low, f.difference.high))
    relative = "" if change.relative != change.relative else f" ({100 * change.relative:+.1f} %)"
    where = "" if change.condition == "as given" else f", {change.condition}"
    return (
        f"{change.policy}{where}: {m.label} {m.shown(f.old)} -> {m.shown(f.new)}, "
        f"{m.shown(f.difference.mean, signed=True)}{relative}; 95 % interval {low} to {high}, noise band "
        f"{m.shown(change.band)}, p {change.p_worse:.2g}, {change.n_instances} instances; most on {change.worst} "
        f"({m.shown(change.worst_by, signed=True)})"
    )


def command_for(suite: str, policy: str, instance: str) -> str:
    """Give the command that runs one policy on one instance again."""
    return shlex.join(("delivsim", "bench", "run", "--suite", suite, "--policies", policy, "--instances", instance))
