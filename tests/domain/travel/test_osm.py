"""Values as OpenStreetMap and OSMnx write them."""

from __future__ import annotations

import math

import pytest

from delivsim.domain.travel.osm import line_string, number, speed_limit, truth


@pytest.mark.parametrize(
    ("value", "kmh"),
    [
        ("50", 50.0),
        (50, 50.0),
        ("50.0", 50.0),
        ("30 mph", 48.28),
        ("30mph", 48.28),
        ("50 km/h", 50.0),
        ("50;30", 40.0),
        (["50", "30"], 40.0),
        ("['50', '30']", 40.0),
        ("['20 mph', '30 mph']", 40.23),
        ("50|30|50", 43.33),
        ("DE:zone:30", 30.0),
    ],
)
def test_limits_of_any_kind_are_read(value: object, kmh: float) -> None:
    """Numbers, texts, miles per hour, and the mean of several."""
    found = speed_limit(value)
    assert found is not None
    assert found * 3.6 == pytest.approx(kmh, abs=0.01)


@pytest.mark.parametrize("value", ["none", "signals", "walk", "RO:urban", "variable", "0", "", None, []])
def test_what_is_no_number_is_no_limit(value: object) -> None:
    """Such streets go at the speed of those that say nothing."""
    assert speed_limit(value) is None


def test_texts_are_numbers_and_truths() -> None:
    """GraphML keeps both as texts."""
    assert number("12.5") == 12.5
    assert math.isnan(number("far"))
    assert math.isnan(number(None))
    assert [truth(value) for value in ("True", True, "yes", "1", "False", False, None, "-1")] == [True] * 4 + [
        False
    ] * 4


def test_lines_are_read_and_what_is_none_is_left() -> None:
    """As text, with or without heights."""
    assert line_string("LINESTRING (0 0, 10.5 -2, 3e1 4)").tolist() == [[0.0, 0.0], [10.5, -2.0], [30.0, 4.0]]
    assert line_string("LINESTRING Z (0 0 5, 1 1 5)").tolist() == [[0.0, 0.0], [1.0, 1.0]]
    for value in (None, "POINT (1 2)", "LINESTRING (a b, 1 2)", "LINESTRING (1 2)", "LINESTRING (1, 2)", 7):
        assert len(line_string(value)) == 0
