"""What ways take at full speed, as a scenario says it."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from delivsim.domain.instance import Instance
from delivsim.domain.travel import Euclidean, Haversine, Travel
from delivsim.domain.travel.config import (
    CommonTravel,
    EuclideanTravel,
    GridTravel,
    HaversineTravel,
    MatrixTravel,
    RingRadialTravel,
    RoadGraphTravel,
    StreetsTravel,
)
from delivsim.domain.travel.networks import Area, grid, ring_radial
from delivsim.domain.travel.protocol import Floats
from delivsim.domain.travel.road_graph import MOST_SPEEDS, RoadGraph
from delivsim.domain.travel.streets import Streets
from delivsim.errors import InputError, InstanceError, Problem, ScenarioError
from delivsim.scenario.nodes import Place
from delivsim.scenario.travel.between import matrix_of
from delivsim.scenario.travel.graphml import read_streets

MOST = 100
"""Mistakes that a message tells; a map of another town is wrong for all places."""
MOST_CROSSINGS = 1_000_000
"""More than the streets of a large city have; beyond it is a slip of the unit, and more than memory holds."""


def base_travel(place: Place, path: str, config: CommonTravel, instance: Instance) -> Travel:
    """
    Make the travel model of an instance's places; hours, weather and belief come on top of it.

    Parameters
    ----------
    place, path
        Where the scenario says ``config``, and under which key.

    Raises
    ------
    ScenarioError
        The model does not fit the places, its file cannot be read, or places are on no street: all of them, by name.
    """
    if rule := _unfit(config, instance):
        raise ScenarioError.of([place.problem(rule, f"{path}.kind")])
    try:
        return _made(config, instance)
    except InputError as error:
        problems = place.problem(f"must fit the places of {instance.name}", path), *error.problems
        lines = [str(problem) for problem in problems[:MOST]]
        lines += [f"and {len(problems) - MOST:,} more"] if len(problems) > MOST else []
        raise ScenarioError("\n".join(lines), problems) from error


def _unfit(config: CommonTravel, instance: Instance) -> str:
    if isinstance(config, EuclideanTravel | GridTravel | RingRadialTravel) and instance.geographic:
        return "must be haversine, matrix, road_graph or given for places in degrees"
    if isinstance(config, HaversineTravel) and not instance.geographic:
        return "must not be haversine for places in metres"
    return ""


def _made(config: CommonTravel, instance: Instance) -> Travel:
    if isinstance(config, EuclideanTravel):
        return Euclidean(speed=config.speed, detour=config.detour)
    if isinstance(config, HaversineTravel):
        return Haversine(speed=config.speed, detour=config.detour)
    if isinstance(config, MatrixTravel):
        return matrix_of(config, instance, *named_places(instance))
    if isinstance(config, StreetsTravel):
        return _along_streets(config, instance)
    return instance.travel


def _along_streets(config: StreetsTravel, instance: Instance) -> RoadGraph:
    names, places = named_places(instance)
    if (n := len({rider.speed for rider in instance.riders} - {None})) > MOST_SPEEDS:
        rule = f"must have at most {MOST_SPEEDS} different speeds on streets, have {n:,}; travel.vehicles can give them"
        raise InstanceError.of([Problem(path="riders", rule=rule)])
    mapped = config if isinstance(config, RoadGraphTravel) else None
    return RoadGraph(
        _generated(config, places) if mapped is None else _mapped(mapped, instance),
        speed=config.speed,
        top_speed=config.top_speed,
        places=places,
        names=names,
        n_hubs=len(instance.stores),
        snap_within=math.inf if mapped is None else mapped.snap_within,
        move=mapped is not None and mapped.unreachable == "move",
    )


def _mapped(config: RoadGraphTravel, instance: Instance) -> Streets:
    return read_streets(Path(config.path), speed=config.speed, geographic=instance.geographic)


def _generated(config: StreetsTravel, places: Floats) -> Streets:
    """Lay streets over all places."""
    low, high = (places.min(axis=0), places.max(axis=0)) if len(places) else (np.zeros(2), np.ones(2))
    area: Area = float(low[0]), float(low[1]), float(high[0]), float(high[1])
    assert isinstance(config, GridTravel | RingRadialTravel)
    if (n := float(np.prod((high - low) / config.spacing + 1.0))) > MOST_CROSSINGS:
        rule = f"must give at most {MOST_CROSSINGS:,} crossings, gives about {n:,.0f}"
        raise InputError.of([Problem(path="spacing", rule=rule)])
    if isinstance(config, RingRadialTravel):
        graph = ring_radial(area, config.spacing, config.radials, one_way=config.one_way)
    else:
        graph = grid(area, config.spacing, one_way=config.one_way)
    return Streets.of(graph, speed=config.speed)


def named_places(instance: Instance) -> tuple[list[str], Floats]:
    """Give what errors call the places of an instance, stores first, and where they are, shape (n, 2)."""
    kinds = (("store", instance.stores), ("order", instance.orders), ("rider", instance.riders))
    names = [f"{kind} {thing.id}" for kind, things in kinds for thing in things]
    points = [(thing.x, thing.y) for _, things in kinds for thing in things]
    return names, np.array(points, dtype=np.float64).reshape(-1, 2)
