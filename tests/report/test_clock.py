import math
from datetime import datetime

import pytest

from delivsim.report.clock import Clock

EVENING = Clock(starts_at=datetime(2026, 11, 20, 17, 0))


def test_manifest_gives_the_clock() -> None:
    """A run's manifest tells the time of day at t = 0, as local time."""
    clock = Clock.of({"starts_at": "2026-11-20T17:00:00+01:00", "timezone": "Europe/Berlin"})
    assert clock == EVENING
    assert clock.date() == "Fri 20 Nov 2026"


@pytest.mark.parametrize(
    ("t", "words"),
    [(0.0, "17:00"), (5400.0, "18:30"), (26_999.0, "24:29"), (86_400.0, "41:00"), (200_000.0, "23 Nov 00:33")],
)
def test_instants_are_times_of_day(t: float, words: str) -> None:
    """Instants read as times of day that count on past midnight, and are dated after a second midnight."""
    assert EVENING.time_of_day(t) == words


def test_instants_to_the_second() -> None:
    """Where seconds matter they are shown; what never happened is a dash."""
    assert EVENING.time_of_day(61.0, seconds=True) == "17:01:01"
    assert EVENING.time_of_day(math.nan, seconds=True) == EVENING.time_of_day(math.nan) == "-"
    assert EVENING.between(0.0, 900.0) == "17:00-17:15"


def test_ticks_are_round_times_of_day() -> None:
    """Ticks lie on whole half hours of the wall clock even when the run starts at an odd minute, and inside it."""
    clock = Clock(starts_at=datetime(2026, 11, 20, 17, 7))
    ticks = clock.ticks(0.0, 4 * 3600.0)
    assert clock.tick_labels(ticks) == [f"{h}:{m}" for h in range(17, 22) for m in ("00", "30")][1:9]
    assert all(0.0 <= t <= 4 * 3600.0 for t in ticks)


def test_ticks_past_midnight_are_dated() -> None:
    """An axis that crosses midnight names the date where it begins and where the next day begins."""
    ticks = EVENING.ticks(0.0, 12 * 3600.0)
    labels = EVENING.tick_labels(ticks)
    assert labels[0] == "18:00\nFri 20 Nov"
    assert "00:00\nSat 21 Nov" in labels
    assert sum("\n" in label for label in labels) == 2


def test_ticks_of_days_and_of_seconds() -> None:
    """The step fits the span: days for a month, seconds for a test of queues."""
    assert len(EVENING.ticks(0.0, 30 * 86_400.0)) <= 9
    labels = EVENING.tick_labels(EVENING.ticks(0.0, 60.0))
    assert labels[:2] == ["17:00:00", "17:00:10"]
    assert EVENING.ticks(5.0, 5.0) == [5.0]
