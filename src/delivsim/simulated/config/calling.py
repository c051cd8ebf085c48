"""Who calls whom on a platform, and what cannot be said of such calls."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from delivsim.services.gateway import CLIENT_OPERATIONS
from delivsim.services.remembering import QUESTIONS
from delivsim.services.repeating import REPEATABLE, is_repeatable
from delivsim.simulated.config.names import BUILT_IN
from delivsim.simulated.config.steps import calls

if TYPE_CHECKING:
    from delivsim.simulated.config.network import EdgeConfig
    from delivsim.simulated.config.platform import PlatformConfig

Wrong = Iterator[tuple[tuple[str | int, ...], str]]

CALLS_NOBODY = ("user", "store", "payment", "notification")
"""Built-in services that make no calls."""


def repeatable(platform: PlatformConfig, service: str, operation: str) -> bool:
    """Whether an operation may be asked for twice."""
    if service in BUILT_IN:
        return is_repeatable(service, operation)
    return platform.services[service].operations[operation].idempotent is not False


def may_remember(platform: PlatformConfig, service: str, operation: str) -> bool:
    """Whether an answer may be given again when there is no other."""
    if service in BUILT_IN:
        return (service, operation) in QUESTIONS
    return platform.services[service].operations[operation].idempotent is not False


def wrong_calls(platform: PlatformConfig) -> Wrong:
    """Find what is said of calls that are never made, or that cannot be."""
    for name, edge in platform.network.edges.items():
        yield from _wrong_edge(platform, name, edge)
    for name, service in platform.services.items():
        place = ("services", name)
        if service.calls is not None and not _makes_calls(platform, name):
            yield (*place, "calls"), f"must not be given: {name} calls no other service"
        for op, config in service.operations.items() if name in BUILT_IN else ():
            if config.idempotent is not None:
                rule = "must not be given: of the operations of built-in services it is known"
                yield (*place, "operations", op, "idempotent"), rule


def _wrong_edge(platform: PlatformConfig, name: str, edge: EdgeConfig) -> Wrong:
    caller, callee = name.split("->", 1)
    place = ("network", "edges", name)
    if callee not in platform.services:
        return  # told elsewhere
    operations = _operations(platform, callee)
    for key in ("retries", "hedge") if not any(repeatable(platform, callee, op) for op in operations) else ():
        if getattr(edge, key) is not None:
            yield (*place, key), f"must not be given: no operation of {callee} is idempotent or carries a key"
    if edge.fallback is not None and not any(may_remember(platform, callee, op) for op in operations):
        yield (*place, "fallback"), f"must not be given: no answer of {callee} may be given again later"
    if caller in platform.services and platform.services[caller].calls is not None:
        for at, rule in platform.edge(caller, callee).contradictions():
            yield (*place, *at), f"{rule}; one of them is said by services.{caller}.calls"


def _operations(platform: PlatformConfig, service: str) -> tuple[str, ...]:
    """Give the operations of a service that others call."""
    if service == "gateway":
        return CLIENT_OPERATIONS
    if service in BUILT_IN:
        return tuple(REPEATABLE.get(service, ()))
    return tuple(platform.services[service].operations)


def _makes_calls(platform: PlatformConfig, service: str) -> bool:
    if service in BUILT_IN:
        return service not in CALLS_NOBODY
    return any(list(calls(op.steps or ())) for op in platform.services[service].operations.values())
