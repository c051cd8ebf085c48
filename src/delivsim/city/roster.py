"""Who works when: shifts, counts by hour, or a file; scaled to any number of riders without changing the pattern."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, NamedTuple, Self

import numpy as np
from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema, core_schema

from delivsim.domain.config import Config, Loc, refuse
from delivsim.domain.rider import Rider
from delivsim.domain.source_path import SourcePath
from delivsim.domain.streams import Streams
from delivsim.domain.units import Instant
from delivsim.errors import InstanceError

Count = Annotated[int, Field(ge=0, le=10_000_000)]
LONGER = 3600.0
"""Seconds after the horizon until which riders work of whom nothing else is said: open orders are still delivered."""


class SpanConfig(Config):
    """A stretch of the day."""

    start: Instant
    """When it begins."""
    end: Instant
    """When it ends."""


class ShiftConfig(SpanConfig):
    """Riders who work the same shift."""

    riders: Count
    """How many riders work it."""
    breaks: tuple[SpanConfig, ...] = ()
    """When they have a break, in order."""


class VehicleShareConfig(Config):
    """Riders with the same vehicle; how fast it is stands in ``travel.vehicles``."""

    share: Annotated[float, Field(gt=0, le=1e6)] = 1.0
    """How many have it, relative to other vehicles."""
    capacity: Annotated[int, Field(ge=1, le=1000)] | None = None
    """Orders carried at the same time, at most; without it as the rules say."""


class Roster(Config):
    """Who works when: give shifts, or a file."""

    shifts: Annotated[tuple[ShiftConfig, ...], Field(min_length=1)] | dict[str, Count] | None = None
    """Shifts; or how many riders are on line from each time of day on, such as {"17:00": 40, "18:00": 75}. Then who
    came first goes first, and the last count holds until an hour after demand has ended."""
    file: SourcePath | None = None
    """A table of riders instead: id, on_at, off_at (times of day, or seconds) and what else docs/instance.md names;
    without x and y they start at stores."""
    breaks: SourcePath | None = None
    """A table of their breaks, beside ``file``: rider, begins_at, ends_at."""
    count: Count | None = None
    """How many riders there are in all: the roster, scaled, with the same pattern of shifts."""
    vehicles: dict[str, VehicleShareConfig] = Field(default_factory=dict)
    """Vehicles by name, for riders of whom nothing is said; {} for none."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.shifts is not None and self.file is not None:
            raise refuse((("file",), "must not be given beside shifts: have one of the two"))
        if self.breaks is not None and self.file is None:
            raise refuse((("breaks",), "must have file beside it: the table of those who have the breaks"))
        for text in self.shifts if isinstance(self.shifts, dict) else ():
            try:
                Instant.parse(text)
            except ValueError as wrong:
                raise refuse((("shifts", text), str(wrong))) from None
        if self.shifts is not None and self.count and not self._said():
            raise refuse((("count",), "must be 0: the shifts name no rider that could be scaled"))
        return self

    def _said(self) -> int:
        return sum(self.shifts.values() if isinstance(self.shifts, dict) else (s.riders for s in self.shifts or ()))

    def hours(self) -> Iterator[Loc]:
        """Give the place of each time of day at which a count begins."""
        yield from (("shifts", text) for text in (self.shifts if isinstance(self.shifts, dict) else ()))

    def mistakes(self, starts_at: datetime) -> Iterator[tuple[Loc, str]]:
        """Give the shifts and breaks that end before they begin, or lie outside of each other."""
        for i, shift in enumerate(self.shifts if isinstance(self.shifts, tuple) else ()):
            free_from, end = shift.start.at(starts_at), shift.end.at(starts_at)
            if end <= free_from:
                rule = f"must be after the start of the shift ({shift.start.text}); times past midnight are 25:30"
                yield ("shifts", i, "end"), rule
            for k, pause in enumerate(shift.breaks):
                if not free_from <= pause.start.at(starts_at) <= pause.end.at(starts_at) <= end:
                    yield ("shifts", i, "breaks", k), "must lie within the shift, in order and apart"
                free_from = pause.end.at(starts_at)


def spelled_out(value: Any) -> Any:
    """Write the short forms of a roster in full: a number of riders, a list of shifts, counts by time of day."""
    if isinstance(value, int) and not isinstance(value, bool):
        return {"count": value}
    if isinstance(value, list | tuple) or (isinstance(value, dict) and any(":" in str(key) for key in value)):
        return {"shifts": value}
    return value


class Short:
    """Lets the short forms of a roster stand for it, in pydantic and in the JSON Schema."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(spelled_out, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        roster = handler(schema)
        known = handler.resolve_ref_schema(roster)["properties"]
        short = [*known["count"]["anyOf"][:1], *known["shifts"]["anyOf"][:1]]
        times = {"type": "object", "patternProperties": {":": {"type": "integer", "minimum": 0}}}
        return {"anyOf": [*short, {**times, "additionalProperties": False}, roster]}


class Shift(NamedTuple):
    """So many riders from here to there, instants in seconds."""

    on_at: float
    off_at: float
    riders: int
    breaks: tuple[tuple[float, float], ...] = ()


def shifts_of(roster: Roster, starts_at: datetime, horizon: float) -> list[Shift]:
    """Give the shifts of a roster, scaled; a bare count works from the start to an hour after the horizon."""
    if isinstance(roster.shifts, tuple):
        found = [_shift(shift, starts_at) for shift in roster.shifts]
    elif roster.shifts is not None:
        counts = [(Instant.parse(text).at(starts_at), n) for text, n in roster.shifts.items()]
        found = staffed(sorted(counts), horizon + LONGER)
    else:
        found = [Shift(0.0, horizon + LONGER, roster.count or 0)]
    if roster.count is None:
        return found
    scaled = _scaled([shift.riders for shift in found], roster.count)
    return [shift._replace(riders=n) for shift, n in zip(found, scaled, strict=True)]


def _shift(config: ShiftConfig, starts_at: datetime) -> Shift:
    breaks = tuple((pause.start.at(starts_at), pause.end.at(starts_at)) for pause in config.breaks)
    return Shift(config.start.at(starts_at), config.end.at(starts_at), config.riders, breaks)


def staffed(counts: Sequence[tuple[float, int]], end: float) -> list[Shift]:
    """
    Make shifts that put so many riders on line from each instant on; who came first goes first.

    Parameters
    ----------
    counts
        Pairs of (instant, riders on line from then on), ascending.
    end
        When the last of them go.
    """
    on_line: deque[float] = deque()
    shifts: Counter[tuple[float, float]] = Counter()
    for at, n in counts:
        while len(on_line) > n:
            shifts[on_line.popleft(), at] += 1
        on_line.extend([at] * (n - len(on_line)))
    last = max([end, *(at for at, _ in counts)])
    shifts.update((on_at, last) for on_at in on_line)
    return [Shift(on_at, off_at, n) for (on_at, off_at), n in sorted(shifts.items())]


def _scaled(counts: Sequence[int], total: int) -> list[int]:
    """Scale counts to a total: whole parts first, then one more for the largest remainders."""
    if not sum(counts):
        return list(counts)
    shares = np.array(counts) * total / sum(counts)
    whole = np.floor(shares).astype(int)
    whole[np.argsort(whole - shares, kind="stable")[: total - int(whole.sum())]] += 1
    return [int(n) for n in whole]


def resampled(riders: Sequence[Rider], count: int) -> list[Rider]:
    """
    Take so many riders, evenly over the shifts in their order; copies of one get names of their own.

    Raises
    ------
    InstanceError
        There is nobody to take.
    """
    if count and not riders:
        raise InstanceError(f"riders: there is nobody of whom to make {count}")
    order = sorted(range(len(riders)), key=lambda i: (riders[i].on_at, riders[i].off_at, i))
    taken = sorted(order[int((k + 0.5) * len(riders) / count)] for k in range(count))
    names, seen = {rider.id for rider in riders}, Counter[int]()
    made = []
    for i in taken:
        seen[i] += 1
        made.append(riders[i] if seen[i] == 1 else replace(riders[i], id=_new_name(riders[i].id, seen[i], names)))
    return made


def _new_name(name: str, number: int, names: set[str]) -> str:
    found = f"{name}-{number}"
    while found in names:
        found += "'"
    names.add(found)
    return found


def on_vehicles(riders: Sequence[Rider], roster: Roster, streams: Streams) -> list[Rider]:
    """Give riders of whose vehicle nothing is said one, by the shares of the roster."""
    if not roster.vehicles:
        return list(riders)
    names, shares = list(roster.vehicles), np.array([vehicle.share for vehicle in roster.vehicles.values()])
    drawn = streams["city/vehicles"].choice(len(names), len(riders), p=shares / shares.sum())
    return [
        rider if rider.vehicle else _on(rider, names[int(k)], roster) for rider, k in zip(riders, drawn, strict=True)
    ]


def _on(rider: Rider, name: str, roster: Roster) -> Rider:
    return replace(rider, vehicle=name, capacity=rider.capacity or roster.vehicles[name].capacity)
