"""Stations of equal servers against Erlang's formulas."""

from __future__ import annotations

import math

import pytest

from delivsim.validate.exact.erlang import erlang_b, erlang_c, sojourn_quantile


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
    p99 = sojourn_quantile(servers, rate, mu, 0.99)
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
