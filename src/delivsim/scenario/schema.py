"""What a scenario file may say: it composes the configs that the rooms own, and checks what lies between them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field, PrivateAttr, model_validator

from delivsim.city.config import CityConfig
from delivsim.city.demand import LevelConfig
from delivsim.city.roster import Roster
from delivsim.dispatch.config import DispatchConfig
from delivsim.domain.config import Config, Loc, refuse
from delivsim.domain.units import Duration, Instant, Moment, Money, PositiveDuration, near_miss, shown
from delivsim.scenario.faults import FaultConfig, wrong_faults
from delivsim.scenario.formats import read_instance
from delivsim.scenario.instance import InstanceConfig
from delivsim.scenario.nodes import Node, Place, place_of
from delivsim.scenario.slos import check_slo, wrong_slos
from delivsim.scenario.topics import wrong_topics
from delivsim.simulated.config import PlatformConfig

MAX_HORIZON = 366 * 86400.0
MINUTE = 60.0
Mistake = tuple[Loc, str]


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
    horizon: Annotated[PositiveDuration, AfterValidator(_short_enough)] | None = None
    """How long customers order. What is open then may still end, see drain; at most 366d. Needed, unless an instance
    has orders of its own: then until the minute after its last one."""
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

    _ends_at: float | None = PrivateAttr(None)
    _source: Path | None = PrivateAttr(None)
    _root: Node | None = PrivateAttr(None)

    @property
    def source(self) -> Path | None:
        """The file it was read from, if any."""
        return self._source

    @property
    def until(self) -> float:
        """
        Seconds from the start until demand ends.

        Raises
        ------
        InstanceError
            Only the instance knows, and it cannot be read.
        """
        if self.horizon is not None:
            return self.horizon
        if self._ends_at is None:
            assert self.instance is not None, "a scenario without instance has a horizon"
            last = read_instance(self.instance.format, self.instance.path).ends_at
            self._ends_at = MINUTE * (math.floor(last / MINUTE) + 1)
        return self._ends_at

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
        topics = wrong_topics(self.platform, has_city=self.has_city)
        if mistakes := [*self._demand(), *self._times(), *wrong_faults(self), *slos, *topics]:
            raise refuse(*mistakes)
        return self

    def _demand(self) -> Iterator[Mistake]:
        if self.instance is not None and self.city is not None:
            yield ("city",), "must not be given beside instance: have one of the two"
        if self.instance is None and self.city is None and not self.platform.workloads:
            yield (), "must have instance or city, or a platform with workloads: nobody would ever order"
        demand = None if self.instance is None else self.instance.demand
        own = self.instance is not None and (demand is None or not (demand.is_drawn or demand.file))
        if self.horizon is None and not own:
            yield ("horizon",), "must be given, unless an instance has orders of its own"

    def _times(self) -> Iterator[Mistake]:
        if self.horizon is not None and self.warm_up >= self.horizon:
            yield ("warm_up",), "must be shorter than the horizon"
        keys = (*(loc for loc, _, _ in self._rates()), *self._weather(), *self._hours())
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
        for loc, roster in self._rosters():
            yield from (((*loc, *below), rule) for below, rule in roster.mistakes(self.starts_at))
        for below, rule in () if self.city is None else self.city.stores.mistakes(self.starts_at):
            yield ("city", "stores", *below), rule

    def _hours(self) -> Iterator[Loc]:
        """Give the places of all instants at which another number of riders is to be on line."""
        yield from ((*loc, *below) for loc, roster in self._rosters() for below in roster.hours())

    def _rosters(self) -> Iterator[tuple[Loc, Roster]]:
        if self.city is not None:
            yield ("city", "riders"), self.city.riders
        elif self.instance is not None and self.instance.riders is not None:
            yield ("instance", "riders"), self.instance.riders

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
        for loc, per_second, rate in self._rates() if self.horizon is not None else ():
            begin = Instant.parse(str(loc[-1])).at(self.starts_at)
            end = min((at for text in rate if (at := Instant.parse(text).at(self.starts_at)) > begin), default=math.inf)
            n = per_second * (min(end, self.until) - max(begin, 0.0))
            if n > MOST_ORDERS:
                yield loc, f"{rule}{n:,.0f}"
        demand = None if self.city is None else self.city.demand
        if demand is not None and demand.orders is not None and demand.orders * demand.scale > MOST_ORDERS:
            yield ("city", "demand", "orders"), f"{rule}{demand.orders * demand.scale:,.0f}"


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
