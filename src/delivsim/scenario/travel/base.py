"""What ways take at full speed, as a scenario says it."""

from __future__ import annotations

from delivsim.domain.instance import Instance
from delivsim.domain.travel import Euclidean, Haversine, Travel
from delivsim.domain.travel.config import CommonTravel, EuclideanTravel, HaversineTravel
from delivsim.errors import ScenarioError
from delivsim.scenario.nodes import Place


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
        The model does not fit the places.
    """
    if isinstance(config, EuclideanTravel):
        if instance.geographic:
            raise ScenarioError.of([place.problem("must be haversine for places in degrees", f"{path}.kind")])
        return Euclidean(speed=config.speed, detour=config.detour)
    if isinstance(config, HaversineTravel):
        if not instance.geographic:
            raise ScenarioError.of([place.problem("must be euclidean for places in metres", f"{path}.kind")])
        return Haversine(speed=config.speed, detour=config.detour)
    return instance.travel
