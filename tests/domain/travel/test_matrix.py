"""Times out of a table: by place, to and from where nobody was expected, and for riders with a speed of their own."""

from __future__ import annotations

import numpy as np
import pytest

from delivsim.domain.travel.matrix import Matrix

PLACES = np.array([(0.0, 0.0), (300.0, 400.0), (1000.0, 0.0), (10.0, 0.0)])
SECONDS = np.array([[5.0, 60.0, 90.0], [80.0, 0.0, 70.0], [95.0, 75.0, 0.0]])
ROWS = np.array([0, 1, 2, 0])


def test_a_way_takes_what_the_table_says() -> None:
    """Back may take otherwise; two places of one zone take what the zone takes to itself, one and the same nothing."""
    travel = Matrix(SECONDS, PLACES, ROWS)
    a, b, _, c = map(tuple, PLACES.tolist())
    assert [travel.time(a, b), travel.time(b, a), travel.time(a, c), travel.time(a, a)] == [60.0, 80.0, 5.0, 0.0]
    many = travel.times(PLACES[[0, 1, 0, 0]], PLACES[[1, 0, 3, 0]])
    assert many.tolist() == [60.0, 80.0, 5.0, 0.0]


def test_who_is_elsewhere_is_at_the_nearest_place() -> None:
    """A position on the way is no mistake."""
    travel = Matrix(SECONDS, PLACES, ROWS)
    assert travel.time((310.0, 390.0), (990.0, 10.0)) == 70.0
    assert travel.times(np.array([(310.0, 390.0)]), np.array([(1000.0, 0.0)])).tolist() == [70.0]


def test_own_speeds_count_against_the_speed_of_the_table() -> None:
    """At half of it a way takes twice as long; a table that does not say its speed is for all."""
    a, b = np.tile(PLACES[0], (2, 1)), np.tile(PLACES[1], (2, 1))
    speeds = np.array([np.nan, 2.5])
    assert Matrix(SECONDS, PLACES, ROWS, speed=5.0).times(a, b, speeds).tolist() == [60.0, 120.0]
    assert Matrix(SECONDS, PLACES, ROWS).times(a, b, speeds).tolist() == [60.0, 60.0]
    assert Matrix(SECONDS, PLACES, ROWS, speed=5.0).time((0.0, 0.0), (300.0, 400.0), 2.5) == 120.0


def test_metres_are_the_tables_or_those_of_straight_lines() -> None:
    """Made longer by the detour, on the plane or on the Earth."""
    a, b, *_ = map(tuple, PLACES.tolist())
    assert Matrix(SECONDS, PLACES, ROWS, metres=SECONDS * 10.0).distance(b, a) == 800.0
    assert Matrix(SECONDS, PLACES, ROWS, detour=1.3).distance(a, b) == pytest.approx(650.0)
    degrees = Matrix(SECONDS, PLACES / 10_000.0, ROWS, geographic=True)
    assert degrees.distance((0.0, 0.0), (0.0, 0.04)) == pytest.approx(4447.8, rel=1e-3)


def test_riders_are_between_places_in_a_straight_line() -> None:
    """A table does not tell which streets they take."""
    assert Matrix(SECONDS, PLACES, ROWS).along((0.0, 0.0), (300.0, 400.0), 0.5) == (150.0, 200.0)
