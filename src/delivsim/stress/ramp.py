"""Runs a scenario step by step under more load, or with fewer riders, and keeps a look at every run."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from delivsim.domain.streams import Streams
from delivsim.errors import InputError
from delivsim.experiment.pool import Found, Shelf, Tell, run_all
from delivsim.experiment.run import run
from delivsim.experiment.settled import settled
from delivsim.scenario.reader import scenario_digest
from delivsim.scenario.schema import Scenario
from delivsim.stress.load import with_load, with_riders
from delivsim.stress.look import FORM, Look, look_at

What = Literal["load", "riders"]

USELESS = 0.5
"""A ramp ends when fewer than this share of orders arrive, or of the most frequent operation's calls are answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """
    One step of a ramp.

    Parameters
    ----------
    factor
        Times the scenario's load, or times its riders.
    looks
        A look at the run of each seed.
    """

    factor: float
    looks: tuple[Look, ...]

    def mean(self, figure: str) -> float:
        """Give the mean of a figure over the seeds that have it; NaN if none has."""
        values = [value for look in self.looks if not math.isnan(value := look["values"].get(figure, math.nan))]
        return math.fsum(values) / len(values) if values else math.nan

    def operation(self, name: str, what: str) -> float:
        """Give the mean over the seeds of one number of an operation: offered, answered, errors, p50, p95, p99."""
        values = [look["operations"][name][what] for look in self.looks if name in look["operations"]]
        known = [value for value in values if value is not None and not math.isnan(value)]
        return math.fsum(known) / len(known) if known else math.nan

    @property
    def orders_per_hour(self) -> float:
        """Orders placed per hour, mean over the seeds."""
        return math.fsum(look["orders"] / look["hours"] for look in self.looks) / len(self.looks)


@dataclass(frozen=True, slots=True)
class _Task:
    scenario: Scenario
    slos: tuple[str, ...]
    factor: float
    seed: int
    key: str

    def __str__(self) -> str:
        return f"step {self.factor:g}, seed {self.seed}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ramp:
    """
    How to ramp.

    Parameters
    ----------
    what
        The load, upwards, or the number of riders, downwards.
    factors
        Times the scenario's own, the lightest step first.
    seeds
        Seeds of each step.
    slos
        Objectives, as texts: those of the scenario and those asked for.
    jobs
        Processes.
    out
        Where looks are kept, so that the same ramp goes on where it stopped; None: nowhere.
    """

    what: What
    factors: tuple[float, ...]
    seeds: tuple[int, ...]
    slos: tuple[str, ...]
    jobs: int = 1
    out: Path | None = None

    def with_factors(self, factors: Sequence[float]) -> Ramp:
        """Give the same ramp with other steps, the lightest first."""
        return replace(self, factors=tuple(sorted(factors, reverse=self.what == "riders")))


def climb(scenario: Scenario, ramp: Ramp, tell: Tell | None = None) -> list[Step]:
    """
    Run the steps of a ramp; it ends early when nothing useful arrives any more.

    Raises
    ------
    InputError
        The scenario has no riders to take away.
    KeyboardInterrupt
        Ctrl-C; ``stepped`` gives what was done, if looks are kept.
    """
    with TemporaryDirectory() as folder:
        shelf = Shelf((ramp.out / "looks") if ramp.out else Path(folder))
        make = _maker(scenario, ramp)
        steps: list[Step] = []
        together = max(1, -(-ramp.jobs // len(ramp.seeds)))
        for begin in range(0, len(ramp.factors), together):
            factors = ramp.factors[begin : begin + together]
            tasks = [make(factor, seed) for factor in factors for seed in ramp.seeds]
            already = begin * len(ramp.seeds)
            shown = None if tell is None else partial(_counted, tell, already, len(ramp.factors) * len(ramp.seeds))
            looks = run_all(tasks, shelf, _look, jobs=ramp.jobs, tell=shown)
            steps += _steps(factors, looks, len(ramp.seeds))
            if _is_useless(steps[-1]):
                break
        return steps


def stepped(scenario: Scenario, ramp: Ramp) -> list[Step]:
    """Give the steps that were done before, if looks are kept: those of which every seed is there."""
    if ramp.out is None:
        return []
    shelf, make = Shelf(ramp.out / "looks"), _maker(scenario, ramp)
    steps = []
    for factor in ramp.factors:
        looks = [shelf.get(make(factor, seed).key) for seed in ramp.seeds]
        if all(look is not None for look in looks):
            steps += _steps([factor], [look for look in looks if look is not None], len(ramp.seeds))
    return steps


def _counted(tell: Tell, already: int, total: int, done: int, _: int) -> None:
    tell(already + done, total)


def _maker(scenario: Scenario, ramp: Ramp) -> Callable[[float, int], _Task]:
    riders = 0
    if ramp.what == "riders":
        if not scenario.has_city:
            raise InputError("--riders: the scenario has neither city nor instance, so no riders to take away")
        town = settled(scenario, Streams(ramp.seeds[0]))
        riders = len(town.instance.riders) if town is not None else 0

    def make(factor: float, seed: int) -> _Task:
        if ramp.what == "load":
            changed = with_load(scenario, factor)
        else:
            changed = with_riders(scenario, max(1, round(riders * factor)))
        said = json.dumps([FORM, scenario_digest(changed), ramp.what, factor, seed, ramp.slos])
        return _Task(changed, ramp.slos, factor, seed, hashlib.sha256(said.encode()).hexdigest()[:20])

    return make


def _look(task: _Task) -> Found:
    return look_at(run(task.scenario, seed=task.seed), task.slos)


def _steps(factors: Sequence[float], looks: Sequence[dict[str, Any]], seeds: int) -> list[Step]:
    groups = [tuple(looks[k * seeds : (k + 1) * seeds]) for k in range(len(factors))]
    return [Step(factor=factor, looks=group) for factor, group in zip(factors, groups, strict=True)]


def _is_useless(step: Step) -> bool:
    delivered = step.mean("delivered")
    if not math.isnan(delivered):
        return delivered < USELESS
    counts = step.looks[0]["operations"]
    main = max(counts, key=lambda name: counts[name]["count"])
    return step.operation(main, "answered") < USELESS * step.operation(main, "offered")
