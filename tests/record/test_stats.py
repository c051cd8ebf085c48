import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivsim.record.stats import (
    describe,
    latencies,
    mean_interval,
    most_at_once,
    paired_difference,
    quantile,
    steps_within,
    time_by_bin,
    time_mean,
    time_within,
    whole_bins,
)


def test_quantiles_interpolate_linearly():
    """Definition 7 of Hyndman and Fan: of 1, 2, 3, 10 the p50 is 2.5 and the p90 lies 0.7 of the way from 3 to 10."""
    assert quantile([10, 1, 3, 2], 0.5) == 2.5
    assert quantile([10, 1, 3, 2], 0.9) == pytest.approx(3 + 0.7 * 7)
    assert quantile([5], 0.99) == 5
    assert math.isnan(quantile([], 0.5))


def test_describe_leaves_out_nan_and_uses_the_sample_sd():
    """Mean 2, sd 1 of 1, 2, 3: divided by n - 1; NaN is not a value."""
    found = describe([1.0, math.nan, 2.0, 3.0])
    assert found["mean"] == 2.0
    assert found["sd"] == 1.0
    assert (found["min"], found["p50"], found["max"]) == (1.0, 2.0, 3.0)
    assert list(found) == ["mean", "sd", "min", "p10", "p50", "p90", "p95", "p99", "max"]


def test_without_values_there_are_no_figures():
    """No data is NaN everywhere, never 0; one value has no spread."""
    assert all(math.isnan(v) for v in describe([]).values())
    assert all(math.isnan(v) for v in latencies([math.nan]).values())
    assert math.isnan(describe([4.0])["sd"])
    assert list(latencies([1.0])) == ["mean", "p50", "p90", "p95", "p99", "p99.9", "max"]


def test_time_weighted_mean_by_hand():
    """One from 0 to 10 and one from 5 to 20: over [0, 20) 25 seconds, over [5, 10) always two."""
    starts, ends = np.array([0.0, 5.0]), np.array([10.0, 20.0])
    assert time_within(starts, ends, 0, 20) == 25
    assert time_mean(starts, ends, 0, 20) == 1.25
    assert time_mean(starts, ends, 5, 10) == 2
    assert time_mean(starts, ends, 30, 40) == 0
    assert math.isnan(time_mean(starts, ends, 5, 5))


spans = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 30)), max_size=25)


@given(spans)
def test_bins_add_up_to_the_whole(drawn):
    """The time by bin is the time within each bin, whatever the spans, also those that stick out."""
    starts = np.array([float(a) for a, _ in drawn])
    ends = np.array([float(a + length) for a, length in drawn])
    edges = np.array([10.0, 15.0, 30.0, 60.0])
    wanted = [time_within(starts, ends, a, b) for a, b in pairwise(edges)]
    assert time_by_bin(starts, ends, edges) == pytest.approx(wanted)


@given(spans)
def test_most_at_once_is_what_counting_finds(drawn):
    """The peak is the largest count over all half seconds, as spans change at whole ones."""
    starts = np.array([float(a) for a, _ in drawn])
    ends = np.array([float(a + length) for a, length in drawn])
    at = np.arange(10.0, 50.0) + 0.5
    wanted = max(int(np.sum((starts <= t) & (ends > t))) for t in at)
    assert most_at_once(starts, ends, 10.0, 50.0) == wanted


def test_steps_are_integrated_piecewise():
    """Two servers from 0, none from 10, three from 20: 20 + 0 + 15 server-seconds until 25, 20 + 0 in [0, 15)."""
    steps = [[0.0, 2], [10.0, 0], [20.0, 3]]
    assert steps_within(steps, 0, 25) == 35
    assert steps_within(steps, 0, 15) == 20
    assert steps_within(steps, 22, 24) == 6
    assert steps_within([], 0, 10) == 0
    assert steps_within([[5.0, 1]], 0, 10) == 5


def test_bins_are_whole_and_those_of_the_clock():
    """From minute 10 to minute 50 there is one whole quarter hour each from 15, 30; a short run has one bin."""
    assert whole_bins(600, 3000, 900).tolist() == [900, 1800, 2700]
    assert whole_bins(0, 600, 900).tolist() == [0, 600]
    assert whole_bins(0, 0, 900).tolist() == [0, 0]


def test_the_t_interval_is_the_textbook_one():
    """Of 1, 2, 3, 4, 5: mean 3, sd sqrt(2.5), t(4, 0.975) = 2.776445: half-width 1.963243."""
    found = mean_interval([1, 2, 3, 4, 5])
    assert found.mean == 3
    assert found.half_width == pytest.approx(2.7764451052 * math.sqrt(2.5 / 5))
    assert (found.n, found.confidence) == (5, 0.95)
    assert mean_interval([7.0]).high == math.inf
    assert math.isnan(mean_interval([]).mean)


def test_paired_differences_take_out_what_both_share():
    """A policy that is always 1 faster differs by -1 with no doubt, however the days differ; NaN pairs are left out."""
    found = paired_difference([9.0, 49.0, 99.0, math.nan], [10.0, 50.0, 100.0, 5.0])
    assert (found.mean, found.low, found.high, found.n) == (-1.0, -1.0, -1.0, 3)
    with pytest.raises(ValueError, match="as many new as old"):
        paired_difference([1.0], [1.0, 2.0])


def test_the_interval_covers_as_often_as_it_says():
    """Of 2,000 intervals from 8 normal values each, 90 % hold the true mean, within three standard errors."""
    draws = np.random.default_rng(3).normal(5.0, 2.0, (2000, 8))
    hits = sum(i.low <= 5.0 <= i.high for i in (mean_interval(row, 0.9) for row in draws))
    assert abs(hits / 2000 - 0.9) < 3 * math.sqrt(0.9 * 0.1 / 2000)
