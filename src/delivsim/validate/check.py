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

REPLICATIONS = 20
CONFIDENCE = 0.999
PILOT = 2_000
"""Calls per replication of the first look, which tells how long the replications must be."""
MOST_CALLS = 2_000_000
"""Calls per replication at most."""
MARGIN = 1.3
"""How much longer than a pilot says replications are made: it only estimates the spread."""

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
        heavy_first = sorted(cases, key=lambda case: -case.load)
        futures = {pool.submit(_examine_by_name, case.name, widths, seed): case.name for case in heavy_first}
        for future in as_completed(futures):
            yield futures[future], future.result()


def _examine_by_name(name: str, widths: Widths, seed: int) -> tuple[Finding, ...]:
    return examine(next(case for case in all_cases() if case.name == name), widths, seed)


def examine(case: Case, widths: Widths, seed: int = 1) -> tuple[Finding, ...]:
    """
    Replicate a case until every interval is narrow enough.

    A pilot tells how long the replications must be; they are then run anew with seeds of their own, so that the
    intervals are of samples whose size was fixed before.
    """
    calls = PILOT
    while True:
        values = _replicate(case, calls, seed)
        half_widths = _half_widths(values)
        allowed = [widths.of(quantity) for quantity in case.quantities]
        worst = max(half / most for half, most in zip(half_widths, allowed, strict=True))
        if worst <= 1.0 or calls >= MOST_CALLS:
            break
        seed += REPLICATIONS
        calls = min(MOST_CALLS, math.ceil(calls * max(1.1, worst**2 * MARGIN)))
    return tuple(
        Finding(
            case=case.name,
            family=case.family,
            source=case.source,
            quantity=quantity.name,
            exact=quantity.exact,
            simulated=float(values[:, k].mean()),
            half_width=half_widths[k],
            allowed=allowed[k],
            calls=calls,
        )
        for k, quantity in enumerate(case.quantities)
    )


def _replicate(case: Case, calls: int, seed: int) -> np.ndarray:
    """Run a case with as many seeds as there are replications; shape (replications, quantities)."""
    scenario = case.scenario(calls)
    rows = []
    for k in range(REPLICATIONS):
        result = whole(run(scenario, seed=seed + k))
        rows.append([quantity.read(result) for quantity in case.quantities])
    return np.array(rows)


def _half_widths(values: np.ndarray) -> list[float]:
    n = len(values)
    t = float(stats.t.ppf((1.0 + CONFIDENCE) / 2.0, n - 1))
    return [float(sd) * t / math.sqrt(n) for sd in values.std(axis=0, ddof=1)]
