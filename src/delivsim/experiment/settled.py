"""The people and places of a scenario, with the ways between them: what happens, and what dispatch believes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from delivsim.city.behavior import BehaviorConfig
from delivsim.city.config import CityConfig
from delivsim.city.demand import level_of_day
from delivsim.city.furnish import furnished
from delivsim.city.generate import Given, generate
from delivsim.city.hired import hired, moved_to
from delivsim.city.redraw import DrawnDemand, redrawn, zone_of, zones_without
from delivsim.city.scaled import scaled
from delivsim.domain.instance import Instance
from delivsim.domain.rider import Rider
from delivsim.domain.streams import Streams
from delivsim.domain.travel import Travel
from delivsim.domain.travel.config import CommonTravel
from delivsim.domain.travel.ways import ways
from delivsim.domain.units import near_miss
from delivsim.errors import Problem, ScenarioError
from delivsim.scenario.formats import read_instance
from delivsim.scenario.instance import InstanceConfig
from delivsim.scenario.parts import Parts
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
    if scenario.instance is not None:
        instance = _changed(scenario, scenario.instance, instance, streams)
    instance = furnished(instance, behavior_of(scenario), streams)
    part, config = travel_of(scenario)
    if config is None:
        return Settled(instance, instance.travel)
    instance = replace(instance, riders=_on_vehicles(scenario, (part, "travel"), config, instance.riders))
    base = base_travel(scenario.place(part, "travel"), f"{part}.travel", config, instance)
    real, believed = ways(config, base, scenario.starts_at, scenario.until + DAY, streams)
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
        city = scenario.city
        parts = Parts("city", scenario.place, scenario.starts_at, streams)
        given = parts.given(city.stores, city.menus, city.demand, city.riders)
        return generate(city, scenario.starts_at, scenario.until, streams, name=scenario.name, given=given)
    return None


def _changed(scenario: Scenario, config: InstanceConfig, instance: Instance, streams: Streams) -> Instance:
    """Replace the parts of an instance of which the scenario says something else."""
    parts = Parts("instance", scenario.place, scenario.starts_at, streams)
    given = parts.given(config.stores, config.menus, config.demand, config.riders)
    instance = config.rules.applied(instance)
    if given.stores or given.menus or given.orders:
        instance = _other_parts(instance, given)
    if config.demand is not None and config.demand.is_drawn:
        instance = _redrawn(scenario, config.demand, instance, streams)
    elif config.demand is not None:
        instance = replace(instance, orders=scaled(instance.orders, level_of_day(config.demand, streams), streams))
    if config.riders is None:
        return instance
    riders = given.riders(instance.stores) if given.riders else instance.riders
    return replace(instance, riders=hired(config.riders, riders, instance, scenario.starts_at, scenario.until, streams))


def _other_parts(instance: Instance, given: Given) -> Instance:
    """Give an instance other stores or orders; orders that stay go to the stores of the same names."""
    stores = given.stores() if given.stores else instance.stores
    stores = given.menus(stores) if given.menus else stores
    orders = given.orders(stores) if given.orders else moved_to(instance.orders, instance.stores, stores)
    return replace(instance, stores=stores, orders=orders)


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
    return redrawn(instance, demand, scenario.starts_at, scenario.until, streams)


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
