"""Names the pattern of a failure where the steps of a ramp show one, with what shows it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from delivsim.domain.units import format_duration
from delivsim.stress.ramp import Step
from delivsim.stress.signs import HELD_IDLE

STORM = 1.5
"""Attempts per call from which on retries are a load of their own."""
SCALED = 1.2
"""A station has grown when it has so many times its servers."""
SHORT = 0.9
"""Share of riders' time at work from which on they are short."""


class Pattern(NamedTuple):
    """A pattern: its name, from which factor on it shows, and what shows it."""

    name: str
    factor: float
    evidence: str


def find_patterns(steps: Sequence[Step]) -> list[Pattern]:
    """Find the patterns that a ramp shows, each at the first step at which it does."""
    found = []
    for find in (_storm, _metastable, _dead_letters, _pool, _cold_start, _riders):
        found += list(_first(find(steps)))
    return sorted(found, key=lambda pattern: pattern.factor)


def _first(patterns: Iterator[Pattern]) -> Iterator[Pattern]:
    for pattern in patterns:
        yield pattern
        return


def _each(step: Step, sign: str) -> list:  # type: ignore[type-arg]
    return [look["signs"][sign] for look in step.looks]


def _main(step: Step) -> str:
    operations = step.looks[0]["operations"]
    return max(operations, key=lambda name: operations[name]["count"]) if operations else ""


def _storm(steps: Sequence[Step]) -> Iterator[Pattern]:
    """Calls are tried again so often that less gets through although more is asked for."""
    best = 0.0
    for step in steps:
        attempts = {edge: n for one in _each(step, "attempts") for edge, n in one.items()}
        edge = max(attempts, key=lambda one: attempts[one], default="")
        answered = step.operation(_main(step), "answered")
        if edge and attempts[edge] >= STORM and answered < best:
            said = f"{attempts[edge]:.1f} attempts per call on {edge}; {answered:.3g} answers/s, it was {best:.3g}"
            yield Pattern("retry storm", step.factor, said)
        best = max(best, answered)


def _metastable(steps: Sequence[Step]) -> Iterator[Pattern]:
    """After a peak the load is back to what was coped with before, and nothing gets well."""
    for step in steps:
        for sign in _each(step, "metastable"):
            if sign is not None:
                lasts = format_duration(sign["until"] - sign["peak_ended"])
                yield Pattern("metastable after the peak", step.factor, f"still bad {lasts} after the peak was over")


def _dead_letters(steps: Sequence[Step]) -> Iterator[Pattern]:
    """Dead letters, and more of them with more load."""
    before = 0.0
    for step in steps:
        letters = sum(_each(step, "dead_letters")) / len(step.looks)
        if letters > max(1.0, before):
            yield Pattern(
                "dead-letter growth", step.factor, f"{letters:,.0f} dead letters, {before:,.0f} a step before"
            )
        before = letters


def _pool(steps: Sequence[Step]) -> Iterator[Pattern]:
    """Workers are all held by requests that only wait for others."""
    for step in steps:
        for look in step.looks:
            for station, idle in look["signs"]["held_idle"].items():
                busy = look["values"].get(f"{station} busiest", math.nan)
                if idle >= HELD_IDLE and busy >= 0.95:
                    said = f"{station}: workers held {busy:.0%} of the time, {idle:.0%} of it waiting for answers"
                    yield Pattern("pool exhaustion", step.factor, said)


def _cold_start(steps: Sequence[Step]) -> Iterator[Pattern]:
    """A station that grew was overloaded before it had grown."""
    for step in steps:
        for look in step.looks:
            for station, times in look["signs"]["scaled_up"].items():
                if times >= SCALED and look["values"].get(f"{station} busiest", 0.0) >= 0.95:
                    said = f"{station} grew {times:.1f} times, and was full before its new replicas served"
                    yield Pattern("cold start while scaling", step.factor, said)


def _riders(steps: Sequence[Step]) -> Iterator[Pattern]:
    """Riders are short, so orders are cancelled, and more of them with more load."""
    before = 0.0
    for step in steps:
        use = [value for value in _each(step, "rider_utilization") if value is not None]
        lost = sum(_each(step, "lost_for_riders")) / len(step.looks)
        busy = sum(use) / len(use) if use else 0.0
        if lost > max(0.01, before) and busy >= SHORT * _highest(steps):
            yield Pattern(
                "rider shortage feeding cancellations",
                step.factor,
                f"{lost:.1%} of orders cancelled for want of a rider, riders at work {busy:.0%} of their time",
            )
        before = max(before, lost)


def _highest(steps: Sequence[Step]) -> float:
    values = [v for step in steps for v in _each(step, "rider_utilization") if v is not None]
    return max(values, default=1.0)
