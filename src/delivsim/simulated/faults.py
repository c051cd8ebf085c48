"""What breaks, and when."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from simpy import Environment

from delivsim.simulated.assemble import Parts
from delivsim.simulated.config import CrashFault, FaultConfig, SlowFault


def plan_faults(env: Environment, faults: Sequence[FaultConfig], starts_at: datetime, parts: Parts) -> None:
    """Set an alarm for the begin and the end of every fault."""
    for fault in faults:
        at = fault.at.at(starts_at)
        begin, end = _crash(fault, parts) if isinstance(fault, CrashFault) else _slow(fault, parts)
        _at(env, at, begin)
        _at(env, at + fault.duration, end)


def _at(env: Environment, instant: float, act: Callable[[], None]) -> None:
    env.timeout(instant - env.now).callbacks.append(lambda _: act())


def _crash(fault: CrashFault, parts: Parts) -> tuple[Callable[[], None], Callable[[], None]]:
    """Take the whole process of a service down, and bring it back with the servers it had."""
    station = next(name for name, services in parts.on_station.items() if fault.service in services)
    services = parts.on_station[station]
    lost: list[int] = []

    def begin() -> None:
        lost.append(parts.runtime.crash(services))

    def end() -> None:
        parts.runtime.restart(services, lost.pop())

    return begin, end


def _slow(fault: SlowFault, parts: Parts) -> tuple[Callable[[], None], Callable[[], None]]:
    service = parts.runtime.services[fault.service]

    def begin() -> None:
        service.slow *= fault.factor

    def end() -> None:
        service.slow /= fault.factor

    return begin, end
