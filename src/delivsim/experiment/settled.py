"""The people and places of a scenario, with the ways between them: what happens, and what dispatch believes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from delivsim.city.behavior import BehaviorConfig
from delivsim.city.config import CityConfig
from delivsim.city.furnish import furnished
from delivsim.city.generate import generate
from delivsim.city.redraw import DrawnDemand, redrawn, zone_of, zones_without
from delivsim.domain.instance import Instance
from delivsim.domain.rider import Rider
from delivsim.domain.streams import Streams
from delivsim.domain.travel import Travel
from delivsim.domain.travel.config import CommonTravel
from delivsim.domain.travel.ways import ways
from delivsim.domain.units import near_miss
from delivsim.errors import Problem, ScenarioError
from delivsim.scenario.formats import read_instance
from delivsim.scenario.schema import Scenario
from delivsim.scenario.travel.base import base_travel

DAY = 86_400.0


class Settled(NamedTuple):
    """An instance whose travel is what happens, and the travel that dispatch believes in."""

    instance: Instance
    believed: Travel


def settled(scenario: Scenario, streams: Streams, instance: Instance | None = None) -> Settled | None:
    """
    Read or draw the instance of a scenario, and lay its streets; None where nobody orders.

    Parameters
    ----------
    instance
        One that was read before, instead of reading it.

    Raises
    ------
    InputError
        The instance or a file of its travel cannot be read, or a place is on no street: every mistake, by name.
    """
    if instance is None:
        instance = _drawn_or_read(scenario, streams)
    if instance is None:
        return None
    if scenario.instance is not None and scenario.instance.demand is not None:
        instance = _redrawn(scenario, scenario.instance.demand, instance, streams)
    instance = furnished(instance, behavior_of(scenario), streams)
    part, config = travel_of(scenario)
    if config is None:
        return Settled(instance, instance.travel)
    instance = replace(instance, riders=_on_vehicles(scenario, (part, "travel"), config, instance.riders))
    base = base_travel(scenario.place(part, "travel"), f"{part}.travel", config, instance)
    real, believed = ways(config, base, scenario.starts_at, scenario.horizon + DAY, streams)
    return Settled(replace(instance, travel=real), believed)


def travel_of(scenario: Scenario) -> tuple[str, CommonTravel | None]:
    """Give the key, ``city`` or ``instance``, whose ``travel`` counts, and what it says."""
    if scenario.city is not None:
        return "city", scenario.city.travel
    return "instance", None if scenario.instance is None else scenario.instance.travel


def behavior_of(scenario: Scenario) -> CityConfig | BehaviorConfig:
    """How people behave: what the city says, or the instance."""
    if scenario.city is not None:
        return scenario.city
    assert scenario.instance is not None, "somebody orders"
    return scenario.instance.behavior


def _drawn_or_read(scenario: Scenario, streams: Streams) -> Instance | None:
    if scenario.instance is not None:
        return read_instance(scenario.instance.format, scenario.instance.path)
    if scenario.city is not None:
        return generate(scenario.city, scenario.starts_at, scenario.horizon, streams, name=scenario.name)
    return None


def _redrawn(scenario: Scenario, demand: DrawnDemand, instance: Instance, streams: Streams) -> Instance:
    """Draw another day's orders, like those of the instance."""
    known = sorted({zone_of(instance, order) for order in instance.orders})
    if without := zones_without(instance, demand):
        rule = "must be a zone of the instance's orders or their stores"
        places = [("instance", "demand", "zones", name) for name in without] if demand.zones else [("instance", "path")]
        raise ScenarioError.of(
            [
                scenario.place(*place).problem(
                    f"{rule}, got {place[-1]!r}{near_miss(place[-1], known)}", ".".join(place)
                )
                for place in places
            ]
        )
    return redrawn(instance, demand, scenario.starts_at, scenario.horizon, streams)


def _on_vehicles(
    scenario: Scenario, loc: tuple[str, ...], config: CommonTravel, riders: Sequence[Rider]
) -> list[Rider]:
    """Give riders the speed of their vehicles."""
    if wrong := list(_unused(scenario, loc, config, {rider.vehicle for rider in riders})):
        raise ScenarioError.of(wrong)
    speeds = {name: vehicle.speed for name, vehicle in config.vehicles.items()}
    return [replace(rider, speed=speeds[rider.vehicle]) if rider.vehicle in speeds else rider for rider in riders]


def _unused(scenario: Scenario, loc: tuple[str, ...], config: CommonTravel, driven: set[str]) -> Iterator[Problem]:
    for name in config.vehicles:
        if name not in driven:
            known = sorted(driven - {""})
            rule = f"must be the vehicle of some rider: there is {', '.join(known) or 'none'}{near_miss(name, known)}"
            place = (*loc, "vehicles", name)
            yield scenario.place(*place).problem(rule, ".".join(place))
