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
    parts = [_title(found, first), _ranking(found, first), _patterns(found), _tails(found), _closing(found)]
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
    head = ("component", "dies at", "seeds", "objective", "lightest", "then")
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


def _tails(found: Findings) -> list[Text]:
    """Say of each client operation where its p99 comes from: at the lightest step and where it dies."""
    rows: list[list[Cell]] = []
    for knee in weakest(found.knees):
        kind, _, name = knee.objective.component.partition(" ")
        if kind != "operation":
            continue
        bad = knee.bad if not math.isnan(knee.bad) else found.steps[-1].factor
        for step in (found.steps[0], next(s for s in found.steps if s.factor == bad)):
            rows += list(_tail_row(step, name))
    if not rows:
        return []
    head = ("operation", "at", "p99", *KINDS, "most of it at")
    used = [0, 1, 2, *(3 + i for i in range(len(KINDS)) if any(str(row[3 + i]) for row in rows)), 3 + len(KINDS)]
    lines = table([[row[i] for i in used] for row in rows], head=[head[i] for i in used], left=2)
    note = "on the critical path, at the lightest step and where it breaks"
    return [heading("Where the slowest 1 % spend their time", note), *lines]


def _tail_row(step: Step, name: str) -> Iterator[list[Cell]]:
    tails = [look["tails"][name] for look in step.looks if name in look["tails"]]
    if not tails:
        return
    by_kind = dict.fromkeys(KINDS, 0.0)
    by_hop: dict[str, float] = {}
    for tail in tails:
        for hop, kind, seconds in tail["parts"]:
            by_kind[kind] += seconds / len(tails)
            by_hop[hop] = by_hop.get(hop, 0.0) + seconds / len(tails)
    total = sum(by_kind.values())
    most = max(by_hop, key=lambda hop: by_hop[hop])
    at = sum(tail["at"] for tail in tails) / len(tails)
    times = [format_duration(v) if v > 0.005 * total else "" for v in by_kind.values()]
    yield [name, f"{step.factor:.2f}", format_duration(at), *times, f"{most} ({by_hop[most] / total:.0%})"]


def _closing(found: Findings) -> list[Text]:
    if found.steps[-1].factor == found.steps[0].factor:
        return []
    said = (
        "A component dies where the mean over the seeds crosses its limit, on a straight line between two steps; "
        "default limits follow from the lightest step."
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
