"""
One metric grammar for everything that names a figure: ``place_order p99 < 800ms``, ``delivered > 99%``.

A metric is a path of ``summary.json`` (``operations.place_order.latency.p99``) or its short form (``place_order
p99``); ``catalogue.FORMS`` has them all and ``docs/metrics.md`` lists them. A service level objective (SLO) is a
metric, a comparison, a limit with its unit, and perhaps a window: ``in 18:30-20:30``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from delivsim.domain.units import (
    RATE,
    Instant,
    format_duration,
    format_money,
    parse_duration,
    parse_money,
    parse_share,
    shown,
)
from delivsim.record.catalogue import Kind
from delivsim.record.metric import Metric, Names, Reading, parse_metric
from delivsim.record.view import View, Window

if TYPE_CHECKING:
    from delivsim.record.result import Result

__all__ = ["Metric", "Names", "Slo", "Verdict", "evaluate", "measure", "parse_metric", "parse_slo", "verdicts"]

OPERATORS = {"<": float.__lt__, "<=": float.__le__, ">": float.__gt__, ">=": float.__ge__}
_SLO = re.compile(r"(?P<metric>[^<>=!≤≥]+?)\s*(?P<op>[<>=!≤≥]+)\s*(?P<limit>.+?)(?:\s+in\s+(?P<window>.+))?")
_NUMBER = re.compile(r"\d{1,30}(\.\d{1,30})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Slo:
    """
    A service level objective: what must hold in a run.

    ``limit`` is in the base unit (seconds, per second, cents, a share of 1); ``is_share`` says that a count is
    compared as a share of what it is a part of; ``window`` is None for the whole run after its warm-up.
    """

    text: str
    metric: Metric
    op: str
    limit: float
    is_share: bool = False
    window: tuple[Instant, Instant] | None = None

    def window_in(self, starts_at: datetime) -> Window | None:
        """Place the window in a scenario that starts then, or ValueError when it cannot be placed."""
        if self.window is None:
            return None
        start, end = (instant.at(starts_at) for instant in self.window)
        if end <= start:
            raise ValueError(f"in {self.window[0].text}-{self.window[1].text}: must end after it begins")
        return Window(start, end)


def parse_slo(text: str, names: Names | None = None) -> Slo:
    """
    Read a service level objective: ``METRIC < | <= | > | >= LIMIT [in FROM-TO]``.

    Parameters
    ----------
    text
        Such as ``click_to_door p90 < 45min in 18:30-20:30``.
    names
        As in ``parse_metric``.

    Raises
    ------
    ValueError
        What is wrong, and what would be right.
    """
    found = _SLO.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"must be METRIC < LIMIT, such as 'place_order p99 < 800ms', got {shown(text)}")
    metric = parse_metric(found["metric"], names)
    op = found["op"].replace("≤", "<=").replace("≥", ">=")
    if op not in OPERATORS:
        raise ValueError(f"{shown(text)}: must compare with <, <=, > or >=, got {op}")
    is_share = metric.kind == "count" and found["limit"].rstrip().endswith("%")
    try:
        limit = _limit(metric, found["limit"].strip(), is_share=is_share)
        window = _window(metric, found["window"]) if found["window"] else None
    except ValueError as error:
        raise ValueError(f"{shown(text)}: {error}") from error
    return Slo(text=" ".join(text.split()), metric=metric, op=op, limit=limit, is_share=is_share, window=window)


def _limit(metric: Metric, text: str, *, is_share: bool) -> float:
    number = float(text) if _NUMBER.fullmatch(text) else None
    value: float | str = text if number is None else number
    if metric.kind == "time":
        return parse_duration(value)
    if metric.kind == "signed time":
        return -parse_duration(text[1:].strip()) if text.startswith("-") else parse_duration(value)
    if metric.kind == "rate":
        return RATE.parse(value)
    if metric.kind == "money":
        return float(parse_money(text))
    if metric.kind == "share" or is_share:
        return _share(metric, value)
    if number is None:
        raise ValueError(f"must be a number, got {shown(text)}")
    if metric.kind == "count" and number != int(number):
        raise ValueError(f"must be a whole number, or a share such as {number * 100:g}%, got {shown(text)}")
    return number


def _share(metric: Metric, value: float | str) -> float:
    if metric.kind == "count" and not metric.readings[0].form.of:
        raise ValueError(f"must be a whole number, got {shown(value)}: {metric.text} is a part of nothing")
    return parse_share(value)


def _window(metric: Metric, text: str) -> tuple[Instant, Instant]:
    if not metric.windowed:
        raise ValueError(f"in {text}: {metric.text} is of the whole run and has no window")
    for at in [i for i, letter in enumerate(text) if letter == "-"]:
        try:
            start, end = Instant.parse(text[:at].strip()), Instant.parse(text[at + 1 :].strip())
        except ValueError:
            continue
        if _backward(start, end):
            raise ValueError(f"in {text}: must end after it begins (half past one at night is 25:30)")
        return start, end
    raise ValueError(f"in {text}: must be two times such as 18:30-20:30")


def _backward(start: Instant, end: Instant) -> bool:
    for a, b in ((start.clock, end.clock), (start.after_start, end.after_start)):
        if a is not None and b is not None:
            return b <= a
    return start.moment is not None and end.moment is not None and end.moment <= start.moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether an objective holds: ``value`` is the figure in the base unit, NaN if there is none; ``note`` says why."""

    slo: Slo
    value: float
    holds: bool
    note: str = ""

    @property
    def shown_value(self) -> str:
        """The figure as people write it: ``1.2 s``, ``98.7 %``, ``11.37``."""
        return format_value(self.value, "share" if self.slo.is_share else self.slo.metric.kind)

    def __str__(self) -> str:
        why = f" ({self.note})" if self.note else ""
        return f"{self.slo.text}: {'holds' if self.holds else 'broken'}, {self.shown_value}{why}"


def format_value(value: float, kind: Kind) -> str:
    """Write a figure in the unit that fits its kind; a dash when there is none."""
    if not math.isfinite(value):
        return "-"
    if kind in ("time", "signed time"):
        return format_duration(value)
    if kind == "share":
        return f"{100 * value:.4g} %"
    if kind == "money":
        return format_money(value)
    return f"{value:,.0f}" if kind == "count" else f"{value:.4g}{'/s' if kind == 'rate' else ''}"


def evaluate(slo: Slo, result: Result) -> Verdict:
    """
    Check an objective against a run.

    Returns
    -------
    The verdict; without data (no such orders or requests in the window) the objective is broken, and says so.

    Raises
    ------
    ValueError
        The run has nothing of that name.
    """
    reading = slo.metric.within(Names.of(result))
    starts_at = datetime.fromisoformat(str(result.manifest["starts_at"])).replace(tzinfo=None)
    try:
        window = slo.window_in(starts_at)
    except ValueError as error:
        return Verdict(slo=slo, value=math.nan, holds=False, note=str(error))
    value = measure(reading, result, window, is_share=slo.is_share)
    if math.isnan(value):
        where = "after the warm-up" if window is None else "in this window"
        return Verdict(slo=slo, value=value, holds=False, note=f"no data {where}")
    return Verdict(slo=slo, value=value, holds=OPERATORS[slo.op](value, slo.limit))


def verdicts(result: Result) -> list[Verdict]:
    """Check every objective of the scenario that a run was made of, in its order."""
    return [evaluate(parse_slo(text), result) for text in result.manifest.get("slos", [])]


def measure(reading: Reading, result: Result, window: Window | None = None, *, is_share: bool = False) -> float:
    """Give a figure of a run, in its base unit, for a window if asked; NaN when there is no data."""
    from delivsim.record.summary import section_of

    section = reading.path[0]
    data = result.summary() if window is None else {section: section_of(section, View(result, window))}
    value = _at(data, reading.path)
    if not is_share:
        return value
    whole = _at(data, reading.whole)
    return value / whole if whole else math.nan


def _at(data: Mapping[str, Any], path: list[str]) -> float:
    node: Any = data
    for key in path:
        node = node.get(key) if isinstance(node, Mapping) else None
    if node is None:
        return 0.0 if "by_reason" in path else math.nan
    return float(node)
