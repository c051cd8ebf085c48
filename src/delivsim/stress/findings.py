"""What a ramp found: steps, knees and patterns, as a table for the terminal and as data."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rich.text import Text

from delivsim.domain.units import format_duration
from delivsim.record.critical_path import KINDS
from delivsim.record.metrics import format_value
from delivsim.report.columns import Cell, heading, joined, table, wrapped
from delivsim.stress.knees import Knee, find_knees, weakest
from delivsim.stress.patterns import Pattern, find_patterns
from delivsim.stress.ramp import Step, What

LEAST_SHARE = 0.005
"""Parts of a tail below this share of it are not shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """
    What breaks first.

    Parameters
    ----------
    name
        The scenario's.
    what
        What was ramped.
    knees
        Of every objective, the first to die first.
    """

    name: str
    what: What
    steps: tuple[Step, ...]
    knees: tuple[Knee, ...]
    patterns: tuple[Pattern, ...]


def find(name: str, what: What, steps: Sequence[Step], slos: Sequence[str]) -> Findings:
    """Make findings of the steps of a ramp."""
    return Findings(
        name=name,
        what=what,
        steps=tuple(steps),
        knees=tuple(find_knees(steps, slos)),
        patterns=tuple(find_patterns(steps)),
    )


def text(found: Findings) -> Text:
    """Write findings for a terminal: the verdict, who dies when, the patterns, where the tails come from."""
    first = weakest(found.knees)
    parts = [
        _title(found, first),
        _ranking(found, first),
        _patterns(found),
        _tails(found),
        _hops(found),
        _closing(found),
    ]
    return joined(line for part in parts if part for line in (*part, Text()))


def _at(found: Findings, factor: float) -> str:
    return f"{factor:.2f} x {'load' if found.what == 'load' else 'riders'}"


def _title(found: Findings, first: Sequence[Knee]) -> list[Text]:
    low, high = found.steps[0].factor, found.steps[-1].factor
    seeds = len(found.steps[0].looks)
    tried = f"{len(found.steps)} steps from {low:g} to {high:g} x {found.what}, {seeds} seed{'s' * (seeds > 1)} each"
    dead = [knee for knee in first if not math.isnan(knee.at)]
    if not dead:
        return [Text.assemble((f"{found.name}: nothing breaks", "bold green"), f"; {tried}")]
    knee = dead[0]
    said = f"{found.name}: {knee.objective.component} breaks first, at {_at(found, knee.at)}"
    return [Text(said, style="bold red"), Text(tried, style="dim")]


def _ranking(found: Findings, first: Sequence[Knee]) -> list[Text]:
    rows: list[list[Cell]] = []
    for knee in first:
        own = knee.objective
        dies = "holds throughout" if math.isnan(knee.at) else _at(found, knee.at)
        spread = _spread(knee)
        rows.append(
            [
                own.component,
                Text(dies, style="green" if math.isnan(knee.at) else "red"),
                spread,
                f"{own}{' (default)' if own.is_default else ''}",
                format_value(knee.first, own.kind),
                format_value(knee.last, own.kind),
            ]
        )
    head = ("component", "dies at", "seeds", "objective", "lightest", "there")
    return [heading("What breaks, in order"), *table(rows, head=head, left=4)]


def _spread(knee: Knee) -> str:
    if math.isnan(knee.at) or knee.low == knee.high:
        return ""
    return f"{_number(knee.low)} to {_number(knee.high)}"


def _number(factor: float) -> str:
    return f"{factor:.2f}" if math.isfinite(factor) else "beyond"


def _patterns(found: Findings) -> list[Text]:
    if not found.patterns:
        return []
    rows: list[list[Cell]] = [[p.name, f"from {_at(found, p.factor)}", p.evidence] for p in found.patterns]
    return [heading("Patterns"), *table(rows, left=3)]


Tail = dict[tuple[str, str], float]
"""Mean seconds of the slowest 1 % by hop and kind."""


def _tails(found: Findings) -> list[Text]:
    """Say where p99 of each client operation, and of each topic that dies, comes from: at first and where it breaks."""
    rows: list[list[Cell]] = []
    for knee in weakest(found.knees):
        kind, _, name = knee.objective.component.partition(" ")
        if kind == "operation" or (kind == "topic" and not math.isnan(knee.at)):
            for step in (found.steps[0], _broken(found, knee)):
                rows += list(_tail_row(step, name))
    if not rows:
        return []
    head = ("of", "at", "p99", *KINDS, "most of it at")
    used = [0, 1, 2, *(3 + i for i in range(len(KINDS)) if any(str(row[3 + i]) for row in rows)), 3 + len(KINDS)]
    lines = table([[row[i] for i in used] for row in rows], head=[head[i] for i in used], left=2)
    return [
        heading("Where the slowest 1 % spend their time", "at the lightest step, and where it breaks or at the last"),
        *lines,
    ]


def _hops(found: Findings) -> list[Text]:
    """Take the tail of the first client operation that dies apart, hop by hop."""
    dead = [k for k in weakest(found.knees) if k.objective.component.startswith("operation ") and not math.isnan(k.at)]
    if not dead:
        return []
    name, step = dead[0].objective.component.removeprefix("operation "), _broken(found, dead[0])
    _, tail = _tail(step, name)
    by_hop: dict[str, list[float]] = {}
    for (hop, kind), seconds in tail.items():
        by_hop.setdefault(hop, [0.0] * len(KINDS))[KINDS.index(kind)] += seconds
    total = math.fsum(tail.values())
    used = [i for i in range(len(KINDS)) if any(parts[i] > 0.0 for parts in by_hop.values())]
    rows: list[list[Cell]] = [
        [hop, *(format_duration(parts[i]) if parts[i] > 0.0 else "" for i in used), f"{sum(parts) / total:.0%}"]
        for hop, parts in sorted(by_hop.items(), key=lambda pair: -sum(pair[1]))
        if sum(parts) > LEAST_SHARE * total
    ]
    if not rows:
        return []
    note = f"at {_at(found, step.factor)}, along the critical path"
    return [heading(f"{name} hop by hop", note), *table(rows, head=("hop", *(KINDS[i] for i in used), "share"), left=1)]


def _broken(found: Findings, knee: Knee) -> Step:
    """Give the step at which an objective is broken; the last one if it never is."""
    return next((step for step in found.steps if step.factor == knee.bad), found.steps[-1])


def _tail(step: Step, name: str) -> tuple[float, Tail]:
    """Give the p99 of an operation or topic, and where the time of its tail went: means over the seeds that have it."""
    tails = [look["tails"][name] for look in step.looks if name in look["tails"]]
    sums: Tail = {}
    for tail in tails:
        for hop, kind, seconds in tail["parts"]:
            sums[hop, kind] = sums.get((hop, kind), 0.0) + seconds / len(tails)
    return sum(tail["at"] for tail in tails) / max(1, len(tails)), sums


def _tail_row(step: Step, name: str) -> Iterator[list[Cell]]:
    at, tail = _tail(step, name)
    total = math.fsum(tail.values())
    if not total:
        return
    kinds, hops = dict.fromkeys(KINDS, 0.0), dict[str, float]()
    for (hop, kind), seconds in tail.items():
        kinds[kind] += seconds
        hops[hop] = hops.get(hop, 0.0) + seconds
    most = max(hops, key=lambda hop: hops[hop])
    times = [format_duration(v) if v > LEAST_SHARE * total else "" for v in kinds.values()]
    yield [name, f"{step.factor:.2f}", format_duration(at), *times, f"{most} ({hops[most] / total:.0%})"]


def _closing(found: Findings) -> list[Text]:
    if found.steps[-1].factor == found.steps[0].factor:
        return []
    said = (
        "A component dies where the mean over the seeds crosses its limit. Between two steps shares lie on a straight "
        "line and delays grow as queues do, 1 / (capacity - load). Default limits follow from the lightest step."
    )
    return wrapped(said, indent=0, style="dim")


def data(found: Findings) -> dict[str, Any]:
    """Give findings as plain data, for JSON; numbers that do not exist are null."""
    return {
        "scenario": found.name,
        "ramped": found.what,
        "knees": [
            {
                "component": knee.objective.component,
                "objective": str(knee.objective),
                "default": knee.objective.is_default,
                "limit": knee.objective.limit,
                "dies_at": _or_null(knee.at),
                "earliest_seed": _or_null(knee.low),
                "latest_seed": _or_null(knee.high),
                "held_at": _or_null(knee.good),
                "broken_at": _or_null(knee.bad),
                "value_lightest": _or_null(knee.first),
                "value_broken": _or_null(knee.last),
            }
            for knee in found.knees
        ],
        "patterns": [pattern._asdict() for pattern in found.patterns],
        "steps": [{"factor": step.factor, "looks": _plain(list(step.looks))} for step in found.steps],
    }


def _or_null(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return _or_null(value) if isinstance(value, float) else value
