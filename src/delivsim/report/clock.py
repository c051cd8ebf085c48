"""Seconds since the start of a scenario as times of day, the way a planner says them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from delivsim.domain.units import format_clock

DASH = "-"
"""What stands where there is no value."""

_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200)
_DAY = 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """
    The wall clock of a run: ``starts_at`` is the local time at t = 0.

    Hours go on counting past midnight (``25:10``), as scenario files write them; after a second midnight the
    date is named instead.
    """

    starts_at: datetime

    @classmethod
    def of(cls, manifest: Mapping[str, Any]) -> Clock:
        """Read the clock from a run's manifest (``starts_at``, local time)."""
        return cls(starts_at=datetime.fromisoformat(str(manifest["starts_at"])).replace(tzinfo=None))

    def at(self, t: float) -> datetime:
        """Date and time ``t`` seconds after the start."""
        return self.starts_at + timedelta(seconds=t)

    def time_of_day(self, t: float, *, seconds: bool = False) -> str:
        """The time of day at ``t``, to the minute or the second: ``18:30``; a dash for NaN."""
        if not math.isfinite(t):
            return DASH
        if (self.at(t).date() - self.starts_at.date()).days < 2:
            return format_clock(self.starts_at, t, with_seconds=seconds)
        moment = self.at(t)
        return f"{moment.day} {moment:%b %H:%M:%S}" if seconds else f"{moment.day} {moment:%b %H:%M}"

    def between(self, start: float, end: float) -> str:
        """A stretch of time: ``18:30-18:45``."""
        return f"{self.time_of_day(start)}-{self.time_of_day(end)}"

    def date(self, t: float = 0.0) -> str:
        """The date as a person writes it: ``Fri 20 Nov 2026``."""
        moment = self.at(t)
        return f"{moment:%a} {moment.day} {moment:%b %Y}"

    def ticks(self, start: float, end: float, most: int = 9) -> list[float]:
        """
        Round times of day between two instants, in seconds since the start of the scenario.

        Parameters
        ----------
        start, end
            Seconds.
        most
            The step is the smallest round one (a second to days) that gives no more ticks than this.
        """
        span = max(end - start, 1.0)
        step = next((s for s in _STEPS if span / s <= most), _DAY * math.ceil(span / _DAY / most))
        midnight = datetime.combine(self.starts_at.date(), datetime.min.time())
        since_midnight = (self.starts_at - midnight).total_seconds() + start
        first = start + -since_midnight % step
        return [first + i * step for i in range(int((end - first) // step) + 1)]

    def tick_labels(self, ticks: list[float]) -> list[str]:
        """The words at ticks: times of day, and the date below where a day begins if there is more than one."""
        moments = [self.at(round(t)) for t in ticks]
        exact = "%H:%M:%S" if len(ticks) > 1 and ticks[1] - ticks[0] < 60 else "%H:%M"
        several = len({moment.date() for moment in moments}) > 1
        labels = []
        for i, moment in enumerate(moments):
            new_day = several and (i == 0 or moment.date() != moments[i - 1].date())
            labels.append(moment.strftime(exact) + (f"\n{moment:%a} {moment.day} {moment:%b}" if new_day else ""))
        return labels
