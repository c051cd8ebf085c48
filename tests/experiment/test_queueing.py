"""Formulas against known values."""

from __future__ import annotations

import numpy as np
import pytest

from delivsim.experiment.queueing import erlang_c, mean_of_slowest, mean_wait


@pytest.mark.parametrize(
    ("servers", "load", "waits"), [(1, 0.6, 0.6), (2, 1.0, 1 / 3), (3, 1.8, 0.35473), (3, 2.4, 0.64719), (5000, 1, 0)]
)
def test_erlang_c(servers: int, load: float, waits: float) -> None:
    """The probability of waiting is Erlang's."""
    assert erlang_c(servers, load) == pytest.approx(waits, rel=1e-4, abs=1e-12)


def test_the_mean_wait_is_that_of_a_queue_and_has_a_limit() -> None:
    """M/M/1 at 60 % waits for 1.5 times its work; an overloaded queue has a long wait, not an infinite one."""
    assert mean_wait(1, 0.6, 2.0) == pytest.approx(3.0)
    assert mean_wait(1, 0.0, 2.0) == 0.0
    assert 100 < mean_wait(1, 7.0, 2.0) < 1000


def test_the_slowest_of_several() -> None:
    """Exact for certain times and for two equal normal laws; within 8 % for exponential times, however many."""
    assert mean_of_slowest([3.0, 1.0, 2.0], [0.0, 0.0, 0.0]) == (3.0, 0.0)
    mean, variance = mean_of_slowest([5.0, 5.0], [1.0, 1.0])
    assert (mean, variance) == pytest.approx((5 + 1 / np.sqrt(np.pi), 1 - 1 / np.pi))
    for n in (2, 3, 5):
        exact = sum(1 / k for k in range(1, n + 1))
        assert mean_of_slowest([1.0] * n, [1.0] * n)[0] == pytest.approx(exact, rel=0.08)
    assert mean_of_slowest([25.0, 15.0], [625.0, 225.0])[0] == pytest.approx(40 - 25 * 15 / 40, rel=0.08)
