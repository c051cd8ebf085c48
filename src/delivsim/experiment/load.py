"""The load that a scenario offers to its stations and riders: estimated by formulas, before anything runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from delivsim.city.behavior import BehaviorConfig
from delivsim.city.config import CityConfig
from delivsim.domain.instance import Instance
from delivsim.domain.streams import Streams
from delivsim.domain.units import format_clock
from delivsim.errors import Problem
from delivsim.experiment.bundles import expected_bundles
from delivsim.experiment.city_calls import Town
from delivsim.experiment.left_out import left_out
from delivsim.experiment.odd import odd_values, warning
from delivsim.experiment.rider_load import HOUR, RiderLoad, RiderTime, rider_load
from delivsim.experiment.rider_work import rider_work
from delivsim.experiment.settled import settled
from delivsim.experiment.station_load import PlatformLoad, platform_load
from delivsim.scenario.schema import Scenario

FULL = 1.0 + 1e-6
SOME_ORDERS = 0.1
"""Hours with fewer orders than this share of the busiest one are not worth a warning about riders."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedLoad:
    """
    What a scenario asks of its servers and riders.

    ``warnings`` say what is too much or odd, and in which line; ``left_out`` what the estimate knows nothing of.
    """

    n_orders: int
    platform: PlatformLoad
    riders: RiderLoad | None
    warnings: tuple[Problem, ...]
    left_out: tuple[str, ...] = ()


def offered_load(scenario: Scenario, *, seed: int | None = None) -> OfferedLoad:
    """
    Estimate how loaded stations and riders will be; nothing runs, and no code that the scenario names is imported.

    The orders are those of a run with the seed. Their calls follow the numbered flow of an order, and the load of a
    station the traffic equations of the call graph. Time-outs, retries, refusals and faults are left out.

    Parameters
    ----------
    seed
        Instead of the scenario's own.

    Raises
    ------
    InstanceError
        The scenario's instance cannot be read.
    """
    town = _town(scenario, scenario.seed if seed is None else seed)
    platform = platform_load(scenario, town)
    riders = None if town is None else rider_load(town)
    warnings = (*_stations(scenario, platform), *_riders(scenario, riders), *odd_values(scenario, town))
    return OfferedLoad(
        n_orders=0 if town is None else len(town.instance.orders),
        platform=platform,
        riders=riders,
        warnings=warnings,
        left_out=() if town is None else left_out(town),
    )


def _town(scenario: Scenario, seed: int) -> Town | None:
    found = settled(scenario, Streams(seed))
    if found is None:
        return None
    behavior = scenario.city if scenario.instance is None else scenario.instance.behavior
    assert behavior is not None
    return _at_work(scenario, behavior, found.instance)


def _at_work(scenario: Scenario, behavior: CityConfig | BehaviorConfig, instance: Instance) -> Town:
    work = rider_work(instance, behavior.kitchens)
    return Town(behavior, instance, work, expected_bundles(instance, work, scenario.dispatch))


def _stations(scenario: Scenario, load: PlatformLoad) -> Iterator[Problem]:
    """Warn of stations that are offered more work than they can do, and of operations that call themselves on."""
    for station in load.stations:
        if station.utilization > FULL:
            kind = "processes" if station.name in scenario.platform.processes else "services"
            when = _between(scenario, station.start, station.end)
            rule = (
                f"{station.servers:,} servers, but {when} there is work for {station.busy:,.1f} "
                f"({station.utilization:.0%}): the queue will grow"
            )
            yield warning(scenario, ("platform", kind, station.name, "workers"), rule)
    for name in load.goes_round:
        service, operation = name.split(".", 1)
        rule = "one call causes, on the way, at least one more of the same: the calls never end"
        yield warning(scenario, ("platform", "services", service, "operations", operation, "steps"), rule)


def _riders(scenario: Scenario, load: RiderLoad | None) -> Iterator[Problem]:
    """Warn when orders need more rider-hours than there are; small hours at the edge of the day are let be."""
    if load is None:
        return
    most = max(hour.orders for hour in load.hours)
    full = [hour for hour in (*load.hours, load.peak) if hour.utilization > FULL]
    worst = max((hour for hour in full if _counts(hour, most)), key=lambda hour: hour.utilization, default=None)
    if worst is None:
        return
    share = f" ({worst.utilization:.0%})" if worst.on_shift > 0 else ""
    rule = (
        f"{_between(scenario, worst.start, worst.end)} orders need {worst.needed:,.1f} rider-hours, "
        f"{worst.on_shift:,.1f} are on shift{share}: customers will wait"
    )
    yield warning(scenario, ("instance", "path") if scenario.city is None else ("city", "riders", "shifts"), rule)


def _counts(stretch: RiderTime, most: int) -> bool:
    return stretch.orders / (stretch.end - stretch.start) >= SOME_ORDERS * most / HOUR


def _between(scenario: Scenario, start: float, end: float) -> str:
    return f"{format_clock(scenario.starts_at, start)}-{format_clock(scenario.starts_at, end)}"
