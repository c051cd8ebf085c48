import numpy as np
import pytest

from delivsim.dispatch.candidates import flat, grid_zones, halved, least_ways, nearest_of, nearest_pairs, same_zone
from delivsim.dispatch.contract import sample_problem
from delivsim.domain.travel import Euclidean, Haversine
from delivsim.domain.travel.belief import DRAWS, Erring


def line(*xs: float) -> np.ndarray:
    return np.array([(x, 0.0) for x in xs])


def test_few_are_all_paired():
    """With at most k on both sides every pair is there, sorted."""
    rows, columns = nearest_pairs(line(0, 1), line(5, 6, 7), 3)
    assert list(zip(rows, columns, strict=True)) == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]


@pytest.mark.parametrize("turned", [False, True])
def test_the_shorter_side_picks_its_nearest(turned: bool):
    """Each row of the shorter list has its k nearest of the longer, whichever side is which."""
    few, many = line(0.0, 100.0), line(90.0, 1.0, 50.0, 2.0)
    a, b = nearest_pairs(many, few, 2) if turned else nearest_pairs(few, many, 2)
    pairs = {(j, i) for i, j in zip(a, b, strict=True)} if turned else set(zip(a, b, strict=True))
    assert pairs == {(0, 1), (0, 3), (1, 0), (1, 2)}
    assert (np.diff(a * 10 + b) > 0).all()


def test_nobody_there_no_pairs():
    """An empty side gives no pairs."""
    assert nearest_pairs(line(), line(1.0), 5)[0].size == 0
    assert nearest_pairs(line(1.0), line().reshape(0, 2), 5)[0].size == 0


def test_degrees_become_metres():
    """Straight distances agree with the great circle within a city, far from the equator too."""
    travel = Haversine(5.0)
    places = np.array([(10.0, 60.0), (10.1, 60.0), (10.0, 60.05)])
    points = flat(places, travel)
    for i, j in ((0, 1), (0, 2), (1, 2)):
        straight = float(np.linalg.norm(points[i] - points[j]))
        assert straight == pytest.approx(travel.distance(tuple(places[i]), tuple(places[j])), rel=1e-5)
    metres = line(1.0, 2.0)
    assert flat(metres, Euclidean(1.0)) is metres


def test_pairs_of_one_zone_are_paired_and_no_others():
    """Every row meets all rows of its own zone; those in no zone meet nobody."""
    a, b = same_zone(np.array([1, 2, -1]), np.array([2, 1, 2, -1]))
    assert list(zip(a.tolist(), b.tolist(), strict=True)) == [(0, 1), (1, 0), (1, 2)]


def test_a_grid_has_the_same_number_for_the_same_square():
    """Places of one square of the grid are in one zone, others in others, also left of and below the origin."""
    zones = grid_zones(np.array([[10.0, 10.0], [90.0, 20.0], [110.0, 10.0], [-10.0, 10.0], [10.0, -10.0]]), 100.0)
    assert zones[0] == zones[1]
    assert len(set(zones.tolist())) == 4


def test_each_row_gets_its_own_nearest():
    """Also where the first list is the longer one, each of its rows gets its nearest of the other."""
    a, b = nearest_of(np.array([[0.0], [10.0], [4.0]]), np.array([[9.0], [1.0]]), 1)
    assert (a.tolist(), b.tolist()) == ([0, 1, 2], [1, 0, 1])


def test_nobody_is_faster_than_the_fastest_on_a_straight_line():
    """The bound is the fastest rider's time where ways are straight lines, and nothing is promised where they err."""
    speeds = np.array([4.0, 10.0, np.nan])
    metres = np.array([0.0, 1000.0, 3001.0])
    straight = sample_problem(1, 3, speeds=speeds, travel=Euclidean(5.0, round_up_to=60.0, detour=2.0))
    assert least_ways(straight, metres).tolist() == [0.0, 240.0, 660.0]
    erring = sample_problem(1, 3, speeds=speeds, travel=Erring(Euclidean(5.0), np.full(DRAWS, 0.5)))
    assert least_ways(erring, metres).tolist() == [0.0, 0.0, 0.0]


def test_a_city_is_halved_until_its_parts_are_small():
    """Every row is in one part, no part has more than it may but for rows of one place, and parts are apart."""
    places = np.concatenate((np.random.default_rng(2).random((100, 2)) * (900.0, 100.0), np.full((30, 2), 1000.0)))
    parts = list(halved(places, 20))
    assert sorted(np.concatenate(parts).tolist()) == list(range(130))
    assert [part.size for part in parts if part.size > 20] == [30]
    west = sorted((places[part, 0].min(), places[part, 0].max()) for part in parts)
    assert west[-1] == (1000.0, 1000.0)
    assert list(halved(np.empty((0, 2)), 20)) == []
