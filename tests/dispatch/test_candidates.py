import numpy as np
import pytest

from delivsim.dispatch.candidates import flat, nearest_pairs
from delivsim.domain.travel import Euclidean, Haversine


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
