"""Straight lines and great circles: one pair at a time, many at once, and what riders' own speeds change."""

from __future__ import annotations

import math

import numpy as np
import pytest

from delivsim.domain.travel import Euclidean, Haversine, Travel

MODELS = {
    "euclidean": Euclidean(5.0, detour=1.3),
    "whole minutes": Euclidean(320.0 / 60.0, round_up_to=60.0),
    "haversine": Haversine(5.0, detour=1.2),
    "haversine in minutes": Haversine(5.0, round_up_to=60.0),
}
PLACES = np.random.default_rng(1).uniform(0.0, 0.5, (40, 2))


@pytest.mark.parametrize("travel", MODELS.values(), ids=MODELS)
def test_many_at_once_are_the_same_as_one_at_a_time(travel: Travel) -> None:
    """Vectors and single calls agree, with riders' own speeds too."""
    a, b = PLACES[:20], PLACES[20:]
    speeds = np.where(np.arange(20) % 2, np.nan, np.linspace(1.0, 9.0, 20))
    many = travel.times(a, b, speeds)
    for i in range(20):
        speed = None if math.isnan(speeds[i]) else float(speeds[i])
        assert travel.time(tuple(a[i]), tuple(b[i]), speed) == pytest.approx(many[i], rel=1e-12)


def test_a_detour_makes_ways_longer_and_slower() -> None:
    """1.3 times the straight line, in metres and in seconds."""
    assert Euclidean(5.0, detour=1.3).distance((0.0, 0.0), (300.0, 400.0)) == pytest.approx(650.0)
    assert Euclidean(5.0, detour=1.3).time((0.0, 0.0), (300.0, 400.0)) == pytest.approx(130.0)


def test_whole_minutes_are_rounded_up_and_never_by_a_rounding_error() -> None:
    """960 m at 320 m/min are 3 minutes, not 4; a metre more is 4."""
    travel = Euclidean(320.0 / 60.0, round_up_to=60.0)
    assert travel.time((0.0, 0.0), (960.0, 0.0)) == 180.0
    assert travel.time((0.0, 0.0), (961.0, 0.0)) == 240.0
    assert travel.time((7.0, 7.0), (7.0, 7.0)) == 0.0


def test_a_degree_of_latitude_is_a_sixtieth_of_an_hour_of_sailing() -> None:
    """One degree is 60 nautical miles, about 111.2 km."""
    assert Haversine(1.0).distance((4.0, 50.0), (4.0, 51.0)) == pytest.approx(111_195.0, rel=1e-4)


def test_halfway_is_halfway() -> None:
    """Where somebody is on a straight way goes by the share of the time."""
    for travel in (Euclidean(5.0), Haversine(5.0)):
        assert travel.along((0.0, 0.0), (0.4, 0.2), 0.5) == pytest.approx((0.2, 0.1))
