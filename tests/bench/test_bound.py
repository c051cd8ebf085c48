"""Bounds of what perfect information could reach."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

import delivsim as ds
from delivsim.bench.bound import bound
from delivsim.bench.day import Day, write_schedule
from delivsim.bench.metrics import OPTIMA
from delivsim.bench.twins import TwinsConfig, twin
from delivsim.domain.instance import Instance
from delivsim.errors import InstanceError
from delivsim.experiment.mdrplib import check_solution
from delivsim.scenario.formats import read_instance

DATA = os.environ.get("DELIVSIM_MDRPLIB")
DAY = twin(TwinsConfig(orders=40, riders=12, stores=10), 7)
SCENARIO = {
    "name": "bound",
    "horizon": "24h",
    "platform": {"kind": "ideal"},
    "instance": {"format": "mdrplib", "path": "."},
    "dispatch": {"policy": "linear_assignment", "give_up_after": None},
}


def online(instance: Instance) -> ds.Result:
    return ds.run(ds.Scenario.model_validate(SCENARIO), instance=instance)


def shortened(instance: Instance) -> Instance:
    """Keep what somebody is on shift for: every order can be delivered."""
    riders = [replace(rider, on_at=0.0, off_at=86_400.0) for rider in instance.riders]
    return replace(instance, riders=riders)


def test_the_schedule_of_the_upper_bound_is_strictly_clean(tmp_path: Path):
    """What the search found keeps every rule, and its mean click-to-door is the bound."""
    day = shortened(DAY)
    found = bound(day, online(day), moves=4000)
    write_schedule(day, found.routes, tmp_path)
    check = check_solution(day, tmp_path)
    assert [str(problem) for problem in check.violations] == []
    assert check.n_delivered == found.n_orders == 40
    assert check.metrics["click_to_door"]["mean"] == pytest.approx(found.upper)
    assert found.lower <= found.upper < found.start
    assert found.gap == pytest.approx(found.upper / found.lower - 1.0)


def test_one_order_and_one_rider_are_bound_exactly():
    """With nobody in the way the bounds meet: ready, half a service, the way, half a service."""
    day = replace(shortened(DAY), orders=DAY.orders[:1], riders=shortened(DAY).riders[:1])
    found = bound(day, online(day), moves=256)
    assert found.lower == found.upper == pytest.approx(Day(day).soonest(0) / 60.0)


def test_the_same_moves_give_the_same_bound():
    """A search limited by moves instead of time is repeatable."""
    day = shortened(DAY)
    result = online(day)
    assert bound(day, result, moves=2000).routes == bound(day, result, moves=2000).routes


def test_a_run_that_left_orders_behind_bounds_nothing():
    """Means over fewer orders must not be compared."""
    nobody = replace(DAY, riders=[replace(r, off_at=r.on_at) for r in DAY.riders])
    with pytest.raises(InstanceError, match="40 orders are not delivered"):
        bound(nobody, online(nobody), moves=256)


@pytest.mark.skipif(DATA is None, reason="DELIVSIM_MDRPLIB is not set")
@pytest.mark.parametrize("name", OPTIMA)
def test_no_published_figure_is_below_the_relaxation_and_every_schedule_is_lawful(name: str, tmp_path: Path):
    """All sixteen: nothing is better than every order served as if alone; what the search writes is strictly clean."""
    day = read_instance("mdrplib", Path(str(DATA)) / name)
    found = bound(day, online(day), moves=256)
    assert found.holds
    assert found.lower <= OPTIMA[name][0] + 0.005
    write_schedule(day, found.routes, tmp_path)
    check = check_solution(day, tmp_path)
    assert [str(problem) for problem in check.violations] == []
    assert check.metrics["click_to_door"]["mean"] == pytest.approx(found.upper)
