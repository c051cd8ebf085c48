"""A scenario's day as an instance of its own: the orders, riders and stores that a run with a seed would meet."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from delivsim.city.behavior import BehaviorConfig, CustomersConfig, RidersConfig
from delivsim.city.preparation import Preparation
from delivsim.domain.instance import Instance
from delivsim.domain.source_path import SourcePath
from delivsim.domain.streams import Streams
from delivsim.domain.travel import Euclidean, Haversine
from delivsim.domain.travel.belief import Erring
from delivsim.domain.travel.config import CommonTravel
from delivsim.domain.travel.pace import Paced
from delivsim.errors import Problem, ScenarioError
from delivsim.experiment.settled import settled, travel_of
from delivsim.scenario.dump import dump_scenario
from delivsim.scenario.formats import delivsim, write_instance
from delivsim.scenario.formats.delivsim import Tables
from delivsim.scenario.formats.mdrplib_near import nearest_mdrplib
from delivsim.scenario.instance import InstanceConfig
from delivsim.scenario.schema import Scenario

SCENARIO = "scenario.yaml"
"""The file that runs a day, beside its instance."""
USUAL_SPEED, USUAL_DETOUR = 5.0, 1.3
"""How fast riders are, and how much longer streets than straight lines, where a scenario has a map instead."""


class Generated(NamedTuple):
    """
    A day, on its own and in its scenario.

    Parameters
    ----------
    instance
        Who orders, carries and cooks.
    scenario
        The same run, whose ``instance`` is a folder of our own format beside the scenario's file.
    lost
        What of the scenario's travel the instance cannot hold, in words; its scenario does.
    """

    instance: Instance
    scenario: Scenario
    lost: tuple[str, ...]


def generated(scenario: Scenario, seed: int | None = None) -> Generated:
    """
    Draw a scenario's day.

    Ready times are what kitchens would need that begin as soon as the order is placed and cook any number at once.

    Parameters
    ----------
    seed
        Instead of the scenario's own: a run with this seed meets this day.

    Raises
    ------
    InputError
        Nobody orders in the scenario, or what it names cannot be read.
    """
    seed = scenario.seed if seed is None else seed
    streams = Streams(seed)
    found = settled(scenario, streams)
    if found is None:
        file = "" if scenario.source is None else str(scenario.source)
        raise ScenarioError.of([Problem(file=file, rule="must have a city or an instance: nobody orders")])
    behavior, travel = _behavior(scenario), travel_of(scenario)[1]
    instance, lost = _on_plain_ways(found.instance, travel)
    named = InstanceConfig(format="delivsim", path=SourcePath("."), behavior=behavior, travel=_moved(travel))
    said = {"seed": seed, "horizon": scenario.until, "city": None, "instance": named, "extends": None}
    again = scenario.model_copy(update=said)
    return Generated(_cooked(instance, behavior, streams), again, lost)


def write_generated(day: Generated, folder: Path, format: str, tables: Tables) -> tuple[str, ...]:  # noqa: A002
    """
    Write a day as an instance; in our own format with the scenario that runs it.

    Returns
    -------
    What is lost, in words.

    Raises
    ------
    InstanceError
        The format is unknown, or nothing in it comes near to the day.
    """
    if format == "mdrplib":
        near, lost = nearest_mdrplib(day.instance)
        write_instance(near, format, folder)
        return (*day.lost, *lost)
    if format != "delivsim":
        write_instance(day.instance, format, folder)
        return day.lost
    delivsim.write(day.instance, folder, tables=tables)
    head = f"# A day drawn with seed {day.scenario.seed}; its orders, riders and stores are the tables here."
    (folder / SCENARIO).write_text(f"{head}\n{dump_scenario(day.scenario)}", encoding="utf-8", newline="\n")
    return ()


def _behavior(scenario: Scenario) -> BehaviorConfig:
    city = scenario.city
    if city is None:
        assert scenario.instance is not None, "somebody orders"
        return scenario.instance.behavior
    riders = RidersConfig.model_construct(**{name: getattr(city.riders, name) for name in RidersConfig.model_fields})
    people = {name: getattr(city.customers, name) for name in CustomersConfig.model_fields}
    customers = CustomersConfig.model_construct(**people)
    return BehaviorConfig(customers=customers, riders=riders, kitchens=city.kitchens)


def _cooked(instance: Instance, behavior: BehaviorConfig, streams: Streams) -> Instance:
    """Give every order its time in the kitchen, as a run would draw it, and when it would be ready."""
    if behavior.kitchens.preparation_starts == "given":
        return instance
    kitchens, orders = Preparation(instance, behavior.kitchens, streams), []
    for i, order in enumerate(instance.orders):
        needed = kitchens.time(i)
        orders.append(replace(order, preparation_time=needed, ready_at=order.placed_at + needed))
    return replace(instance, orders=orders)


def _on_plain_ways(instance: Instance, config: CommonTravel | None) -> tuple[Instance, tuple[str, ...]]:
    """Give an instance the part of its travel that it can hold; and say what it cannot."""
    if config is None:
        return instance, ()
    base: Any = instance.travel
    while isinstance(base, Paced | Erring):
        base = base.travel
    lost = [f"travel.{what}" for what in ("speed_by_hour", "weather", "noise", "believed") if _is_said(config, what)]
    if not isinstance(base, Euclidean | Haversine):
        lost.append(f"travel: the ways themselves, straight lines x {USUAL_DETOUR} stand for them")
        model = Haversine if instance.geographic else Euclidean
        base = model(getattr(config, "speed", None) or USUAL_SPEED, detour=USUAL_DETOUR)
    plain = replace(base, round_up_to=config.round_up_to or base.round_up_to)
    return replace(instance, travel=plain), tuple(lost)


def _is_said(config: CommonTravel, what: str) -> bool:
    return bool(getattr(config, what) != CommonTravel.model_fields[what].get_default(call_default_factory=True))


def _moved(config: CommonTravel | None) -> Any:
    """Let a travel model find its files from anywhere."""
    files = {
        name: SourcePath(os.path.abspath(path))
        for name in ("path", "places")
        if isinstance(path := getattr(config, name, None), SourcePath)
    }
    return config.model_copy(update=files) if config is not None and files else config
