"""What each component has to hold: the scenario's own objectives, those asked for, and a default for the rest."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from delivsim.record.catalogue import Kind
from delivsim.record.metrics import OPERATORS, format_value, parse_slo

SLOWER = 3.0
"""A latency is bad when it is so many times what it is at the lightest load."""
NOTICED = {"delay": 1.0, "latency": 0.1}
"""Seconds below which no delay of a topic, and no latency of an operation, is called bad by default."""
MOST_BUSY = 0.9
"""Share of its servers that a station may have at work in its busiest quarter hour."""
MOST_ERRORS = 0.01
"""Share of an operation's calls that may fail."""
LEAST_DELIVERED = 0.99
"""Share of the orders that must arrive."""
LATER = 1.5
"""Click-to-door is bad when its p90 is so many times what it is at the lightest load."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """
    What a component has to hold.

    Parameters
    ----------
    component
        Whose it is: ``operation place_order``, ``station payment``, ``topic order.placed``, ``riders``.
    figure
        The metric, as the grammar of metrics writes it, and under which a look keeps its value.
    op, limit
        What the value must be, in the metric's base unit.
    kind
        The metric's kind, which says how to write its values.
    is_default
        Whether nobody asked for it.
    """

    component: str
    figure: str
    op: str
    limit: float
    kind: Kind
    is_default: bool

    def holds(self, value: float) -> bool:
        """Whether a value is as it must be; no value (nothing of it happened) breaks nothing."""
        return math.isnan(value) or OPERATORS[self.op](value, self.limit)

    def used(self, value: float) -> float:
        """Give how much of what it may be a value is: 1 at the limit, more beyond it; 0 if there is none."""
        if math.isnan(value):
            return 0.0
        over, under = (self.limit, value) if self.op.startswith(">") else (value, self.limit)
        return over / under if under > 0.0 else math.inf

    def __str__(self) -> str:
        return f"{self.figure} {self.op} {format_value(self.limit, self.kind)}"


def objectives(slos: Sequence[str], components: Mapping[str, str], lightest: Mapping[str, float]) -> list[Objective]:
    """
    Give every component its objectives.

    Parameters
    ----------
    slos
        Those of the scenario, then those asked for; a later one on the same figure wins.
    components
        The component of each figure that a look found.
    lightest
        Values of the figures at the lightest load.
    """
    found: dict[str, Objective] = {}
    for text in slos:
        slo = parse_slo(text)
        figure = figure_of(text)
        kind: Kind = "share" if slo.is_share else slo.metric.kind
        component = components.get(figure, "riders")
        found[figure] = Objective(
            component=component, figure=figure, op=slo.op, limit=slo.limit, kind=kind, is_default=False
        )
    covered = {objective.component for objective in found.values()}
    for figure, component in components.items():
        if component not in covered and (limit := _default(figure, lightest.get(figure, math.nan))) is not None:
            op, value, kind = limit
            found[figure] = Objective(
                component=component, figure=figure, op=op, limit=value, kind=kind, is_default=True
            )
    return list(found.values())


def figure_of(slo: str) -> str:
    """Give the figure of an objective: its metric, and its window if it has one."""
    text = " ".join(slo.split())
    for op in ("<=", ">=", "<", ">"):
        if op in text:
            metric, rest = text.split(op, 1)
            window = f" in {rest.split(' in ', 1)[1].strip()}" if " in " in rest else ""
            return metric.strip() + window
    return text


def _default(figure: str, lightest: float) -> tuple[str, float, Kind] | None:
    """Give the limit of a default figure, and its kind; None for a figure that has none."""
    word = figure.rsplit(" ", 1)[-1]
    if figure == "click_to_door p90":
        return None if math.isnan(lightest) else ("<", rounded(LATER * lightest), "time")
    if figure == "delivered":
        return ">", LEAST_DELIVERED, "share"
    if word == "busiest":
        return "<", MOST_BUSY, "share"
    if word == "errors":
        return "<", MOST_ERRORS, "share"
    if word == "p99":
        noticed = NOTICED["delay" if figure.endswith(" delay p99") else "latency"]
        return None if math.isnan(lightest) else ("<", rounded(max(noticed, SLOWER * lightest)), "time")
    return None


def rounded(seconds: float) -> float:
    """Round up to two digits, as limits are written."""
    step = 10.0 ** (math.floor(math.log10(seconds)) - 1)
    return math.ceil(seconds / step - 1e-9) * step
