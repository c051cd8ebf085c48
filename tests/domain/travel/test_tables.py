"""All to all at once is the same as pair by pair."""

from __future__ import annotations

import numpy as np
import pytest

from delivsim.domain.travel import Euclidean, Haversine, table

PLACES = np.random.default_rng(2).uniform(-1.0, 1.0, (150, 2)) * (180.0, 89.0)


def test_great_circles_of_all_pairs() -> None:
    """Far, near, next door (a metre) and on the spot, to a millionth."""
    near = PLACES + 1e-5
    places = np.concatenate((PLACES, near, PLACES[:5]))
    travel = Haversine(5.0, detour=1.3)
    found = table(travel, places, PLACES)
    pairs = np.repeat(places, len(PLACES), axis=0), np.tile(PLACES, (len(places), 1))
    assert found.ravel() == pytest.approx(travel.times(*pairs), rel=1e-6, abs=1e-6)


def test_any_model_has_a_table() -> None:
    """A row for each origin, a column for each destination."""
    travel = Euclidean(5.0)
    found = table(travel, PLACES[:3], PLACES[:7])
    assert found.shape == (3, 7)
    assert found[2, 5] == travel.time(tuple(PLACES[2]), tuple(PLACES[5]))
