"""Service level objectives of a scenario, checked against the names that its run will have."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from delivsim.scenario.topics import groups_of, topics_of
from delivsim.simulated.config import BUILT_IN, PlatformConfig

if TYPE_CHECKING:
    from delivsim.record.metrics import Names


def check_slo(text: str) -> str:
    """Give the text back if it is an objective at all; ValueError tells what is wrong."""
    from delivsim.record.metrics import parse_slo

    parse_slo(text)
    return text


def wrong_slos(
    slos: tuple[str, ...], platform: PlatformConfig, starts_at: datetime, *, has_city: bool
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Name the objectives on operations, services or topics that do not exist, and on windows before the start."""
    if not slos:
        return
    from delivsim.record.metrics import parse_slo

    names = names_of(platform, has_city=has_city)
    for i, text in enumerate(slos):
        try:
            parse_slo(text, names).window_in(starts_at)
        except ValueError as error:
            yield ("slos", i), str(error)


def names_of(platform: PlatformConfig, *, has_city: bool) -> Names:
    """Collect the names that metrics may use; without a city or an instance nobody calls the seven services."""
    from delivsim.record.metrics import Names
    from delivsim.services.gateway import CLIENT_OPERATIONS

    services = [name for name in platform.services if has_city or name not in BUILT_IN]
    shared = {service for process in platform.processes.values() for service in process.services}
    own = dict.fromkeys(workload.operation.partition(".")[2] for workload in platform.workloads)
    return Names(
        operations=(*(CLIENT_OPERATIONS if has_city else ()), *own),
        services=tuple(services),
        stations=(*platform.processes, *(name for name in services if name not in shared)),
        topics=tuple(sorted(topics_of(platform, has_city=has_city))),
        groups=tuple(groups_of(platform, has_city=has_city)),
    )
