"""Faults of the city: closed stores, fires, riders off line, surges; who is struck, and what becomes of orders."""

from __future__ import annotations

from typing import Any

import pytest

from delivsim.errors import ScenarioError
from delivsim.experiment.run import run
from delivsim.record.result import Result
from delivsim.scenario.schema import Scenario

CITY = {
    "side": "4km",
    "demand": {"rate": {"18:00": "240/h"}},
    "stores": {"count": 4},
    "kitchens": {"preparation": "6min"},
    "riders": {"shifts": [{"start": "18:00", "end": "20:30", "riders": 20}]},
}


def evening(*faults: dict[str, Any], **over: Any) -> Result:
    base = {"name": "x", "starts_at": "2026-11-20T18:00", "horizon": "30min", "city": {**CITY, **over}}
    return run(Scenario.model_validate({**base, "faults": faults}))


def test_a_closed_store_finishes_what_it_has() -> None:
    """New orders of the store are refused while it is closed, those taken before are delivered, others go on."""
    result = evening({"kind": "store_closed", "stores": ["s1"], "at": "10min", "for": "10min"})
    orders = result.tables["orders"]
    late = orders["placed_at"].between(601, 1199)
    mine = orders["store"] == 0
    assert (mine & late).any()
    assert (orders[mine & late]["reason"] == "closed").all()
    assert (orders[~(mine & late)]["outcome"] == "delivered").all()


def test_what_a_burning_kitchen_was_making_is_lost() -> None:
    """Orders that were not ready are cancelled for the fire, refunded and their customers told; new ones refused."""
    result = evening({"kind": "kitchen_fire", "stores": ["s1"], "at": "10min", "for": "10min"})
    orders, messages = result.tables["orders"], result.tables["messages"]
    mine = orders[orders["store"] == 0]
    cooking = mine[(mine["placed_at"] < 599) & (mine["placed_at"] > 250)]
    assert len(cooking) > 0
    assert (cooking["reason"] == "fire").all()
    burnt = orders[orders["reason"] == "fire"]
    assert (burnt["outcome"] == "cancelled").all()
    assert (burnt["charged"] == burnt["refunded"]).all()
    assert burnt["ready_at"].isna().all()
    told = messages[(messages["topic"] == "customer.notified") & messages["order"].isin(burnt["order"])]
    assert set(told["order"]) == set(burnt["order"])
    assert (mine[mine["placed_at"].between(601, 1199)]["reason"] == "closed").all()
    assert (mine[mine["placed_at"] > 1201]["outcome"] == "delivered").all()
    assert result.summary()["conservation"]["holds"]


@pytest.mark.parametrize("orders", ["give_back", "finish"])
def test_riders_off_line_get_no_offers_and_come_back(orders: str) -> None:
    """A share of the riders gets no offer for a while; what they had is given back, or finished first."""
    result = evening({"kind": "riders_offline", "share": 0.5, "orders": orders, "at": "15min", "for": "15min"})
    legs, offers = result.tables["legs"], result.tables["offers"]
    away = legs[(legs["kind"] == "break") & (legs["ended_at"] >= 1800)]
    assert 5 <= away["rider"].nunique() <= 10
    theirs = offers[offers["rider"].isin(away["rider"])]
    accepted = theirs[theirs["answer"] == "accepted"]
    assert not accepted["answered_at"].between(902, 1799).any()
    assert (accepted["answered_at"] > 1800).any()
    given_back = int(result.tables["orders"]["n_given_back"].sum())
    assert (given_back > 0) == (orders == "give_back")
    assert (result.tables["orders"]["outcome"] == "delivered").all()


def test_riders_near_a_place_are_struck_alone() -> None:
    """With a circle only riders who are in it as it begins go off line."""
    result = evening(
        {"kind": "riders_offline", "near": {"x": 0, "y": 0, "within": "1m"}, "at": "15min", "for": "10min"},
        {"kind": "riders_offline", "near": {"x": 2000, "y": 2000, "within": "9km"}, "at": "20min", "for": "1min"},
    )
    assert result.tables["faults"]["target"].tolist() == ["", "20 riders"]


def test_what_riders_say_in_a_dead_zone_comes_late_in_order() -> None:
    """Nothing of theirs arrives while it lasts; all of it does right after, a delivery after its pick-up."""
    result = evening({"kind": "dead_zone", "at": "12min", "for": "6min"})
    calls = result.tables["requests"].query("caller == 'rider'")
    assert not calls["sent_at"].between(720, 1079.999).any()
    late = calls[calls["sent_at"].between(1080, 1090)]
    assert (late["operation"] == "delivered").any()
    orders = result.tables["orders"]
    handed_over = orders[orders["delivered_at"].between(720, 1079)]
    assert len(handed_over) > 0
    told = calls[calls["operation"] == "delivered"].groupby("order")["sent_at"].min()
    assert (told[handed_over["order"]] >= 1080).all()
    assert (orders["outcome"] == "delivered").all()


def test_a_dead_zone_is_where_it_is() -> None:
    """Riders elsewhere report as ever."""
    result = evening({"kind": "dead_zone", "near": {"x": 0, "y": 0, "within": "1m"}, "at": "12min", "for": "6min"})
    calls = result.tables["requests"].query("caller == 'rider'")
    assert calls["sent_at"].between(720, 1079).any()
    assert result.tables["faults"]["target"].tolist() == ["1 m around 0, 0"]


def test_a_surge_brings_more_of_the_same() -> None:
    """Twice as many orders come while it lasts; those that come anyway are who and what they were."""
    plain = evening().tables["orders"]
    surged = evening({"kind": "demand_surge", "factor": 2, "at": "10min", "for": "10min"}).tables["orders"]
    assert surged["placed_at"][: len(plain)].tolist() == plain["placed_at"].tolist()
    more = surged[len(plain) :]
    assert len(more) == plain["placed_at"].between(600, 1200).sum()
    assert more["placed_at"].between(600, 1200).all()


def test_a_surge_ends_with_demand() -> None:
    """A surge that would outlast the horizon brings nobody after it."""
    orders = evening({"kind": "demand_surge", "factor": 3, "at": "25min", "for": "1h"}).tables["orders"]
    assert orders["placed_at"].max() <= 1800
    assert (orders["outcome"] != "censored").all()


def test_unknown_names_are_refused() -> None:
    """A store, rider or zone that there is not is named, with a near miss."""
    with pytest.raises(ScenarioError, match=r"faults\[0\].stores\[0\].*must be one of the stores there are, got 's9'"):
        evening({"kind": "kitchen_fire", "stores": ["s9"], "at": "5min", "for": "1min"})
