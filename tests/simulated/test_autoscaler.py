"""Replicas come when there is much to do and go when there is little, through the public door."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pandas as pd
import pytest
from pydantic import ValidationError

from delivsim.experiment.run import run
from delivsim.record.conservation import conservation
from delivsim.scenario.schema import Scenario
from delivsim.simulated.config import PlatformConfig


def scaled(autoscale: dict[str, Any], faults: Any = (), **station: Any) -> Any:
    """A service of one worker a replica with 1 s of work, from 0.5 to 3 to 0.5 calls per second."""
    busy = [{"rate": 0.5, "lasts": 300}, {"rate": 3.0, "lasts": 600}, {"rate": 0.5, "lasts": 900}]
    scaler = {"max": 8, "start_up": 20, "every": 15, "cooldown": 30, **autoscale}
    platform = {
        "services": {
            "web": {
                "replicas": 1, "workers": 1, "autoscale": scaler,
                "operations": {"page": {"steps": [{"work": 1.0}]}}, **station,
            }
        },
        "network": {"default_delay": 0},
        "workloads": [{"kind": "phases", "name": "all", "operation": "web.page", "phases": busy}],
    }  # fmt: skip
    data = {"name": "scaled", "seed": 2, "horizon": 1800, "drain": 60, "platform": platform, "faults": list(faults)}
    return run(Scenario.model_validate(data))


WAYS = [{"on": "utilization", "target": 0.7}, {"on": "queue", "target": 2.0}]


@pytest.mark.parametrize("balancing", ["shared", "round_robin", "least_outstanding"])
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way["on"])
def test_they_come_and_go(way, balancing):
    """The peak has more replicas than the quiet before and after it, and the bill is the integral of what was paid."""
    result = scaled(way, balancing=balancing)
    station = result.manifest["stations"]["web"]
    paid = station["replicas"]
    most = max(n for _, n in paid)
    assert 3 <= most <= 8
    assert paid[0] == [0.0, 1]
    assert paid[-1][1] < most
    assert all(n >= 1 for _, n in paid)
    ends = [*(at for at, _ in paid[1:]), result.manifest["ended_at"]]
    hours = sum(n * (end - at) for (at, n), end in zip(paid, ends, strict=True)) / 3600.0
    assert result.summary()["stations"]["web"]["replica_hours"] == pytest.approx(hours, rel=1e-6)
    assert (result.tables["visits"]["outcome"] == "served").all()


def test_none_serves_before_it_has_started():
    """Each replica with its own queue is paid from 20 s before it serves for the first time."""
    result = scaled(WAYS[0], balancing="round_robin")
    visits, station = result.tables["visits"], result.manifest["stations"]["web"]
    steps = pairwise(station["replicas"])
    launches = [at for (_, before), (at, n) in steps for _ in range(int(n - before))]
    begun = sorted(changes[0][0] for index, changes in station["by_replica"].items() if index != "0")
    assert begun == pytest.approx([at + 20.0 for at in launches][: len(begun)])
    for index, changes in station["by_replica"].items():
        own = visits[visits["replica"] == int(index)]
        assert (own["started_at"] >= changes[0][0]).all()


def test_a_lag_delays_and_a_cooldown_parts_decisions():
    """With a lag of 60 s nothing changes sooner than that after the peak began, and launches are a cooldown apart."""
    quick, slow = scaled(WAYS[0]), scaled({**WAYS[0], "reaction_lag": 60, "cooldown": 120})
    first = [next(at for at, n in r.manifest["stations"]["web"]["replicas"] if n > 1) for r in (quick, slow)]
    assert first[1] >= first[0] + 45
    launched = [at for (_, n), (at, m) in pairwise(slow.manifest["stations"]["web"]["replicas"]) if m > n]
    assert launched
    assert all(b - a >= 120 for a, b in pairwise(launched))


def test_by_the_clock():
    """A timetable is followed: three replicas from minute 10 on, paid at once, serving after their start."""
    schedule = [{"at": "10min", "replicas": 3}, {"at": "20min", "replicas": 1}]
    result = scaled({"on": "schedule", "schedule": schedule})
    station = result.manifest["stations"]["web"]
    assert station["replicas"][1] == [600.0, 3]
    assert station["capacity"][1:3] == [[620.0, 2], [620.0, 3]]
    assert min(n for _, n in station["capacity"][3:]) == 1


@pytest.mark.parametrize("station", [{"balancing": "two_choices"}, {"discipline": "processor_sharing"}], ids=str)
def test_again_the_same(station):
    """Two runs of one seed write the same rows, replicas that come and go included."""
    one, other = (scaled(WAYS[0], **station).tables["visits"] for _ in range(2))
    pd.testing.assert_frame_equal(one, other)


def test_nonsense_is_refused():
    """Replicas at first are within the scaler's, the most is not below the least, an ideal platform has none."""
    for way, rule in (({"min": 2}, "must be from autoscale.min (2)"), ({"min": 4, "max": 3}, "must be >= min (4)")):
        with pytest.raises(ValidationError) as refused:
            scaled({**WAYS[0], **way})
        assert rule in str(refused.value)
    with pytest.raises(ValidationError) as refused:
        PlatformConfig.model_validate({"kind": "ideal", "services": {"order": {"autoscale": {**WAYS[0], "max": 3}}}})
    assert "must not be given on an ideal platform" in str(refused.value)


@pytest.mark.parametrize("station", [{}, {"balancing": "round_robin"}, {"holds": "request"}], ids=str)
def test_a_crash_ends_and_scaling_goes_on(station):
    """A service that is down for a minute in its peak comes back with its replicas, and every visit has its outcome."""
    crash = {"kind": "crash", "service": "web", "at": "10min", "for": "1min"}
    result = scaled(WAYS[0], faults=[crash], **station)
    visits, web = result.tables["visits"], result.manifest["stations"]["web"]
    assert conservation(result)["holds"]
    assert set(visits["outcome"].astype(str)) == {"served", "failed"}
    assert min(n for at, n in web["capacity"] if at == 600.0) == 0
    assert not visits["started_at"].between(600.0, 659.999, inclusive="neither").any()
    assert (visits["started_at"] > 665.0).sum() > 300
    assert all(1 <= n <= 16 or 600.0 <= at < 660.0 for at, n in web["replicas"])


def test_what_drains_dies_with_the_rest():
    """Two of three replicas drain when all crash at 40 s: no visit outlives that, or begins again."""
    platform = {
        "services": {
            "web": {
                "replicas": 3, "workers": 1, "operations": {"page": {"steps": [{"work": 60.0}]}},
                "autoscale": {"on": "schedule", "max": 3, "every": 5, "schedule": [{"at": 20, "replicas": 1}]},
            }
        },
        "network": {"default_delay": 0},
        "workloads": [{"kind": "phases", "name": "all", "operation": "web.page", "phases": [{"rate": 1, "lasts": 10}]}],
    }  # fmt: skip
    crash = {"kind": "crash", "service": "web", "at": 40, "for": 10}
    data = {"name": "drains", "seed": 1, "horizon": 60, "drain": 60, "platform": platform, "faults": [crash]}
    result = run(Scenario.model_validate(data))
    visits, paid = result.tables["visits"], result.manifest["stations"]["web"]["replicas"]
    assert conservation(result)["holds"]
    assert len(visits) == len(result.tables["requests"]) > 3
    assert set(visits["outcome"].astype(str)) == {"failed"}
    assert set(visits["departed_at"]) == {40.0}
    assert [n for at, n in paid if at == 40.0][-1] == 0
