"""What a scenario file may say: it composes the configs that the rooms own, and checks what lies between them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field, PrivateAttr, model_validator

from delivsim.city.behavior import BehaviorConfig
from delivsim.city.config import CityConfig
from delivsim.city.demand import LevelConfig
from delivsim.city.redraw import DrawnDemand
from delivsim.dispatch.config import DispatchConfig
from delivsim.domain.config import Config, Loc, refuse
from delivsim.domain.source_path import SourcePath
from delivsim.domain.travel.config import InstanceTravel
from delivsim.domain.units import Duration, Instant, Moment, Money, PositiveDuration, near_miss, shown
from delivsim.scenario.formats import FORMATS
from delivsim.scenario.nodes import Node, Place, place_of
from delivsim.scenario.slos import check_slo, wrong_slos
from delivsim.scenario.topics import wrong_publishes
from delivsim.simulated.config import BUILT_IN, FaultConfig, PlatformConfig

MAX_HORIZON = 366 * 86400.0
Mistake = tuple[Loc, str]


def _known_format(name: str) -> str:
    if name not in FORMATS:
        known = sorted(FORMATS)
        raise ValueError(f"must be one of {', '.join(known)}, got {shown(name)}{near_miss(name, known)}")
    return name


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError) as error:
        near = near_miss(name, sorted(available_timezones()))
        raise ValueError(f"must be a time zone such as Europe/Paris, got {shown(name)}{near}") from error
    return name


def _short_enough(horizon: float) -> float:
    if horizon > MAX_HORIZON:
        raise ValueError("must be at most 366d")
    return horizon


class InstanceConfig(Config):
    """Orders, riders and stores of a published instance."""

    format: Annotated[str, AfterValidator(_known_format), Field(json_schema_extra={"enum": sorted(FORMATS)})]
    """How its files are written."""
    path: SourcePath
    """Where they are, seen from the file that says so."""
    behavior: BehaviorConfig = BehaviorConfig()
    """How its people behave, beyond what the instance says."""
    demand: DrawnDemand | None = None
    """Another day's orders, drawn at these rates, each like one of the instance; without it those of the instance."""
    travel: InstanceTravel | None = None
    """How its riders get about, instead of what the instance says; {kind: given, ...} changes only some of that."""

    @model_validator(mode="after")
    def _no_facts(self) -> Self:
        if self.demand is not None and self.behavior.kitchens.preparation_starts == "given":
            rule = "must be on_order or on_accept where demand is drawn: such orders have no ready time that is a fact"
            raise refuse((("behavior", "kitchens", "preparation_starts"), rule))
        return self


MOST_ORDERS = 20_000_000
"""More than a city's evening needs; beyond it is a slip of the unit, and more than memory holds."""


class CostsConfig(Config):
    """What things cost, beyond what riders are paid."""

    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "USD"
    """The currency of every amount of money, as three letters."""
    server_hour: Money = 0
    """What one worker of a service costs per hour."""


class Scenario(Config):
    """One evening (or hour, or day) of a platform: who orders, what the platform runs on, and how it dispatches."""

    schema_version: Literal[1] = 1
    """The version of this file's format."""
    name: Annotated[str, Field(min_length=1, max_length=80, pattern=r"\S")]
    """What reports and folders of runs call it."""
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 1
    """All random numbers follow from it: the same seed gives the same run."""
    starts_at: Moment = datetime(2026, 1, 1)
    """Local date and time of the start; times of day count from its midnight."""
    timezone: Annotated[str, AfterValidator(_known_zone)] = "UTC"
    """Where it is, as an IANA time zone. Shown in reports; the clock does not change within a run."""
    horizon: Annotated[PositiveDuration, AfterValidator(_short_enough)]
    """How long customers order. What is open then may still end, see drain; at most 366d."""
    drain: Literal["until_done"] | Duration = "until_done"
    """How long after the horizon open orders may take to end; until_done: as long as they need, at most 3h."""
    warm_up: Duration = 0.0
    """What is placed before does not count in measures."""
    extends: str | None = None
    """Another scenario file, seen from this one, that this one changes: maps merge, all else replaces."""
    instance: InstanceConfig | None = None
    """Orders, riders and stores of a published instance; or give city."""
    city: CityConfig | None = None
    """A synthetic city; or give instance."""
    platform: PlatformConfig = PlatformConfig()
    """The platform: services, network and broker."""
    dispatch: DispatchConfig = DispatchConfig()
    """How orders get their riders."""
    slos: tuple[Annotated[str, AfterValidator(check_slo)], ...] = ()
    """Service level objectives, such as "place_order p99 < 800ms" or "delivered > 99%"."""
    costs: CostsConfig = CostsConfig()
    """What things cost."""
    faults: tuple[FaultConfig, ...] = ()
    """What breaks, and when."""

    _source: Path | None = PrivateAttr(None)
    _root: Node | None = PrivateAttr(None)

    @property
    def source(self) -> Path | None:
        """The file it was read from, if any."""
        return self._source

    @property
    def has_city(self) -> bool:
        """Whether anybody orders: the seven services run only then."""
        return self.instance is not None or self.city is not None

    def place(self, *path: str | int) -> Place:
        """Say where a value is written, or the nearest key above it: ``place("platform", "services")``."""
        return Place("scenario") if self._root is None else place_of(self._root, path)

    def located(self, source: Path, root: Node) -> Self:
        """Give the same scenario, knowing where it was read from."""
        known = self.model_copy()
        known._source, known._root = source, root
        return known

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        slos = wrong_slos(self.slos, self.platform, self.starts_at, has_city=self.has_city)
        publishes = wrong_publishes(self.platform) if self.has_city else ()
        if mistakes := [*self._demand(), *self._times(), *self._faults(), *slos, *publishes]:
            raise refuse(*mistakes)
        return self

    def _demand(self) -> Iterator[Mistake]:
        if self.instance is not None and self.city is not None:
            yield ("city",), "must not be given beside instance: have one of the two"
        if self.instance is None and self.city is None and not self.platform.workloads:
            yield (), "must have instance or city, or a platform with workloads: nobody would ever order"

    def _times(self) -> Iterator[Mistake]:
        if self.warm_up >= self.horizon:
            yield ("warm_up",), "must be shorter than the horizon"
        keys = (*(loc for loc, _, _ in self._rates()), *self._weather())
        from_keys = ((loc, Instant.parse(str(loc[-1]))) for loc in keys)
        early = 0
        for loc, instant in (*_instants(self, ()), *from_keys):
            try:
                instant.at(self.starts_at)
            except ValueError as error:
                early += 1
                yield loc, str(error)
        if not early:
            yield from self._shifts()
            yield from self._crowds()

    def _weather(self) -> Iterator[tuple[str, ...]]:
        """Give the places of all instants at which the weather changes."""
        if self.city is not None:
            yield from (("city", "travel", *loc) for loc in self.city.travel.weather_changes())
        if self.instance is not None and self.instance.travel is not None:
            yield from (("instance", "travel", *loc) for loc in self.instance.travel.weather_changes())

    def _shifts(self) -> Iterator[Mistake]:
        for i, shift in enumerate(() if self.city is None else self.city.riders.shifts):
            if shift.end.at(self.starts_at) <= shift.start.at(self.starts_at):
                rule = f"must be after the start of the shift ({shift.start.text}); times past midnight are 25:30"
                yield ("city", "riders", "shifts", i, "end"), rule

    def _rates(self) -> Iterator[tuple[Loc, float, dict[str, float]]]:
        """Give each rate of demand by its place, with the rates of its part of the city."""
        parts: list[tuple[Loc, dict[str, float]]] = []
        level: LevelConfig = LevelConfig()
        if self.city is not None:
            level = self.city.demand
            parts += [(("city", "demand", "rate"), self.city.demand.rate)]
            parts += [(("city", "zones", name, "rate"), zone.rate or {}) for name, zone in self.city.zones.items()]
        elif self.instance is not None and self.instance.demand is not None:
            level = self.instance.demand
            parts += [(("instance", "demand", *loc), rate) for loc, rate in self.instance.demand.rates()]
        for loc, rate in parts:
            for text, per_second in rate.items():
                yield (*loc, text), per_second * level.scale, rate

    def _crowds(self) -> Iterator[Mistake]:
        rule = f"must bring at most {MOST_ORDERS:,} orders, brings about "
        for loc, per_second, rate in self._rates():
            begin = Instant.parse(str(loc[-1])).at(self.starts_at)
            end = min((at for text in rate if (at := Instant.parse(text).at(self.starts_at)) > begin), default=math.inf)
            n = per_second * (min(end, self.horizon) - max(begin, 0.0))
            if n > MOST_ORDERS:
                yield loc, f"{rule}{n:,.0f}"
        demand = None if self.city is None else self.city.demand
        if demand is not None and demand.orders is not None and demand.orders * demand.scale > MOST_ORDERS:
            yield ("city", "demand", "orders"), f"{rule}{demand.orders * demand.scale:,.0f}"

    def _faults(self) -> Iterator[Mistake]:
        known = sorted(name for name in self.platform.services if self.has_city or name not in BUILT_IN)
        for i, fault in enumerate(self.faults):
            if fault.service not in known:
                rule = f"must be a service that exists, got {shown(fault.service)}"
                yield ("faults", i, "service"), rule + near_miss(fault.service, known)


def _instants(part: Any, loc: Loc) -> Iterator[tuple[Loc, Instant]]:
    """Give every instant below, with its place."""
    if isinstance(part, Instant):
        yield loc, part
    elif isinstance(part, Config):
        for name, about in type(part).model_fields.items():
            yield from _instants(getattr(part, name), (*loc, about.alias or name))
    elif isinstance(part, dict):
        for key, value in part.items():
            yield from _instants(value, (*loc, str(key)))
    elif isinstance(part, tuple):
        for i, value in enumerate(part):
            yield from _instants(value, (*loc, i))
