"""Differences over pairs, and how sure they are."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from delivsim.record.paired import bootstrap_interval, holm, noise_band, paired


def test_the_p_values_are_those_of_scipys_paired_t_test():
    """Two independent implementations of Student's test agree, on both sides."""
    rng = np.random.default_rng(3)
    old = rng.normal(30.0, 2.0, 14)
    new = old + rng.normal(0.1, 0.3, 14)
    found = paired(new, old)
    assert found.p_greater == pytest.approx(stats.ttest_rel(new, old, alternative="greater").pvalue)
    assert found.p_less == pytest.approx(stats.ttest_rel(new, old, alternative="less").pvalue)
    low, high = stats.ttest_rel(new, old).confidence_interval(0.95)
    assert (found.difference.low, found.difference.high) == pytest.approx((low, high))


def test_equal_figures_are_no_difference():
    """What did not change is never worse: both p values are one, both intervals are zero."""
    found = paired([1.0, 2.0, 3.0], [1.0, 2.0, 3.0])
    assert (found.p_greater, found.p_less, found.bootstrap) == (1.0, 1.0, (0.0, 0.0))
    assert (found.difference.low, found.difference.high) == (0.0, 0.0)


def test_the_same_step_everywhere_is_certain():
    """A difference without any spread leaves no doubt."""
    found = paired([2.0, 3.0, 4.0], [1.0, 2.0, 3.0])
    assert (found.p_greater, found.p_less) == (0.0, 1.0)


def test_a_pair_that_lacks_one_is_left_out():
    """A figure that could not be measured is not taken for zero."""
    found = paired([2.0, math.nan, 4.0], [1.0, 5.0, math.nan])
    assert (found.old, found.new, found.difference.n) == (1.0, 2.0, 1)


def test_unequal_lengths_are_refused():
    """Pairs are pairs."""
    with pytest.raises(ValueError, match="as many new as old values, got 1 and 2"):
        paired([1.0], [1.0, 2.0])


def test_the_bootstrap_covers_the_true_mean_about_as_often_as_it_says():
    """Of 200 samples of a skewed law the 90 % interval holds the mean in 80 to 95 %."""
    rng = np.random.default_rng(5)
    held = 0
    for i in range(200):
        low, high = bootstrap_interval(rng.exponential(2.0, 40), 0.9, draws=400, seed=i)
        held += low <= 2.0 <= high
    assert 160 <= held <= 190


def test_holm_by_hand():
    """0.01, 0.04, 0.03, 0.005 of four become 0.03, 0.06, 0.06, 0.02 (Holm 1979, as in R's p.adjust)."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []


def test_the_noise_band_of_independent_numberings():
    """Two instances, two numberings each: 1.96 sqrt((2 + 0.5) / 2) / 2."""
    assert noise_band([[1.0, 3.0], [5.0, 6.0]]) == pytest.approx(1.959964 * math.sqrt(2.5 / 2) / 2, rel=1e-6)
    assert noise_band([[1.0, 1.0], [2.0, 2.0]]) == 0.0
    assert math.isnan(noise_band([[1.0], [2.0]]))
