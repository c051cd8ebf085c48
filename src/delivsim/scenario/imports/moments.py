"""Instants as exports write them: ISO with or without an offset, local times, epoch seconds to nanoseconds."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from delivsim.errors import InputError, Problem

_ISO = re.compile(
    r"(\d{4})[-/.](\d\d?)[-/.](\d\d?)[T ]+(\d\d?):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?"
    r"\s*(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?",
    re.ASCII | re.IGNORECASE,
)
_LOCAL = re.compile(
    r"(\d\d?)[-/.](\d\d?)[-/.](\d{4})[T ,]+(\d\d?):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s*(AM|PM|a\.m\.|p\.m\.)?",
    re.ASCII | re.IGNORECASE,
)
_EPOCH = re.compile(r"\d{9,19}(\.\d*)?", re.ASCII)

TIME = "must be a date and time"
GAP = "does not exist there: clocks are put forward over it"
Cell = float | str
"""Seconds since 1970 in UTC, or the rule that the text breaks."""


class Clock:
    """
    Reads the instants of one export.

    Parameters
    ----------
    zone
        Where local times are meant.
    day_first
        Whether 3/4/2026 is the third of April; None: the first column that tells decides.

    Attributes
    ----------
    twice
        How many local times happen twice, because clocks were put back; the first of the two is taken.
    n_local, n_absolute
        How many times were written without, and with, what they are in UTC.
    """

    def __init__(self, zone: ZoneInfo, day_first: bool | None = None) -> None:
        self.zone, self.day_first = zone, day_first
        self.twice = self.n_local = self.n_absolute = 0
        self._offsets: dict[datetime, tuple[float, bool, bool]] = {}

    def read(self, cells: Sequence[str], where: str) -> list[Cell | None]:
        """
        Read a column; None where a cell is empty.

        Raises
        ------
        InputError
            Nothing in it tells whether the day or the month comes first.
        """
        if self.day_first is None and any(_LOCAL.fullmatch(cell) for cell in cells):
            self.day_first = _day_first(cells, where)
        return [self._one(cell) if cell else None for cell in cells]

    def _one(self, text: str) -> Cell:
        if found := _ISO.fullmatch(text):
            year, month, day, hour, minute, second, fraction, offset = found.groups()
            return self._at((year, month, day), int(hour), minute, second, fraction, offset)
        if _EPOCH.fullmatch(text):
            self.n_absolute += 1
            number = float(text)
            return number / 10.0 ** (3 * sum(number >= limit for limit in (1e11, 1e14, 1e17)))
        if found := _LOCAL.fullmatch(text):
            one, two, year, hour, minute, second, fraction, half = found.groups()
            day, month = (one, two) if self.day_first else (two, one)
            return self._at((year, month, day), _hour(int(hour), half), minute, second, fraction, None)
        return TIME

    def _at(
        self, date: tuple[str, str, str], hour: int, minute: str, second: str | None, fraction: str | None,
        offset: str | None,
    ) -> Cell:  # fmt: skip
        try:
            year, month, day = map(int, date)
            at = datetime(year, month, day, hour, int(minute))
            at.replace(second=int(second or 0))
        except ValueError:
            return TIME
        more = int(second or 0) + (float(f"0.{fraction}") if fraction else 0.0)
        seconds = (at - datetime(1970, 1, 1)) // timedelta(seconds=1)
        if offset:
            self.n_absolute += 1
            return seconds - _offset(offset) + more
        self.n_local += 1
        known = self._offsets.get(at)
        if known is None:
            known = self._offsets[at] = _zone_offset(at, self.zone)
        utc, gap, twice = known
        self.twice += twice
        return GAP if gap else seconds - utc + more


def _zone_offset(at: datetime, zone: ZoneInfo) -> tuple[float, bool, bool]:
    """Give a local time's offset from UTC in seconds, whether it never happens, and whether it happens twice."""
    there = at.replace(tzinfo=zone)
    offset, other = there.utcoffset(), there.replace(fold=1).utcoffset()
    assert offset is not None
    assert other is not None
    gap = there.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != at
    return offset.total_seconds(), gap, offset != other and not gap


def _offset(text: str) -> float:
    if text[0] not in "+-":
        return 0.0
    digits = text[1:].replace(":", "").ljust(4, "0")
    seconds = int(digits[:2]) * 3600 + int(digits[2:]) * 60
    return -seconds if text[0] == "-" else seconds


def _hour(hour: int, half: str | None) -> int:
    if half is None:
        return hour
    if not 1 <= hour <= 12:
        return 99
    return hour % 12 + (12 if half.lower().startswith("p") else 0)


def _day_first(cells: Sequence[str], where: str) -> bool:
    votes: Counter[bool] = Counter()
    for cell in cells:
        if found := _LOCAL.fullmatch(cell):
            one, two = int(found[1]), int(found[2])
            votes[True] += one > 12 >= two
            votes[False] += two > 12 >= one
    if votes[True] == votes[False]:
        rule = "nothing tells whether the day or the month comes first: say --day-first or --month-first"
        example = next(cell for cell in cells if _LOCAL.fullmatch(cell))
        raise InputError.of([Problem(file=where, rule=f"{rule}, got {example!r}")])
    return votes[True] > votes[False]


def local(seconds: float, zone: ZoneInfo) -> datetime:
    """Local date and time of seconds since 1970."""
    return datetime.fromtimestamp(seconds, zone).replace(tzinfo=None)
