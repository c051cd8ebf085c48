"""What a scenario says under ``city.travel`` and ``instance.travel``: how riders get about, and what dispatch knows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from delivsim.domain.config import Config, Loc, refuse
from delivsim.domain.distributions import Constant, NumberLaw
from delivsim.domain.source_path import SourcePath
from delivsim.domain.units import Duration, Instant, PositiveDistance, Speed

Factor = Annotated[float, Field(gt=0, le=10)]
ByHour = dict[str, Factor]
Weather = Factor | dict[str, Factor]
Detour = Annotated[float, Field(ge=1, le=5)]
DAY = 86_400.0


def _one() -> NumberLaw:
    return Constant[float](kind="constant", value=1.0)


def _check_hours(by_hour: ByHour, loc: Loc) -> None:
    for text in by_hour:
        clock = _instant(text, (*loc, text)).clock
        if clock is None or clock >= DAY:
            raise refuse(((*loc, text), "must be a time of day from 00:00 to 23:59; every day repeats it"))


def _instant(text: str, loc: Loc) -> Instant:
    try:
        return Instant.parse(text)
    except ValueError as wrong:
        raise refuse((loc, str(wrong))) from None


class BelievedConfig(Config):
    """What dispatch believes of the ways, where that is not what happens; the defaults are a dispatch that knows."""

    bias: Factor = 1.0
    """Believed over real time of every way; 0.8: dispatch thinks that riders are faster than they are."""
    error: NumberLaw = Field(default_factory=_one)
    """Believed over real time besides the bias: a law of mean 1, such as {kind: lognormal, mean: 1, cv: 0.3}."""
    per: Literal["pair", "leg"] = "pair"
    """pair: two places are always wrong by the same (the map errs); leg: by another factor every five minutes."""
    hours: bool = True
    """Whether dispatch knows of the speed by hour."""
    weather: bool = True
    """Whether dispatch knows of the weather."""


class VehicleConfig(Config):
    """What riders with this vehicle do differently."""

    speed: Speed
    """How fast it is; on streets that are slower, as fast as these."""
    speed_by_hour: ByHour | None = None
    """Instead of that of all; {} for a vehicle that no jam slows."""
    weather: Weather | None = None
    """Instead of that of all; 1 for a vehicle that no weather slows."""

    @model_validator(mode="after")
    def _times(self) -> VehicleConfig:
        _check_hours(self.speed_by_hour or {}, ("speed_by_hour",))
        for text in self.weather if isinstance(self.weather, dict) else ():
            _instant(text, ("weather", text))
        return self


class CommonTravel(Config):
    """What all ways of getting about have in common."""

    speed_by_hour: ByHour = Field(default_factory=dict)
    """Factor of all speeds from each time of day on, such as {"07:00": 0.9, "17:30": 0.7, "20:00": 1}; every day."""
    vehicles: dict[str, VehicleConfig] = Field(default_factory=dict)
    """Vehicles by name; a rider whose vehicle is named here goes by it."""
    weather: Weather = 1.0
    """Factor of all speeds, all the time or from each time on, such as {"18:30": 0.6, "20:00": 0.9}; 1 before."""
    noise: NumberLaw = Field(default_factory=_one)
    """What a way takes over what it usually takes, drawn anew every five minutes: a law of mean 1."""
    round_up_to: Duration = 0.0
    """Times are rounded up to whole multiples of this; 0s: not rounded."""
    believed: BelievedConfig = BelievedConfig()
    """What dispatch believes."""

    @model_validator(mode="after")
    def _times(self) -> CommonTravel:
        _check_hours(self.speed_by_hour, ("speed_by_hour",))
        for text in self.weather if isinstance(self.weather, dict) else ():
            _instant(text, ("weather", text))
        for loc, law in ((("noise",), self.noise), (("believed", "error"), self.believed.error)):
            if not law.mean > 0:
                raise refuse((loc, "must have a mean > 0"))
        seen: dict[float, str] = {}
        for name, vehicle in self.vehicles.items():
            if seen.setdefault(vehicle.speed, name) != name:
                rule = f"must differ from that of {seen[vehicle.speed]}: by their speed vehicles are told apart"
                raise refuse((("vehicles", name, "speed"), rule))
        return self

    def weather_changes(self) -> Iterator[tuple[str, ...]]:
        """Give the keys that lead to each time at which the weather changes."""
        yield from (("weather", text) for text in (self.weather if isinstance(self.weather, dict) else ()))
        for name, vehicle in self.vehicles.items():
            if isinstance(vehicle.weather, dict):
                yield from (("vehicles", name, "weather", text) for text in vehicle.weather)


class GivenTravel(CommonTravel):
    """As the instance says; only what is said here changes."""

    kind: Literal["given"]
    """given: as the instance says."""


class EuclideanTravel(CommonTravel):
    """Straight lines on a plane, made longer."""

    kind: Literal["euclidean"] = "euclidean"
    """euclidean: straight lines on a plane, for places in metres."""
    speed: Speed = 5.0
    """How fast riders are, along the way."""
    detour: Detour = 1.3
    """Streets are this many times longer than straight lines."""


class HaversineTravel(CommonTravel):
    """Great circles, made longer."""

    kind: Literal["haversine"]
    """haversine: great circles, for places in degrees."""
    speed: Speed = 5.0
    """How fast riders are, along the way."""
    detour: Detour = 1.3
    """Streets are this many times longer than great circles."""


class MatrixTravel(CommonTravel):
    """Times between places, or between zones, from a file."""

    kind: Literal["matrix"]
    """matrix: times from a file."""
    path: SourcePath
    """CSV or Parquet: columns from, to, seconds and perhaps metres; or a square of seconds with ids on both sides."""
    places: SourcePath | None = None
    """CSV or Parquet with id, x, y of the zones in the matrix; without it ids are of stores, orders and riders."""
    speed: Speed | None = None
    """The speed that the times are for; riders with one of their own are slower or faster by it. Without: all alike."""
    detour: Detour = 1.3
    """Where the file has no metres, ways are this many times longer than straight lines."""


class StreetsTravel(CommonTravel):
    """What all ways along streets have in common."""

    speed: Speed = 5.0
    """How fast riders are where the street does not say, and from a door to the next crossing."""
    top_speed: Speed | None = None
    """No rider without a speed of one's own goes faster than this; without it as fast as streets allow."""


class RoadGraphTravel(StreetsTravel):
    """Fastest ways along the streets of a map."""

    kind: Literal["road_graph"]
    """road_graph: fastest ways along the streets of a map."""
    path: SourcePath
    """GraphML as OSMnx saves it: nodes with x and y; edges with length, and travel_time, speed_kph or maxspeed."""
    snap_within: PositiveDistance = 500.0
    """A place that is further than this from every crossing is a mistake."""
    unreachable: Literal["refuse", "move"] = "refuse"
    """Places from which, or to which, no street leads: refuse names them; move takes the next crossing with both."""


class GridTravel(StreetsTravel):
    """Fastest ways along a grid of streets laid over all places, which are in metres."""

    kind: Literal["grid"]
    """grid: a grid of streets."""
    spacing: PositiveDistance = 250.0
    """From one street to the next."""
    one_way: bool = False
    """Whether every second street leads the other way, and none both."""


class RingRadialTravel(StreetsTravel):
    """Fastest ways along ring roads and the radial streets that cross them, laid over all places, in metres."""

    kind: Literal["ring_radial"]
    """ring_radial: rings and radials."""
    spacing: PositiveDistance = 500.0
    """From one ring to the next."""
    radials: Annotated[int, Field(ge=3, le=720)] = 16
    """How many streets lead out from the middle."""
    one_way: bool = False
    """Whether every second ring, and every second radial, leads the other way, and none both."""

    @model_validator(mode="after")
    def _even(self) -> RingRadialTravel:
        if self.one_way and self.radials % 2:
            raise refuse((("radials",), "must be even where streets are one-way: as many lead in as out"))
        return self


def _straight(value: Any) -> Any:
    return {"kind": "euclidean", **value} if isinstance(value, dict) else value


CityTravel = Annotated[
    Annotated[
        EuclideanTravel | MatrixTravel | RoadGraphTravel | GridTravel | RingRadialTravel, Field(discriminator="kind")
    ],
    BeforeValidator(_straight),
]
"""How riders of a generated city, whose places are in metres, get about."""

InstanceTravel = Annotated[
    GivenTravel | EuclideanTravel | HaversineTravel | MatrixTravel | RoadGraphTravel | GridTravel | RingRadialTravel,
    Field(discriminator="kind"),
]
"""How riders of an instance get about."""
