"""What may break of the platform: its services, the network between them, the payment provider."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from delivsim.domain.config import refuse
from delivsim.domain.distributions import DurationLaw
from delivsim.domain.fault_times import FaultTimes
from delivsim.domain.units import PositiveDuration, Share
from delivsim.simulated.config.names import Count, Name

Factor = Annotated[float, Field(gt=0, le=1e6)]
EdgeName = Annotated[str, Field(pattern=r"^[^\s>]+->[^\s>]+$")]


BROKER = "broker"
"""What a crash names to strike the broker."""


class CrashFault(FaultTimes):
    """A service, some replicas of it, some of its consumers, or the broker is gone for a while."""

    kind: Literal["crash"]
    """All that is in progress there fails at that instant; without any replica new requests are refused with 503
    until it is back."""
    service: Name
    """The service (with all others of its process); or ``broker``: what is in its partitions survives, outboxes
    wait, and what was in consumers' hands comes again afterwards."""
    replicas: Count | None = None
    """How many of its replicas crash, with the work on them (of one queue for all: as large a part of the visits in
    service, oldest first); without it all. Handlers of steps that wait for other services go on."""
    consumers: Count | None = None
    """How many consumers of its group die instead, the first of them, with what they were handling; the service itself
    goes on. Needs ``broker.groups`` to say that there are so many."""


class SlowFault(FaultTimes):
    """A service works slower for a while; several at once multiply."""

    kind: Literal["slow"]
    """Work that begins while it lasts takes ``factor`` times as long."""
    service: Name
    """The service."""
    factor: Factor
    """How many times longer the work takes."""


class ErrorRateFault(FaultTimes):
    """A service answers some requests with 500 and does nothing of what they ask."""

    kind: Literal["error_rate"]
    """Each request that arrives fails by chance; several at once each have their chance."""
    service: Name
    """The service."""
    operation: Name | None = None
    """Only this operation of it (a consumed topic is an operation); without it all of them."""
    share: Share = 1.0
    """Share of the requests that fail."""


class PoisonFault(FaultTimes):
    """Poison messages: whatever handles them fails, however often they are delivered."""

    kind: Literal["poison"]
    """Messages that come to the topic while it lasts make their handlers fail with 500, until they are dead letters."""
    topic: Name
    """The topic."""
    groups: tuple[Name, ...] = ()
    """The consumer groups that fail; without it all that consume the topic."""
    share: Share = 1.0
    """Share of the messages that are poison."""


class PaymentOutageFault(FaultTimes):
    """The payment provider is gone: nothing is charged and nothing refunded; the payment service answers 503."""

    kind: Literal["payment_outage"]
    """Charges and refunds fail with 503 (reason ``provider``) until it is back; messages are redelivered."""
    share: Share = 1.0
    """Share of the charges and refunds that fail."""


class _NetworkFault(FaultTimes):
    edges: tuple[EdgeName, ...] = ()
    """The ``caller->service`` pairs, both ways, such as "customer->gateway"; without it all of them."""


class LatencyFault(_NetworkFault):
    """The network is slow: each way of a call takes longer; several at once multiply and add."""

    kind: Literal["latency"]
    """Requests and answers sent while it lasts take ``factor`` times as long, and ``extra`` longer."""
    extra: DurationLaw | None = None
    """What each way takes longer."""
    factor: Factor = 1.0
    """How many times longer each way takes."""

    @model_validator(mode="after")
    def _changes_something(self) -> LatencyFault:
        if self.extra is None and self.factor == 1.0:
            raise refuse((("extra",), "must be given, or a factor other than 1: else nothing is slower"))
        return self


class LossFault(_NetworkFault):
    """The network loses requests and answers."""

    kind: Literal["loss"]
    """What is lost never comes: the caller waits until its time-out, or ``noticed_after``."""
    share: Share
    """Share of requests, and of answers, that are lost."""
    noticed_after: PositiveDuration = 15.0
    """After how long a caller whose own time-out is later, or who has none, sees 503 (reason ``unreachable``)."""


class PartitionFault(FaultTimes):
    """The network falls apart: between the groups nothing passes; those in no group reach everybody."""

    kind: Literal["partition"]
    """Requests and answers sent between members of different groups are lost while it lasts."""
    groups: Annotated[tuple[tuple[Name, ...], ...], Field(min_length=2)]
    """Lists of services, apps (customer, rider, store_app) and workloads, each in one group at most."""
    noticed_after: PositiveDuration = 15.0
    """After how long a caller whose own time-out is later, or who has none, sees 503 (reason ``unreachable``)."""

    @model_validator(mode="after")
    def _apart(self) -> PartitionFault:
        seen: set[str] = set()
        for i, group in enumerate(self.groups):
            for k, name in enumerate(group):
                if name in seen:
                    raise refuse((("groups", i, k), f"must be in one group only, {name} is in two"))
                seen.add(name)
        return self


NetworkFault = LatencyFault | LossFault | PartitionFault
PlatformFault = CrashFault | SlowFault | ErrorRateFault | PaymentOutageFault | PoisonFault | NetworkFault


def strikes_broker(fault: object) -> bool:
    """Whether a fault is about the broker, its consumers or its messages."""
    if isinstance(fault, CrashFault):
        return fault.service == BROKER or fault.consumers is not None
    return isinstance(fault, PoisonFault)


__all__ = [
    "BROKER",
    "CrashFault",
    "ErrorRateFault",
    "LatencyFault",
    "LossFault",
    "NetworkFault",
    "PartitionFault",
    "PaymentOutageFault",
    "PlatformFault",
    "PoisonFault",
    "SlowFault",
    "strikes_broker",
]
