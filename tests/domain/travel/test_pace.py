"""Speed by the hour, the weather and the vehicle."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from delivsim.domain.travel import Euclidean
from delivsim.domain.travel.pace import DAY, Pace, Paced, daily, product
from delivsim.errors import InputError

HOUR = 3600.0
courses = st.lists(
    st.tuples(st.floats(1.0, 5000.0), st.floats(0.1, 3.0)), min_size=1, max_size=6, unique_by=lambda change: change[0]
).map(lambda changes: Pace([(0.0, 1.0), *sorted(changes)]))


@settings(max_examples=200, deadline=None)
@given(courses, st.floats(0.0, 6000.0), st.floats(0.0, 5000.0))
def test_speed_since_setting_out_adds_up_to_the_way(pace: Pace, at: float, seconds: float) -> None:
    """The integral of the factor over the time on the way is what the way needs at full speed."""
    end = at + pace.takes(seconds, at)
    cuts = sorted({at, end, *(t for t, _ in pace.changes if at < t < end)})
    driven = sum((b - a) * [f for t, f in pace.changes if t <= a][-1] for a, b in itertools.pairwise(cuts))
    assert driven == pytest.approx(seconds, rel=1e-6, abs=1e-6)


@settings(max_examples=200, deadline=None)
@given(courses, st.floats(0.0, 6000.0), st.floats(0.0, 600.0), st.floats(0.0, 5000.0))
def test_who_leaves_later_never_arrives_earlier(pace: Pace, at: float, later: float, seconds: float) -> None:
    """First out, first in: on one way nobody is overtaken by somebody who waited for the jam to clear."""
    assert at + pace.takes(seconds, at) <= at + later + pace.takes(seconds, at + later) + 1e-6


def test_many_ways_at_many_instants() -> None:
    """Half speed from 100 s on: what starts before is slowed only from then."""
    pace = Pace([(0.0, 1.0), (100.0, 0.5)])
    found = pace.all_take(np.array([50.0, 50.0, 50.0]), np.array([0.0, 80.0, 200.0]))
    assert found.tolist() == pytest.approx([50.0, 20.0 + 60.0, 100.0])


@settings(max_examples=100, deadline=None)
@given(courses, st.lists(st.tuples(st.floats(0.0, 6000.0), st.floats(0.0, 5000.0)), min_size=1, max_size=9))
def test_one_way_or_many_it_is_the_same_to_the_last_bit(pace: Pace, ways: list[tuple[float, float]]) -> None:
    """What dispatch computes at once is what the rider takes."""
    at, seconds = np.array(ways).T
    assert pace.all_take(seconds, at).tolist() == [pace.takes(s, a) for a, s in ways]


def test_a_day_repeats_and_yesterdays_last_hour_still_holds() -> None:
    """A scenario that starts at 17:00 begins with what holds since 07:00, and comes back to it every day."""
    changes = daily({7 * HOUR: 0.9, 18 * HOUR: 0.6, 20 * HOUR: 1.0}, -17 * HOUR, 2 * DAY)
    assert changes[:4] == [(0.0, 0.9), (HOUR, 0.6), (3 * HOUR, 1.0), (14 * HOUR, 0.9)]
    assert changes[4] == (HOUR + DAY, 0.6)
    early = daily({7 * HOUR: 0.9, 18 * HOUR: 0.6}, -3 * HOUR, DAY)
    assert early[:2] == [(0.0, 0.6), (4 * HOUR, 0.9)]


def test_rain_comes_on_top_of_the_hour() -> None:
    """Factors of two courses multiply; before it begins the weather is fair."""
    pace = product([(0.0, 0.9), (100.0, 0.6)], [(50.0, 0.5)])
    assert pace.changes == ((0.0, 0.9), (50.0, 0.45), (100.0, 0.3))


def test_bicycles_do_not_feel_the_jam() -> None:
    """A vehicle with a course of its own goes by that, in single calls and in vectors."""
    travel = Paced(travel=Euclidean(10.0), pace=Pace([(0.0, 0.5)]), vehicles={4.0: Pace([(0.0, 1.0)])})
    a, b = np.zeros((3, 2)), np.full((3, 2), (400.0, 0.0))
    assert travel.times(a, b, np.array([4.0, np.nan, 8.0])).tolist() == [100.0, 80.0, 100.0]
    assert [travel.time((0.0, 0.0), (400.0, 0.0), speed) for speed in (4.0, None, 8.0)] == [100.0, 80.0, 100.0]


def test_rounding_comes_last() -> None:
    """Slowed first, then rounded up to the minute."""
    travel = Paced(travel=Euclidean(10.0), pace=Pace([(0.0, 0.5)]), round_up_to=60.0)
    assert travel.time((0.0, 0.0), (310.0, 0.0)) == 120.0
    assert travel.times(np.zeros((1, 2)), np.array([[310.0, 0.0]])).tolist() == [120.0]


@pytest.mark.parametrize("changes", [[], [(0.0, 0.0)], [(0.0, 1.0), (0.0, 2.0)], [(0.0, float("inf"))]])
def test_a_course_must_ascend_and_never_stand_still(changes: list[tuple[float, float]]) -> None:
    """Nobody would ever arrive."""
    with pytest.raises(InputError):
        Pace(changes)
