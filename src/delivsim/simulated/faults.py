"""What breaks of the platform: how each fault begins and ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from delivsim.domain.streams import Streams
from delivsim.services.messages import Response
from delivsim.simulated.assemble import Parts
from delivsim.simulated.broker import FallibleBroker
from delivsim.simulated.broker.fallible import Poison
from delivsim.simulated.config import (
    CrashFault,
    ErrorRateFault,
    LossFault,
    NetworkFault,
    PartitionFault,
    PaymentOutageFault,
    PlatformFault,
    PoisonFault,
    SlowFault,
    strikes_broker,
)
from delivsim.simulated.disturbance import Disturbance, Network, between
from delivsim.simulated.frames import Errors

Turn = Callable[[], None]
ERROR: Response[Any] = Response(500, None, "error")
NO_PROVIDER: Response[Any] = Response(503, None, "provider")
PROVIDER_OPERATIONS = ("charge", "order.placed", "order.cancelled")
"""What the payment service cannot do without its provider: charge, charge later, refund."""


class PlatformFaults:
    """Breaks a platform and mends it again; faults that overlap add up."""

    def __init__(self, parts: Parts, streams: Streams) -> None:
        self._parts, self._runtime, self._streams = parts, parts.runtime, streams
        self._lost: dict[str, int] = {}
        self._slower: dict[str, list[float]] = {}
        self._network: Network | None = None

    def turns(self, fault: PlatformFault) -> tuple[Turn, Turn]:
        """Give what happens when a fault begins, and when it ends."""
        if isinstance(fault, PoisonFault):
            return self._poison(fault)
        if isinstance(fault, CrashFault) and strikes_broker(fault):
            return self._lose_consumers(fault) if fault.consumers is not None else self._crash_broker()
        if isinstance(fault, CrashFault):
            return self._crash(fault.service) if fault.replicas is None else self._lose_replicas(fault, fault.replicas)
        if isinstance(fault, SlowFault):
            return self._slow(fault)
        if isinstance(fault, ErrorRateFault):
            operations = () if fault.operation is None else (fault.operation,)
            return self._errors(fault.service, operations, fault.share, ERROR)
        if isinstance(fault, PaymentOutageFault):
            return self._errors("payment", PROVIDER_OPERATIONS, fault.share, NO_PROVIDER)
        return self._disturb(fault)

    def _draw(self, name: str) -> Callable[[], float]:
        return self._streams.sequence(f"faults/{name}", lambda rng, n: rng.random(n))

    def _crash(self, service: str) -> tuple[Turn, Turn]:
        """Take the whole process of a service down; its servers are back when every crash of it is over."""
        station = next(name for name, services in self._parts.on_station.items() if service in services)
        services = self._parts.on_station[station]

        def begin() -> None:
            self._lost[station] = self._lost.get(station, 0) + self._runtime.crash(services)

        def end() -> None:
            is_last = self._runtime.services[service].down == 1
            self._runtime.restart(services, self._lost.pop(station) if is_last else 0)

        return begin, end

    def _lose_replicas(self, fault: CrashFault, n: int) -> tuple[Turn, Turn]:
        """Take some replicas of a process down; as many servers come back as were lost."""
        station = next(name for name, services in self._parts.on_station.items() if fault.service in services)
        services, lost = self._parts.on_station[station], list[int]()

        def begin() -> None:
            lost.append(self._runtime.crash_replicas(services, n))

        def end() -> None:
            self._runtime.bring_servers(services, lost.pop())

        return begin, end

    @property
    def _broker(self) -> FallibleBroker:
        broker = self._runtime.broker
        assert isinstance(broker, FallibleBroker), "a broker that faults strike can fail"
        return broker

    def _crash_broker(self) -> tuple[Turn, Turn]:
        return self._broker.crash, self._broker.restart

    def _lose_consumers(self, fault: CrashFault) -> tuple[Turn, Turn]:
        """Let the first consumers of a group die; they come back when no fault keeps them dead."""
        group, numbers = self._broker.groups[fault.service], range(fault.consumers or 0)

        def begin() -> None:
            for i in numbers:
                group.lose_consumer(i)

        def end() -> None:
            for i in numbers:
                group.return_consumer(i)

        return begin, end

    def _poison(self, fault: PoisonFault) -> tuple[Turn, Turn]:
        draw = self._draw(f"poison/{fault.topic}")
        poison = Poison(fault.topic, frozenset(fault.groups), lambda: fault.share >= 1.0 or draw() < fault.share)
        return (lambda: self._broker.poison(poison)), (lambda: self._broker.cure(poison))

    def _slow(self, fault: SlowFault) -> tuple[Turn, Turn]:
        service, factors = self._runtime.services[fault.service], self._factors(fault.service)

        def turn(change: Callable[[float], None]) -> Turn:
            def turned() -> None:
                change(fault.factor)
                service.slow = 1.0
                for factor in factors:
                    service.slow *= factor

            return turned

        return turn(factors.append), turn(factors.remove)

    def _factors(self, service: str) -> list[float]:
        """Give the factors by which a service is slower now: multiplied anew each time, so that none leaves a trace."""
        return self._slower.setdefault(service, [])

    def _errors(
        self, service: str, operations: tuple[str, ...], share: float, response: Response[Any]
    ) -> tuple[Turn, Turn]:
        server = self._runtime.services[service]
        errors = Errors(operations, share, response, self._draw(f"errors/{service}"))

        def begin() -> None:
            server.errors.append(errors)
            server.faulty += 1

        def end() -> None:
            server.errors.remove(errors)
            server.faulty -= 1

        return begin, end

    def _disturb(self, fault: NetworkFault) -> tuple[Turn, Turn]:
        network = self._network = self._network or Network(self._runtime)
        wrong = self._disturbance(fault)
        return (lambda: network.begin(wrong)), (lambda: network.end(wrong))

    def _disturbance(self, fault: NetworkFault) -> Disturbance:
        if isinstance(fault, PartitionFault):
            return Disturbance(edges=between(fault.groups), share=1.0, noticed_after=fault.noticed_after)
        pairs = frozenset((a, b) for a, b in (edge.split("->", 1) for edge in fault.edges)) or None
        if isinstance(fault, LossFault):
            draw = self._draw("loss")
            return Disturbance(edges=pairs, share=fault.share, draw=draw, noticed_after=fault.noticed_after)
        extra = None if fault.extra is None else self._streams.sequence("faults/latency", fault.extra.sample)
        return Disturbance(edges=pairs, factor=fault.factor, extra=extra)
