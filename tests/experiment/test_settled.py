"""Scenarios get their people, and the ways between them."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from delivsim.domain.streams import Streams
from delivsim.domain.travel import Euclidean
from delivsim.errors import ScenarioError
from delivsim.experiment.run import run
from delivsim.experiment.settled import Settled, settled
from delivsim.scenario.formats import read_instance
from delivsim.scenario.schema import Scenario

TWIN = Path(__file__).parents[1] / "data" / "mdrplib_twin"


def evening(travel: Any = None, **more: Any) -> Scenario:
    city: dict[str, Any] = {
        "side": "4km",
        "demand": {"rate": {"18:00": "60/h"}},
        "stores": {"count": 8, "clusters": 2},
        "riders": {"shifts": [{"start": "18:00", "end": "21:00", "riders": 14}]},
    }
    city |= {} if travel is None else {"travel": travel}
    said = {"name": "evening", "starts_at": "2026-11-20T18:00", "horizon": "1h", "city": city, **more}
    return Scenario.model_validate(said)


def day(**travel: Any) -> Scenario:
    instance = {"format": "mdrplib", "path": str(TWIN), "travel": travel}
    return Scenario.model_validate({"name": "day", "horizon": "2h", "instance": instance})


def town(scenario: Scenario) -> Settled:
    found = settled(scenario, Streams(1))
    assert found is not None
    return found


def test_what_is_not_said_of_travel_is_as_the_instance_says() -> None:
    """Rain slows the instance's own travel; its rounding to minutes comes first, as in its rules."""
    own = read_instance("mdrplib", TWIN).travel
    rainy = town(day(kind="given", weather=0.5)).instance.travel
    a, b = (0.0, 0.0), (1234.0, 567.0)
    assert rainy.time(a, b) == 2.0 * own.time(a, b)


def test_a_model_must_fit_the_places() -> None:
    """Metres are not degrees: the key is named."""
    with pytest.raises(ScenarioError, match=r"instance\.travel\.kind: must not be haversine for places in metres"):
        town(day(kind="haversine"))
    degrees = dataclasses.replace(read_instance("mdrplib", TWIN), geographic=True)
    with pytest.raises(ScenarioError, match=r"instance\.travel\.kind: must be haversine, matrix, road_graph or given"):
        settled(day(kind="euclidean"), Streams(1), degrees)


def test_riders_go_by_their_vehicles() -> None:
    """A vehicle's speed is its riders'; who has another vehicle keeps the own one; an unknown vehicle is a slip."""
    known = read_instance("mdrplib", TWIN)
    riders = [dataclasses.replace(rider, vehicle="bicycle" if i else "car") for i, rider in enumerate(known.riders)]
    known = dataclasses.replace(known, riders=riders)
    found = settled(day(kind="given", vehicles={"bicycle": {"speed": "15km/h"}}), Streams(1), known)
    assert found is not None
    assert [rider.speed for rider in found.instance.riders[:2]] == [None, pytest.approx(15 / 3.6)]
    with pytest.raises(ScenarioError, match=r"instance\.travel\.vehicles\.bicicle: .*did you mean 'bicycle'"):
        settled(day(kind="given", vehicles={"bicicle": {"speed": 4}}), Streams(1), known)


def test_a_city_without_a_word_on_travel_has_straight_lines() -> None:
    """18 km/h and ways a third longer than straight ones; --set city.travel.speed=6 needs no kind."""
    assert town(evening()).instance.travel == Euclidean(5.0, detour=1.3)
    assert town(evening({"speed": 6})).instance.travel == Euclidean(6.0, detour=1.3)


def test_dispatch_is_handed_the_belief_and_the_city_the_truth() -> None:
    """Riders whom dispatch believes twice as fast still take as long, and the promise is kept less often."""
    knows, hopes = run(evening()), run(evening({"believed": {"bias": 0.5}}))
    for result in (knows, hopes):
        legs = result.tables["legs"]
        driven = legs[legs["distance"] > 0]
        assert (driven["distance"] / (driven["ended_at"] - driven["started_at"])).to_numpy() == pytest.approx(5.0)
    assert hopes.summary()["orders"]["on_time"] < knows.summary()["orders"]["on_time"]
