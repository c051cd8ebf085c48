"""Laws that hold on every path, not only on average."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from delivsim.experiment.run import run


@pytest.fixture(scope="module")
def result(theory):
    """A bursty hour-part on a front with threads, a crowded database and a bounded cache, run to the end."""
    steps = [{"work": theory.exponential(0.02)}, {"call": "db.query"}, {"call": "cache.get"}]
    services = {
        "web": {"workers": 9, "holds": "request", "operations": {"page": {"steps": steps}}},
        "db": {"workers": 2, "operations": {"query": {"steps": [{"work": 0.11}, {"work": 0.07}]}}},
        "cache": {
            "workers": 1,
            "queue_capacity": 1,
            "operations": {"get": {"steps": [{"work": theory.exponential(0.1)}]}},
        },
    }
    states = [{"rate": 12.0, "mean_time": 20.0}, {"rate": 4.0, "mean_time": 20.0}]
    return run(theory.scenario(services, {"kind": "mmpp", "states": states}, 400.0, 0.001), seed=5)


def time_average(begin: pd.Series, end: pd.Series, until: float) -> float:
    """Integrate, event by event, how many intervals are open; independent of the report's own code."""
    instants = np.concatenate([begin.to_numpy(), end.to_numpy()])
    steps = np.concatenate([np.ones(len(begin)), -np.ones(len(end))])
    order = np.argsort(instants, kind="stable")
    level = np.cumsum(steps[order])[:-1]
    return float((level * np.diff(instants[order])).sum() / until)


@pytest.mark.parametrize("station", ["web", "db", "cache"])
def test_littles_law(result, station):
    """Mean number = arrival rate x mean time, in queue and in system, from rows and as the summary says it."""
    rows = result.tables["visits"]
    rows = rows[(rows["station"] == station) & (rows["outcome"] == "served")]
    until = result.manifest["ended_at"]
    for begin, end in (("arrived_at", "started_at"), ("arrived_at", "departed_at"), ("started_at", "departed_at")):
        mean = (rows[end] - rows[begin]).mean()
        assert mean > 0
        assert time_average(rows[begin], rows[end], until) == pytest.approx(len(rows) / until * mean, rel=1e-9)
    told = result.summary()["services"][station]
    assert told["waiting_time"]["mean"] == pytest.approx((rows["started_at"] - rows["arrived_at"]).mean(), rel=1e-6)
    assert told["sojourn_time"]["mean"] == pytest.approx((rows["departed_at"] - rows["arrived_at"]).mean(), rel=1e-6)


def test_busy_time_is_the_work(result):
    """The database's servers were busy for exactly the work done: 0.11 s and 0.07 s for each of its queries."""
    rows = result.tables["visits"]
    rows = rows[rows["station"] == "db"]
    queries = (result.tables["requests"]["service"] == "db").sum()
    assert len(rows) == 2 * queries
    assert (rows["departed_at"] - rows["started_at"]).sum() == pytest.approx(0.18 * queries, rel=1e-9)


def test_arrived_is_served_or_refused(result):
    """Nothing is left after the drain: each arrival was served or, at the cache alone, refused and seen as 503."""
    rows = result.tables["visits"]
    counts = rows.groupby(["station", "outcome"], observed=True).size()
    assert set(counts.index) == {("web", "served"), ("db", "served"), ("cache", "served"), ("cache", "refused")}
    seen = result.tables["requests"].query("caller == 'visitors'")["seen"].value_counts()
    assert seen[503] == counts["cache", "refused"] > 0
    assert seen[503] + seen[200] == counts["web", "served"]


def test_first_come_first_served(result):
    """In each station visits start in their order of arrival."""
    for _, rows in result.tables["visits"].groupby("station", observed=True):
        begun = rows[rows["outcome"] == "served"].sort_values(["arrived_at", "started_at"])
        assert begun["started_at"].is_monotonic_increasing


def test_never_more_in_work_than_servers(result):
    """A sweep over the rows never finds more visits in work than the station has servers."""
    for name, rows in result.tables["visits"].groupby("station", observed=True):
        begun = rows[rows["started_at"].notna()]
        instants = np.concatenate([begun["departed_at"], begun["started_at"]])
        steps = np.concatenate([-np.ones(len(begun)), np.ones(len(begun))])
        order = np.lexsort((steps, instants.round(9)))
        assert np.cumsum(steps[order]).max() == result.manifest["stations"][name]["capacity"][0][1]
