"""Faults of the platform: they come and go as the scenario says, add up, and are told in the record."""

from __future__ import annotations

import math

import pytest

from delivsim.errors import ScenarioError
from delivsim.scenario.schema import Scenario


def faults(result) -> list[tuple[str, str, float, float]]:
    columns = result.tables["faults"][["kind", "target", "began_at", "ended_at"]]
    return [tuple(row) for row in columns.itertuples(index=False)]


def test_overlapping_crashes_need_two_recoveries(city, books) -> None:
    """A service that crashes again while it is down is back only when both crashes are over."""
    result = city(
        faults=[
            {"kind": "crash", "service": "store", "at": "5min", "for": "2min"},
            {"kind": "crash", "service": "store", "at": "6min", "for": "2min"},
        ]
    )
    calls = books.calls(result, "check_availability", "store")
    down = calls["arrived_at"].between(300.001, 479.999)
    assert down.any()
    assert (calls[down]["status"] == 503).all()
    assert (calls[calls["arrived_at"] > 480]["status"] < 500).all()
    assert faults(result) == [("crash", "store", 300, 420), ("crash", "store", 360, 480)]


@pytest.mark.parametrize("balancing", ["shared", "round_robin"])
def test_a_replica_crashes_and_the_others_serve_on(city, books, balancing: str) -> None:
    """The work on it is lost, its servers are gone for a while, and nobody is refused because of that."""
    work = {"authenticate": {"work": {"kind": "exponential", "mean": "20s"}}}
    user = {"replicas": 3, "workers": 4, "balancing": balancing, "operations": work}
    fault = {"kind": "crash", "service": "user", "replicas": 1, "at": "10min", "for": "5min"}
    result = city(platform={"services": {"user": user}}, faults=[fault])
    capacity = result.manifest["stations"]["user"]["capacity"]
    assert [servers for _, servers in capacity if _ > 0] == [8, 12]
    failed = result.tables["visits"].query("station == 'user' and outcome == 'failed'")
    assert 0 < len(failed) <= 4 + 4 * (balancing != "shared")
    calls = books.calls(result, "authenticate", "user")
    assert (calls["status"] == 503).sum() == len(failed)
    assert result.summary()["conservation"]["holds"]


def test_overlapping_slow_downs_multiply(city) -> None:
    """Work takes the product of the factors while both last, and what it always took afterwards."""

    def work(**over):
        visits = city(platform={"services": {"user": {"operations": {"authenticate": {"work": "10ms"}}}}}, **over)
        visits = visits.tables["visits"].query("operation == 'authenticate'")
        return visits["arrived_at"], (visits["departed_at"] - visits["started_at"]).round(6)

    slow = {"kind": "slow", "service": "user"}
    at, took = work(
        faults=[
            {**slow, "at": "3min", "for": "10min", "factor": 3},
            {**slow, "at": "5min", "for": "3min", "factor": 2},
        ]
    )
    expected = [0.06 if 300 <= t < 480 else 0.03 if 180 <= t < 780 else 0.01 for t in at]
    assert took.tolist() == expected
    assert {0.01, 0.03, 0.06} == set(expected)


def test_a_fault_comes_again(city) -> None:
    """Several instants, each repeated every so often, make as many faults."""
    over = {"kind": "slow", "service": "user", "at": ["1min", "90s"], "for": "5s", "every": "5min", "times": 2}
    told = faults(city(faults=[{**over, "factor": 2}]))
    assert [began for _, _, began, _ in told] == [60, 90, 360, 390]


def test_an_error_rate_strikes_its_share(city, books) -> None:
    """About the share of the requests of an operation fail with 500, and no others."""
    fault = {"kind": "error_rate", "service": "delivery", "operation": "report_position", "share": 0.5}
    result = city(faults=[{**fault, "at": 0, "for": "1h"}], city={"riders": {"report_every": "30s"}})
    reports = books.calls(result, "report_position", "delivery")
    reports = reports[reports["arrived_at"] < 3600]
    assert 0.4 < (reports["status"] == 500).mean() < 0.6
    others = result.tables["requests"].query("service == 'delivery' and operation != 'report_position'")
    assert (others["status"] != 500).all()


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_without_the_provider_nothing_is_charged(city, books, mode: str) -> None:
    """While the payment provider is gone no charge is made; with asynchronous payments they are made up for later."""
    result = city(
        platform={"payment": {"mode": mode}}, faults=[{"kind": "payment_outage", "at": "5min", "for": "2min"}]
    )
    operation = "charge" if mode == "sync" else "order.placed"
    calls = books.calls(result, operation, "payment")
    out = calls["arrived_at"].between(300.001, 419.999)
    assert out.any()
    assert (calls[out]["status"] == 503).all()
    assert result.summary()["conservation"]["holds"]
    assert books.owed(result).empty
    if mode == "async":
        assert books.outcomes(result) == {("delivered", ""): len(result.tables["orders"])}


def test_latencies_multiply_and_add(city, books) -> None:
    """Each way takes ``factor`` times as long and ``extra`` longer, on the named edge alone."""
    edge = {"platform": {"network": {"edges": {"gateway->user": {"delay": "10ms"}}}}}
    wrong = {"kind": "latency", "edges": ["gateway->user"], "at": "3min"}
    result = city(
        **edge,
        faults=[{**wrong, "for": "10min", "factor": 3}, {**wrong, "for": "5min", "extra": "100ms"}],
    )
    calls = books.calls(result, "authenticate", "user")
    way = (calls["arrived_at"] - calls["sent_at"]).round(6)
    expected = [0.13 if 180 <= t < 480 else 0.03 if 180 <= t < 780 else 0.01 for t in calls["sent_at"]]
    assert way.tolist() == expected


def test_what_is_lost_never_comes(city, books) -> None:
    """A lost request never arrives, a lost answer is never seen: callers without time-out see 503 after a while."""
    result = city(faults=[{"kind": "loss", "edges": ["gateway->order"], "share": 0.3, "at": "2min", "for": "10min"}])
    calls = result.tables["requests"].query("service == 'order' and caller == 'gateway'")
    never_came = calls[calls["arrived_at"].isna()]
    unseen = calls[calls["arrived_at"].notna() & (calls["seen"] == 503)]
    assert len(never_came) > 0
    assert len(unseen) > 0
    assert never_came["ended_at"].isna().all()
    assert ((never_came["answered_at"] - never_came["sent_at"]).round(6) == 15).all()
    assert (unseen["status"] < 500).all()
    assert result.summary()["conservation"]["holds"]
    assert books.owed(result).empty


def test_a_partition_lets_nothing_pass(city, books) -> None:
    """Between the groups nothing arrives while it lasts; within them all is as ever."""
    result = city(faults=[{"kind": "partition", "groups": [["order"], ["store"]], "at": "5min", "for": "3min"}])
    rows = result.tables["requests"]
    apart = rows[(rows["caller"] == "order") & (rows["service"] == "store")]
    assert apart[apart["sent_at"].between(300, 479.99)]["arrived_at"].isna().all()
    assert apart[apart["sent_at"] >= 480]["arrived_at"].notna().all()
    others = rows[(rows["caller"] == "gateway") & (rows["service"] == "user")]
    assert others["arrived_at"].notna().all()
    assert result.summary()["conservation"]["holds"]


def test_a_fault_that_outlasts_the_run_has_no_end(city) -> None:
    """The record says that it was still on when the run ended."""
    result = city(faults=[{"kind": "slow", "service": "user", "factor": 2, "at": "1min", "for": "9h"}])
    ((_, _, began, ended),) = faults(result)
    assert began == 60
    assert math.isnan(ended)


def test_chaos_is_over_in_time_and_the_same_again(city) -> None:
    """Faults by chance end when four fifths of the horizon are over; another stream gives others."""
    rates = {"crash": "30/h", "slow": "30/h", "riders_offline": "10/h", "kitchen_fire": "5/h"}
    entry = {"kind": "chaos", "rates": rates, "for": {"kind": "exponential", "mean": "2min"}}
    one, again, other = (city(faults=[{**entry, **more}]) for more in ({}, {}, {"stream": "another"}))
    assert len(faults(one)) > 5
    assert faults(one) == faults(again) != faults(other)
    assert one.tables["faults"]["ended_at"].max() <= 0.8 * 20 * 60 + 1e-6


@pytest.mark.parametrize(
    ("fault", "rule"),
    [
        ({"kind": "crash", "service": "stor"}, "did you mean 'store'"),
        ({"kind": "crash", "service": "store", "replicas": 1}, "must be below the 1"),
        ({"kind": "error_rate", "service": "store", "operation": "mark_redy"}, "did you mean 'mark_ready'"),
        ({"kind": "latency", "edges": ["order->stroe"], "factor": 2}, "did you mean 'store'"),
        ({"kind": "latency"}, "else nothing is slower"),
        ({"kind": "partition", "groups": [["order"], ["store", "order"]]}, "in one group only"),
        ({"kind": "slow", "service": "user", "factor": 2, "times": 3}, "needs every"),
        ({"kind": "slow", "service": "user", "factor": 2, "for": 0}, "must be > 0"),
        ({"kind": "slow", "service": "user", "factor": 2, "at": "9h"}, "before the run ends"),
        ({"kind": "loss", "share": 1.2}, "share"),
    ],
)
def test_nonsense_is_refused(fault, rule: str) -> None:
    """A fault that cannot be is refused with the rule it breaks, and the nearest name."""
    city = {"demand": {"rate": {"18:00": "60/h"}}, "riders": 5}
    base = {"name": "x", "starts_at": "2026-11-20T18:00", "horizon": "1h", "city": city}
    with pytest.raises((ValueError, ScenarioError), match=rule):
        Scenario.model_validate({**base, "faults": [{"at": "5min", "for": "1min", **fault}]})
