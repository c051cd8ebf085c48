from __future__ import annotations

import math
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from delivsim.domain.units import (
    DISTANCE,
    DURATION,
    RATE,
    SPEED,
    Distance,
    Duration,
    Instant,
    Moment,
    Money,
    PositiveDuration,
    Rate,
    Share,
    Speed,
    format_clock,
    format_duration,
    format_money,
    near_miss,
    parse_moment,
    parse_money,
    shown,
)

START = datetime(2026, 11, 20, 18)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (Duration, "20ms", 0.02),
        (Duration, "2h", 7200),
        (Duration, "1h30m", 5400),
        (Duration, "1h 30min 15s", 5415),
        (Duration, "45min", 2700),
        (Duration, "7d", 604800),
        (Duration, "1.5 s", 1.5),
        (Duration, "1e3s", 1000),
        (Duration, "250us", 0.00025),
        (Duration, 3, 3),
        (Duration, 0, 0),
        (Rate, "40/min", 40 / 60),
        (Rate, "3/s", 3),
        (Rate, "100/h", 100 / 3600),
        (Rate, 2.5, 2.5),
        (Speed, "18km/h", 5),
        (Speed, "5m/s", 5),
        (Speed, "300m/min", 5),
        (Distance, "1.5km", 1500),
        (Distance, "800m", 800),
        (Share, "90%", 0.9),
        (Share, 1, 1),
        (Money, "10.50", 1050),
        (Money, 10, 1000),
        (Money, 0.29, 29),
        (Money, 0, 0),
    ],
)
def test_quantities_mean_what_they_say(kind: object, text: object, value: float) -> None:
    """Each way to write a quantity gives the number in the base unit, correctly rounded."""
    assert TypeAdapter(kind).validate_python(text) == value


@pytest.mark.parametrize(
    ("kind", "text", "rule"),
    [
        (Duration, "20 mss", "got '20 mss' (did you mean '20ms'?)"),
        (Duration, "20", "did you mean '20s'?"),
        (Duration, "soon", "must be a duration such as 20ms, 45min or 2h, got 'soon'"),
        (Duration, "", "must be a duration"),
        (Duration, "30m1h", "must be a duration"),
        (Duration, "1h1h", "must be a duration"),
        (Duration, "3km", "must be a duration"),
        (Duration, "٣s", "must be a duration"),
        (Duration, "1e999s", "must be a duration"),
        (Duration, "1h" * 5000, "must be a duration"),
        (Duration, -1, "must be >= 0, got -1"),
        (Duration, "-5s", "must be >= 0, got '-5s'"),
        (Duration, math.nan, "must be finite, got nan"),
        (Duration, math.inf, "must be finite, got inf"),
        (Duration, -math.inf, "must be finite"),
        (Duration, 10**400, "must be finite"),
        (Duration, True, "got true"),
        (Duration, None, "got nothing"),
        (Duration, [1], "got a list of 1"),
        (PositiveDuration, "0s", "must be > 0"),
        (Rate, "3/mon", "did you mean '3/min'?"),
        (Rate, "40", "did you mean '40/s'?"),
        (Speed, 0, "must be > 0"),
        (Speed, "18 kmh", "did you mean '18km/h'?"),
        (Distance, "3 miles", "must be a distance such as 800m or 1.5km"),
        (Share, "190%", "must be a share between 0 and 1"),
        (Share, 1.01, "must be a share between 0 and 1"),
        (Money, "10.505", "at most two decimals"),
        (Money, "ten", "must be an amount of money"),
        (Money, math.nan, "must be an amount of money"),
        (Money, -1, "must be >= 0"),
        (Money, True, "must be an amount of money"),
        (Instant, "24 o'clock", "must be a time such as 18:30"),
        (Instant, "18:61", "must be a time such as 18:30"),
        (Instant, "2026-13-01T10:00", "must be a local date and time"),
        (Instant, True, "must be a time such as 18:30"),
        (Moment, "2026-11-20", "must be a local date and time"),
        (Moment, "2026-11-20T18:30+01:00", "without a zone"),
        (Moment, 1_700_000_000, "must be a local date and time"),
    ],
)
def test_what_is_no_quantity_is_refused_with_a_plain_rule(kind: object, text: object, rule: str) -> None:
    """A wrong unit, sign, type or size is refused, and the message tells the rule and the near miss."""
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(text)
    (error,) = caught.value.errors()
    assert rule in error["msg"]


@given(st.floats(min_value=0, allow_nan=False, allow_infinity=False, max_value=1e15))
def test_written_quantities_are_read_back_exactly(value: float) -> None:
    """What a resolved scenario prints is the same number when it is read again."""
    for dimension in (DURATION, RATE, SPEED, DISTANCE):
        assert dimension.parse(dimension.written(value)) == value


@given(st.integers(min_value=0, max_value=10**11))
def test_money_is_read_back_exactly(cents: int) -> None:
    """An amount written with two decimals gives back the same cents."""
    assert parse_money(f"{cents // 100}.{cents % 100:02d}") == cents
    assert TypeAdapter(Money).dump_python(cents, mode="json") == f"{cents // 100}.{cents % 100:02d}"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("18:30", 1800),
        ("18:30:15", 1815),
        ("25:30", 27000),
        ("18:00", 0),
        ("2026-11-20T19:00", 3600),
        ("90min", 5400),
        (60, 60),
    ],
)
def test_instants_are_seconds_since_the_start(value: object, seconds: float) -> None:
    """Times of day, dates and durations all give seconds since the start at 18:00."""
    assert Instant.parse(value).at(START) == seconds


@pytest.mark.parametrize(
    ("value", "names"),
    [("17:59", ["17:59", "18:00", "41:59"]), ("2026-11-20T10:00", ["2026-11-20T10:00", "2026-11-20T18:00"])],
)
def test_an_instant_before_the_start_is_refused_naming_both(value: str, names: list[str]) -> None:
    """The message names the instant and the start, and how the next day's time is written."""
    with pytest.raises(ValueError, match="must not be before the start") as caught:
        Instant.parse(value).at(START)
    assert all(name in str(caught.value) for name in names)


def test_an_instant_travels_through_pydantic_as_it_was_written() -> None:
    """Reading and writing an instant gives the same text, and an Instant is taken as it is."""
    adapter = TypeAdapter(Instant)
    instant = adapter.validate_python("25:30")
    assert adapter.dump_python(instant, mode="json") == "25:30"
    assert adapter.validate_python(instant) is instant
    assert "25:30" in adapter.json_schema()["examples"]


@pytest.mark.parametrize("kind", [Duration, PositiveDuration, Rate, Speed, Distance, Share, Money])
def test_the_json_schema_tells_unit_and_examples(kind: object) -> None:
    """An editor can show in what unit a field is and how it is written."""
    schema = TypeAdapter(kind).json_schema()
    assert schema["unit"]
    assert schema["examples"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.0003, "0.3 ms"),
        (0.02, "20 ms"),
        (1.5, "1.5 s"),
        (100, "100 s"),
        (150, "2.5 min"),
        (7140, "119.0 min"),
        (7300, "2 h 02 min"),
        (-7300, "-2 h 02 min"),
        (math.nan, "-"),
    ],
)
def test_durations_are_written_in_the_unit_that_fits(seconds: float, text: str) -> None:
    """A report shows a duration with about three digits."""
    assert format_duration(seconds) == text


def test_clock_and_money_are_written_for_people() -> None:
    """Hours count on past midnight, seconds are cut, cents become units of the currency."""
    assert format_clock(START, 2759) == "18:45"
    assert format_clock(START, 2759, with_seconds=True) == "18:45:59"
    assert format_clock(START, 7 * 3600 + 600) == "25:10"
    assert format_clock(START, math.nan) == "-"
    assert format_money(123450, "USD") == "1,234.50 USD"
    assert format_money(math.nan) == "-"


def test_messages_show_values_as_a_scenario_writes_them() -> None:
    """Maps and lists are told by their size, long texts are cut, and near misses are only suggested when near."""
    assert [shown(v) for v in (None, True, {"a": 1}, [1, 2], "x")] == [
        "nothing",
        "true",
        "a map of 1 keys",
        "a list of 2",
        "'x'",
    ]
    assert len(shown("x" * 1000)) < 80
    assert near_miss("gatway", ["gateway", "user"]) == " (did you mean 'gateway'?)"
    assert near_miss("zzz", ["gateway", "user"]) == ""


def test_a_moment_is_local() -> None:
    """A date and time is taken as the wall clock of the scenario's place."""
    assert parse_moment("2026-11-20T18:00") == parse_moment(START) == START
