"""Why the dispatcher chose as it did: every decision an order was in, who was chosen, who was second, why it waited."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from delivsim.domain.units import format_duration
from delivsim.report.clock import DASH, Clock
from delivsim.report.columns import Cell, heading, table, wrapped
from delivsim.report.rows import Row, each, name_in, where
from delivsim.report.wording import plural

if TYPE_CHECKING:
    from delivsim.record.result import Result

_WORDS = {"offered": "offered", "joins": "joins a bundle", "waits": "waits"}
_HEAD = ("decisions", "at", "choice", "rider", "cost", "second", "at cost", "until", "why")


def choices(result: Result, order: Row, clock: Clock) -> list[Text]:
    """Lines on every decision the order was in; decisions that repeat the one before share a line."""
    open_in = _decisions_open(result, order)
    if not open_in:
        return []
    said = {int(row.decision): row for row in each(where(result.tables["choices"], "order", order.order))}
    at = dict(zip(*(result.tables["decisions"][name].tolist() for name in ("decision", "decided_at")), strict=True))
    groups = list(_alike(open_in, set(said)))
    rows = [_row(result, said.get(numbers[0]), numbers, at, clock) for numbers in groups]
    lines = [heading("Why", f"{plural(len(open_in), 'decision')} found it open"), *table(rows, head=_HEAD, left=9)]
    if not said:
        return [*lines, *wrapped("The policy gave no reasons.")]
    words = [_unit(result), *_waited([said[numbers[0]] for numbers in groups if numbers[0] in said], at)]
    return [*lines, *wrapped(" ".join(words))]


def _unit(result: Result) -> str:
    """Say what a cost is, and as of when."""
    from delivsim.dispatch.policies import POLICIES

    policy = ((result.manifest.get("scenario") or {}).get("dispatch") or {}).get("policy", "")
    unit = getattr(POLICIES.get(policy), "cost_in", "the policy's own unit")
    return f"Costs are in {unit}; less is better; where decisions share a line, as of the first of them."


def _waited(said: Sequence[Row], at: dict[int, float]) -> Iterator[str]:
    """Say what the waits before an order's last offer came to: how long, how many riders, from what cost to what."""
    at_last = max((k for k, row in enumerate(said) if row.choice != "waits"), default=-1)
    waits = [row for row in said[:at_last] if row.choice == "waits"]
    if not waits:
        return
    offer, meant = said[at_last], [int(row.rider) for row in waits if row.rider >= 0]
    seconds = at[int(offer.decision)] - at[int(waits[0].decision)]
    words = [f"{format_duration(seconds)} passed from its first wait to its last offer"]
    if meant:
        words.append(f"meant for {plural(len(set(meant)), 'rider')} in turn")
    costs = [row.cost for row in waits if row.rider >= 0 and math.isfinite(row.cost)]
    if costs and math.isfinite(offer.cost):
        first, last = _number(costs[0]), _number(offer.cost)
        change = "fell" if offer.cost < costs[0] else "rose"
        words.append(f"its cost {change} from {first} to {last}" if first != last else f"its cost stayed at {last}")
    yield f"{'; '.join(words)}."


def _decisions_open(result: Result, order: Row) -> list[int]:
    """Numbers of the decisions that found the order open."""
    known = where(result.tables["known_orders"], "order", order.order).sort_values("decision", kind="stable")
    numbers = result.tables["decisions"]["decision"].tolist()
    if not len(known) or not numbers:
        return []
    starts = [int(row.decision) for row in each(known)]
    is_open = [bool(row.is_known) and int(row.rider) < 0 for row in each(known)]
    ends = [*starts[1:], int(numbers[-1]) + 1]
    return [d for start, end, opened in zip(starts, ends, is_open, strict=True) if opened for d in range(start, end)]


def _alike(numbers: list[int], said: set[int]) -> Iterator[list[int]]:
    """Group decisions: each that says something, with those after it that say the same again."""
    group: list[int] = []
    for number in numbers:
        if group and (number in said or number != group[-1] + 1):
            yield group
            group = []
        group.append(number)
    if group:
        yield group


def _row(result: Result, said: Row | None, numbers: list[int], at: dict[int, float], clock: Clock) -> list[Cell]:
    which = str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]}-{numbers[-1]}"
    when = clock.time_of_day(at[numbers[0]], seconds=True)
    if said is None:
        return [which, when, "waits", DASH, DASH, DASH, DASH, DASH, "it does not say"]
    rider, second = (name_in(result, "riders", n) if n >= 0 else DASH for n in (int(said.rider), int(said.second)))
    choice = _WORDS.get(str(said.choice), str(said.choice))
    until = _until(said.hold_until, at[numbers[0]], clock)
    return [which, when, choice, rider, _number(said.cost), second, _number(said.second_cost), until, str(said.reason)]


def _until(instant: float, now: float, clock: Clock) -> str:
    """Say when what an order waits for comes, and how long that is from the decision on."""
    if not math.isfinite(instant):
        return DASH
    later = instant - now
    return clock.time_of_day(instant, seconds=True) + (f" (+{format_duration(later)})" if later > 0.0 else "")


def _number(value: float) -> str:
    return f"{value:,.1f}" if math.isfinite(value) else DASH
