"""The offered load of a scenario as text: what `delivsim check` prints before anything runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from delivsim.domain.units import format_duration
from delivsim.report import columns
from delivsim.report.clock import Clock
from delivsim.report.wording import count, decimal, percent, plural, rate

if TYPE_CHECKING:
    from delivsim.errors import Problem
    from delivsim.experiment.load import OfferedLoad
    from delivsim.experiment.rider_load import RiderLoad, RiderTime
    from delivsim.experiment.station_load import PlatformLoad, StationLoad

TIGHT, FULL = 0.8, 1.0
"""Load from which a line is yellow, and red."""
MOST_HOURS = 24


def load_text(load: OfferedLoad, clock: Clock) -> Text:
    """
    Say how loaded stations and riders will be, on lines of at most 100 characters.

    Parameters
    ----------
    load
        What ``offered_load`` gives.
    clock
        Wall clock of the scenario.
    """
    lines = [*_platform(load.platform, clock), *_riders(load.riders, clock)]
    if load.left_out:
        lines += columns.wrapped(f"Not in these estimates: {', '.join(load.left_out)}.", style="dim")
    return columns.joined(lines)


def warning_line(problem: Problem) -> str:
    """Write a warning as compilers do: ``file:line:column: warning: path: what is odd``."""
    place = ":".join([problem.file, *(str(n) for n in (problem.line, problem.column) if n is not None)])
    return f"{place}: warning: {problem.path}: {problem.rule}"


def _platform(load: PlatformLoad, clock: Clock) -> Iterator[Text]:
    if not load.stations:
        return
    yield columns.heading("Stations", "work offered to them in their busiest quarter hour, without retries and faults")
    ranked = sorted(load.stations, key=lambda station: (-station.utilization, station.name))
    head = ("station", "servers", "busy", "load", "busiest")
    yield from columns.table([_station(station, clock) for station in ranked], head=head)
    for one in load.users:
        words = f"{one.name}: {plural(one.users, 'user')} who wait for answers make {rate(one.rate)} calls."
        yield from columns.wrapped(words, style="dim")


def _station(station: StationLoad, clock: Clock) -> tuple[Text, ...]:
    name = station.name if station.services == (station.name,) else f"{station.name} ({', '.join(station.services)})"
    when = clock.between(station.start, station.end)
    return _row(station.utilization, name, count(station.servers), decimal(station.busy, 2), when)


def _row(utilization: float, *cells: str) -> tuple[Text, ...]:
    """Make a row with the load before its last cell, in the color that the load deserves."""
    style = "bold red" if utilization > FULL else "yellow" if utilization >= TIGHT else ""
    *first, last = cells
    return (*(Text(cell) for cell in first), Text(percent(utilization, 0), style=style), Text(last))


def _riders(load: RiderLoad | None, clock: Clock) -> Iterator[Text]:
    if load is None:
        return
    whole = format_duration(sum(seconds for _, seconds in load.time_per_order))
    shares = " + ".join(f"{format_duration(seconds)} {name}" for name, seconds in load.time_per_order)
    yield columns.heading("Riders", "rider-hours that orders need against those on shift")
    head = ("from-to", "orders", "needed", "on shift", "load")
    yield from columns.table([_hour(hour, clock) for hour in _shown(load.hours)], head=head)
    each = f"An order takes {whole}: {shares}, {decimal(load.orders_per_bundle, 2)} orders at once"
    yield from columns.wrapped(f"{plural(load.riders, 'rider')}. {each}.")
    peak = load.peak
    words = f"Busiest {clock.between(peak.start, peak.end)}: {decimal(peak.needed)} of {decimal(peak.on_shift)} h"
    yield from columns.wrapped(f"{words} ({percent(peak.utilization, 0)}).")


def _shown(hours: Sequence[RiderTime]) -> list[RiderTime]:
    """Keep the hours in which the most riders are needed, in the order of time."""
    ranked = sorted(hours, key=lambda hour: -hour.needed)[:MOST_HOURS]
    return sorted(ranked, key=lambda hour: hour.start)


def _hour(hour: RiderTime, clock: Clock) -> tuple[Text, ...]:
    when = clock.between(hour.start, hour.end)
    *cells, load, _ = _row(hour.utilization, when, count(hour.orders), decimal(hour.needed), decimal(hour.on_shift), "")
    return (*cells, load)
