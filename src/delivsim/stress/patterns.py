"""Names the pattern of a failure where the steps of a ramp show one, with what shows it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from delivsim.domain.units import format_duration
from delivsim.stress.ramp import Step

STORM = 1.5
"""Attempts per call from which on retries are a load of their own."""
FULL = 0.95
"""Share of its servers at work in the busiest quarter hour from which on a station is full."""
HELD_IDLE = 0.5
"""Share of the time that workers are held in which they only wait for others: from there on it is the pool's fault."""
NO_CONNECTION = 0.01
"""Share of an edge's calls without a connection from which on its pool is exhausted."""
SCALED = 1.2
"""A station has grown when it has so many times its servers."""
COLD = 0.5
"""Share of all time in a station's queue spent by calls that came while replicas started: then these are to blame,"""
SLUGGISH = 3.0
"""if they waited so many times as long as the others, too,"""
FELT = 0.1
"""and so many seconds on average."""
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
    for find in (_storm, _metastable, _dead_letters, _pool, _deadlock, _cold_start, _riders):
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
    """Workers are all held by requests that only wait for others, or calls get no connection."""
    for step in steps:
        for look in step.looks:
            for said in _exhausted(look["signs"], look["values"]):
                yield Pattern("pool exhaustion", step.factor, said)


def _exhausted(signs: Mapping[str, Any], values: Mapping[str, float]) -> Iterator[str]:
    for station, idle in signs["held_idle"].items():
        busy = values.get(f"{station} busiest", math.nan)
        if idle >= HELD_IDLE and busy >= FULL:
            yield f"{station}: workers held {busy:.0%} of the time, {idle:.0%} of it waiting for answers"
    for edge, share in signs["no_connection"].items():
        if share >= NO_CONNECTION:
            yield f"{edge}: {share:.1%} of calls got no connection"
    for pool in signs["pools"]:
        busy = values.get(f"{pool} busiest", math.nan)
        if busy >= FULL:
            yield f"{pool}: {busy:.0%} of its connections taken in the busiest quarter hour"


def _deadlock(steps: Sequence[Step]) -> Iterator[Pattern]:
    """A pool waits for itself through nested calls."""
    for step in steps:
        for look in step.looks:
            for edge, share in look["signs"]["deadlocks"].items():
                said = f"{edge}: {share:.1%} of attempts waited for places that were held by their own callers"
                yield Pattern("pool deadlock", step.factor, said)


def _cold_start(steps: Sequence[Step]) -> Iterator[Pattern]:
    """A station that grew made those wait who came while its new replicas started."""
    for step in steps:
        for look in step.looks:
            for station, cold in look["signs"]["cold"].items():
                is_felt = cold["waited"] >= max(FELT, SLUGGISH * cold["otherwise"])
                if cold["grew"] >= SCALED and is_felt and cold["share"] >= max(COLD, cold["during"]):
                    waited, otherwise = format_duration(cold["waited"]), format_duration(cold["otherwise"])
                    said = (
                        f"{station} grew {cold['grew']:.1f} times; calls that came while new replicas started waited "
                        f"{waited} on average, others {otherwise}"
                    )
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
                f"{lost:.1%} of orders cancelled after waiting for a rider, riders at work {busy:.0%} of their time",
            )
        before = max(before, lost)


def _highest(steps: Sequence[Step]) -> float:
    values = [v for step in steps for v in _each(step, "rider_utilization") if v is not None]
    return max(values, default=1.0)
