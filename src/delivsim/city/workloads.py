"""Calls from outside the city: open, closed, batch and Markov-modulated workloads on any service."""

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
    start = {"open": _open, "batch": _batch, "mmpp": _mmpp}[workload.kind]
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
    """Arrivals in each state are Poisson, so those not yet made when the state changes are simply forgotten."""
    unit = streams.sequence(f"workload/{workload.name}/gap", lambda rng, n: rng.standard_exponential(n))
    stay = streams.sequence(f"workload/{workload.name}/state", lambda rng, n: rng.standard_exponential(n))
    while True:
        for state in workload.states:
            ends_at = env.now + stay() * state.mean_time
            while state.rate > 0:
                gap = unit() / state.rate
                if env.now + gap >= ends_at:
                    break
                yield env.timeout(gap)
                if env.now >= until:
                    return
                platform.call(request)
            if env.now < ends_at:
                yield env.timeout(ends_at - env.now)
            if env.now >= until:
                return
