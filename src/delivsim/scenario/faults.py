"""``faults``: what breaks, and when; on a schedule or by chance."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from delivsim.city.faults import DeadZoneFault, DemandSurgeFault, KitchenFireFault, RidersOfflineFault, StoreClosedFault
from delivsim.domain.config import Config, Loc
from delivsim.domain.distributions import DurationLaw
from delivsim.domain.fault_times import FaultTimes
from delivsim.domain.units import Instant, PositiveRate, near_miss, shown
from delivsim.scenario.topics import groups_of, topics_of
from delivsim.simulated.config import (
    APPS,
    BROKER,
    BUILT_IN,
    CrashFault,
    ErrorRateFault,
    LatencyFault,
    LossFault,
    PartitionFault,
    PaymentOutageFault,
    PlatformConfig,
    PoisonFault,
    SlowFault,
    strikes_broker,
)

if TYPE_CHECKING:
    from delivsim.scenario.schema import Scenario

ChaosKind = Literal[
    "crash", "slow", "error_rate", "payment_outage", "latency", "loss", "partition", "store_closed", "kitchen_fire",
    "riders_offline", "dead_zone", "broker_crash", "consumer_crash", "poison",
]  # fmt: skip
CITY_KINDS = ("payment_outage", "store_closed", "kitchen_fire", "riders_offline", "dead_zone", "demand_surge")
"""Faults that need a city."""


class ChaosFault(Config):
    """Faults by chance: when, what and whom they strike is drawn from a random stream."""

    kind: Literal["chaos"]
    """Each kind comes as a Poisson process of its rate; its target and its severity are drawn as well."""
    rates: Annotated[dict[ChaosKind, PositiveRate], Field(min_length=1)]
    """How often each kind strikes, such as {crash: 4/h, slow: 2/h}."""
    duration: DurationLaw = Field(alias="for", serialization_alias="for")
    """How long each lasts, drawn anew each time; all are over at ``until``."""
    at: Instant | None = None
    """From when on; without it from the start."""
    until: Instant | None = None
    """When all of it is over; without it when four fifths of the horizon are, so that recovery can be seen."""
    stream: Annotated[str, Field(min_length=1, max_length=64)] = "chaos"
    """Name of the random stream: under one seed, another name gives other faults and changes nothing else."""


Struck = (
    CrashFault
    | SlowFault
    | ErrorRateFault
    | PaymentOutageFault
    | PoisonFault
    | LatencyFault
    | LossFault
    | PartitionFault
    | StoreClosedFault
    | KitchenFireFault
    | RidersOfflineFault
    | DeadZoneFault
    | DemandSurgeFault
)
FaultConfig = Annotated[Struck | ChaosFault, Field(discriminator="kind")]
Mistake = tuple[Loc, str]


def wrong_faults(scenario: Scenario) -> Iterator[Mistake]:
    """Name the faults that nothing in the scenario can have."""
    for i, fault in enumerate(scenario.faults):
        kinds = list(fault.rates) if isinstance(fault, ChaosFault) else [fault.kind]
        for kind in kinds if not scenario.has_city else ():
            if kind in CITY_KINDS:
                yield ("faults", i, "kind"), f"{kind} needs a city or an instance: nobody orders here"
        if "consumer_crash" in kinds and not any(group.consumers for group in scenario.platform.broker.groups.values()):
            rule = "needs consumers in platform.broker.groups: without them nobody can die"
            yield ("faults", i, "rates", "consumer_crash"), rule
        for loc, rule in (*_wrong_targets(fault, scenario), *_too_late(fault, scenario)):
            yield ("faults", i, *loc), rule


def services_of(scenario: Scenario) -> list[str]:
    """Give the services that run."""
    return sorted(name for name in scenario.platform.services if scenario.has_city or name not in BUILT_IN)


def callers_of(scenario: Scenario) -> list[str]:
    """Give all who call services."""
    apps = APPS if scenario.has_city else ()
    return sorted([*services_of(scenario), *apps, *(w.name for w in scenario.platform.workloads)])


def _wrong_targets(fault: Struck | ChaosFault, scenario: Scenario) -> Iterator[Mistake]:
    known, callers = services_of(scenario), callers_of(scenario)
    if isinstance(fault, CrashFault | PoisonFault) and strikes_broker(fault):
        yield from _wrong_messages(fault, scenario)
    elif isinstance(fault, CrashFault | SlowFault | ErrorRateFault) and fault.service not in known:
        yield ("service",), _no("service", fault.service, known)
    elif isinstance(fault, ErrorRateFault) and fault.operation is not None:
        yield from _wrong_operation(fault.service, fault.operation, scenario.platform)
    elif isinstance(fault, CrashFault) and fault.replicas is not None:
        yield from _too_many(fault.service, fault.replicas, scenario.platform)
    if isinstance(fault, LatencyFault | LossFault):
        for k, edge in enumerate(fault.edges):
            caller, service = edge.split("->", 1)
            if caller not in callers:
                yield ("edges", k), _no("caller", caller, callers)
            elif service not in known:
                yield ("edges", k), _no("service", service, known)
    if isinstance(fault, PartitionFault):
        for g, group in enumerate(fault.groups):
            yield from (
                (("groups", g, k), _no("service, app or workload", name, callers))
                for k, name in enumerate(group)
                if name not in callers
            )


def _wrong_messages(fault: CrashFault | PoisonFault, scenario: Scenario) -> Iterator[Mistake]:
    """Name what is wrong with a fault of the broker, its consumers or its messages."""
    platform, has_city = scenario.platform, scenario.has_city
    groups = groups_of(platform, has_city=has_city)
    consuming = [group for group in groups if group != "app"]
    if isinstance(fault, PoisonFault):
        topics = sorted(topics_of(platform, has_city=has_city))
        if fault.topic not in topics:
            yield ("topic",), _no("topic", fault.topic, topics)
        for k, group in enumerate(fault.groups):
            if group not in consuming:
                yield ("groups", k), _no("consumer group", group, consuming)
        return
    if fault.replicas is not None:
        yield ("replicas",), "must not be given: a broker has none, and consumers are no replicas"
    if fault.service == BROKER:
        if fault.consumers is not None:
            yield ("consumers",), "must not be given with the broker: name the service whose consumers die"
        return
    if fault.service not in consuming:
        yield ("service",), _no("consumer group", fault.service, consuming)
        return
    own = platform.broker.groups.get(fault.service)
    most = (own and own.consumers) or 0
    if fault.consumers is not None and fault.consumers > most:
        rule = f"must be at most the {most} of platform.broker.groups.{fault.service}.consumers, got {fault.consumers}"
        yield ("consumers",), rule


def _too_many(service: str, replicas: int, platform: PlatformConfig) -> Iterator[Mistake]:
    process = next((p for p in platform.processes.values() if service in p.services), None)
    station = process or platform.services[service]
    most = station.replicas if station.autoscale is None else station.autoscale.max
    if replicas >= most:
        yield ("replicas",), f"must be below the {most} that {service} has; leave it out, and all of them crash"


def instants_of(fault: Struck | ChaosFault) -> tuple[Instant, ...]:
    """Give the instants at which a fault begins, as the scenario says."""
    if isinstance(fault, ChaosFault):
        return () if fault.at is None else (fault.at,)
    return fault.at


def _wrong_operation(service: str, operation: str, platform: PlatformConfig) -> Iterator[Mistake]:
    operations = sorted(platform.services[service].operations)
    if operation not in operations:
        yield ("operation",), _no(f"operation of {service}", operation, operations)


def _no(what: str, got: str, known: list[str]) -> str:
    return f"must be a {what} that exists, got {shown(got)}{near_miss(got, known)}"


def _too_late(fault: Struck | ChaosFault, scenario: Scenario) -> Iterator[Mistake]:
    if scenario.horizon is None:
        return
    last = scenario.horizon + (3 * 3600.0 if scenario.drain == "until_done" else scenario.drain)
    rule = "must be before the run ends at the latest"
    for k, instant in enumerate(instants_of(fault)):
        try:
            late = instant.at(scenario.starts_at) >= last
        except ValueError:  # before the start: told elsewhere
            continue
        if late:
            yield (("at", k) if isinstance(fault, FaultTimes) else ("at",)), f"{rule}, got {shown(instant.text)}"
