"""From what a scenario says of travel to what happens and what dispatch believes."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from delivsim.domain.distributions import NumberLaw
from delivsim.domain.streams import Streams
from delivsim.domain.travel.belief import Erring, factors
from delivsim.domain.travel.config import ByHour, CommonTravel, Weather
from delivsim.domain.travel.pace import Pace, Paced, daily, product
from delivsim.domain.travel.protocol import Travel
from delivsim.domain.units import Instant

STEADY = ((0.0, 1.0),)


class Ways(NamedTuple):
    """How long ways take, and how long dispatch believes that they take."""

    real: Travel
    believed: Travel


def ways(config: CommonTravel, travel: Travel, starts_at: datetime, until: float, streams: Streams) -> Ways:
    """
    Add to a travel model what varies: hours, weather, vehicles, noise, rounding; and what dispatch believes of it.

    Parameters
    ----------
    config
        What the scenario says.
    travel
        What ways take at full speed.
    starts_at, until
        When the scenario starts, and seconds from then on in which hours change; later the last speed stays.
    streams
        Noise is drawn from ``travel/noise``, errors of belief from ``travel/believed``.
    """
    belief = config.believed
    noisy = _erring(travel, config.noise, 1.0, "travel/noise", streams, per_leg=True)
    mistaken = _erring(travel, belief.error, belief.bias, "travel/believed", streams, per_leg=belief.per == "leg")
    real = _paced(config, noisy, starts_at, until, hours=True, weather=True)
    if mistaken is noisy and belief.hours and belief.weather:
        return Ways(real, real)
    return Ways(real, _paced(config, mistaken, starts_at, until, hours=belief.hours, weather=belief.weather))


def _erring(travel: Travel, law: NumberLaw, bias: float, name: str, streams: Streams, *, per_leg: bool) -> Travel:
    if law.constant is not None and law.constant * bias == 1.0:
        return travel
    salt = int(streams.uniform(name) * 2.0**53)
    return Erring(travel, factors(law.sample, streams[name], bias), salt, per_leg)


def _paced(
    config: CommonTravel, travel: Travel, starts_at: datetime, until: float, *, hours: bool, weather: bool
) -> Travel:
    """Slow everybody by hour and weather, and vehicles by their own."""

    def pace(by_hour: ByHour, sky: Weather) -> Pace:
        course = daily(_clocks(by_hour), -_since_midnight(starts_at), until) if hours else STEADY
        return product(course, _sky(sky, starts_at) if weather else STEADY)

    of_all = pace(config.speed_by_hour, config.weather)
    vehicles = {
        vehicle.speed: pace(
            config.speed_by_hour if vehicle.speed_by_hour is None else vehicle.speed_by_hour,
            config.weather if vehicle.weather is None else vehicle.weather,
        )
        for vehicle in config.vehicles.values()
        if vehicle.speed_by_hour is not None or vehicle.weather is not None
    }
    if of_all.changes == STEADY and not vehicles and not config.round_up_to:
        return travel
    return Paced(travel=travel, pace=of_all, vehicles=vehicles, round_up_to=config.round_up_to)


def _since_midnight(starts_at: datetime) -> float:
    return (starts_at - starts_at.replace(hour=0, minute=0, second=0, microsecond=0)).total_seconds()


def _clocks(by_hour: ByHour) -> dict[float, float]:
    return {Instant.parse(text).clock or 0.0: factor for text, factor in by_hour.items()}


def _sky(weather: Weather, starts_at: datetime) -> list[tuple[float, float]]:
    if not isinstance(weather, dict):
        return [(0.0, weather)]
    return sorted((Instant.parse(text).at(starts_at), factor) for text, factor in weather.items())
