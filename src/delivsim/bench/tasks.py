"""
The runs of a suite, each with a key that says all its result depends on, and what one run gives: a row.

A key is a digest of the scenario, the instance's files, the seed, the numbering and the code, so a finished run is
never done twice, and one of other code never taken for it.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import delivsim
from delivsim.bench.suite import Suite
from delivsim.dispatch.assignment import DispatchPolicy
from delivsim.dispatch.outside import OUTSIDE
from delivsim.domain.source_path import SourcePath
from delivsim.scenario.dump import plain
from delivsim.scenario.schema import Scenario

Kind = Literal["run", "again", "other_future"]
"""A run; the same once more, to see whether it is repeatable; with another future, to see whether it is foreseen."""
_PLAIN = "nearest"
"""Stands in the scenario where the policy itself is given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """
    One run.

    Parameters
    ----------
    policy, condition, instance
        Their names in the suite.
    seed
        Of the scenario.
    permutation
        How orders and riders are numbered; 0: as in the instance.
    scenario
        All of it.
    key
        Digest of all that the result depends on.
    own
        A policy object given from Python instead of by name.
    """

    policy: str
    condition: str
    instance: str
    seed: int
    permutation: int
    scenario: Scenario
    key: str
    kind: Kind = "run"
    own: DispatchPolicy | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return f"{self.policy} on {self.instance}"

    def other(self, kind: Kind) -> Task:
        """Give the same run as a check of the policy."""
        return replace(self, kind=kind, key=_digest(self.key, kind))


def plan(
    suite: Suite,
    instances: Mapping[str, tuple[str, Path]],
    policies: Sequence[str],
    own: Mapping[str, DispatchPolicy] | None = None,
) -> list[Task]:
    """
    List the runs of a suite, those that belong together next to each other.

    Parameters
    ----------
    instances
        By name the format and the path.
    policies
        Names of policies.
    own
        Policy objects by name, for those of ``policies`` that exist in Python only.

    Raises
    ------
    ScenarioError
        A policy under a condition is no valid scenario.
    """
    own = own or {}
    unnamed = set(own) - set(suite.policies)
    composed = {
        (policy, condition): suite.scenario_of(_PLAIN if policy in unnamed else policy, condition)
        for policy in policies
        for condition in suite.condition_names
    }
    return [
        _task(composed[policy, condition], policy, condition, name, seed, n, instances[name], own.get(policy))
        for name in instances
        for condition in suite.condition_names
        for policy in policies
        for seed in suite.seeds
        for n in suite.numberings(policy)
    ]


def _task(
    composed: Scenario,
    policy: str,
    condition: str,
    name: str,
    seed: int,
    permutation: int,
    where: tuple[str, Path],
    own: DispatchPolicy | None,
) -> Task:
    assert composed.instance is not None
    instance = composed.instance.model_copy(update={"format": where[0], "path": SourcePath(str(where[1]))})
    named = composed.instance.model_copy(update={"format": where[0], "path": SourcePath(name)})
    says = plain(composed.model_copy(update={"instance": named, "name": "", "seed": seed}))
    code = _code_of(composed.dispatch.policy) if own is None else f"{own!r}{_code_of(_outside(own))}"
    key = _digest(json.dumps(says, sort_keys=True), digest_of(where[1]), permutation, own_digest(), code)
    return Task(
        policy=policy,
        condition=condition,
        instance=name,
        seed=seed,
        permutation=permutation,
        scenario=composed.model_copy(update={"instance": instance, "seed": seed}),
        key=key,
        own=own,
    )


def _digest(*parts: object) -> str:
    return hashlib.blake2b("\0".join(map(str, parts)).encode(), digest_size=12).hexdigest()


@lru_cache(maxsize=4096)
def digest_of(path: Path) -> str:
    """Give a digest of a file, or of all files of a folder."""
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    found = hashlib.blake2b(digest_size=12)
    for file in files:
        found.update(file.relative_to(path).as_posix().encode() + b"\0" + file.read_bytes())
    return found.hexdigest()


@lru_cache(maxsize=1)
def own_digest() -> str:
    """Give a digest of delivsim's own code: what its runs depend on besides their input."""
    root = Path(delivsim.__file__).parent
    found = hashlib.blake2b(digest_size=12)
    for file in sorted(root.rglob("*.py")):
        found.update(file.relative_to(root).as_posix().encode() + b"\0" + file.read_bytes())
    return found.hexdigest()


def _outside(own: DispatchPolicy) -> str:
    """Name the kind of outside that a policy object asks; empty: none."""
    return next((name for name, kind in OUTSIDE.items() if isinstance(own, kind)), "")


@lru_cache(maxsize=256)
def _code_of(policy: str) -> str:
    """
    Give a digest of the module from which a policy of one's own comes; empty for delivsim's.

    What decides outside may be another one tomorrow: it is called otherwise in each process, and asked again.
    """
    if policy in OUTSIDE:
        return secrets.token_hex(8)
    if ":" not in policy:
        return ""
    try:
        spec = importlib.util.find_spec(policy.split(":")[0])
    except (ImportError, ValueError):
        return ""
    return digest_of(Path(spec.origin)) if spec and spec.origin and Path(spec.origin).is_file() else ""


def as_row(task: Task, found: Mapping[str, Any]) -> dict[str, Any]:
    """Put what a run gave behind what it was."""
    head = {
        "policy": task.policy,
        "condition": task.condition,
        "instance": task.instance,
        "seed": task.seed,
        "permutation": task.permutation,
    }
    return {**head, **found}
