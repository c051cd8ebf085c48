"""
Quantities as people write them: ``20ms``, ``40/min``, ``18km/h``, ``1.5km``, ``10.50``, ``90%``, ``18:30``.

Every quantity is stored in one base unit, so that the rest of the code never converts:

============  ==================  =======================================================================
type          stored as           written as
============  ==================  =======================================================================
``Duration``  float seconds       ``20ms``, ``45min``, ``2h``, ``1h30m``, ``7d``; a bare number is seconds
``Rate``      float per second    ``3/s``, ``40/min``, ``100/h``; a bare number is per second
``Speed``     float m/s, > 0      ``18km/h``, ``5m/s``, ``300m/min``; a bare number is metres per second
``Distance``  float metres        ``800m``, ``1.5km``; a bare number is metres
``Money``     int cents           ``10.50``, ``10``: units of the currency, so ``10`` is stored as 1000
``Share``     float in [0, 1]     ``0.9``, ``90%``
``Instant``   see `Instant`       ``18:30``, ``25:30``, ``2026-11-20T18:30``, ``90min`` after the start
============  ==================  =======================================================================

All are >= 0 and finite; ``PositiveDuration``, ``PositiveRate`` and ``PositiveDistance`` also refuse 0. Use
them as types of pydantic fields: text becomes the stored number, and the JSON Schema tells unit and examples.
Defaults are written in the stored unit.
"""

from __future__ import annotations

import difflib
import itertools
import math
import re
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, core_schema

_NUMBER = r"(?:\d{1,30}(?:\.\d{0,30})?|\.\d{1,30})(?:[eE][+-]?\d{1,2})?"
_PART = re.compile(rf"\s*({_NUMBER})\s*([a-zA-Zµ%/]+)\s*", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d", re.ASCII)
_CLOCK = re.compile(r"(\d{1,3}):([0-5]\d)(?::([0-5]\d))?", re.ASCII)


def shown(value: object, limit: int = 60) -> str:
    """Show a value in a message as a scenario file writes it: ``'20 mss'``, ``true``, ``nothing``."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return f"a map of {len(value)} keys"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    text = repr(value)
    return text if len(text) <= limit else f"{text[:limit]}..."


def near_miss(got: object, known: list[str]) -> str:
    """Suggest the known word nearest to a mistyped one: ``" (did you mean 'x'?)"``, or nothing."""
    near = difflib.get_close_matches(str(got), known, n=1, cutoff=0.6)
    return f" (did you mean '{near[0]}'?)" if near else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """A kind of quantity: what it is called, and what each unit is worth in the base unit."""

    noun: str
    base: str
    units: dict[str, Fraction]
    examples: tuple[str, ...]
    compound: bool = False

    def parse(self, value: object) -> float:
        """Turn a number (in the base unit) or a text with units into a finite number >= 0, or ValueError."""
        if isinstance(value, str):
            number = self._from_text(value)
        elif isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"{self.rule}, got {shown(value)}")
        else:
            number = float(value) if abs(value) < 1e300 or value != value else math.inf
        if not math.isfinite(number):
            raise ValueError(f"must be finite, got {shown(value)}")
        if number < 0:
            raise ValueError(f"must be >= 0, got {shown(value)}")
        return number

    @property
    def rule(self) -> str:
        """The plain rule, with examples: ``must be a duration such as 20ms, 45min or 2h``."""
        *first, last = self.examples
        return f"must be {self.noun} such as {', '.join(first)} or {last}"

    def written(self, number: float) -> float | str:
        """Write a number back, with a unit where that is short and exactly reversible."""
        for unit, worth in sorted(self.units.items(), key=lambda item: -item[1]):
            count = f"{float(Fraction(number) / worth):.6g}"
            short = len(count) <= 5 and "e" not in count and float(count) >= 1
            if short and self.parse(f"{count}{unit}") == number:
                return f"{count}{unit}"
        return number

    def _from_text(self, text: str) -> float:
        bare = text.strip()
        sign = -1 if bare.startswith("-") else 1
        parts = _split(bare.lstrip("+-"))
        worths = [self.units.get(unit) for _, unit in parts]
        known = [worth for worth in worths if worth is not None]
        falling = all(a > b for a, b in itertools.pairwise(known))
        if not parts or len(known) < len(parts) or not falling or (len(parts) > 1 and not self.compound):
            raise ValueError(f"{self.rule}, got {shown(text)}{self._near(bare, parts)}")
        return sign * _to_float(sum(Fraction(n) * worth for (n, _), worth in zip(parts, known, strict=True)))

    def _near(self, bare: str, parts: list[tuple[str, str]]) -> str:
        if re.fullmatch(_NUMBER, bare, re.ASCII):
            return f" (a number in quotes needs a unit, did you mean '{bare}{self.base}'?)"
        if len(parts) != 1:
            return ""
        number, unit = parts[0]
        near = difflib.get_close_matches(unit, list(self.units), n=1, cutoff=0.5)
        return f" (did you mean '{number}{near[0]}'?)" if near else ""


def _split(text: str) -> list[tuple[str, str]]:
    """Cut ``1h30m`` into ``[("1", "h"), ("30", "m")]``; nothing when some of the text does not fit."""
    parts: list[tuple[str, str]] = []
    at = 0
    while at < len(text):
        match = _PART.match(text, at)
        if match is None or len(parts) > 8:
            return []
        parts.append((match[1], match[2]))
        at = match.end()
    return parts


def _to_float(number: Fraction | int) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf


_TIME = {
    "us": Fraction(1, 1_000_000),
    "ms": Fraction(1, 1000),
    "s": Fraction(1),
    "min": Fraction(60),
    "m": Fraction(60),
    "h": Fraction(3600),
    "d": Fraction(86400),
}

DURATION = Dimension(noun="a duration", base="s", units=_TIME, examples=("20ms", "45min", "2h"), compound=True)
RATE = Dimension(
    noun="a rate",
    base="/s",
    units={f"/{unit}": 1 / worth for unit, worth in _TIME.items() if unit != "m"},
    examples=("3/s", "40/min", "100/h"),
)
SPEED = Dimension(
    noun="a speed",
    base="m/s",
    units={"m/s": Fraction(1), "km/h": Fraction(1000, 3600), "m/min": Fraction(1, 60)},
    examples=("18km/h", "5m/s"),
)
DISTANCE = Dimension(
    noun="a distance", base="m", units={"m": Fraction(1), "km": Fraction(1000)}, examples=("800m", "1.5km")
)
SHARE = Dimension(noun="a share between 0 and 1", base="%", units={"%": Fraction(1, 100)}, examples=("0.9", "90%"))


def parse_duration(value: object) -> float:
    """Read a duration, in seconds; ValueError when it is none."""
    return DURATION.parse(value)


def parse_share(value: object) -> float:
    """Read a share between 0 and 1, also written ``90%``; ValueError when it is none."""
    if (share := SHARE.parse(value)) > 1:
        raise ValueError(f"{SHARE.rule}, got {shown(value)}")
    return share


def parse_money(value: object) -> int:
    """Read an amount in units of the currency (``10.50``, ``10``) as cents (1050, 1000), or ValueError."""
    rule = "must be an amount of money such as 10 or 10.50"
    if isinstance(value, str) and re.fullmatch(r"\s*-?\d{1,12}(\.\d{1,4})?\s*", value, re.ASCII):
        cents = float(value) * 100
    elif isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e12:
        raise ValueError(f"{rule}, got {shown(value)}")
    else:
        cents = value * 100
    if cents < 0:
        raise ValueError(f"must be >= 0, got {shown(value)}")
    if abs(cents - round(cents)) > 1e-6 * max(1.0, cents * 1e-6):
        raise ValueError(f"{rule}, with at most two decimals, got {shown(value)}")
    return round(cents)


def _positive(number: float) -> float:
    if not number > 0:
        raise ValueError("must be > 0")
    return number


_INSTANT_RULE = "must be a time such as 18:30, 25:30 (past midnight), 2026-11-20T18:30 or 90min after the start"
_INSTANT_SCHEMA = {
    "anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "minLength": 2}],
    "unit": "time of day, date and time, or time since the start",
    "examples": ["18:30", "25:30", "2026-11-20T18:30", "90min"],
}


@dataclass(frozen=True, slots=True)
class Instant:
    """
    A moment of the simulated day, as the scenario wrote it.

    One of three things is set: ``after_start`` (seconds since the start), ``clock`` (seconds since the
    midnight before the start, so 25:30 is half past one on the second day), or ``moment`` (date and time).
    """

    text: str
    after_start: float | None = None
    clock: float | None = None
    moment: datetime | None = None

    @classmethod
    def parse(cls, value: object) -> Instant:
        """Read a time of day, an ISO date and time, or a duration since the start, or ValueError."""
        if isinstance(value, Instant):
            return value
        if isinstance(value, str) and (match := _CLOCK.fullmatch(value.strip())):
            hours, minutes, seconds = (int(part or 0) for part in match.groups())
            return cls(value.strip(), clock=float(hours * 3600 + minutes * 60 + seconds))
        if isinstance(value, str) and re.match(r"\d{4}-", value.strip()):
            return cls(value.strip(), moment=parse_moment(value))
        try:
            after = DURATION.parse(value)
        except ValueError as error:
            raise ValueError(f"{_INSTANT_RULE}, got {shown(value)}") from error
        return cls(str(DURATION.written(after)), after_start=after)

    def at(self, starts_at: datetime) -> float:
        """Seconds since ``starts_at``; ValueError when the moment lies before it."""
        if self.after_start is not None:
            return self.after_start
        midnight = starts_at.replace(hour=0, minute=0, second=0, microsecond=0)
        if self.moment is not None:
            seconds = (self.moment - starts_at).total_seconds()
            hint = ""
        else:
            assert self.clock is not None
            seconds = self.clock - (starts_at - midnight).total_seconds()
            hint = f"; the next day's is written {_clock_text(self.clock + 86400)}"
        if seconds < 0:
            start = f"{starts_at:%H:%M}" if self.moment is None else f"{starts_at:%Y-%m-%dT%H:%M}"
            raise ValueError(f"must not be before the start ({start}), got '{self.text}'{hint}")
        return seconds

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Let pydantic read it as `parse` does and write it back as it was written."""
        written = core_schema.plain_serializer_function_ser_schema(
            lambda instant: instant.text, return_schema=core_schema.str_schema(), when_used="json"
        )
        return core_schema.no_info_plain_validator_function(cls.parse, serialization=written)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Describe the ways to write it."""
        return dict(_INSTANT_SCHEMA)


def parse_moment(value: object) -> datetime:
    """Read a local date and time such as 2026-11-20T18:30; ValueError when it is none or carries a zone."""
    rule = "must be a local date and time such as 2026-11-20T18:30"
    if isinstance(value, datetime):
        moment = value
    elif isinstance(value, str) and _MOMENT.match(value.strip()):
        try:
            moment = datetime.fromisoformat(value.strip())
        except ValueError as error:
            raise ValueError(f"{rule}, got {shown(value)}") from error
    else:
        raise ValueError(f"{rule}, got {shown(value)}")
    if moment.tzinfo is not None:
        raise ValueError(f"{rule} without a zone (timezone: says where), got {shown(str(value))}")
    return moment


def format_duration(seconds: float) -> str:
    """Write a duration in the unit that fits: ``320 ms``, ``2.4 s``, ``31.2 min``, ``5 h 30 min``."""
    if not math.isfinite(seconds):
        return "-"
    size = abs(seconds)
    if size < 0.9995:
        return f"{seconds * 1000:.3g} ms" if size >= 1e-6 else "0 s"
    if size < 119.95:
        return f"{seconds:.3g} s" if size < 99.95 else f"{seconds:.0f} s"
    if size < 7200 - 3:
        return f"{seconds / 60:.1f} min"
    minutes = round(size / 60)
    return f"{'-' if seconds < 0 else ''}{minutes // 60} h {minutes % 60:02d} min"


def format_clock(starts_at: datetime, seconds: float, *, with_seconds: bool = False) -> str:
    """
    Write an instant as the time of day: ``18:45``, and ``25:10`` for ten past one on the next day.

    Hours go on counting past midnight, as scenario files write them, so that times of one run read in order;
    minutes (or seconds) are cut off, not rounded. NaN becomes ``-``.
    """
    if not math.isfinite(seconds):
        return "-"
    midnight = starts_at.replace(hour=0, minute=0, second=0, microsecond=0)
    text = _clock_text((starts_at - midnight).total_seconds() + seconds + 1e-6)
    return text if with_seconds else text[: text.rindex(":")]


def _clock_text(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def format_money(cents: float, currency: str = "") -> str:
    """Write cents in units of the currency: ``1,234.50 USD``."""
    return f"{cents / 100:,.2f} {currency}".rstrip() if math.isfinite(cents) else "-"


def _json(dimension: Dimension, unit: str, *, above: bool = False, **more: Any) -> WithJsonSchema:
    units = "|".join(sorted(map(re.escape, dimension.units), key=lambda unit: (-len(unit), unit)))
    pattern = rf"^\s*({_NUMBER}\s*({units})\s*){'+' if dimension.compound else ''}$"
    number = {"type": "number", "exclusiveMinimum" if above else "minimum": 0, **more}
    text = {"type": "string", "pattern": pattern}
    return WithJsonSchema({"anyOf": [number, text], "unit": unit, "examples": list(dimension.examples)})


_MONEY_SCHEMA = {
    "anyOf": [
        {"type": "number", "minimum": 0},
        {"type": "string", "pattern": r"^\s*\d{1,12}(\.\d{1,4})?\s*$"},
    ],
    "unit": "units of the currency",
    "examples": ["10", "10.50"],
}
_MOMENT_SCHEMA = {"type": "string", "unit": "local date and time", "examples": ["2026-11-20T18:30"]}

_written_duration = PlainSerializer(DURATION.written, return_type=float | str, when_used="json")
_written_rate = PlainSerializer(RATE.written, return_type=float | str, when_used="json")
_written_speed = PlainSerializer(SPEED.written, return_type=float | str, when_used="json")
_written_distance = PlainSerializer(DISTANCE.written, return_type=float | str, when_used="json")
_written_money = PlainSerializer(lambda cents: f"{cents / 100:.2f}", return_type=str, when_used="json")

Duration = Annotated[float, BeforeValidator(DURATION.parse), _written_duration, _json(DURATION, "seconds")]
PositiveDuration = Annotated[
    float,
    AfterValidator(_positive),
    BeforeValidator(DURATION.parse),
    _written_duration,
    _json(DURATION, "seconds", above=True),
]
Rate = Annotated[float, BeforeValidator(RATE.parse), _written_rate, _json(RATE, "per second")]
PositiveRate = Annotated[
    float,
    AfterValidator(_positive),
    BeforeValidator(RATE.parse),
    _written_rate,
    _json(RATE, "per second", above=True),
]
Speed = Annotated[
    float,
    AfterValidator(_positive),
    BeforeValidator(SPEED.parse),
    _written_speed,
    _json(SPEED, "metres per second", above=True),
]
Distance = Annotated[float, BeforeValidator(DISTANCE.parse), _written_distance, _json(DISTANCE, "metres")]
PositiveDistance = Annotated[
    float,
    AfterValidator(_positive),
    BeforeValidator(DISTANCE.parse),
    _written_distance,
    _json(DISTANCE, "metres", above=True),
]
Share = Annotated[float, BeforeValidator(parse_share), _json(SHARE, "share of 1", maximum=1)]
Money = Annotated[int, BeforeValidator(parse_money), _written_money, WithJsonSchema(_MONEY_SCHEMA)]
Moment = Annotated[datetime, BeforeValidator(parse_moment), WithJsonSchema(_MOMENT_SCHEMA)]
