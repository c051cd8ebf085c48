"""
Random faults strike random platforms in small cities; whatever happens, nothing and nobody gets lost.

``DELIVSIM_CHAOS`` says how many evenings are tried (100); a failing one is shrunk and shown as a scenario.
"""

from __future__ import annotations

import os
from typing import Any

import yaml
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from delivsim.experiment.run import run
from delivsim.record.conservation import conservation
from delivsim.record.result import Result
from delivsim.scenario.schema import Scenario

EVENINGS = int(os.environ.get("DELIVSIM_CHAOS", "100"))
SERVICES = ("gateway", "user", "order", "store", "delivery", "payment", "notification")
CALLERS = (*SERVICES, "customer", "rider", "store_app")
EDGES = ("customer->gateway", "rider->gateway", "gateway->order", "order->store", "order->payment", "delivery->store")
LONGEST_RUN = 600.0 + 3 * 3600.0

services, shares = st.sampled_from(SERVICES), st.sampled_from([0.1, 0.3, 0.6, 1.0])


def mapping(**fields: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Draw a map some of whose keys may be missing: a field that gives None is left out."""
    return st.fixed_dictionaries(fields).map(lambda drawn: {k: v for k, v in drawn.items() if v is not None})


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def fault(kind: str, **fields: Any) -> st.SearchStrategy[dict[str, Any]]:
    return mapping(
        kind=st.just(kind),
        at=st.integers(0, 570).map(lambda s: f"18:{s // 60:02}:{s % 60:02}"),
        **{"for": st.sampled_from(["1s", "20s", "90s", "5min", {"kind": "exponential", "mean": "1min"}])},
        **fields,
    )


FAULTS = st.one_of(
    fault("crash", service=services),
    fault("crash", service=st.just("store"), replicas=st.just(1)),
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

STATION = mapping(
    workers=maybe(st.sampled_from([1, 2])),
    holds=maybe(st.just("request")),
    queue_capacity=maybe(st.sampled_from([0, 2, 10])),
    balancing=maybe(st.sampled_from(["round_robin", "random", "least_outstanding", "two_choices"])),
    queue_timeout=maybe(st.sampled_from(["1s", {"kind": "exponential", "mean": "3s"}])),
    shedding=maybe(st.just({"kind": "codel", "target": "50ms", "interval": "500ms"})),
    discipline=maybe(st.sampled_from(["lifo", "priority"])),
)
EDGE = mapping(
    timeout=maybe(st.sampled_from(["300ms", "2s"])),
    retries=maybe(mapping(max_attempts=st.integers(2, 4), backoff=st.just("200ms"))),
)
PLATFORM = mapping(
    services=st.dictionaries(services, STATION, max_size=3).map(
        lambda drawn: {**drawn, "store": {**drawn.get("store", {}), "replicas": 2}}
    ),
    network=st.fixed_dictionaries({"edges": st.dictionaries(st.sampled_from(EDGES), EDGE, max_size=3)}),
    payment=st.fixed_dictionaries({"mode": st.sampled_from(["sync", "async"])}),
    abandon_after=maybe(st.sampled_from(["1s", "10s", "1min"])),
    broker=mapping(
        max_deliveries=st.just(200),
        partitions=maybe(st.sampled_from([1, 3])),
        publish_delay=maybe(st.sampled_from(["1s", {"kind": "exponential", "mean": "5s"}])),
        groups=st.dictionaries(services, st.fixed_dictionaries({"concurrency": st.sampled_from([1, 3])}), max_size=2),
    ),
)
CITY = mapping(
    side=st.just("2km"),
    demand=st.just({"rate": {"18:00": "150/h"}}),
    stores=mapping(count=st.just(3), stock=maybe(st.just(5))),
    kitchens=mapping(
        preparation=st.just("4min"),
        preparation_starts=st.sampled_from(["on_order", "on_accept"]),
        cooks=maybe(st.just(2)),
    ),
    customers=mapping(
        patience=maybe(st.sampled_from(["5min", "30min"])), declined_card=maybe(st.just(0.2)), tips=st.just(0.3)
    ),
    riders=mapping(
        shifts=st.just([{"start": "18:00", "end": "21:30", "riders": 8}]),
        accept=maybe(st.just(0.8)),
        give_back=maybe(st.just(0.2)),
        think_time=maybe(st.just("10s")),
    ),
    growing_bundles=st.booleans(),
)
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
            give_up_after=maybe(st.just("15min")),
        ),
        "faults": st.lists(FAULTS, min_size=2, max_size=14),
    }
)


@settings(
    max_examples=EVENINGS, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
)
@given(EVENING)
def test_whatever_breaks_nothing_gets_lost(evening: dict[str, Any]) -> None:
    """Counts add up, no order is lost or comes twice, what was accepted is brought or refunded; again the same."""
    note(yaml.safe_dump(evening, sort_keys=False, default_flow_style=None))
    scenario = Scenario.model_validate(evening)
    result = run(scenario)
    check(result)
    again = run(scenario)
    assert all(result.tables[name].equals(again.tables[name]) for name in result.tables)
    assert result.manifest == again.manifest


def check(result: Result) -> None:
    """Hold a run against all that must be so after faults have ended; computed from its tables."""
    orders, messages, legs = (result.tables[name] for name in ("orders", "messages", "legs"))
    books = conservation(result)
    assert books["holds"], {name: part for name, part in books.items() if name != "holds" and not _holds(part)}
    assert result.manifest["ended_at"] < LONGEST_RUN
    assert result.tables["faults"]["ended_at"].notna().all() or result.manifest["ended_at"] < 1800
    lost = messages[messages["outcome"] != "acknowledged"]
    assert lost.empty, lost.to_string()
    open_orders = orders[orders["outcome"] == "censored"]
    assert open_orders.empty, open_orders.T.to_string()
    accepted = orders["promised_at"].notna()
    forgotten = orders[accepted & ~orders["outcome"].isin(["delivered", "cancelled"])]
    assert forgotten.empty, forgotten.T.to_string()
    delivered = sorted(orders.loc[orders["outcome"] == "delivered", "order"])
    told = messages[(messages["topic"] == "order.delivered") & (messages["group"] == "order")]
    assert sorted(told["order"]) == delivered
    assert sorted(legs.loc[legs["kind"] == "to_customer", "order"]) == delivered
    paid = orders["charged"] - orders["refunded"]
    assert (paid[orders["outcome"] == "delivered"] > 0).all()
    assert (paid[orders["outcome"] != "delivered"] == 0).all()


def _holds(part: Any) -> bool:
    return part["holds"] if "holds" in part else all(each["holds"] for each in part.values())
