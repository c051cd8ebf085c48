"""Riders who give orders back and go home early: everybody still gets one end, and nothing gets lost."""

from __future__ import annotations

from typing import Any

import pytest

from delivsim.record.result import Result

WAYWARD = {
    "accept": 0.8,
    "think_time": {"kind": "exponential", "mean": "10s"},
    "give_back": 0.4,
    "give_back_after": {"kind": "exponential", "mean": "4min"},
    "leave_early": 0.4,
    "leave_early_by": {"kind": "uniform", "low": "80min", "high": "150min"},
    "report_every": "1min",
    "report_delay": {"kind": "exponential", "mean": "40s"},
}


@pytest.fixture(scope="module")
def evening(city) -> Result:
    """An evening with such riders."""
    shifts = [{"start": "18:00", "end": "20:30", "riders": 40}]
    result: Result = city(city={"riders": {**WAYWARD, "shifts": shifts}})
    return result


def test_what_is_given_back_is_delivered_by_somebody_else(evening, books) -> None:
    """Orders change hands, and still come once; counts add up, and nobody pays for what did not come."""
    books.assert_all_ended_well(evening)
    orders = evening.tables["orders"]
    handed_on = orders[(orders["n_given_back"] > 0) & (orders["outcome"] == "delivered")]
    assert len(handed_on) > 5
    offers = evening.tables["offers"].query("answer == 'accepted'")
    assert (offers.groupby("order").size().reindex(handed_on["order"]).to_numpy() > 1).all()
    last = offers.sort_values("answered_at").drop_duplicates("order", keep="last").set_index("order")["rider"]
    assert last.reindex(handed_on["order"]).tolist() == handed_on["rider"].tolist()


def test_a_rider_who_went_home_is_on_no_road_any_more(evening) -> None:
    """After going off line a rider only finishes what was on board; hours at home are not paid."""
    riders = evening.tables["riders"].set_index("rider")
    left = riders[riders["off_at"] < riders["off_at"].max()]
    assert 5 <= len(left) <= 30
    legs = evening.tables["legs"].query("kind == 'to_store'")
    assert (legs["started_at"] <= legs["rider"].map(riders["off_at"])).all()
    guarantee = 1100 * (left["off_at"] - left["on_at"]) / 3600
    assert (left["pay"] - guarantee.where(left["on_guarantee"])).abs().max() <= 1


def test_riders_in_a_bad_mood_cost_offers_not_customers(city, evening: Result) -> None:
    """The same orders with steady riders need fewer offers."""
    steady: dict[str, Any] = {"shifts": [{"start": "18:00", "end": "20:30", "riders": 40}]}
    calm = city(city={"riders": steady})
    assert calm.tables["orders"]["id"].tolist() == evening.tables["orders"]["id"].tolist()
    assert calm.tables["offers"]["offer"].nunique() < 0.8 * evening.tables["offers"]["offer"].nunique()
    assert calm.tables["orders"]["n_given_back"].sum() == 0
