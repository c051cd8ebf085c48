"""``platform.services`` and ``platform.processes``: servers, and what each operation costs."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema, core_schema

from delivsim.domain.config import Config, refuse
from delivsim.domain.distributions import DurationLaw
from delivsim.domain.units import Duration
from delivsim.simulated.config.autoscaling import AutoscaleConfig
from delivsim.simulated.config.disciplines import Balancing, Discipline, Priority, SheddingConfig
from delivsim.simulated.config.names import Count, Name
from delivsim.simulated.config.network import EdgeConfig
from delivsim.simulated.config.resilience import RateLimitConfig
from delivsim.simulated.config.steps import StepConfig


class OperationConfig(Config):
    """What an operation costs (``work``), or what it does (``steps``, for services of one's own)."""

    work: DurationLaw | None = None
    """How long one call occupies a worker before it goes on. Operations of the seven services have a default."""
    steps: tuple[StepConfig, ...] | None = None
    """The steps of an operation of a service of one's own."""
    uses: tuple[Name, ...] = ()
    """Resources that a built-in operation uses after its work, one after the other; a refusal ends it with 503."""
    priority: Priority = 5
    """Its class where the station's discipline goes by priority: 0 is the most urgent, 9 the least."""
    idempotent: bool | None = None
    """
    Of an operation of one's own: whether asking twice is as good as asking once; without it, it is. If not, calls that
    may have been begun are not tried again; the last attempt's row has the reason ``not_idempotent``. Of built-in ones
    that is known.
    """

    @model_validator(mode="after")
    def _one_form(self) -> OperationConfig:
        if (self.work is None) == (self.steps is None):
            raise refuse(
                ((), "must have exactly one of work (built-in operations) and steps (operations of one's own)")
            )
        return self


class StationConfig(Config):
    """The servers of a process, ``replicas`` x ``workers``, and how requests queue for them."""

    replicas: Count = 1
    """How many copies of the process run; at first, where they are scaled."""
    workers: Count = 8
    """How many requests each replica works on at the same time."""
    holds: Literal["work", "request"] = "work"
    """What a worker is held for: only its own work (asyncio), or the whole request with its calls (threads)."""
    queue_capacity: Annotated[int, Field(ge=0)] | None = None
    """How many requests may wait; one more is refused with 503. Without it: any number. Where
    replicas have queues of their own: in each."""
    discipline: Discipline = "fifo"
    """
    fifo: first come, first served; lifo: the latest first; priority: the operation's ``priority``, 0 first, within a
    class first come; preemptive_priority: the more urgent interrupts the less urgent, whose work resumes later;
    processor_sharing: all at once, each at the speed min(1, servers / requests), and ``queue_capacity`` is how many
    more requests than servers there may be.
    """
    queue_timeout: DurationLaw | None = None
    """How long a request waits in the queue before it is given up with 503. Without it: until it is served."""
    shedding: SheddingConfig | None = None
    """Which requests are given up, with 503, on arrival or when they would start. Without it: none."""
    balancing: Balancing = "shared"
    """
    shared: all replicas take from one queue; else each has its own, and a request joins the one chosen on arrival:
    round_robin in turn; random; least_outstanding the one with the fewest requests; two_choices the shorter of two.
    """
    autoscale: AutoscaleConfig | None = None
    """When replicas come and go. Without it: ``replicas`` of them, always."""

    @model_validator(mode="after")
    def _goes_together(self) -> StationConfig:
        wrong: list[tuple[tuple[str | int, ...], str]] = []
        if self.discipline == "processor_sharing":
            rule = "must not be given with processor_sharing, where nobody waits"
            wrong += [((name,), rule) for name in ("queue_timeout", "shedding") if getattr(self, name) is not None]
        if self.holds == "request" and self.discipline in ("preemptive_priority", "processor_sharing"):
            rule = "must be work with {}: a request that holds its worker during calls cannot give it up meanwhile"
            wrong.append((("holds",), rule.format(self.discipline)))
        scaling = self.autoscale
        if scaling is not None and not scaling.min <= self.replicas <= scaling.max:
            rule = f"must be from autoscale.min ({scaling.min}) to autoscale.max ({scaling.max})"
            wrong.append((("replicas",), rule))
        if wrong:
            raise refuse(*wrong)
        return self


class ServiceConfig(StationConfig):
    """One service: its servers and its operations."""

    operations: dict[Name, OperationConfig] = Field(default_factory=dict)
    """Work or steps of each operation; a consumed topic is an operation named like the topic."""
    rate_limit: RateLimitConfig | None = None
    """Calls beyond it are refused with 429 as they arrive. Without it: none. Messages and timers are not limited."""
    calls: EdgeConfig | None = None
    """How all calls of this service travel, where ``platform.network.edges`` says nothing else of the pair."""
    consumes: dict[Name, Name] = Field(default_factory=dict)
    """Topics that a service of one's own consumes, and the operation that each message starts."""
    outbox: bool = True
    """Whether what it publishes is stored in the transaction of what it writes, and sent from there: nothing is lost
    when it crashes or the broker is down, only late. Without an outbox it is lost then."""
    relay_every: Duration = 0.0
    """How often what is in the outbox is sent; 0: at once."""
    idempotent: bool = True
    """Whether it remembers, in the transaction of what it writes, which messages it has handled, and skips one that
    comes again. Else it handles that anew, as far as what it wrote before does not keep it from it."""

    @model_validator(mode="after")
    def _relays(self) -> ServiceConfig:
        if not self.outbox and self.relay_every:
            raise refuse((("relay_every",), "needs an outbox: outbox is false"))
        return self


class ProcessConfig(StationConfig):
    """Several services in one operating-system process: one queue, one set of workers."""

    services: Annotated[tuple[Name, ...], Field(min_length=1)]
    """The services that share it."""


class Listed:
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
