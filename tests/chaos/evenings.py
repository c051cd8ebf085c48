"""Random platforms in small cities, and random faults that strike them: scenarios of ten minutes of orders each."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

Evening = dict[str, Any]
Drawn = st.SearchStrategy[dict[str, Any]]

SLICE = 100
"""Evenings that one seed draws."""
SERVICES = ("gateway", "user", "order", "store", "delivery", "payment", "notification")
CALLERS = (*SERVICES, "customer", "rider", "store_app")
EDGES = ("customer->gateway", "rider->gateway", "gateway->order", "order->store", "order->payment", "delivery->store")
CONSUMING = ("order", "store", "delivery", "payment", "notification")
TOPICS = ("order.placed", "order.cancelled", "order.ready", "order.picked_up", "order.delivered")
USED_BY = (
    ("order", "create_order"),
    ("store", "check_availability"),
    ("delivery", "accept_offer"),
    ("payment", "charge"),
)

services, shares = st.sampled_from(SERVICES), st.sampled_from([0.1, 0.3, 0.6, 1.0])


def mapping(**fields: Any) -> Drawn:
    """Draw a map some of whose keys may be missing: a field that gives None is left out."""
    return st.fixed_dictionaries(fields).map(lambda drawn: {k: v for k, v in drawn.items() if v is not None})


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def seldom(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.integers(0, 4).flatmap(lambda k: st.none() if k else strategy)


def one_of(*values: Any) -> st.SearchStrategy[Any]:
    return maybe(st.sampled_from(values))


# --- what goes wrong ---------------------------------------------------------------------------------------------


def fault(kind: str, **fields: Any) -> Drawn:
    return mapping(
        kind=st.just(kind),
        at=st.integers(0, 570).map(lambda s: f"18:{s // 60:02}:{s % 60:02}"),
        **{"for": st.sampled_from(["5s", "30s", "2min", "5min", {"kind": "exponential", "mean": "1min"}])},
        **fields,
    )


FAULTS = st.one_of(
    fault("crash", service=services),
    fault("crash", service=st.just("store"), replicas=st.just(1)),
    fault("crash", service=st.just("broker")),
    fault("crash", service=st.sampled_from(CONSUMING), consumers=st.just(1)),
    fault("poison", topic=st.sampled_from(TOPICS), share=st.sampled_from([0.1, 1.0])),
    fault("slow", service=services, factor=st.sampled_from([3, 50, 500])),
    fault("error_rate", service=services, share=shares),
    fault("payment_outage", share=shares),
    fault("latency", edges=maybe(st.lists(st.sampled_from(EDGES), max_size=2)), extra=st.sampled_from(["1s", "12s"])),
    fault("loss", edges=maybe(st.lists(st.sampled_from(EDGES), max_size=2)), share=shares),
    fault("partition", groups=st.permutations(CALLERS).flatmap(
        lambda names: st.integers(1, 9).map(lambda k: [list(names[:k]), list(names[k:])]))),
    fault("store_closed", share=shares),
    fault("kitchen_fire", share=shares),
    fault("riders_offline", share=shares, orders=st.sampled_from(["give_back", "finish"])),
    fault("dead_zone", near=maybe(st.just({"x": 1000, "y": 1000, "within": "600m"}))),
    fault("demand_surge", factor=st.sampled_from([1.5, 3])),
)  # fmt: skip


# --- the platform ------------------------------------------------------------------------------------------------


def hedged_or_retried(edge: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in edge.items() if key != "retries" or "hedge" not in edge}


AUTOSCALE = st.one_of(
    mapping(on=st.just("utilization"), target=st.sampled_from([0.3, 0.7]), max=st.just(4), every=st.just("10s")),
    mapping(on=st.just("queue"), max=st.just(3), every=st.just("5s"), start_up=st.just("20s"), cooldown=st.just("0s")),
    st.just({"on": "schedule", "max": 3, "schedule": [{"at": "18:02", "replicas": 3}, {"at": "18:04", "replicas": 1}]}),
)


def lawful(station: dict[str, Any]) -> dict[str, Any]:
    """Leave out what does not go together with the discipline."""
    discipline = station.get("discipline")
    unlawful = {
        "processor_sharing": ("queue_timeout", "shedding", "holds"),
        "preemptive_priority": ("holds",),
    }.get(discipline or "", ())
    return {key: value for key, value in station.items() if key not in unlawful}


STATION = mapping(
    replicas=one_of(1, 2),
    workers=one_of(1, 2),
    holds=maybe(st.just("request")),
    queue_capacity=one_of(0, 2, 10),
    balancing=one_of("round_robin", "random", "least_outstanding", "two_choices"),
    queue_timeout=one_of("1s", {"kind": "exponential", "mean": "3s"}),
    shedding=one_of({"kind": "codel", "target": "50ms", "interval": "500ms"}, {"kind": "deadline"}),
    discipline=one_of("lifo", "priority", "preemptive_priority", "processor_sharing"),
    rate_limit=seldom(mapping(rate=st.sampled_from(["30/min", "2/s"]), burst=st.sampled_from([1, 5]),
                              per=st.sampled_from(["all", "client"]))),
    autoscale=seldom(AUTOSCALE),
).map(lawful)  # fmt: skip
EDGE = mapping(
    timeout=one_of("300ms", "2s"),
    connect_timeout=one_of("100ms"),
    deadline=seldom(st.sampled_from(["1s", "5s"])),
    retries=maybe(
        mapping(
            max_attempts=st.integers(2, 4),
            backoff=st.just("200ms"),
            growth=one_of(2.0),
            jitter=one_of("full"),
            budget=maybe(st.just({"ratio": 0.1, "burst": 2})),
        )
    ),
    breaker=maybe(
        st.sampled_from(
            [
                {"kind": "count", "window": 10, "min_calls": 5, "open_for": "5s", "half_open_calls": 2},
                {"kind": "time", "window": "20s", "min_calls": 5, "failure_rate": 0.2, "open_for": "30s"},
            ]
        )
    ),
    pool=maybe(mapping(size=st.sampled_from([1, 3]), queue=one_of(0, 5), wait=one_of("500ms"))),
    hedge=seldom(mapping(after=st.just("150ms"), max=one_of(2), budget=maybe(st.just({"ratio": 0.1, "burst": 2})))),
).map(hedged_or_retried)
RESOURCES = {
    "database": {"kind": "pool", "connections": 1, "work": "20ms", "queue_capacity": 5, "queue_timeout": "2s"},
    "cache": {"kind": "cache", "hit_rate": 0.8, "behind": "database", "cold_start": 20},
}


def with_resources(platform: dict[str, Any], used: list[tuple[tuple[str, str], str]]) -> dict[str, Any]:
    """Let some operations use the database, or the cache before it."""
    for (service, operation), resource in used:
        known = platform["services"].setdefault(service, {})
        known.setdefault("operations", {})[operation] = {"work": "8ms", "uses": [resource]}
    return {**platform, "resources": RESOURCES} if used else platform


def with_deadlines(platform: dict[str, Any]) -> dict[str, Any]:
    """Pass deadlines on where load is shed by them."""
    if any(service.get("shedding", {}).get("kind") == "deadline" for service in platform["services"].values()):
        platform["network"]["propagate_deadlines"] = True
    return platform


def with_fallback(network: dict[str, Any], fallback: dict[str, Any] | None) -> dict[str, Any]:
    """Let some calls be answered with what is remembered."""
    for name, answers in (fallback or {}).items():
        network["edges"][name] = network["edges"].get(name, {}) | answers
    return network


PLATFORM = st.builds(
    with_resources,
    mapping(
        services=st.dictionaries(services, STATION, min_size=2, max_size=4).map(
            lambda drawn: {**drawn, "store": {**drawn.get("store", {}), "replicas": 2}}
        ),
        network=st.builds(
            with_fallback,
            mapping(
                edges=st.dictionaries(st.sampled_from(EDGES), EDGE, min_size=2, max_size=5),
                propagate_deadlines=maybe(st.just(True)),
            ),
            seldom(st.just({"order->store": {"fallback": {}}, "gateway->user": {"fallback": {"max_age": "1min"}}})),
        ),
        payment=st.fixed_dictionaries({"mode": st.sampled_from(["sync", "async"])}),
        abandon_after=one_of("1s", "10s", "1min"),
        broker=mapping(
            max_deliveries=st.just(200),
            partitions=one_of(1, 3),
            publish_delay=one_of("1s", {"kind": "exponential", "mean": "5s"}),
            ack_timeout=seldom(st.sampled_from(["5s", "1min"])),
            duplicates=seldom(st.just(0.2)),
            groups=st.dictionaries(
                st.sampled_from(CONSUMING),
                mapping(concurrency=one_of(1, 3), consumers=one_of(2), ack_timeout=seldom(st.just("10s"))),
                max_size=2,
            ),
        ),
    ).map(with_deadlines),
    st.lists(
        st.tuples(st.sampled_from(USED_BY), st.sampled_from(sorted(RESOURCES))),
        max_size=2,
        unique_by=lambda use: use[0],
    ),
)


# --- the city ----------------------------------------------------------------------------------------------------

CITY = mapping(
    side=st.just("2km"),
    demand=st.just({"rate": {"18:00": "200/h"}}),
    stores=mapping(count=st.just(3), stock=one_of(5), price_low=st.just("20.00"), price_high=st.just("20.00")),
    kitchens=mapping(
        preparation=st.just("4min"),
        preparation_starts=st.sampled_from(["on_order", "on_accept"]),
        cooks=maybe(st.just(2)),
    ),
    customers=mapping(
        patience=one_of("5min", "30min"),
        track_every=one_of("1min"),
        declined_card=one_of(0.2),
        bad_token=one_of(0.1),
        feedback=one_of(0.5),
        tips=st.just(0.3),
    ),
    riders=st.builds(
        lambda riders, temper: riders | temper,
        mapping(
            shifts=st.just([{"start": "18:00", "end": "21:30", "riders": 8}]),
            give_back=one_of(0.2),
            think_time=one_of("10s"),
            leave_early=one_of(0.2),
        ),
        st.sampled_from([{}, {"accept": 0.8}, {"accept": 0.6, "ignore": 0.2}]),
    ),
    growing_bundles=st.booleans(),
)


def possible(evening: Evening) -> Evening:
    """
    Leave out the deaths of consumers where there are none, and let poison do what it is there for.

    Poisoned messages are delivered eight times and then buried; where there is none, as often as any fault lasts.
    """
    broker = evening["platform"]["broker"]
    faults = [
        f for f in evening["faults"] if "consumers" not in f or "consumers" in broker["groups"].get(f["service"], {})
    ]
    if any(fault["kind"] == "poison" for fault in faults):
        broker["max_deliveries"] = 8
    return {**evening, "faults": faults}


EVENING = st.fixed_dictionaries(
    {
        "name": st.just("chaos"),
        "seed": st.integers(0, 1000),
        "starts_at": st.just("2026-11-20T18:00"),
        "horizon": st.just("10min"),
        "city": CITY,
        "platform": PLATFORM,
        "dispatch": mapping(
            policy=st.sampled_from(["nearest", "rolling_horizon", "lookahead"]),
            every=st.sampled_from(["10s", "30s"]),
            give_up_after=one_of("15min"),
        ),
        "faults": st.lists(FAULTS, min_size=7, max_size=16),
    }
).map(possible)


def drawn(number: int) -> list[Evening]:
    """
    Give the evenings of a slice, always the same for the same number.

    They are drawn in a process of their own, because what hypothesis draws depends on which modules are loaded.
    """
    done = subprocess.run([sys.executable, __file__, str(number)], check=True, capture_output=True, text=True)
    found: list[Evening] = json.loads(done.stdout)
    return found


def main() -> None:
    """Print the evenings of a slice."""
    found: list[Evening] = []

    @seed(int(sys.argv[1]))
    @settings(max_examples=SLICE, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(EVENING)
    def each(evening: Evening) -> None:
        found.append(evening)

    each()
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
