"""Stations of equal servers against Erlang's formulas."""

from __future__ import annotations

import math

import pytest
from scipy.optimize import brentq


def erlang_b(servers: int, load: float) -> float:
    """Probability that all servers are busy when nobody may wait (Erlang B, by its recursion)."""
    blocked = 1.0
    for c in range(1, servers + 1):
        blocked = load * blocked / (c + load * blocked)
    return blocked


def erlang_c(servers: int, load: float) -> float:
    """Probability of having to wait."""
    blocked = erlang_b(servers, load)
    return blocked / (1.0 - load / servers * (1.0 - blocked))


def sojourn_beyond(t: float, servers: int, load: float, mu: float) -> float:
    """P(T > t) in M/M/c: the wait has an atom at 0 and an exponential tail, the service is exponential."""
    if servers == 1:
        return math.exp(-mu * (1.0 - load) * t)
    rest = servers - 1.0 - load
    return math.exp(-mu * t) * (1.0 + erlang_c(servers, load) * (1.0 - math.exp(-mu * rest * t)) / rest)


def test_the_formulas_themselves():
    """They give textbook values: Erlang B 3 servers at 2 erlang is 4/19, C is 4/9, and C of one server is its load."""
    assert erlang_b(3, 2.0) == pytest.approx(4 / 19)
    assert erlang_c(3, 2.0) == pytest.approx(4 / 9)
    assert erlang_c(1, 0.6) == pytest.approx(0.6)


@pytest.mark.parametrize(("servers", "jobs"), [(1, 9_000), (3, 24_000)])
def test_waits_are_those_of_erlang_c(theory, servers, jobs):
    """M/M/1 and M/M/3 at 60 % load: mean and 99 % quantile of wait and sojourn."""
    mu, load = 10.0, 0.6 * servers
    rate = mu * load
    horizon = jobs / rate
    web = theory.one_step(theory.exponential(1 / mu), servers)
    scenario = theory.scenario({"web": web}, {"kind": "open", "rate": rate}, horizon, 20.0)
    mean, wait, sojourn = theory.replicate(
        scenario,
        lambda r: theory.waiting(r).mean(),
        lambda r: theory.waiting(r).quantile(0.99),
        lambda r: theory.sojourn(r).quantile(0.99),
    )
    spare = servers * mu - rate
    theory.check(mean, erlang_c(servers, load) / spare, 0.06)
    theory.check(wait, math.log(100.0 * erlang_c(servers, load)) / spare, 0.12)
    p99 = brentq(lambda t: sojourn_beyond(t, servers, load, mu) - 0.01, 0.0, 10.0)
    theory.check(sojourn, p99, 0.12)


@pytest.mark.parametrize(("servers", "places"), [(3, 0), (2, 3)])
def test_losses_are_those_of_a_bounded_queue(theory, servers, places):
    """M/M/c/K: with nobody waiting Erlang B, with places to wait the birth-death chain; refusals leave rows."""
    mu, rate = 10.0, 8.0 * servers
    web = theory.one_step(theory.exponential(1 / mu), servers, queue_capacity=places)
    scenario = theory.scenario({"web": web}, {"kind": "open", "rate": rate}, 400.0, 5.0)
    (lost,) = theory.replicate(scenario, lambda r: (theory.visits(r)["outcome"] == "refused").mean(), n=12)
    load, weights = rate / mu, [1.0]
    for n in range(1, servers + places + 1):
        weights.append(weights[-1] * load / min(n, servers))
    exact = weights[-1] / sum(weights)
    if not places:
        assert exact == pytest.approx(erlang_b(servers, load))
    theory.check(lost, exact, 0.06)
