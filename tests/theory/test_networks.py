"""Networks of stations, general laws, batches and closed populations against exact results."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("law", "second_moment"), [(0.1, 0.01), ({"kind": "uniform", "low": 0, "high": 0.2}, 0.04 / 3)]
)
def test_one_server_with_any_law(theory, law, second_moment):
    """M/G/1 at 60 % load waits as Pollaczek and Khinchine say: rate x E[S^2] / 2 / (1 - load)."""
    scenario = theory.scenario({"web": theory.one_step(law)}, {"kind": "open", "rate": 6.0}, 1000.0, 20.0)
    (mean,) = theory.replicate(scenario, lambda r: theory.waiting(r).mean())
    theory.check(mean, 6.0 * second_moment / 2 / 0.4, 0.06)


def test_two_steps_in_tandem(theory):
    """A page works, then calls a database: both are M/M/1 (Burke), and the client sees the sum of both sojourns."""
    page = {"steps": [{"work": theory.exponential(0.1)}, {"call": "db.query"}]}
    db = {"workers": 1, "operations": {"query": {"steps": [{"work": theory.exponential(0.08)}]}}}
    web = {"workers": 1, "operations": {"page": page}}
    scenario = theory.scenario({"web": web, "db": db}, {"kind": "open", "rate": 5.0}, 1200.0, 30.0)
    first, second, seen = theory.replicate(
        scenario,
        lambda r: theory.sojourn(r, "web").mean(),
        lambda r: theory.sojourn(r, "db").mean(),
        lambda r: r.summary()["operations"]["page"]["latency"]["mean"],
    )
    theory.check(first, 1 / 5, 0.06)
    theory.check(second, 1 / 7.5, 0.06)
    theory.check(seen, 1 / 5 + 1 / 7.5, 0.06)


def test_feedback(theory):
    """A page that needs a second look every third time is M/M/1 with 1.5 times the arrivals (Jackson)."""
    again = {"probability": 1 / 3, "steps": [{"call": "web.page"}]}
    page = {"steps": [{"work": theory.exponential(0.1)}, {"choose": [again, {"probability": 2 / 3}]}]}
    web = {"workers": 1, "operations": {"page": page}}
    scenario = theory.scenario({"web": web}, {"kind": "open", "rate": 4.0}, 1200.0, 30.0)
    (mean,) = theory.replicate(scenario, lambda r: theory.sojourn(r).mean())
    theory.check(mean, 1 / (10.0 - 6.0), 0.08)


def test_two_way_fork_join(theory):
    """A call to two M/M/1 at once takes (12 - load) / 8 of one's sojourn (Flatto and Hahn)."""
    query = {"steps": [{"work": theory.exponential(0.1)}]}
    services = {
        "web": {"workers": 1, "operations": {"page": {"steps": [{"call_all": ["left.query", "right.query"]}]}}},
        "left": {"workers": 1, "operations": {"query": query}},
        "right": {"workers": 1, "operations": {"query": query}},
    }
    scenario = theory.scenario(services, {"kind": "open", "rate": 5.0}, 600.0, 20.0)
    (seen,) = theory.replicate(scenario, lambda r: r.summary()["operations"]["page"]["latency"]["mean"])
    theory.check(seen, (12 - 0.5) / 8 / (10.0 - 5.0), 0.06)


def test_batches(theory):
    """Three at once: the mean number in M^[3]/M/1 is load x (1 + 3) / 2 / (1 - load)."""
    workload = {"kind": "batch", "rate": 2.0, "size": 3}
    scenario = theory.scenario({"web": theory.one_step(theory.exponential(0.1))}, workload, 1000.0, 20.0)
    (mean,) = theory.replicate(scenario, lambda r: theory.sojourn(r).mean())
    theory.check(mean, 0.6 * 4 / 2 / 0.4 / 6.0, 0.06)


def test_a_closed_population(theory):
    """Machine repair: five users who think 0.4 s share one server of 0.1 s; throughput and wait from the chain."""
    workload = {"kind": "closed", "users": 5, "think": theory.exponential(0.4)}
    scenario = theory.scenario({"web": theory.one_step(theory.exponential(0.1))}, workload, 300.0, 10.0)
    rate, sojourn = theory.replicate(
        scenario, lambda r: len(theory.visits(r)) / 290.0, lambda r: theory.sojourn(r).mean(), n=12
    )
    weights = [1.0]
    for n in range(1, 6):
        weights.append(weights[-1] * (5 - n + 1) * 0.1 / 0.4)
    throughput = (1 - weights[0] / sum(weights)) / 0.1
    theory.check(rate, throughput, 0.03)
    theory.check(sojourn, 5 / throughput - 0.4, 0.06)


def test_busy_servers_do_not_depend_on_the_law_of_arrivals(theory):
    """Many servers and nobody waits: the mean number in work is rate x work, for bursty arrivals too."""
    states = [{"rate": 50.0, "mean_time": 0.4}, {"rate": 0.0, "mean_time": 0.6}]
    web = theory.one_step(theory.exponential(0.1), 1000)
    scenario = theory.scenario({"web": web}, {"kind": "mmpp", "states": states}, 500.0, 20.0)
    work, waited = theory.replicate(
        scenario, lambda r: theory.sojourn(r).sum() / 480.0, lambda r: theory.waiting(r).max(), n=12
    )
    theory.check(work, 20.0 * 0.1, 0.06)
    assert max(waited) == 0.0
