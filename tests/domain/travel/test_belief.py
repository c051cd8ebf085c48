"""Errors that belong to the way: the same whoever asks, and spread as their law says."""

from __future__ import annotations

import numpy as np
import pytest

from delivsim.domain.distributions import number_law
from delivsim.domain.streams import Streams
from delivsim.domain.travel import Euclidean
from delivsim.domain.travel.belief import SLOT, Erring, factors

LAW = number_law({"kind": "lognormal", "mean": 1.0, "cv": 0.3})
PLACES = np.random.default_rng(5).uniform(-8000.0, 8000.0, (20_000, 2))
A, B = PLACES[:10_000], PLACES[10_000:]


def erring(seed: int = 1, *, bias: float = 1.0, per_leg: bool = False) -> Erring:
    drawn = factors(LAW.sample, Streams(seed)["travel/believed"], bias)
    return Erring(Euclidean(5.0), drawn, salt=seed, per_leg=per_leg)


def test_one_at_a_time_or_many_at_once_the_error_is_the_same() -> None:
    """It does not depend on who asks, in what company, or in what order."""
    for travel in (erring(), erring(per_leg=True)):
        at = np.linspace(0.0, 9000.0, 200)
        many = travel.times(A[:200], B[:200], at=at)
        one = [travel.time(tuple(A[i]), tuple(B[i]), at=float(at[i])) for i in reversed(range(200))]
        assert one[::-1] == many.tolist()


def test_errors_are_spread_as_the_law_says() -> None:
    """Mean and spread of belief over truth are those of the law, times the bias."""
    ratio = erring(bias=0.8).times(A, B) / Euclidean(5.0).times(A, B)
    assert ratio.mean() == pytest.approx(0.8, abs=0.01)
    assert ratio.std() / ratio.mean() == pytest.approx(0.3, rel=0.05)
    there, back = erring().times(A, B), erring().times(B, A)
    assert abs(np.corrcoef(there / back, back)[0, 1]) < 0.6
    assert (there != back).mean() > 0.99


def test_per_pair_it_stays_and_per_leg_it_changes_every_five_minutes() -> None:
    """A wrong map is wrong all evening; the luck of a single way is not."""
    pair, leg = erring(), erring(per_leg=True)
    assert (pair.times(A, B, at=0.0) == pair.times(A, B, at=5000.0)).all()
    assert (leg.times(A, B, at=0.0) == leg.times(A, B, at=SLOT - 1.0)).all()
    assert (leg.times(A, B, at=0.0) != leg.times(A, B, at=SLOT)).mean() > 0.99


def test_another_seed_other_errors() -> None:
    """Replications differ."""
    assert (erring(1).times(A, B) != erring(2).times(A, B)).mean() > 0.99
