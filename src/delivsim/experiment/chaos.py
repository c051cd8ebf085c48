"""Faults by chance: what strikes when, and whom, drawn from a named stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from delivsim.city.faults import DeadZoneFault, KitchenFireFault, RidersOfflineFault, StoreClosedFault
from delivsim.domain.streams import Streams
from delivsim.scenario.faults import ChaosFault, Struck, callers_of, services_of
from delivsim.scenario.schema import Scenario
from delivsim.scenario.topics import topics_of
from delivsim.simulated.config import (
    BROKER,
    CrashFault,
    ErrorRateFault,
    LatencyFault,
    LossFault,
    PartitionFault,
    PaymentOutageFault,
    PoisonFault,
    SlowFault,
)

RECOVERY = 0.8
"""Share of the horizon after which chaos is over, unless the scenario says otherwise."""
Drawn = tuple[Struck, float, float]
"""A fault, its begin and its end."""


def chaos(config: ChaosFault, scenario: Scenario, streams: Streams) -> Iterator[Drawn]:
    """Draw the faults of a time of chaos; a kind whose rate changes leaves the others as they were."""
    begin = 0.0 if config.at is None else config.at.at(scenario.starts_at)
    end = RECOVERY * scenario.until if config.until is None else config.until.at(scenario.starts_at)
    for kind, rate in sorted(config.rates.items()):
        rng = streams[f"faults/{config.stream}/{kind}"]
        at = begin + rng.exponential(1.0 / rate)
        while at < end:
            lasts = float(config.duration.sample(rng, 1)[0])
            yield DRAW[kind](rng, scenario, at), at, min(at + max(lasts, 1e-3), end)
            at += rng.exponential(1.0 / rate)


def _one(rng: np.random.Generator, among: list[str]) -> str:
    return among[int(rng.integers(len(among)))]


def _round(rng: np.random.Generator, low: float, high: float) -> float:
    return round(float(rng.uniform(low, high)), 3)


def _crash(rng: np.random.Generator, scenario: Scenario, at: float) -> Struck:
    return CrashFault(kind="crash", service=_one(rng, services_of(scenario)), **_when(at))


def _slow(rng: np.random.Generator, scenario: Scenario, at: float) -> Struck:
    service = _one(rng, services_of(scenario))
    return SlowFault(kind="slow", service=service, factor=_round(rng, 2, 20), **_when(at))


def _errors(rng: np.random.Generator, scenario: Scenario, at: float) -> Struck:
    service = _one(rng, services_of(scenario))
    return ErrorRateFault(kind="error_rate", service=service, share=_round(rng, 0.05, 0.5), **_when(at))


def _outage(rng: np.random.Generator, _: Scenario, at: float) -> Struck:
    return PaymentOutageFault(kind="payment_outage", share=_round(rng, 0.5, 1.0), **_when(at))


def _latency(rng: np.random.Generator, _: Scenario, at: float) -> Struck:
    return LatencyFault(kind="latency", factor=_round(rng, 2, 20), extra=_round(rng, 0, 0.5), **_when(at))


def _loss(rng: np.random.Generator, _: Scenario, at: float) -> Struck:
    return LossFault(kind="loss", share=_round(rng, 0.01, 0.2), **_when(at))


def _partition(rng: np.random.Generator, scenario: Scenario, at: float) -> Struck:
    names = callers_of(scenario)
    alone = _one(rng, names)
    rest = tuple(name for name in names if name != alone)
    groups = ((alone,), rest) if rest else ((alone,), ())
    return PartitionFault(kind="partition", groups=groups, **_when(at))


def _closed(rng: np.random.Generator, _: Scenario, at: float) -> Struck:
    return StoreClosedFault(kind="store_closed", share=_round(rng, 0.05, 0.5), **_when(at))


def _fire(rng: np.random.Generator, _: Scenario, at: float) -> Struck:
    return KitchenFireFault(kind="kitchen_fire", share=_round(rng, 0.01, 0.2), **_when(at))


def _offline(rng: np.random.Generator, _: Scenario, at: float) -> Struck:
    orders = _one(rng, ["give_back", "finish"])
    return RidersOfflineFault(kind="riders_offline", share=_round(rng, 0.1, 0.6), orders=orders, **_when(at))


def _dead_zone(_: np.random.Generator, __: Scenario, at: float) -> Struck:
    return DeadZoneFault(kind="dead_zone", **_when(at))


def _when(at: float) -> dict[str, Any]:
    return {"at": at, "for": 1.0}


def _broker_crash(_: np.random.Generator, __: Scenario, at: float) -> Struck:
    return CrashFault(kind="crash", service=BROKER, **_when(at))


def _consumer_crash(rng: np.random.Generator, scenario: Scenario, at: float) -> Struck:
    """Let some consumers of a group die, of those that have several."""
    groups = {name: group.consumers for name, group in scenario.platform.broker.groups.items() if group.consumers}
    name = _one(rng, sorted(groups))
    return CrashFault(kind="crash", service=name, consumers=int(rng.integers(1, groups[name] + 1)), **_when(at))


def _poison(rng: np.random.Generator, scenario: Scenario, at: float) -> Struck:
    topic = _one(rng, sorted(topics_of(scenario.platform, has_city=scenario.has_city)))
    return PoisonFault(kind="poison", topic=topic, share=_round(rng, 0.01, 0.2), **_when(at))


DRAW: dict[str, Callable[[np.random.Generator, Scenario, float], Struck]] = {
    "crash": _crash,
    "slow": _slow,
    "error_rate": _errors,
    "payment_outage": _outage,
    "latency": _latency,
    "loss": _loss,
    "partition": _partition,
    "store_closed": _closed,
    "kitchen_fire": _fire,
    "riders_offline": _offline,
    "dead_zone": _dead_zone,
    "broker_crash": _broker_crash,
    "consumer_crash": _consumer_crash,
    "poison": _poison,
}
"""How each kind's target and severity are drawn."""
