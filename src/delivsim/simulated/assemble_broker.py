"""Makes the broker that a scenario asks for: the plain one, unless something may happen to messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from simpy import Environment

from delivsim.record.recorder import Recorder
from delivsim.services.inbox import once
from delivsim.simulated.assemble_edges import Laws
from delivsim.simulated.broker import Broker, FallibleBroker, PlainBroker
from delivsim.simulated.broker.fallible import Kept
from delivsim.simulated.broker.group import Terms
from delivsim.simulated.broker.letter import Publisher
from delivsim.simulated.config import PlatformConfig, RetentionConfig
from delivsim.simulated.config.broker import BrokerConfig
from delivsim.simulated.frames import Operation, ServiceRuntime
from delivsim.simulated.runtime import Runtime

PUSHED_TO = {
    "customer.notified": "customer",
    "rider.moved": "rider",
    "rider.offered": "rider",
    "rider.withdrawn": "rider",
    "kitchen.requested": "store_app",
    "kitchen.stopped": "store_app",
}
"""Topics that apps listen to: their messages travel as far as a call of that app."""

REBALANCE_DELAY = 10.0
"""Seconds, where a group says nothing."""


def is_plain(config: PlatformConfig) -> bool:
    """Whether a scenario asks for a broker that nothing can happen to, and for services that never lose a message."""
    return config.broker.is_plain() and all(s.outbox and not s.relay_every for s in config.services.values())


def make_broker(
    env: Environment, config: PlatformConfig, laws: Laws, recorder: Recorder, runtime: Runtime, *, can_fail: bool
) -> Broker:
    """Make the broker, with its topics; who consumes them is not known yet."""
    b = config.broker
    common: dict[str, Any] = {
        "publish_delay": laws.draws("broker/publish", b.publish_delay),
        "delivery_delay": laws.draws("broker/delivery", b.delivery_delay),
        "redelivery_delay": b.redelivery_delay,
        "max_deliveries": b.max_deliveries,
        "partitions": b.partitions,
        "recorder": recorder,
    }
    broker: Broker = _fallible(env, config, laws, runtime, common) if can_fail else PlainBroker(env, **common)
    for name, topic in b.topics.items():
        if topic.partitions is not None:
            broker.topic(name).set_partitions(topic.partitions)
    for name, app in PUSHED_TO.items():
        edge = config.network.edges.get(f"{app}->gateway")
        if edge is not None and edge.delay is not None:
            broker.topic(name).push_delay = laws.draws(f"push/{name}", edge.delay)
    return broker


def _fallible(
    env: Environment, config: PlatformConfig, laws: Laws, runtime: Runtime, common: dict[str, Any]
) -> FallibleBroker:
    b = config.broker

    def terms(group: str, concurrency: int | None) -> Terms:
        return _terms(b, group, concurrency, laws)

    return FallibleBroker(
        env,
        **common,
        publishers={name: Publisher(s.outbox, s.relay_every) for name, s in config.services.items()},
        terms=terms,
        kept={"": _kept(b.retention)} | {n: _kept(t.retention) for n, t in b.topics.items() if t.retention},
        back_pressure=b.back_pressure,
        dead_letter_topic=b.dead_letter_topic,
        runtime=runtime,
    )


def _kept(limit: RetentionConfig | None) -> Kept:
    return Kept() if limit is None else Kept(limit.messages, limit.age)


def _terms(b: BrokerConfig, name: str, concurrency: int | None, laws: Laws) -> Terms:
    group = b.groups.get(name)
    draw = laws.uniform(f"broker/lost_ack/{name}") if b.duplicates else None
    loses = None if draw is None else lambda order: draw(order) < b.duplicates
    if group is None:
        return Terms(concurrency, 1, 0.0, b.ack_timeout, loses)
    timeout = b.ack_timeout if group.ack_timeout is None else group.ack_timeout
    delay = REBALANCE_DELAY if group.rebalance_delay is None else group.rebalance_delay
    return Terms(concurrency, group.consumers or 1, delay, timeout, loses)


def remember(
    config: PlatformConfig, topics: Mapping[str, Sequence[str]], services: Mapping[str, ServiceRuntime]
) -> None:
    """Let services that are idempotent remember which messages they have handled."""
    for name, service in services.items():
        if not config.services[name].idempotent:
            continue
        for operation in {*topics.get(name, ()), *config.services[name].consumes.values()}:
            plain = service.operations[operation]
            safe = Operation(operation, once(plain.handler), plain.work, plain.priority)
            safe.laws = plain.laws
            service.operations[operation] = safe
