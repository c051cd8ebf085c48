"""The shipped retry storm is metastable; its twins are cured by a retry budget and a breaker, or by deadlines."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from delivsim.experiment.run import run
from delivsim.record.result import Result
from delivsim.scenario.reader import load_scenario
from delivsim.stress.signs import signs

SCENARIOS = Path(__file__).parents[2] / "scenarios"
PEAK_ENDS, END = 360.0, 1200.0


@pytest.fixture(scope="module")
def storm() -> Result:
    return run(load_scenario(SCENARIOS / "retry_storm.yaml"))


@pytest.fixture(scope="module")
def cured() -> Result:
    return run(load_scenario(SCENARIOS / "retry_storm_cured.yaml"))


@pytest.fixture(scope="module")
def timely() -> Result:
    return run(load_scenario(SCENARIOS / "retry_storm_deadlines.yaml"))


def pages(result: Result, start: float, end: float) -> pd.DataFrame:
    rows = result.tables["requests"]
    return rows[(rows["caller"] == "visitors") & (rows["sent_at"] >= start) & (rows["sent_at"] < end)]


def well(rows: pd.DataFrame) -> float:
    return float(rows["seen"].between(1, 499).mean())


def test_after_the_peak_the_storm_keeps_the_shop_dead_under_a_load_it_carried_before(storm: Result) -> None:
    before, after = pages(storm, 0.0, 300.0), pages(storm, PEAK_ENDS, END)
    assert len(after) / (END - PEAK_ENDS) <= 1.05 * len(before) / 300.0
    assert well(before) > 0.99
    assert well(after) < 0.01
    assert signs(storm)["metastable"] is not None


def test_a_budget_and_a_breaker_bring_the_shop_back(cured: Result) -> None:
    assert well(pages(cured, 0.0, 300.0)) > 0.99
    assert well(pages(cured, PEAK_ENDS + 60.0, END)) > 0.99
    assert signs(cured)["metastable"] is None


def test_a_shop_that_knows_who_still_waits_is_never_dead(storm: Result, timely: Result) -> None:
    assert pages(storm, 0.0, END)["sent_at"].to_list() == pages(timely, 0.0, END)["sent_at"].to_list()
    assert well(pages(timely, 300.0, PEAK_ENDS)) > 0.5
    assert well(pages(timely, PEAK_ENDS + 10.0, END)) > 0.99
    assert signs(timely)["metastable"] is None
    reasons = timely.summary()["edges"]["web"]["shop"]["by_reason"]
    assert reasons["too_late"] > 1000


def test_both_get_the_same_visitors_and_say_what_their_retries_cost(storm: Result, cured: Result) -> None:
    instants = [pages(result, 0.0, END)["sent_at"].to_list() for result in (storm, cured)]
    assert instants[0] == instants[1]
    ill, better = (result.summary()["edges"]["web"]["shop"] for result in (storm, cured))
    assert ill["attempts"] > 2.4 * ill["calls"]
    assert better["attempts"] <= 1.1 * better["calls"] + 10
    assert better["by_reason"]["breaker_open"] > 0
    assert better["by_reason"]["retry_budget"] > 0
    assert ill["by_reason"] == {}
