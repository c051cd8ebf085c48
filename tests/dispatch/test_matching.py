import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from delivsim.dispatch.matching import match_places, near, runners_up


def distances(left: np.ndarray, right: np.ndarray):
    def price(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        return np.hypot(*(left[rows] - right[columns]).T)

    return price


@pytest.mark.parametrize(("n", "m"), [(8, 60), (60, 8), (12, 12)])
def test_the_shorter_side_within_the_candidates_is_the_optimum(n: int, m: int):
    """With no more rows than candidates on the shorter side, sparse is as good as dense."""
    rng = np.random.default_rng(n)
    left, right = rng.random((n, 2)) * 1000, rng.random((m, 2)) * 1000
    found = match_places(left, right, distances(left, right), candidates=12)
    every = np.hypot(*(left[:, None] - right[None]).transpose(2, 0, 1))
    best = every[linear_sum_assignment(every)].sum()
    matched = found >= 0
    assert matched.sum() == min(n, m)
    assert every[matched, found[matched]].sum() == pytest.approx(best, abs=0.1)


def test_a_crowd_at_one_place_is_served_in_rounds():
    """A hundred orders of one store get a hundred riders, though each looks at ten."""
    left, right = np.zeros((100, 2)), np.random.default_rng(1).random((150, 2)) * 1000
    found = match_places(left, right, distances(left, right), candidates=10)
    assert len(set(found.tolist())) == 100
    nearest = np.sort(np.hypot(*right.T))[:100]
    assert np.hypot(*right[found].T).sum() == pytest.approx(nearest.sum())


def test_forbidden_pairs_are_never_made():
    """An infinite price forbids; the row stays alone."""
    left, right = np.zeros((3, 2)), np.ones((3, 2))

    def price(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        return np.where(rows == 1, np.inf, 1.0)

    assert (match_places(left, right, price, candidates=5) < 0).tolist() == [False, True, False]


def test_dear_pairs_are_left_alone_when_that_is_cheaper():
    """With a price for being alone, nobody is matched above it."""
    left, right = np.array([(0.0, 0.0), (0.0, 0.0)]), np.array([(0.0, 5.0), (0.0, 50.0)])
    found = match_places(left, right, distances(left, right), unassigned=np.array([10.0, 20.0]), candidates=5)
    assert found.tolist() == [-1, 0]


def test_who_would_have_been_second_is_told_from_pairs_priced_before_too() -> None:
    """``near`` only saves work: the answers are those found without it."""
    rng = np.random.default_rng(4)
    left, right = rng.random((8, 2)), rng.random((30, 2))
    price = distances(left, right)
    pairs = near(left, right, price, 5)
    found = match_places(left, right, price, candidates=5, pairs=pairs)
    assert (found == match_places(left, right, price, candidates=5)).all()
    rows = np.array([1, 4, 6])
    told = runners_up(left, right, price, rows, found, candidates=5, pairs=pairs)
    for given, alone in zip(told, runners_up(left, right, price, rows, found, candidates=5), strict=True):
        assert (given == alone).all()
