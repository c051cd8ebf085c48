"""
Who calls whom how often: the operations of a scenario's platform as a network, for estimates before a run.

Operations of one's own follow from their steps. Those of the seven services follow from the numbered flow of an order;
a test compares both with the requests of a run.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from delivsim.experiment.traffic import Network, Operation, Servers
from delivsim.services.gateway import ROUTES
from delivsim.simulated.config import BUILT_IN, PlatformConfig, StepConfig

Calls = dict[str, list[tuple[str, float]]]

CONSUMERS = {
    "order.placed": ("delivery", "notification"),
    "order.ready": ("delivery", "notification"),
    "order.assigned": ("order",),
    "order.picked_up": ("order", "notification"),
    "order.delivered": ("order", "notification"),
    "order.cancelled": ("store", "payment", "notification"),
    "order.unserved": ("order",),
}
"""Which of the seven services consume a topic, however orders are paid."""
PAYMENTS: dict[str, dict[str, tuple[str, ...]]] = {
    "sync": {"payment.succeeded": ("notification",), "payment.declined": ("notification",)},
    "async": {
        "order.placed": ("payment",),
        "payment.succeeded": ("gateway",),
        "payment.declined": ("gateway", "order"),
    },
}
"""The same for what depends on how they are paid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """
    What the calls of the seven services depend on.

    Parameters
    ----------
    bad_token, declined_card
        Shares of orders with a token that is not valid, and of the others with a card that is declined.
    prepares_on_accept
        Whether kitchens start when a rider has accepted.
    bundle
        Orders that a rider accepts and picks up at once.
    decision
        Seconds that a decision takes to compute.
    """

    bad_token: float = 0.0
    declined_card: float = 0.0
    prepares_on_accept: bool = False
    bundle: float = 1.0
    decision: float = 0.0


def network_of(platform: PlatformConfig, habits: Habits | None) -> Network:
    """Make the network of a platform's operations; the seven services are in it only with ``habits``."""
    operations = _own(platform)
    consumers: dict[str, list[str]] = {}
    if habits is not None:
        operations = _seven(platform, habits) | operations
        for topic, services in (*CONSUMERS.items(), *PAYMENTS[platform.payment.mode].items()):
            consumers.setdefault(topic, []).extend(f"{service}.{topic}" for service in services)
    for name, service in platform.services.items():
        for topic, operation in service.consumes.items():
            consumers.setdefault(topic, []).append(f"{name}.{operation}")
    running = [name for name in platform.services if habits is not None or name not in BUILT_IN]
    return Network(operations, consumers, list(stations(platform, running)), _delays(platform))


def stations(platform: PlatformConfig, services: Sequence[str]) -> Iterator[Servers]:
    """Give the stations that these services run on."""
    together = {service: name for name, process in platform.processes.items() for service in process.services}
    on_station: dict[str, list[str]] = {}
    for service in services:
        on_station.setdefault(together.get(service, service), []).append(service)
    for name, here in on_station.items():
        config = platform.processes.get(name) or platform.services[name]
        holds = config.holds == "request"
        most = config.replicas if config.autoscale is None else config.autoscale.max
        servers = most * config.workers
        yield Servers(name=name, services=tuple(here), servers=servers, holds_request=holds)


def _delays(platform: PlatformConfig) -> dict[tuple[str, str], float]:
    pairs = [(caller, callee) for caller in platform.services for callee in platform.services]
    pairs += [(caller, callee) for caller, callee in (edge.split("->", 1) for edge in platform.network.edges)]
    return {pair: (platform.edge(*pair).delay or platform.network.default_delay).mean for pair in pairs}


# --- operations of one's own -------------------------------------------------------------------------------------


def _own(platform: PlatformConfig) -> dict[str, Operation]:
    return {
        f"{name}.{op}": _of_steps(name, config.steps or ())
        for name, service in platform.services.items()
        if name not in BUILT_IN
        for op, config in service.operations.items()
    }


def _of_steps(service: str, steps: Sequence[StepConfig]) -> Operation:
    flat = list(_flat(steps, 1.0))
    work = [(step.work.mean * n, n) for step, n in flat if step.work is not None]
    laws = [(step.work or step.wait, n) for step, n in flat]
    return Operation(
        service=service,
        work=sum(seconds for seconds, _ in work),
        n_works=sum(n for _, n in work),
        wait=sum(step.wait.mean * n for step, n in flat if step.wait is not None),
        variance=sum(law.variance * n for law, n in laws if law is not None),
        calls=tuple((step.call, n) for step, n in flat if step.call is not None),
        together=tuple((step.call_all, n) for step, n in flat if step.call_all),
        publishes=tuple((step.publish, n) for step, n in flat if step.publish is not None),
    )


def _flat(steps: Sequence[StepConfig], probability: float) -> Iterator[tuple[StepConfig, float]]:
    """Give every step with the probability that it is come to."""
    for step in steps:
        yield step, probability
        for branch in step.choose or ():
            yield from _flat(branch.steps, probability * branch.probability)
        probability *= 1.0 - _failing(step)


def _failing(step: StepConfig) -> float:
    """Give the probability that an operation ends with this step because it fails itself."""
    if step.fail is not None:
        return 1.0
    return sum(
        branch.probability * (1.0 - math.prod(1.0 - _failing(inner) for inner in branch.steps))
        for branch in step.choose or ()
    )


# --- the seven services ------------------------------------------------------------------------------------------


def _seven(platform: PlatformConfig, habits: Habits) -> dict[str, Operation]:
    sync = platform.payment.mode == "sync"
    calls, publishes = _calls(habits, sync=sync), _publishes(habits, sync=sync)
    operations = {
        f"{name}.{op}": Operation(
            service=name,
            work=0.0 if config.work is None else config.work.mean,
            variance=0.0 if config.work is None else config.work.variance,
            n_works=1.0,
            calls=tuple(calls.get(f"{name}.{op}", ())),
            publishes=tuple(publishes.get(f"{name}.{op}", ())),
        )
        for name in BUILT_IN
        for op, config in platform.services[name].operations.items()
    }
    return operations | {"delivery.dispatch": Operation(service="delivery", wait=habits.decision)}


def _calls(habits: Habits, *, sync: bool) -> Calls:
    preparation = "store.request_preparation"
    calls: Calls = {f"gateway.{operation}": [(f"{service}.{operation}", 1.0)] for operation, service in ROUTES.items()}
    return calls | {
        "gateway.place_order": [("user.authenticate", 1.0), ("order.create_order", 1.0 - habits.bad_token)],
        "gateway.payment.succeeded": [("notification.notify", 1.0)],
        "gateway.payment.declined": [("notification.notify", 1.0)],
        "order.create_order": [("store.check_availability", 1.0), ("payment.charge", 1.0 if sync else 0.0)],
        "order.cancel_order": [("delivery.withdraw", 1.0)],
        "order.payment.declined": [("delivery.withdraw", 1.0)],
        "delivery.order.placed": [(preparation, 0.0 if habits.prepares_on_accept else 1.0)],
        "delivery.accept_offer": [(preparation, habits.bundle if habits.prepares_on_accept else 0.0)],
    }


def _publishes(habits: Habits, *, sync: bool) -> Calls:
    good, declined = 1.0 - habits.declined_card, habits.declined_card
    paid = [("payment.succeeded", good), ("payment.declined", declined)]
    placed = [("order.placed", good), ("order.cancelled", declined)] if sync else [("order.placed", 1.0)]
    return {
        "order.create_order": placed,
        "order.cancel_order": [("order.cancelled", 1.0)],
        "order.payment.declined": [("order.cancelled", 1.0)],
        "payment.charge": paid,
        "payment.order.placed": paid,
        "store.mark_ready": [("order.ready", 1.0)],
        "delivery.accept_offer": [("order.assigned", habits.bundle)],
        "delivery.picked_up": [("order.picked_up", habits.bundle)],
        "delivery.delivered": [("order.delivered", 1.0)],
        "delivery.withdraw": [("order.unserved", 1.0)],
    }
