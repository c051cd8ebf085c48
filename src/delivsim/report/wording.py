"""Numbers as a reader wants them: few digits, a unit that fits, and a dash where there is none."""

from __future__ import annotations

import math

from delivsim.domain.units import format_money
from delivsim.report.clock import DASH


def count(number: float) -> str:
    """A whole number with thousands apart: ``5,214``."""
    return f"{number:,.0f}" if math.isfinite(number) else DASH


def decimal(number: float, digits: int = 1) -> str:
    """A number with a fixed count of digits after the point; zero has no sign."""
    if not math.isfinite(number):
        return DASH
    text = f"{number:,.{digits}f}"
    return text.removeprefix("-") if not any(c in "123456789" for c in text) else text


def percent(share: float, digits: int = 1) -> str:
    """
    A share of 1 as a percentage: ``95.5 %``.

    What is not quite all never reads ``100.0 %``, and what is not quite nothing never ``0.0 %``: a planner must
    see that somebody went without dinner.
    """
    if not math.isfinite(share):
        return DASH
    value, smallest = 100.0 * share, 10.0**-digits
    if 0 < value < smallest / 2:
        return f"<{smallest:.{digits}f} %"
    if 100 - smallest / 2 <= value < 100:
        return f">{100 - smallest:.{digits}f} %"
    return f"{decimal(value, digits)} %"


def minutes(seconds: float, digits: int = 1) -> str:
    """Seconds as bare minutes, for a column headed ``min``."""
    return decimal(seconds / 60.0, digits)


def rate(per_second: float) -> str:
    """A rate with the unit of time that makes it readable: ``3.2/s``, ``14/min``, ``0.5/h``."""
    if not math.isfinite(per_second):
        return DASH
    for scale, unit in ((1.0, "s"), (60.0, "min")):
        if per_second * scale >= 0.9995:
            return f"{per_second * scale:.3g}/{unit}"
    return f"{per_second * 3600:.3g}/h"


def plural(number: float, noun: str) -> str:
    """A count and its noun: ``1 order``, ``2 orders``."""
    return f"{count(number)} {noun}" if number == 1 else f"{count(number)} {noun}s"


def number(value: float | None) -> float:
    """A figure of a summary, where null stands for NaN, as a number."""
    return math.nan if value is None else float(value)


def money(cents: float | None) -> str:
    """Money in cents as units of the currency: ``1,234.50``; a dash for none."""
    return format_money(number(cents))


def listed(words: list[str], most: int = 8) -> str:
    """Words in a row, and how many more there are: ``o1, o2 and 3 more``."""
    shown = ", ".join(words[:most])
    return shown if len(words) <= most else f"{shown} and {len(words) - most} more"
