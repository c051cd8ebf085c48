"""The formulas against textbook values, special cases of each other, and brute force."""

from __future__ import annotations

import math

import numpy as np
import pytest

from delivsim.validate.exact import chains, erlang, one_server


def test_erlangs_formulas():
    """Three servers at 2 erlang lose 4/19 and make 4/9 wait; one server makes its load wait."""
    assert erlang.erlang_b(3, 2.0) == pytest.approx(4 / 19)
    assert erlang.erlang_c(3, 2.0) == pytest.approx(4 / 9)
    assert erlang.erlang_c(1, 0.6) == pytest.approx(0.6)
    assert erlang.bounded(3, 0, 20.0, 10.0)[-1] == pytest.approx(4 / 19)


@pytest.mark.parametrize(("servers", "rate"), [(1, 6.0), (2, 10.0), (2, 15.0), (5, 40.0)])
def test_the_law_of_the_sojourn_has_the_right_mean(servers, rate):
    """The quantiles of queue and work average to wait + work, also where spare and service rate are equal."""
    ps = (np.arange(20_000) + 0.5) / 20_000
    mean = np.mean([erlang.sojourn_quantile(servers, rate, 10.0, p) for p in ps[::40]])
    assert mean == pytest.approx(erlang.mean_wait(servers, rate, 10.0) + 0.1, rel=0.01)


def test_patience_without_end_is_a_plain_queue():
    """Erlang A with patient customers is Erlang C; with patience as long as the work it is M/M/infinity's queue."""
    gave_up, wait = erlang.impatient(3, 18.0, 10.0, 1e-3)
    assert wait == pytest.approx(erlang.mean_wait(3, 18.0, 10.0), rel=1e-3)
    assert gave_up == pytest.approx(1e-3 * wait)
    poisson = [math.exp(-2.0) * 2.0**n / math.factorial(n) for n in range(40)]
    beyond = sum((n - 1) * p for n, p in enumerate(poisson) if n > 1)
    assert erlang.impatient(1, 20.0, 10.0, 10.0)[1] == pytest.approx(beyond / 20.0)


def test_many_users_are_an_open_queue():
    """A huge population that thinks long is Poisson."""
    rate, sojourn = erlang.machine_repair(4000, 4000 / 6.0, 1, 10.0)
    assert rate == pytest.approx(6.0, rel=1e-2)
    assert sojourn == pytest.approx(0.25, rel=1e-2)


def test_modulation_that_changes_nothing():
    """MMPP with equal rates is M/M/c; a very slow one is the average of two queues seen by their calls."""
    assert chains.modulated_wait([18.0, 18.0], [1.0, 2.0], 3, 10.0) == pytest.approx(erlang.mean_wait(3, 18.0, 10.0))
    slow = chains.modulated_wait([6.0, 2.0], [1e5, 1e5], 1, 10.0)
    mixed = (6.0 * erlang.mean_wait(1, 6.0, 10.0) + 2.0 * erlang.mean_wait(1, 2.0, 10.0)) / 8.0
    assert slow == pytest.approx(mixed, rel=1e-3)


def test_constant_work():
    """The law of M/D/1 integrates to half the wait of M/M/1 (Pollaczek and Khinchine)."""
    t = np.linspace(0.0, 3.0, 6001)
    beyond = [1.0 - 0.4 * one_server.waits_at_most(x, 6.0, 0.1) for x in t[:3001]]
    assert np.trapezoid(beyond, t[:3001]) == pytest.approx(0.075, rel=1e-3)
    assert one_server.pollaczek_khinchine(6.0, one_server.constant(0.1)) == pytest.approx(0.075)
    p = 1.0 - beyond[1000]
    assert one_server.constant_work_quantile(6.0, 0.1, p) == pytest.approx(t[1000])
    assert one_server.constant_work_quantile(6.0, 0.1, 0.3) == 0.0


def test_a_bucket_of_one_and_a_huge_one():
    """One token is Erlang's loss of one server; a bucket without end refuses what exceeds its refill."""
    assert one_server.bucket_refuses(5.0, 10.0, 1) == pytest.approx(erlang.erlang_b(1, 0.5))
    assert one_server.bucket_refuses(15.0, 10.0, 60) == pytest.approx(1 / 3, rel=1e-3)
    assert one_server.bucket_refuses(5.0, 10.0, 40) == pytest.approx(0.0, abs=1e-9)


def test_poisson_gaps():
    """G/M/1 with exponential gaps waits with the probability of its load."""
    assert one_server.wait_root(10.0, lambda s: 6.0 / (6.0 + s)) == pytest.approx(0.6)


def test_priorities_conserve_work():
    """The load-weighted waits of Cobham's classes are those of one class (Kleinrock's law); alone, a class is M/G/1."""
    works = [one_server.exponential(0.1), one_server.constant(0.2), one_server.exponential(0.05)]
    rates = [2.0, 1.0, 3.0]
    loads = [rate * work.first for rate, work in zip(rates, works, strict=True)]
    residual = sum(rate * work.second for rate, work in zip(rates, works, strict=True)) / 2.0
    waits = one_server.cobham(rates, works)
    assert np.dot(loads, waits) == pytest.approx(sum(loads) * residual / (1.0 - sum(loads)))
    assert one_server.cobham(rates[:1], works[:1])[0] == pytest.approx(
        one_server.pollaczek_khinchine(rates[0], works[0])
    )
    assert one_server.preemptive(rates[:1], works[:1])[0] == pytest.approx(
        one_server.pollaczek_khinchine(rates[0], works[0]) + works[0].first
    )


def test_preemption_of_equal_exponential_classes():
    """With equal exponential work the number in system does not depend on who goes first (work conservation)."""
    sojourns = one_server.preemptive([2.0, 4.0], [one_server.exponential(0.1)] * 2)
    assert (2.0 * sojourns[0] + 4.0 * sojourns[1]) / 6.0 == pytest.approx(1.0 / 4.0)


def test_the_second_moment_of_the_wait():
    """M/M/1: the wait is 0 or exponential, so E[W^2] = 2 load / spare^2; last come, first served stretches it."""
    work = one_server.exponential(0.1)
    assert one_server.squared_wait(6.0, work) == pytest.approx(2.0 * 0.6 / 4.0**2)
    assert one_server.squared_wait(6.0, work, last_come=True) == pytest.approx(2.0 * 0.6 / 4.0**2 / 0.4)


def test_timetables():
    """One phase for ever is M/M/infinity; long phases end at their own rate x work."""
    assert chains.timed_busy([(5.0, 1.0), (5.0, 2.0)], 2.0) == pytest.approx([2.5, 2.5])
    assert chains.timed_busy([(40.0, 50.0), (5.0, 50.0)], 2.0) == pytest.approx([20.0, 2.5])


def test_batches_of_one_are_poisson():
    """M^[1]/M/1 is M/M/1."""
    assert one_server.batches(6.0, 1.0, 1.0, 10.0) == pytest.approx(0.25)
