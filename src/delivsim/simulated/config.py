"""What a scenario says under ``platform`` and ``faults``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema, core_schema

from delivsim.domain.config import Config, refuse
from delivsim.domain.distributions import DurationLaw, NumberLaw, duration_law
from delivsim.domain.units import Duration, Instant, PositiveDuration, PositiveRate, Share, Speed, near_miss

Name = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.\-]*$", max_length=64)]
ServiceName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_\-]*$", max_length=64)]
Count = Annotated[int, Field(ge=1, le=1_000_000)]

BUILT_IN = ("gateway", "user", "order", "store", "delivery", "payment", "notification")
APPS = ("customer", "rider", "store_app")
"""The clients of the built-in services: all of them call the gateway."""
NOT_SERVICES = (*APPS, "app", "broker", "client", "timer")
"""Names that stand for others than services in the tables of a run."""


def _law(value: object) -> Any:
    """Make a default law (``Any``, because mypy cannot tell the union's members from their parent)."""
    return duration_law(value)


class BranchConfig(Config):
    """One branch of a ``choose`` step."""

    probability: Share
    """How likely this branch is."""
    steps: tuple[StepConfig, ...] = ()
    """What happens on it; nothing if empty."""


class StepConfig(Config):
    """One step of an operation; exactly one key."""

    work: DurationLaw | None = None
    """Occupy a worker for this long."""
    call: Name | None = None
    """Call ``service.operation`` and wait for the answer; an error ends the operation with that error."""
    call_all: tuple[Name, ...] | None = None
    """Call several ``service.operation`` at once and wait for all answers."""
    choose: tuple[BranchConfig, ...] | None = None
    """Take one of several branches; probabilities sum to 1."""
    publish: Name | None = None
    """Publish a message to this topic."""
    wait: DurationLaw | None = None
    """Let this long pass without occupying a worker."""

    @model_validator(mode="after")
    def _one_key(self) -> StepConfig:
        given = [name for name in type(self).model_fields if getattr(self, name) is not None]
        if len(given) != 1:
            raise refuse(((), f"must have exactly one of {', '.join(type(self).model_fields)}"))
        if self.choose is not None and abs(sum(b.probability for b in self.choose) - 1.0) > 1e-9:
            total = sum(b.probability for b in self.choose)
            raise refuse((("choose",), f"probabilities must sum to 1, not to {total:g}"))
        return self


class OperationConfig(Config):
    """What an operation costs (``work``), or what it does (``steps``, for services of one's own)."""

    work: DurationLaw | None = None
    """How long one call occupies a worker before it goes on. Operations of the seven services have a default."""
    steps: tuple[StepConfig, ...] | None = None
    """The steps of an operation of a service of one's own."""

    @model_validator(mode="after")
    def _one_form(self) -> OperationConfig:
        if (self.work is None) == (self.steps is None):
            raise refuse(
                ((), "must have exactly one of work (built-in operations) and steps (operations of one's own)")
            )
        return self


class StationConfig(Config):
    """The servers of a process: ``replicas`` x ``workers``, first come, first served."""

    replicas: Count = 1
    """How many copies of the process run; they share one queue."""
    workers: Count = 8
    """How many requests each replica works on at the same time."""
    holds: Literal["work", "request"] = "work"
    """What a worker is held for: only its own work (asyncio), or the whole request with its calls (threads)."""
    queue_capacity: Annotated[int, Field(ge=0)] | None = None
    """How many requests may wait; one more is refused with 503. Without it: any number."""


class ServiceConfig(StationConfig):
    """One service: its servers and its operations."""

    operations: dict[Name, OperationConfig] = Field(default_factory=dict)
    """Work or steps of each operation; a consumed topic is an operation named like the topic."""
    consumes: dict[Name, Name] = Field(default_factory=dict)
    """Topics that a service of one's own consumes, and the operation that each message starts."""


class ProcessConfig(StationConfig):
    """Several services in one operating-system process: one queue, one set of workers."""

    services: Annotated[tuple[Name, ...], Field(min_length=1)]
    """The services that share it."""


class _Listed:
    """Lets a bare list of services stand for a process, in pydantic and in the JSON Schema."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self._spelled_out, handler(source))

    def _spelled_out(self, value: Any) -> Any:
        return {"services": value} if isinstance(value, list | tuple) else value

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        process = handler(schema)
        services = handler.resolve_ref_schema(process)["properties"]["services"]
        bare = {key: value for key, value in services.items() if key not in ("title", "description")}
        return {"anyOf": [bare, process]}


class RetryConfig(Config):
    """Trying again after a time-out or an answer of 500 and above."""

    max_attempts: Annotated[int, Field(ge=1, le=100)] = 3
    """How often a call is made at most, the first time included."""
    backoff: DurationLaw = Field(default=_law("1s"))
    """How long to wait before each further attempt."""


class EdgeConfig(Config):
    """One caller-callee pair."""

    delay: DurationLaw | None = None
    """One-way network delay; without it the network's default."""
    timeout: PositiveDuration | None = None
    """How long the caller waits for one attempt; without it: for ever."""
    retries: RetryConfig | None = None
    """Without it a call is made once."""


def _default_edges() -> dict[str, EdgeConfig]:
    return {
        "customer->gateway": EdgeConfig(
            delay=_law({"kind": "lognormal", "p50": "35ms", "p99": "150ms"}),
            timeout=10.0,
            retries=RetryConfig(max_attempts=3, backoff=_law("2s")),
        ),
        "rider->gateway": EdgeConfig(
            delay=_law({"kind": "lognormal", "p50": "50ms", "p99": "300ms"}),
            timeout=10.0,
            retries=RetryConfig(max_attempts=5, backoff=_law("3s")),
        ),
        "store_app->gateway": EdgeConfig(
            delay=_law("20ms"),
            timeout=10.0,
            retries=RetryConfig(max_attempts=5, backoff=_law("3s")),
        ),
    }


class NetworkConfig(Config):
    """Delays, time-outs and retries between callers and services."""

    default_delay: DurationLaw = Field(default=_law("0.5ms"))
    """One-way delay between any two services, and from a workload to a service."""
    edges: dict[Annotated[str, Field(pattern=r"^[^\s>]+->[^\s>]+$")], EdgeConfig] = Field(default_factory=dict)
    """Exceptions by ``caller->service``; callers are services, apps (customer, rider, store_app) and workloads."""

    @model_validator(mode="before")
    @classmethod
    def _with_default_edges(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("edges", {}), dict):
            return {**data, "edges": {**_default_edges(), **data.get("edges", {})}}
        return data


class TopicConfig(Config):
    """One topic of the broker."""

    partitions: Count | None = None
    """Messages of one key keep their order; different partitions are consumed side by side."""


class GroupConfig(Config):
    """One consumer group: the service of that name."""

    concurrency: Count | None = None
    """How many messages the group handles at the same time, over all partitions and topics."""


class BrokerConfig(Config):
    """The message broker."""

    partitions: Count = 16
    """Partitions of a topic that does not say otherwise."""
    publish_delay: DurationLaw = Field(default=_law("2ms"))
    """From the publisher's commit until the message stands in its partition."""
    delivery_delay: DurationLaw = Field(default=_law("0ms"))
    """From the moment a consumer group is free for it until its handler is called."""
    redelivery_delay: PositiveDuration = 1.0
    """After a failed delivery, until it is tried again; doubles with each try, up to a minute."""
    max_deliveries: Count = 20
    """After so many failed deliveries a message becomes a dead letter."""
    topics: dict[Name, TopicConfig] = Field(default_factory=dict)
    """Exceptions by topic."""
    groups: dict[Name, GroupConfig] = Field(default_factory=dict)
    """Exceptions by consumer group."""


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


class OpenWorkload(Config):
    """Calls that come whatever happened to those before."""

    kind: Literal["open"]
    """Independent arrivals."""
    name: Name
    """Names the caller in the tables, and the edge ``name->service``."""
    operation: Name
    """``service.operation`` to call."""
    interarrival: DurationLaw | None = None
    """Time between arrivals; or give ``rate``."""
    rate: PositiveRate | None = None
    """Poisson arrivals at this rate; or give ``interarrival``."""

    @model_validator(mode="after")
    def _one_form(self) -> OpenWorkload:
        if (self.interarrival is None) == (self.rate is None):
            raise refuse(((), "must have exactly one of interarrival and rate"))
        if self.interarrival is not None and self.interarrival.mean <= 0:
            raise refuse((("interarrival",), "must have a mean > 0"))
        return self


class BatchWorkload(Config):
    """Several calls at once, at Poisson instants."""

    kind: Literal["batch"]
    """Batch arrivals."""
    name: Name
    """Names the caller in the tables."""
    operation: Name
    """``service.operation`` to call."""
    rate: PositiveRate
    """Batches per second."""
    size: NumberLaw
    """Calls in a batch, rounded to whole numbers."""


class ClosedWorkload(Config):
    """A fixed number of users who think, call, wait for the answer, and think again."""

    kind: Literal["closed"]
    """A fixed population."""
    name: Name
    """Names the caller in the tables."""
    operation: Name
    """``service.operation`` to call."""
    users: Count
    """How many users there are."""
    think: DurationLaw
    """How long a user thinks before each call."""


class MmppState(Config):
    """One state of a Markov-modulated Poisson process."""

    rate: Annotated[float, Field(ge=0)] | PositiveRate
    """Arrivals per second while in it."""
    mean_time: PositiveDuration
    """Mean time spent in it (exponential)."""


class MmppWorkload(Config):
    """Poisson arrivals whose rate follows a Markov chain that goes round its states."""

    kind: Literal["mmpp"]
    """Bursty arrivals."""
    name: Name
    """Names the caller in the tables."""
    operation: Name
    """``service.operation`` to call."""
    states: Annotated[tuple[MmppState, ...], Field(min_length=2)]
    """The states, visited in this order, over and over."""


WorkloadConfig = Annotated[OpenWorkload | BatchWorkload | ClosedWorkload | MmppWorkload, Field(discriminator="kind")]


class CrashFault(Config):
    """A service is gone for a while: work in progress is lost, callers get 503."""

    kind: Literal["crash"]
    """Everything of the service fails at that instant; new requests are refused until it is back."""
    service: Name
    """The service (with all others of its process)."""
    at: Instant
    """When it crashes."""
    duration: PositiveDuration = Field(alias="for", serialization_alias="for")
    """How long it is gone."""


class SlowFault(Config):
    """A service works slower for a while."""

    kind: Literal["slow"]
    """Work that begins while it lasts takes ``factor`` times as long."""
    service: Name
    """The service."""
    at: Instant
    """When it begins."""
    duration: PositiveDuration = Field(alias="for", serialization_alias="for")
    """How long it lasts."""
    factor: Annotated[float, Field(gt=0, le=1e6)]
    """How many times longer the work takes."""


FaultConfig = Annotated[CrashFault | SlowFault, Field(discriminator="kind")]


def _lognormal(p50: str, p99: str) -> Any:
    return _law({"kind": "lognormal", "p50": p50, "p99": p99})


def default_services() -> dict[str, dict[str, Any]]:
    """
    Servers and work of the seven services where a scenario says nothing.

    Returns
    -------
    Per service: ``workers`` and ``operations``, the work of each operation. Medians and 99 % quantiles are of the
    order of a web service with a database behind it; the payment provider is the slow one.
    """
    quick, plain, heavy = _lognormal("2ms", "10ms"), _lognormal("4ms", "20ms"), _lognormal("8ms", "40ms")
    work: dict[str, dict[str, Any]] = {
        "gateway": {"place_order": plain, "payment.succeeded": quick, "payment.declined": quick},
        "user": {"authenticate": plain, "view_profile": plain, "update_profile": heavy},
        "order": {
            "create_order": heavy,
            "track_order": quick,
            "cancel_order": plain,
            "order.assigned": quick,
            "order.picked_up": quick,
            "order.delivered": quick,
            "order.unserved": quick,
            "payment.declined": quick,
        },
        "store": {
            "check_availability": plain,
            "request_preparation": plain,
            "mark_ready": plain,
            "restock": plain,
            "order.cancelled": plain,
        },
        "delivery": {
            "order.placed": plain,
            "order.ready": quick,
            "accept_offer": plain,
            "decline_offer": plain,
            "give_back": plain,
            "picked_up": plain,
            "delivered": plain,
            "withdraw": plain,
            "go_online": plain,
            "go_offline": plain,
            "report_position": quick,
            "give_feedback": plain,
        },
        "payment": {
            "charge": _lognormal("150ms", "900ms"),
            "order.placed": _lognormal("150ms", "900ms"),
            "order.cancelled": _lognormal("150ms", "900ms"),
        },
        "notification": {
            "notify": plain,
            "order.placed": plain,
            "order.ready": plain,
            "order.picked_up": plain,
            "order.delivered": plain,
            "order.cancelled": plain,
            "payment.succeeded": plain,
            "payment.declined": plain,
        },
    }
    routed = (
        *("track_order", "cancel_order", "view_profile", "update_profile", "give_feedback", "go_online"),
        *("go_offline", "report_position", "accept_offer", "decline_offer", "give_back", "picked_up", "delivered"),
        *("mark_ready", "restock"),
    )
    work["gateway"].update(dict.fromkeys(routed, quick))
    return {
        name: {"workers": 32 if name == "payment" else 8, "operations": {op: {"work": law} for op, law in ops.items()}}
        for name, ops in work.items()
    }


class PlatformConfig(Config):
    """The platform: services, network and broker."""

    kind: Literal["simulated", "ideal"] = "simulated"
    """simulated: everything queues and takes time; ideal: the same flow at zero latency."""
    services: dict[ServiceName, ServiceConfig] = Field(default_factory=dict)
    """Servers and work of the seven services, and services of one's own."""
    processes: dict[Name, Annotated[ProcessConfig, _Listed()]] = Field(default_factory=dict)
    """Services that share one process, and so its workers and queue: a map as below, or just a list of services."""
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
            data["services"] = _merged(given)
        return data

    @model_validator(mode="after")
    def _references(self) -> PlatformConfig:
        wrong = [*self._wrong_calls(), *self._wrong_processes(), *self._wrong_edges(), *self._wrong_operations()]
        if wrong:
            raise refuse(*wrong)
        return self

    def _wrong_calls(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        own = {name: service for name, service in self.services.items() if name not in BUILT_IN}
        known = sorted(f"{name}.{op}" for name, service in own.items() for op in service.operations)
        for name, service in own.items():
            for op, config in service.operations.items():
                for place, target in _calls(config.steps or ()):
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
        callers = sorted({*self.services, *APPS, *(w.name for w in self.workloads), "broker"})
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


def _calls(steps: tuple[StepConfig, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    for i, step in enumerate(steps):
        if step.call is not None:
            yield (i, "call"), step.call
        for j, target in enumerate(step.call_all or ()):
            yield (i, "call_all", j), target
        for j, branch in enumerate(step.choose or ()):
            for place, target in _calls(branch.steps):
                yield (i, "choose", j, "steps", *place), target


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


def _merged(given: dict[Any, Any]) -> dict[Any, Any]:
    services: dict[Any, Any] = {}
    for name, default in default_services().items():
        own = given.get(name, {})
        if isinstance(own, dict):
            operations = own.get("operations", {})
            services[name] = {**default, **own}
            if isinstance(operations, dict):
                services[name]["operations"] = {**default["operations"], **operations}
        else:
            services[name] = own
    return services | {name: own for name, own in given.items() if name not in services}
