"""What a scenario says under ``platform``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from delivsim.domain.config import Config, refuse
from delivsim.domain.units import Duration, PositiveDuration, Speed, near_miss, shown
from delivsim.simulated.config.broker import BrokerConfig
from delivsim.simulated.config.calling import wrong_calls
from delivsim.simulated.config.defaults import default_services, merged
from delivsim.simulated.config.disciplines import DeadlineShedding
from delivsim.simulated.config.names import APPS, BUILT_IN, NOT_SERVICES, Name, ServiceName
from delivsim.simulated.config.network import EdgeConfig, NetworkConfig
from delivsim.simulated.config.resources import ResourceConfig
from delivsim.simulated.config.services import Listed, ProcessConfig, ServiceConfig, StationConfig
from delivsim.simulated.config.steps import calls, uses
from delivsim.simulated.config.workloads import ClosedWorkload, WorkloadConfig

QUEUEING = frozenset({"autoscale", "balancing", "discipline", "queue_timeout", "rate_limit", "shedding"})
"""Settings of a station that say how requests queue."""


class FixedPromise(Config):
    """Promise delivery a fixed time after the order."""

    rule: Literal["fixed"] = "fixed"
    """A fixed time."""
    after: PositiveDuration = 2400.0
    """How long after the order was confirmed."""


class EstimatedPromise(Config):
    """Promise what preparation and the way to the customer are expected to take."""

    rule: Literal["estimate"] = "estimate"
    """Preparation time + waiting for a rider + way from store to customer."""
    waiting: Duration = 900.0
    """What is allowed for finding a rider and handing over."""
    speed: Annotated[Speed, Field(gt=0)] | None = None
    """Expected speed from store to customer; without it what the city's travel model says."""


PromiseConfig = Annotated[FixedPromise | EstimatedPromise, Field(discriminator="rule")]


class PaymentConfig(Config):
    """How orders are paid."""

    mode: Literal["sync", "async"] = "sync"
    """sync: charged before the order is placed; async: after, and a decline cancels the order."""


class PlatformConfig(Config):
    """The platform: services, network and broker."""

    kind: Literal["simulated", "ideal"] = "simulated"
    """simulated: everything queues and takes time; ideal: the same flow at zero latency."""
    services: dict[ServiceName, ServiceConfig] = Field(default_factory=dict)
    """Servers and work of the seven services, and services of one's own."""
    processes: dict[Name, Annotated[ProcessConfig, Listed()]] = Field(default_factory=dict)
    """Services that share one process, and so its workers and queue: a map as below, or just a list of services."""
    resources: dict[Name, ResourceConfig] = Field(default_factory=dict)
    """What services share behind them: pools of connections, and caches; ``uses`` and steps ``use`` name them."""
    network: NetworkConfig = NetworkConfig()
    """Delays, time-outs and retries."""
    broker: BrokerConfig = BrokerConfig()
    """The message broker."""
    payment: PaymentConfig = PaymentConfig()
    """How orders are paid."""
    promise: PromiseConfig = EstimatedPromise()
    """The rule behind the delivery time promised to the customer."""
    abandon_after: PositiveDuration = 300.0
    """An order begun but never confirmed is cancelled, and its charge refunded, after this long."""
    workloads: tuple[WorkloadConfig, ...] = ()
    """Calls on services of one's own that come from outside the city."""

    @model_validator(mode="before")
    @classmethod
    def _with_defaults(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        data = dict(data)
        if ignored := list(_ignored(data)):
            raise refuse(*ignored)
        given = data.get("services", {})
        if isinstance(given, dict):
            data["services"] = merged(given)
        return data

    @model_validator(mode="after")
    def _references(self) -> PlatformConfig:
        wrong = [*self._wrong_calls(), *self._wrong_processes(), *self._wrong_edges(), *self._wrong_operations()]
        wrong += [*self._wrong_stations(), *self._wrong_resources(), *wrong_calls(self)]
        if wrong:
            raise refuse(*wrong)
        return self

    def edge(self, caller: str, callee: str) -> EdgeConfig:
        """Give all that is said of the calls of one caller to one service, of the pair or of the caller."""
        edge = self.network.edges.get(f"{caller}->{callee}", EdgeConfig())
        return edge.over(self.services[caller].calls if caller in self.services else None)

    def _wrong_calls(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        own = {name: service for name, service in self.services.items() if name not in BUILT_IN}
        known = sorted(f"{name}.{op}" for name, service in own.items() for op in service.operations)
        for name, service in own.items():
            for op, config in service.operations.items():
                for place, target in calls(config.steps or ()):
                    if target not in known:
                        yield ("services", name, "operations", op, "steps", *place), _unknown_target(target, known)
        for i, workload in enumerate(self.workloads):
            if self.kind == "ideal" and isinstance(workload, ClosedWorkload) and workload.think.mean == 0:
                yield ("workloads", i, "think"), "must be > 0 on an ideal platform, where calls take no time either"
            if workload.operation not in known:
                yield ("workloads", i, "operation"), _unknown_target(workload.operation, known)

    def _wrong_processes(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        taken: dict[str, str] = {}
        for name, process in self.processes.items():
            if name in self.services and name not in process.services:
                yield ("processes", name), f"must not have the name of a service outside it, as {name} is"
            for i, service in enumerate(process.services):
                if service not in self.services:
                    rule = f"must be a service that exists{near_miss(service, sorted(self.services))}"
                    yield ("processes", name, "services", i), rule
                elif service in taken:
                    yield ("processes", name, "services", i), f"{service} is in process {taken[service]} already"
                taken.setdefault(service, name)

    def _wrong_edges(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        callers = sorted({*self.services, *APPS, *(w.name for w in self.workloads)})
        for edge in self.network.edges:
            caller, callee = edge.split("->", 1)
            if caller not in callers:
                yield ("network", "edges", edge), f"no caller {caller!r} exists{near_miss(caller, callers)}"
            if callee not in self.services:
                known = sorted(self.services)
                yield ("network", "edges", edge), f"no service {callee!r} exists{near_miss(callee, known)}"
        names = [w.name for w in self.workloads]
        for i, workload_name in enumerate(names):
            if workload_name in names[:i] or workload_name in (*NOT_SERVICES, *self.services):
                yield ("workloads", i, "name"), "must be a name that no other workload, service or app has"

    def _wrong_resources(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        pools = sorted(name for name, resource in self.resources.items() if resource.kind == "pool")
        for name, resource in self.resources.items():
            if name in (*NOT_SERVICES, *self.services, *self.processes):
                yield ("resources", name), "must be a name that no service, process or app has"
            if self.kind == "ideal":
                yield ("resources", name), "must not be given on an ideal platform, where nothing takes time"
            if resource.kind == "cache" and resource.behind not in pools:
                yield (
                    ("resources", name, "behind"),
                    (f"must be a pool of resources, got {shown(resource.behind)}{near_miss(resource.behind, pools)}"),
                )
        known = sorted(self.resources)
        for name, service in self.services.items():
            for op, config in service.operations.items():
                place = ("services", name, "operations", op)
                if config.uses and config.steps is not None:
                    yield (*place, "uses"), "must be a step of its own where an operation has steps: - use: NAME"
                found = [(("uses", i), used) for i, used in enumerate(config.uses)]
                found += [(("steps", *at), used) for at, used in uses(config.steps or ())]  # type: ignore[misc]
                for at, used in found:
                    if used not in self.resources:
                        yield (*place, *at), f"must be one of platform.resources{near_miss(used, known)}"

    def _wrong_stations(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Find ways to queue that need what is not there: on an ideal platform nothing takes time."""
        stations = [*(("services", *pair) for pair in self.services.items())]
        stations += [("processes", *pair) for pair in self.processes.items()]  # type: ignore[misc]
        for part, name, station in stations if not self.network.propagate_deadlines else ():
            if isinstance(station.shedding, DeadlineShedding):
                rule = "needs network.propagate_deadlines: true, or nothing tells how long callers wait"
                yield (part, name, "shedding", "kind"), rule
        for part, name, station in stations if self.kind == "ideal" else ():
            for key in station.model_fields_set & QUEUEING:
                yield (part, name, key), "must not be given on an ideal platform, where nobody queues"

    def _wrong_operations(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        built_in = default_services()
        for name, service in self.services.items():
            if name in NOT_SERVICES:
                yield ("services", name), "must not have a name that tables use for others than services"
            known = built_in.get(name, {}).get("operations", {})
            for op, config in service.operations.items():
                place = ("services", name, "operations", op)
                if name in built_in and op not in known:
                    yield place, f"the {name} service has no such operation{near_miss(op, sorted(known))}"
                elif name in built_in and config.steps is not None:
                    yield place, "what a built-in service does is fixed: give its work, not steps"
                elif name not in built_in and config.steps is None:
                    yield place, "an operation of a service of one's own needs steps"
            if name in built_in and service.consumes:
                yield ("services", name, "consumes"), "what a built-in service consumes is fixed"
            for topic, op in service.consumes.items():
                if op not in service.operations:
                    rule = f"must be an operation of {name}{near_miss(op, sorted(service.operations))}"
                    yield ("services", name, "consumes", topic), rule


def _unknown_target(target: str, known: list[str]) -> str:
    if target.split(".", 1)[0] in BUILT_IN:
        return "must be an operation of a service of one's own: the seven services answer only real orders"
    return f"must be a service.operation that exists{near_miss(target, known)}"


def _ignored(data: dict[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Find settings of a service's own station that mean nothing because it shares the one of a process."""
    services, processes = data.get("services"), data.get("processes")
    if not isinstance(services, dict) or not isinstance(processes, dict):
        return
    for name, process in processes.items():
        members = process.get("services", ()) if isinstance(process, dict) else process
        for service in members if isinstance(members, list | tuple) else ():
            own = services.get(service) if isinstance(service, str) else None
            for key in own if isinstance(own, dict) else ():
                if key in StationConfig.model_fields:
                    rule = f"{service} runs in process {name}: give {key} there (platform.processes.{name}.{key})"
                    yield ("services", service, key), rule
