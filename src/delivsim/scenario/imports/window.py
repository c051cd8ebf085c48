"""Which stretch of time an import takes: what ``--from`` and ``--to`` say, or whole hours around the orders."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from delivsim.domain.units import Instant, parse_moment
from delivsim.errors import InputError, Problem
from delivsim.scenario.imports.moments import local

HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Window:
    """From ``begin`` until before ``end``, seconds since 1970; where the place's clock stood at the begin."""

    begin: float
    end: float
    zone: ZoneInfo

    @property
    def starts_at(self) -> datetime:
        """Local date and time of the begin."""
        return local(self.begin, self.zone)

    @property
    def horizon(self) -> float:
        """Length in seconds."""
        return self.end - self.begin

    def holds(self, at: float) -> bool:
        """Whether an instant lies in it."""
        return self.begin <= at < self.end


def window_of(since: str | None, until: str | None, zone: ZoneInfo, placed_at: list[float]) -> Window:
    """
    Say which orders are taken.

    Parameters
    ----------
    since
        Local date, or date and time; None: the hour of the first order.
    until
        Local date and time, or a time on the day of ``since`` (25:30 is past midnight); a time without seconds
        includes its minute, a date its day. None: the end of the last order's hour.
    zone
        Where that is local.
    placed_at
        When orders were placed, seconds since 1970, not empty.

    Raises
    ------
    InputError
        Not written so, or the end is not after the begin.
    """
    begin = _begin(since, zone) if since else _whole_hour(min(placed_at), zone)
    end = _end(until, local(begin, zone), zone) if until else begin + _hours(max(placed_at) - begin)
    if end <= begin and until:
        raise _wrong("--to", "must be after --from", until)
    if end <= begin:
        raise _wrong("--from", f"must be before the last order, placed at {local(max(placed_at), zone)}", since or "")
    return Window(begin, end, zone)


def _begin(text: str, zone: ZoneInfo) -> float:
    try:
        return _moment(text).replace(tzinfo=zone).timestamp()
    except ValueError as error:
        raise _wrong("--from", "must be a local date and time such as 2026-11-20T17:00", text) from error


def _end(text: str, begin: datetime, zone: ZoneInfo) -> float:
    try:
        if re.match(r"\d{4}-", text):
            moment = _moment(text)
        else:
            at = Instant.parse(text)
            midnight = begin.replace(hour=0, minute=0, second=0, microsecond=0)
            moment = begin + timedelta(seconds=at.after_start) if at.after_start is not None else midnight
            moment += timedelta(seconds=at.clock or 0.0)
    except ValueError as error:
        raise _wrong("--to", "must be a local date and time, or a time such as 23:59", text) from error
    included = 86400 if len(text) == 10 else 60 if re.search(r"(^|T| )\d+:\d\d$", text) else 0
    return (moment + timedelta(seconds=included)).replace(tzinfo=zone).timestamp()


def _moment(text: str) -> datetime:
    return parse_moment(f"{text}T00:00" if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else text)


def _whole_hour(at: float, zone: ZoneInfo) -> float:
    there = local(at, zone)
    return at - (there - there.replace(minute=0, second=0, microsecond=0)).total_seconds()


def _hours(seconds: float) -> float:
    return (math.floor(seconds / HOUR) + 1) * HOUR


def _wrong(option: str, rule: str, text: str) -> InputError:
    return InputError.of([Problem(path=option, rule=f"{rule}, got {text!r}")])
