"""Puts a simulated platform together from what a scenario says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from simpy import Environment

from delivsim.domain.distributions import Law
from delivsim.domain.streams import Streams
from delivsim.record.recorder import Recorder
from delivsim.services.remembering import QUESTIONS
from delivsim.services.repeating import is_repeatable
from delivsim.services.resilience import RateLimiter
from delivsim.services.service import Service
from delivsim.services.steps import Step, handler_of
from delivsim.services.uses import using
from delivsim.simulated.assemble_broker import is_plain, make_broker, remember
from delivsim.simulated.assemble_edges import Laws, edge_maker
from delivsim.simulated.config import (
    BUILT_IN,
    CacheResource,
    OperationConfig,
    PlatformConfig,
    PoolResource,
    ServiceConfig,
    StepConfig,
)
from delivsim.simulated.frames import Operation, ServiceRuntime
from delivsim.simulated.leader import Leader
from delivsim.simulated.resources import Cache, Pool
from delivsim.simulated.runtime import Runtime
from delivsim.simulated.servers import Stations
from delivsim.simulated.stations import EventStation, Fleet, Station


class Parts(NamedTuple):
    """A platform, and its stations by name with the services on each."""

    runtime: Runtime
    stations: dict[str, Station]
    on_station: dict[str, list[str]]


def assemble(
    env: Environment,
    config: PlatformConfig,
    built_in: Sequence[Service],
    streams: Streams,
    recorder: Recorder,
    policy: Leader | None,
    *,
    broker_breaks: bool = False,
) -> Parts:
    """
    Build the platform: stations, services, edges and broker.

    Parameters
    ----------
    built_in
        The built-in services that run; services of one's own come from ``config``.
    recorder
        Takes the rows.
    policy
        What decides for the delivery service; None where there is none.
    broker_breaks
        Whether faults strike the broker, its consumers or its messages.
    """
    ideal = config.kind == "ideal"
    laws = Laws(streams, ideal=ideal)
    runtime = Runtime(env, recorder, edge_maker(env, config, laws, lambda: runtime), policy)
    names = [service.name for service in built_in]
    own = [name for name in config.services if name not in names and name not in BUILT_IN]
    heard = runtime.worked, runtime.refused
    overdue, callers = config.network.propagate_deadlines, runtime.callers
    maker = Stations(env, recorder.rows["visits"], *heard, laws.draws, laws.uniform, overdue=overdue, callers=callers)
    stations, on_station = maker.all_of(config, [*names, *own])
    runtime.workers = {name: (config.processes.get(name) or config.services[name]).workers for name in on_station}
    station_of = {service: stations[name] for name, services in on_station.items() for service in services}
    breaks = broker_breaks or not is_plain(config)
    runtime.broker = make_broker(env, config, laws, recorder, runtime, can_fail=breaks)
    runtime.resources = _resources(env, config, maker, laws, recorder, runtime)
    for service in built_in:
        runtime.services[service.name] = _built_in(service, config.services[service.name], station_of, laws)
    for name in own:
        runtime.services[name] = _own(name, config.services[name], station_of, laws)
    if breaks:
        remember(config, {service.name: service.topics for service in built_in}, runtime.services)
    for name, running in runtime.services.items():
        limit = config.services[name].rate_limit
        if limit is not None:
            running.limit(RateLimiter(rate=limit.rate, burst=limit.burst, per_client=limit.per == "client"))
    for service in built_in:
        _subscribe(runtime, config, service.name, {topic: topic for topic in service.topics})
        for timer in service.timers:
            runtime.start_timer(service.name, timer)
    for name in own:
        _subscribe(runtime, config, name, config.services[name].consumes)
    return Parts(runtime, stations, on_station)


def _resources(
    env: Environment, config: PlatformConfig, maker: Stations, laws: Laws, recorder: Recorder, runtime: Runtime
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, c in config.resources.items():
        if isinstance(c, PoolResource):
            found[name] = Pool(partial(maker.pool, name, c), laws.draws(f"work/{name}", c.work), runtime.resume)
    for name, c in config.resources.items():
        if isinstance(c, CacheResource):
            draws = laws.draws(f"hit/{name}", c.hit), laws.uniform(f"chance/{name}")
            common = (env, name, recorder.rows["visits"], c.hit_rate, c.cold_start)
            found[name] = Cache(*common, *draws, found[c.behind], runtime.resume)
    return found


def _built_in(service: Service, config: ServiceConfig, station_of: Mapping[str, Any], laws: Laws) -> ServiceRuntime:
    runtime = ServiceRuntime(service.name, station_of[service.name], hold=_is_held(station_of[service.name]))
    for name, handler in service.operations.items():
        c = config.operations.get(name)
        work = None if c is None or c.work is None else laws.draws(f"work/{service.name}/{name}", c.work)
        used = handler if c is None or not c.uses else using(handler, c.uses)
        priority, twice = 5 if c is None else c.priority, is_repeatable(service.name, name)
        operation = Operation(name, used, work, priority, idempotent=twice)
        operation.question = QUESTIONS.get((service.name, name))
        runtime.operations[name] = operation
    return runtime


def _is_held(station: Station | None) -> bool:
    """Tell whether a request holds a worker to its end, as its process says; on an ideal platform nothing is held."""
    return isinstance(station, EventStation | Fleet) and station.hold


def _own(name: str, config: ServiceConfig, station_of: Mapping[str, Any], laws: Laws) -> ServiceRuntime:
    runtime = ServiceRuntime(name, station_of[name], hold=_is_held(station_of[name]))
    for op_name, op_config in config.operations.items():
        steps, found = _compiled(op_name, op_config)
        twice = op_config.idempotent is not False
        operation = Operation(op_name, handler_of(steps), None, op_config.priority, idempotent=twice)
        operation.question = _body if twice else None
        for step, law in found.items():
            stream = f"step/{name}/{step}"
            operation.laws[step] = laws.uniform(stream) if law is None else laws.draws(stream, law)
        runtime.operations[op_name] = operation
    return runtime


def _body(body: Any) -> Any:
    """Give the question that an operation of one's own answers."""
    return body


def _compiled(name: str, config: OperationConfig) -> tuple[tuple[Step, ...], dict[str, Law | None]]:
    """Turn the steps of a scenario into those of a handler; also the laws by the name of their step."""
    found: dict[str, Law | None] = {}

    def compile_all(steps: Sequence[StepConfig], prefix: str) -> tuple[Step, ...]:
        return tuple(compile_one(step, f"{prefix}.{i}") for i, step in enumerate(steps))

    def compile_one(step: StepConfig, place: str) -> Step:
        if step.work is not None or step.wait is not None:
            found[place] = step.work if step.work is not None else step.wait
            return Step("work" if step.work is not None else "wait", place)
        if step.use is not None:
            return Step("use", step.use)
        if step.call is not None:
            return Step("call", targets=(_target(step.call),))
        if step.call_all is not None:
            return Step("call_all", targets=tuple(_target(target) for target in step.call_all))
        if step.publish is not None:
            return Step("publish", topic=step.publish)
        if step.fail is not None:
            return Step("fail", status=step.fail)
        found[place] = None
        branches = step.choose or ()
        total, cumulative = 0.0, []
        for branch in branches:
            total += branch.probability
            cumulative.append(total)
        cumulative[-1] = 1.0
        bodies = tuple(compile_all(branch.steps, f"{place}.{k}") for k, branch in enumerate(branches))
        return Step("choose", place, branches=bodies, cumulative=tuple(cumulative))

    return compile_all(config.steps or (), name), found


def _target(text: str) -> tuple[str, str]:
    service, operation = text.split(".", 1)
    return service, operation


def _subscribe(runtime: Runtime, config: PlatformConfig, service: str, topics: Mapping[str, str]) -> None:
    group = config.broker.groups.get(service)
    concurrency = None if group is None else group.concurrency
    for topic, operation in topics.items():
        route = runtime.message_route(service, operation)
        runtime.broker.consume(topic, service, concurrency, route, runtime.consume)
