"""Calls from outside the city: open, closed, batch, Markov-modulated and timed workloads on any service."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from simpy import Environment

from delivsim.city.port import Platform
from delivsim.domain.streams import Streams
from delivsim.services.messages import Request

Process = Generator[Any, Any, None]


def start_workload(env: Environment, platform: Platform, workload: Any, streams: Streams, until: float) -> None:
    """Start the processes of one workload; no call is made at or after ``until``."""
    service, operation = workload.operation.split(".", 1)
    request = Request(workload.name, operation, None, -1, service)
    if workload.kind == "closed":
        think = streams.sequence(f"workload/{workload.name}/think", workload.think.sample)
        for _ in range(workload.users):
            env.process(_user(env, platform, request, think, until))
        return
    start = {"open": _open, "batch": _batch, "mmpp": _mmpp, "phases": _phases}[workload.kind]
    env.process(start(env, platform, request, workload, streams, until))


def _user(env: Environment, platform: Platform, request: Request, think: Callable[[], float], until: float) -> Process:
    while True:
        yield env.timeout(think())
        if env.now >= until:
            return
        yield platform.call(request)


def _open(
    env: Environment, platform: Platform, request: Request, workload: Any, streams: Streams, until: float
) -> Process:
    name = f"workload/{workload.name}/interarrival"
    if workload.rate is not None:
        mean = 1.0 / workload.rate
        gap = streams.sequence(name, lambda rng, n: rng.exponential(mean, n))
    else:
        gap = streams.sequence(name, workload.interarrival.sample)
    while True:
        yield env.timeout(gap())
        if env.now >= until:
            return
        platform.call(request)


def _batch(
    env: Environment, platform: Platform, request: Request, workload: Any, streams: Streams, until: float
) -> Process:
    gap = streams.sequence(f"workload/{workload.name}/gap", lambda rng, n: rng.exponential(1.0 / workload.rate, n))
    size = streams.sequence(f"workload/{workload.name}/size", workload.size.sample)
    while True:
        yield env.timeout(gap())
        if env.now >= until:
            return
        for _ in range(round(size())):
            platform.call(request)


def _mmpp(
    env: Environment, platform: Platform, request: Request, workload: Any, streams: Streams, until: float
) -> Process:
    """Stay in each state for an exponential time, round and round."""
    unit = streams.sequence(f"workload/{workload.name}/gap", lambda rng, n: rng.standard_exponential(n))
    stay = streams.sequence(f"workload/{workload.name}/state", lambda rng, n: rng.standard_exponential(n))
    while env.now < until:
        for state in workload.states:
            yield from _at_rate(env, platform, request, state.rate, env.now + stay() * state.mean_time, unit, until)


def _phases(
    env: Environment, platform: Platform, request: Request, workload: Any, streams: Streams, until: float
) -> Process:
    """Go through the phases, once or round and round; their ends are sums of what they last, without drift."""
    unit = streams.sequence(f"workload/{workload.name}/gap", lambda rng, n: rng.standard_exponential(n))
    start, period = env.now, sum(phase.lasts for phase in workload.phases)
    while env.now < until:
        ends_at = start
        for phase in workload.phases:
            ends_at += phase.lasts
            yield from _at_rate(env, platform, request, phase.rate, ends_at, unit, until)
        if not workload.repeat:
            return
        start += period


def _at_rate(
    env: Environment,
    platform: Platform,
    request: Request,
    rate: float,
    ends_at: float,
    unit: Callable[[], float],
    until: float,
) -> Process:
    """Call at Poisson instants up to ``ends_at`` or ``until``; an arrival that would come later is forgotten."""
    while rate > 0:
        gap = unit() / rate
        if env.now + gap >= min(ends_at, until):
            break
        yield env.timeout(gap)
        platform.call(request)
    if env.now < min(ends_at, until):
        yield env.timeout(min(ends_at, until) - env.now)
