"""At which load each component's objective dies, and who dies first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from delivsim.record.catalogue import Kind
from delivsim.stress.objectives import Objective, objectives
from delivsim.stress.ramp import Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Knee:
    """
    Where one objective dies.

    Parameters
    ----------
    good, bad
        The last step before it is broken (NaN: broken from the first on), and the first at which it is (NaN: never).
    at
        Where in between, from the means over the seeds; NaN if never.
    low, high
        The same for the seed that dies first, and for the one that dies last.
    first, last
        Value of the figure at the lightest step, and at the first step at which it is broken (or the last one).
    """

    objective: Objective
    good: float
    bad: float
    at: float
    low: float
    high: float
    first: float
    last: float


def find_knees(steps: Sequence[Step], slos: Sequence[str]) -> list[Knee]:
    """Find the knee of every objective, those that die first first; those that never do by how near they came."""
    components: dict[str, str] = {}
    for step in steps:
        for look in step.looks:
            components |= look["components"]
    lightest = {figure: steps[0].mean(figure) for figure in components}
    found = [_knee(steps, objective) for objective in objectives(slos, components, lightest)]
    descending = len(steps) > 1 and steps[1].factor < steps[0].factor

    def rank(knee: Knee) -> tuple[bool, float, str]:
        if math.isnan(knee.at):
            return True, -knee.objective.used(knee.last), knee.objective.component
        return False, -knee.at if descending else knee.at, knee.objective.component

    return sorted(found, key=rank)


def weakest(knees: Sequence[Knee]) -> list[Knee]:
    """Keep each component's first objective to die, in the same order."""
    seen: dict[str, Knee] = {}
    for knee in knees:
        seen.setdefault(knee.objective.component, knee)
    return list(seen.values())


def _knee(steps: Sequence[Step], objective: Objective) -> Knee:
    means = [step.mean(objective.figure) for step in steps]
    k = _first_bad(means, objective)
    each = [_where(steps, [_value(step, i, objective) for step in steps], objective) for i in range(_seeds(steps))]
    alive = math.inf if steps[-1].factor >= steps[0].factor else -math.inf
    ends = [alive if math.isnan(at) else at for at in each]
    return Knee(
        objective=objective,
        good=steps[k - 1].factor if k else math.nan,
        bad=steps[k].factor if k < len(steps) else math.nan,
        at=_where(steps, means, objective),
        low=min(ends),
        high=max(ends),
        first=means[0],
        last=means[min(k, len(steps) - 1)],
    )


def _seeds(steps: Sequence[Step]) -> int:
    return min(len(step.looks) for step in steps)


def _value(step: Step, i: int, objective: Objective) -> float:
    return float(step.looks[i]["values"].get(objective.figure, math.nan))


def _first_bad(values: Sequence[float], objective: Objective) -> int:
    return next((k for k, value in enumerate(values) if not objective.holds(value)), len(values))


def _where(steps: Sequence[Step], values: Sequence[float], objective: Objective) -> float:
    """Give the factor at which a figure crosses its limit, between two steps."""
    k = _first_bad(values, objective)
    if k == len(values):
        return math.nan
    if k == 0 or math.isnan(values[k - 1]) or not math.isfinite(values[k]):
        return steps[k].factor
    before, after, limit = (_straight(v, objective.kind) for v in (values[k - 1], values[k], objective.limit))
    share = (limit - before) / (after - before) if after != before else 1.0
    return steps[k - 1].factor + share * (steps[k].factor - steps[k - 1].factor)


def _straight(value: float, kind: Kind) -> float:
    """
    Give a figure as it lies on a straight line over the load.

    A delay grows as 1 / (capacity - load) (M/M/c, and any queue near its capacity), so its inverse does; a line through
    the delays themselves would find every knee too early. Shares, such as busy servers, are taken as they are.
    """
    return -1.0 / max(value, 1e-9) if kind == "time" else value


def between(steps: Sequence[Step], slos: Sequence[str], most: int) -> list[float]:
    """Give the factors halfway (in ratio) between the steps among which the first ``most`` components die."""
    brackets = {(k.good, k.bad) for k in weakest(find_knees(steps, slos))[:most] if not math.isnan(k.good + k.bad)}
    return sorted({float(f"{math.sqrt(good * bad):.4g}") for good, bad in brackets} - {step.factor for step in steps})
