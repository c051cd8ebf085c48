"""What is kept of one run of a ramp: values of figures, latencies, where the tails come from, signs of patterns."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from delivsim.record.critical_path import CriticalPaths
from delivsim.record.metric import Names
from delivsim.record.metrics import evaluate, parse_slo
from delivsim.record.tail import find_tail, tails_of
from delivsim.stress.objectives import figure_of
from delivsim.stress.signs import signs

if TYPE_CHECKING:
    from delivsim.record.result import Result

Look = dict[str, Any]

FORM = 2
"""Raised when what a look holds changes, so that looks kept by an older one are not taken for it."""

Q = 0.99
FEW = 50
"""An operation (a topic) with fewer calls (messages) than this has no tail worth telling."""


def look_at(result: Result, slos: Sequence[str]) -> Look:
    """
    Look at a run.

    Returns
    -------
    JSON: ``values`` of all figures and the ``components`` they belong to, ``operations`` (offered and answered per
    second, share of errors, p50, p95, p99), ``tails`` of client operations and of consumed topics by hop and kind,
    ``signs`` of patterns.
    """
    values: dict[str, float] = {}
    components: dict[str, str] = {}
    for text in slos:
        slo = parse_slo(text)
        values[figure_of(text)] = evaluate(slo, result).value
        components[figure_of(text)] = component_of(slo.metric.within(Names.of(result)).path)
    summary = result.summary()
    for figure, component, value in _figures(summary):
        values.setdefault(figure, value)
        components.setdefault(figure, component)
    return {
        "values": values,
        "components": components,
        "orders": summary["orders"]["placed"],
        "hours": _hours(summary),
        "operations": {name: _operation(one, _hours(summary)) for name, one in summary["operations"].items()},
        "tails": dict(_tails(result)),
        "signs": signs(result),
    }


def component_of(path: Sequence[str]) -> str:
    """Name the component that a figure of ``summary.json`` is about."""
    if path[0] == "operations":
        return f"operation {path[1]}"
    if path[0] in ("services", "stations"):
        return f"station {path[1]}"
    if path[0] == "broker":
        return f"{path[1].removesuffix('s')} {path[2]}" if path[1] in ("topics", "groups") else "broker"
    return "riders"


def _figures(summary: Mapping[str, Any]) -> Iterator[tuple[str, str, float]]:
    """Give the figures that have a default objective: name, component, value."""
    for name, one in summary["operations"].items():
        if one["count"]:
            yield f"{name} p99", f"operation {name}", number(one["latency"]["p99"])
            yield f"{name} errors", f"operation {name}", one["errors"] / one["count"]
    for name, one in summary["stations"].items():
        if one["visits"]:
            yield f"{name} busiest", f"station {name}", number(one["busiest"]["utilization"])
    for name, one in summary["broker"]["topics"].items():
        if one["deliveries"]:
            yield f"{name} delay p99", f"topic {name}", number(one["delay"]["p99"])
    if placed := summary["orders"]["placed"]:
        yield "click_to_door p90", "riders", number(summary["click_to_door"]["p90"])
        yield "delivered", "riders", summary["orders"]["delivered"] / placed


def _operation(one: Mapping[str, Any], hours: float) -> dict[str, float]:
    latency = {q: number(one["latency"][q]) for q in ("p50", "p95", "p99")}
    seconds = max(3600.0 * hours, 1e-9)
    return {
        "count": one["count"],
        "offered": one["count"] / seconds,
        "answered": (one["count"] - one["errors"] - one["unanswered"]) / seconds,
        "errors": one["errors"] / one["count"] if one["count"] else 0.0,
        **latency,
    }


def _hours(summary: Mapping[str, Any]) -> float:
    return (number(summary["window"]["end"]) - number(summary["window"]["start"])) / 3600.0


def _tails(result: Result) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give the tails of what clients call and of what services consume, where there is enough of it."""
    paths = CriticalPaths(result.tables["requests"], result.tables["visits"])
    for name in tails_of(result):
        tail = find_tail(result, name, Q, paths=paths)
        if tail is not None and tail.n_calls >= FEW:
            parts = [[hop, kind, seconds] for (hop, kind), seconds in tail.tail.items()]
            yield name, {"at": tail.at, "parts": parts}


def number(value: Any) -> float:
    """Read a figure that may be missing: NaN."""
    return math.nan if value is None else float(value)
