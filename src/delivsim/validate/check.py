"""Runs cases until their intervals are narrow enough, and tells whether the exact values lie inside."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import as_completed
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

from delivsim.domain.units import near_miss
from delivsim.errors import InputError
from delivsim.experiment.pool import workers
from delivsim.experiment.run import run, whole
from delivsim.validate.case import QUICK_LOAD, Case, Quantity
from delivsim.validate.cases import all_cases
from delivsim.validate.lengths import CALLS

REPLICATIONS = 20
"""So many at first; more where their spread asks for it."""
CONFIDENCE = 0.999
T = float(stats.t.ppf((1.0 + CONFIDENCE) / 2.0, REPLICATIONS - 1))
MOST_REPLICATIONS = 500

Tell = Callable[[int, int], None]
"""Told how many of how many cases are done."""


@dataclass(frozen=True, slots=True)
class Widths:
    """The half-width, relative to the exact value, that an interval of a mean and of a quantile may have."""

    mean: float
    quantile: float

    def of(self, quantity: Quantity) -> float:
        """Give the half-width that a quantity's interval may have, in its own unit."""
        return (self.mean if quantity.kind == "mean" else self.quantile) * abs(quantity.exact)

    def calls(self, quick: int) -> int:
        """Give the calls that intervals so wide take, from those of the quick set: half the width, four times."""
        narrower = max(1.0, QUICK.mean / self.mean, QUICK.quantile / self.quantile)
        return math.ceil(quick * narrower**2)


QUICK = Widths(0.06, 0.12)
FULL = Widths(0.02, 0.05)

Verdict = Literal["holds", "differs", "too wide"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """
    One quantity of one case, simulated.

    Parameters
    ----------
    simulated, half_width
        Mean over the replications, and half of its 99.9 % t-interval.
    calls
        Calls per replication, warm-up left out.
    replications
        How many there were.
    """

    case: str
    family: str
    source: str
    quantity: str
    exact: float
    simulated: float
    half_width: float
    allowed: float
    calls: int
    replications: int

    @property
    def verdict(self) -> Verdict:
        """Whether the exact value lies in the interval, and the interval is narrow enough to mean something."""
        if not self.half_width <= self.allowed:
            return "too wide"
        return "holds" if abs(self.simulated - self.exact) <= self.half_width else "differs"


def chosen(*, quick: bool, names: Sequence[str] = ()) -> tuple[Case, ...]:
    """
    Give the cases of the quick or the full set whose name or family contains one of ``names`` (none: all).

    Raises
    ------
    InputError
        A name is in none of them.
    """
    cases = [case for case in all_cases() if not quick or case.load <= QUICK_LOAD + 1e-9]
    for name in names:
        if not any(_is_named(case, name) for case in cases):
            known = sorted({case.family for case in cases})
            said = f"{name!r} is in no name of a case or family{near_miss(name, known)}; families: {', '.join(known)}"
            raise InputError(f"CASES: {said}")
    return tuple(case for case in cases if not names or any(_is_named(case, name) for name in names))


def _is_named(case: Case, name: str) -> bool:
    return name.casefold() in f"{case.family} {case.name}".casefold()


def validate(
    cases: Sequence[Case], widths: Widths, *, seed: int = 1, jobs: int = 1, tell: Tell | None = None
) -> Iterator[tuple[Finding, ...]]:
    """
    Examine cases, the longest first when over several processes; findings come in the order of the cases.

    Parameters
    ----------
    seed
        The first replication's seed; those that follow count on.
    jobs
        Processes; 1: this one.
    """
    found: dict[str, tuple[Finding, ...]] = {}
    waiting = list(cases)
    if tell is not None:
        tell(0, len(cases))
    for name, findings in _examined(cases, widths, seed, jobs):
        found[name] = findings
        if tell is not None:
            tell(len(found), len(cases))
        while waiting and waiting[0].name in found:
            yield found[waiting.pop(0).name]


def _examined(cases: Sequence[Case], widths: Widths, seed: int, jobs: int) -> Iterator[tuple[str, tuple[Finding, ...]]]:
    if jobs == 1:
        for case in cases:
            yield case.name, examine(case, widths, seed)
        return
    with workers(jobs) as pool:
        heavy_first = sorted(cases, key=lambda case: -CALLS[case.name])
        futures = {pool.submit(_examine_by_name, case.name, widths, seed): case.name for case in heavy_first}
        for future in as_completed(futures):
            yield futures[future], future.result()


def _examine_by_name(name: str, widths: Widths, seed: int) -> tuple[Finding, ...]:
    return examine(next(case for case in all_cases() if case.name == name), widths, seed)


def examine(case: Case, widths: Widths, seed: int = 1) -> tuple[Finding, ...]:
    """
    Replicate a case until every interval is narrow enough, in two stages (Stein 1945).

    The spread of the first replications tells how many there must be in all. It alone makes the intervals too, so that
    they hold the exact value as often as they say, however many came after.
    """
    calls = widths.calls(CALLS[case.name])
    values = _replicate(case, calls, range(seed, seed + REPLICATIONS))
    spread = values.std(axis=0, ddof=1)
    allowed = np.array([widths.of(quantity) for quantity in case.quantities])
    n = max(REPLICATIONS, math.ceil(min(float(((T * spread / allowed) ** 2).max()), MOST_REPLICATIONS)))
    if n > REPLICATIONS:
        values = np.concatenate([values, _replicate(case, calls, range(seed + REPLICATIONS, seed + n))])
    half_widths = T * spread / math.sqrt(n)
    return tuple(
        Finding(
            case=case.name,
            family=case.family,
            source=case.source,
            quantity=quantity.name,
            exact=quantity.exact,
            simulated=float(values[:, k].mean()),
            half_width=float(half_widths[k]),
            allowed=float(allowed[k]),
            calls=calls,
            replications=n,
        )
        for k, quantity in enumerate(case.quantities)
    )


def _replicate(case: Case, calls: int, seeds: range) -> np.ndarray:
    """Run a case with every seed; shape (replications, quantities)."""
    scenario = case.scenario(calls)
    results = (whole(run(scenario, seed=seed)) for seed in seeds)
    return np.array([[quantity.read(result) for quantity in case.quantities] for result in results])
