"""Calls from outside come at the rates they are said to come at."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter

from delivsim.city.workloads import start_workload
from delivsim.domain.streams import Streams
from delivsim.services.messages import OK
from delivsim.simulated.config import WorkloadConfig

HOUR = 3600.0


@pytest.fixture
def instants(env, make_platform):
    """Run one workload against a platform that answers after ``latency``; give the instants of its calls."""

    def run(latency: float = 0.0, until: float = HOUR, **workload: Any) -> np.ndarray:
        platform = make_platform(lambda _: OK, latency)
        config: Any = TypeAdapter(WorkloadConfig).validate_python({"name": "them", "operation": "a.b", **workload})
        start_workload(env, platform, config, Streams(3), until)
        env.run()
        requests = {(r.caller, r.service, r.operation, r.order) for _, r in platform.asked}
        assert requests <= {("them", "a", "b", -1)}
        return np.array([at for at, _ in platform.asked])

    return run


def test_open_workloads_are_poisson(instants) -> None:
    """At 5/s: the number of calls, and the mean and spread of the gaps, are those of a Poisson process."""
    at = instants(kind="open", rate="5/s")
    assert len(at) == pytest.approx(5 * HOUR, rel=0.03)
    gaps = np.diff(at)
    assert gaps.mean() == pytest.approx(0.2, rel=0.03)
    assert gaps.std() == pytest.approx(0.2, rel=0.03)
    per_minute = np.bincount((at / 60).astype(int), minlength=60)
    assert per_minute.var() / per_minute.mean() == pytest.approx(1.0, abs=0.5)


def test_open_workloads_do_not_wait_for_answers(instants) -> None:
    """A platform that never answers within the hour is called as often."""
    assert len(instants(latency=2 * HOUR, kind="open", interarrival=60)) == 59


def test_open_workloads_may_have_any_gaps(instants) -> None:
    """A constant time between arrivals gives a clock; nothing comes at or after the end of demand."""
    assert instants(kind="open", interarrival=10, until=60.0).tolist() == [10.0, 20.0, 30.0, 40.0, 50.0]


def test_batches(instants) -> None:
    """Batches come at their own rate, all calls of one at the same instant."""
    sizes = np.unique(instants(kind="batch", rate="1/s", size=4), return_counts=True)[1]
    assert set(sizes) == {4}
    assert len(sizes) == pytest.approx(HOUR, rel=0.06)


def test_batches_of_random_size(instants) -> None:
    """Sizes are rounded to whole numbers, and have the mean they are said to have."""
    sizes = np.unique(
        instants(kind="batch", rate="1/s", size={"kind": "uniform", "low": 1, "high": 5}), return_counts=True
    )[1]
    assert set(sizes) == {1, 2, 3, 4, 5}
    assert sizes.mean() == pytest.approx(3.0, rel=0.04)


def test_a_closed_population_thinks_and_waits(instants) -> None:
    """Ten users who think 3 s and wait 2 s for the answer call every 5 s, and never twice at once."""
    at = instants(latency=2.0, kind="closed", users=10, think=3, until=600.0)
    assert len(at) == 10 * 120
    assert np.unique(at).tolist() == [3.0 + 5.0 * k for k in range(120)]


def test_mmpp_follows_its_states(instants) -> None:
    """Overall rate = the states' rates weighted by the time in them; calls come in bursts, and none while it is 0."""
    states = [{"rate": 20.0, "mean_time": "3s"}, {"rate": 0.0, "mean_time": "7s"}]
    at = instants(kind="mmpp", states=states)
    assert len(at) / HOUR == pytest.approx(6.0, rel=0.1)
    per_second = np.bincount(at.astype(int), minlength=int(HOUR))
    assert per_second.var() / per_second.mean() > 5
    assert (per_second == 0).mean() > 0.5


def test_states_of_one_rate_are_a_poisson_process(instants) -> None:
    """Changing between equal states changes nothing: no call is lost or made at a change."""
    at = instants(kind="mmpp", states=[{"rate": 5.0, "mean_time": 1.0}, {"rate": 5.0, "mean_time": 2.0}])
    assert len(at) == pytest.approx(5 * HOUR, rel=0.03)
    assert np.diff(at).std() == pytest.approx(0.2, rel=0.04)


@pytest.mark.parametrize(("repeat", "rounds"), [(False, 1), (True, 6)])
def test_phases_follow_their_timetable(instants, repeat, rounds) -> None:
    """Calls come at the rate of their phase, none while it is 0, none after the last one unless it repeats."""
    phases = [{"rate": 0.0, "lasts": "2min"}, {"rate": 20.0, "lasts": "1min"}, {"rate": 5.0, "lasts": "7min"}]
    at = instants(kind="phases", phases=phases, repeat=repeat)
    within = at % 600.0
    assert at.max() < 600.0 * rounds
    assert (within >= 120.0).all()
    assert (within < 180.0).sum() == pytest.approx(1200 * rounds, rel=0.1)
    assert (within >= 180.0).sum() == pytest.approx(2100 * rounds, rel=0.1)
