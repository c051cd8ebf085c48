"""Instants of every usual spelling mean one thing, and what cannot be is told."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from delivsim.errors import InputError
from delivsim.scenario.imports.moments import GAP, TIME, Clock, local

BOGOTA, BERLIN = ZoneInfo("America/Bogota"), ZoneInfo("Europe/Berlin")
FIVE = datetime(2026, 11, 20, 22, 0, 5, tzinfo=UTC).timestamp()
"""17:00:05 in Bogota."""


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-20T17:00:05-05:00",
        "2026-11-20 17:00:05-05",
        "2026-11-20T22:00:05Z",
        "2026-11-20T22:00:05.000 UTC",
        "2026-11-20T23:00:05+0100",
        "2026-11-20 17:00:05",
        "2026/11/20 17:00:05",
        "20/11/2026 17:00:05",
        "20.11.2026, 17:00:05",
        "11/20/2026 5:00:05 PM",
        f"{int(FIVE)}",
        f"{FIVE}",
        f"{int(FIVE)}000",
        f"{int(FIVE)}000000",
        f"{int(FIVE)}000000000",
    ],
)
def test_every_spelling_is_one_instant(text: str) -> None:
    """With an offset, local, in either order of day and month, and as a number since 1970."""
    assert Clock(BOGOTA).read([text], "t") == [FIVE]


@pytest.mark.parametrize(
    "text", ["yesterday", "2026-11-20", "17:00", "2026-13-01 10:00", "2026-11-20 25:00", "812", "-5"]
)
def test_what_is_no_instant_is_told(text: str) -> None:
    """A date alone is no instant, nor a small number."""
    assert Clock(BOGOTA).read([text], "t") == [TIME]


def test_fractions_and_blanks() -> None:
    """Fractions of a second count; an empty cell is nothing."""
    assert Clock(BOGOTA).read(["2026-11-20T17:00:05.250", ""], "t") == [FIVE + 0.25, None]


def test_a_local_time_that_never_was_is_told() -> None:
    """Clocks in Berlin went from 2:00 to 3:00 on 29 March 2026: half past two was not, half past three was."""
    clock = Clock(BERLIN)
    missing, there = clock.read(["2026-03-29 02:30", "2026-03-29 03:30"], "t")
    assert missing == GAP
    assert isinstance(there, float)
    assert datetime.fromtimestamp(there, UTC).hour == 1


def test_a_local_time_that_was_twice_is_counted() -> None:
    """On 25 October half past two came twice: the first is taken, and counted; an offset leaves no doubt."""
    clock = Clock(BERLIN)
    doubtful, sure = clock.read(["2026-10-25 02:30", "2026-10-25T02:30+01:00"], "t")
    assert isinstance(doubtful, float)
    assert isinstance(sure, float)
    assert sure - doubtful == 3600.0
    assert clock.twice == 1
    assert local(doubtful, BERLIN) == local(sure, BERLIN)


def test_the_order_of_day_and_month_is_the_columns() -> None:
    """One date that tells decides for all; where none tells, it is asked for, and the answer is obeyed."""
    first, _ = Clock(BOGOTA).read(["03/04/2026 10:00", "20/04/2026 10:00"], "t")
    assert first == Clock(BOGOTA).read(["2026-04-03 10:00"], "t")[0]
    with pytest.raises(InputError, match=r"orders.csv: created: nothing tells .* say --day-first or --month-first"):
        Clock(BOGOTA).read(["03/04/2026 10:00"], "orders.csv: created")
    assert Clock(BOGOTA, day_first=False).read(["03/04/2026 10:00"], "t") == Clock(BOGOTA).read(
        ["2026-03-04 10:00"], "t"
    )
