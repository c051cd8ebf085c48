"""Guards of edges and limits of services, through scenarios of steps."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from delivsim.experiment.run import run
from delivsim.record.result import Result
from delivsim.report.text import text_report
from delivsim.scenario.schema import Scenario

EDGE = "visitors->web"


def shop(steps: list[dict[str, Any]], rate: Any = "20/s", workers: int = 1000, **platform: Any) -> dict[str, Any]:
    web = {"workers": workers, "operations": {"page": {"steps": steps}}, **platform.pop("web", {})}
    visitors = {"kind": "open", "name": "visitors", "operation": "web.page", "rate": rate}
    said = {"network": {"default_delay": 0, **platform}, "services": {"web": web}, "workloads": [visitors]}
    return {"name": "shop", "seed": 5, "horizon": "60s", "drain": "60s", "platform": said}


def ran(edge: dict[str, Any], steps: list[dict[str, Any]], **others: Any) -> Result:
    return run(Scenario.model_validate(shop(steps, edges={EDGE: edge}, **others)))


def test_a_budget_bounds_what_retries_add_whatever_fails() -> None:
    retries = {"max_attempts": 4, "backoff": "100ms", "budget": {"ratio": 0.1, "burst": 5}}
    counts = ran({"retries": retries}, [{"fail": 503}]).summary()["edges"]["visitors"]["web"]
    assert counts["answered_well"] == 0
    tried_again = counts["attempts"] - counts["calls"]
    assert 0.09 * counts["calls"] < tried_again <= 5 + 0.1 * counts["calls"]
    assert counts["by_reason"]["retry_budget"] > 0


def test_pauses_grow_and_end_at_the_longest() -> None:
    retries = {"max_attempts": 4, "backoff": "1s", "growth": 2, "max_backoff": "3s"}
    rows = ran({"retries": retries}, [{"fail": 503}], rate="1/s").tables["requests"]
    waits = {int(k): rows[rows["attempt"] == k] for k in (1, 2, 3, 4)}
    for k, seconds in ((2, 1.0), (3, 3.0), (4, 6.0)):
        since = waits[k]["sent_at"] - waits[k]["first_sent_at"]
        assert since.to_numpy() == pytest.approx(seconds)


def test_full_jitter_spreads_pauses_over_all_of_their_length() -> None:
    retries = {"max_attempts": 2, "backoff": "1s", "jitter": "full"}
    rows = ran({"retries": retries}, [{"fail": 503}]).tables["requests"]
    again = rows[rows["attempt"] == 2]
    pauses = again["sent_at"] - again["first_sent_at"]
    assert 0.0 <= pauses.min() < 0.05
    assert 0.95 < pauses.max() < 1.0
    assert pauses.mean() == pytest.approx(0.5, abs=0.05)


def test_an_open_breaker_refuses_calls_that_never_reach_the_service() -> None:
    breaker = {"window": 20, "min_calls": 20, "open_for": "5s", "half_open_calls": 1}
    result = ran({"breaker": breaker}, [{"fail": 503}])
    rows = result.tables["requests"]
    refused = rows[rows["reason"] == "breaker_open"]
    assert refused["arrived_at"].isna().all()
    assert set(refused["seen"]) == {503}
    assert set(refused["status"]) == {0}
    reached = rows[rows["reason"] == ""]
    assert 20 + 10 <= len(reached) <= 20 + 13  # one may try every five seconds
    assert len(refused) + len(reached) == result.summary()["edges"]["visitors"]["web"]["calls"]


def test_who_was_refused_keeps_that_reason_when_the_budget_is_empty_too() -> None:
    breaker = {"window": 20, "min_calls": 20, "open_for": "50s"}
    retries = {"max_attempts": 3, "backoff": "1s", "budget": {"ratio": 0.01, "burst": 1}}
    rows = ran({"breaker": breaker, "retries": retries}, [{"fail": 503}]).tables["requests"]
    assert set(rows["reason"][rows["arrived_at"].isna()]) == {"breaker_open"}
    assert "breaker_open" not in set(rows["reason"][rows["arrived_at"].notna()])


def test_a_pool_has_so_many_calls_under_way_and_says_why_others_were_not_made() -> None:
    pool = {"size": 2, "queue": 3, "wait": "100ms"}
    rows = ran({"pool": pool}, [{"wait": "200ms"}], rate="40/s").tables["requests"]
    reasons = rows["reason"].value_counts()
    assert reasons["pool_full"] > 0
    assert reasons["pool_wait"] > 0
    assert reasons[""] > 0
    made = rows[rows["reason"] == ""]
    steps = sorted([*((t, 1) for t in made["arrived_at"]), *((t - 1e-6, -1) for t in made["answered_at"])])
    level, most = 0, 0
    for _, step in steps:
        level += step
        most = max(most, level)
    assert most == 2
    assert (made["arrived_at"] - made["sent_at"]).max() <= 0.1 + 1e-9


def test_a_rate_limit_answers_429_before_the_queue() -> None:
    result = run(Scenario.model_validate(shop([{"work": "1ms"}], web={"rate_limit": {"rate": "5/s", "burst": 2}})))
    rows = result.tables["requests"]
    limited = rows[rows["seen"] == 429]
    assert set(limited["reason"]) == {"rate_limit"}
    assert len(result.tables["visits"]) == len(rows) - len(limited) <= 2 + 5 * 60
    assert result.summary()["edges"]["visitors"]["web"]["by_reason"] == {"rate_limit": len(limited)}


def test_a_call_ends_at_its_deadline_whatever_attempts_are_left() -> None:
    edge = {"timeout": "400ms", "deadline": "1s", "retries": {"max_attempts": 9, "backoff": "100ms"}}
    result = ran(edge, [{"wait": "10s"}])
    rows = result.tables["requests"]
    last = rows[rows["last"]]
    assert set(last["seen"]) == {504}
    assert (rows["answered_at"] - rows["first_sent_at"]).max() == pytest.approx(0.9)  # 0.9 + 0.1 is too late
    assert set(rows["attempt"]) == {1, 2}
    short = ran({**edge, "timeout": "700ms"}, [{"wait": "10s"}]).tables["requests"]
    over = short[short["last"]]
    assert set(over["reason"]) == {"deadline"}
    assert (over["answered_at"] - over["first_sent_at"]).to_numpy() == pytest.approx(1.0)


def test_a_call_whose_deadline_comes_while_it_waits_for_a_connection_is_never_sent() -> None:
    edge = {"deadline": "1s", "timeout": "10s", "pool": {"size": 1, "queue": 100}}
    retries = {"max_attempts": 2, "backoff": "100ms"}
    rows = ran({**edge, "retries": retries}, [{"wait": "200ms"}, {"fail": 503}], rate="20/s").tables["requests"]
    never = rows[(rows["seen"] == 504) & rows["arrived_at"].isna()]
    assert len(never) > 0
    assert set(never["reason"]) == {"deadline"}
    assert rows["answered_at"].notna().all()


def test_guards_that_never_act_change_no_row() -> None:
    steps = [{"work": {"kind": "exponential", "mean": "40ms"}}]
    plain = ran({"timeout": "5s"}, steps, workers=1).tables["requests"]
    breaker = {"failure_rate": 1.0, "window": 1000, "min_calls": 1000}
    guarded = ran({"timeout": "5s", "breaker": breaker, "pool": {"size": 1000}}, steps, workers=1).tables["requests"]
    assert plain.equals(guarded)


def test_what_is_not_idempotent_is_not_tried_again_once_it_may_have_begun() -> None:
    retries = {"max_attempts": 3, "backoff": "100ms"}
    page = {"steps": [{"fail": 503}], "idempotent": False}
    said = shop([], edges={EDGE: {"retries": retries}}, web={"operations": {"page": page, "look": {"steps": []}}})
    result = run(Scenario.model_validate(said))
    rows = result.tables["requests"]
    assert set(rows["attempt"]) == {1}
    assert set(rows["reason"]) == {"not_idempotent"}
    assert rows["last"].all()
    limited = {"window": 20, "min_calls": 20, "open_for": "50s"}
    said["platform"]["network"]["edges"][EDGE]["breaker"] = limited
    rows = run(Scenario.model_validate(said)).tables["requests"]
    assert set(rows["attempt"][rows["reason"] == "breaker_open"]) == {1, 2, 3}  # never begun: tried again


def test_retries_of_operations_that_must_not_be_repeated_are_refused_with_the_rule() -> None:
    page = {"steps": [], "idempotent": False}
    said = shop([], edges={EDGE: {"retries": {}}}, web={"operations": {"page": page}})
    with pytest.raises(ValidationError, match="no operation of web is idempotent"):
        Scenario.model_validate(said)
    said = shop([], edges={"gateway->notification": {"retries": {}}})
    with pytest.raises(ValidationError, match="no operation of notification is idempotent"):
        Scenario.model_validate(said)


def partitioned(edge: dict[str, Any], fault: dict[str, Any]) -> Any:
    result = broken(edge, fault)
    return result.tables["requests"].query("service == 'shop'")


def broken(edge: dict[str, Any], fault: dict[str, Any]) -> Result:
    said = shop([{"call": "shop.page"}], edges={"web->shop": edge})
    said["platform"]["services"]["shop"] = {"operations": {"page": {"steps": [{"work": "1ms"}, {"work": "1ms"}]}}}
    said["faults"] = [{**fault, "at": "20s", "for": "20s"}]
    return run(Scenario.model_validate(said))


@pytest.mark.parametrize(
    "fault",
    [{"kind": "crash", "service": "shop"}, {"kind": "partition", "groups": [["web"], ["shop"]]}],
)
def test_a_service_that_cannot_be_reached_costs_the_time_to_connect_only(fault: dict[str, Any]) -> None:
    rows = partitioned({"timeout": "5s", "connect_timeout": "200ms"}, fault)
    gone = rows[rows["sent_at"].between(20.0, 39.7)]
    assert len(gone) > 200
    assert set(gone["seen"]) == {504}
    assert set(gone["reason"]) == {"connect_timeout"}
    assert gone["arrived_at"].isna().all()
    assert (gone["answered_at"] - gone["sent_at"]).to_numpy() == pytest.approx(0.2)
    others = rows[~rows["sent_at"].between(19.9, 40.0)]
    assert set(others["seen"]) == {200}


def test_a_request_that_is_given_up_on_its_way_never_arrives() -> None:
    fault = {"kind": "latency", "edges": ["web->shop"], "extra": "300ms"}
    result = broken({"timeout": "5s", "connect_timeout": "200ms"}, fault)
    rows = result.tables["requests"].query("service == 'shop'")
    slow = rows[rows["sent_at"].between(20.0, 39.9)]
    assert len(result.tables["visits"].query("service == 'shop'")) == 2 * rows["arrived_at"].notna().sum()
    assert set(slow["reason"]) == {"connect_timeout"}
    assert slow["arrived_at"].isna().all()
    assert set(slow["status"]) == {0}


def test_what_took_long_to_answer_but_was_reached_is_waited_for() -> None:
    rows = ran({"timeout": "5s", "connect_timeout": "200ms"}, [{"wait": "1s"}]).tables["requests"]
    assert set(rows["seen"]) == {200}


def test_what_is_said_of_all_calls_of_a_service_holds_where_the_pair_says_nothing() -> None:
    said = shop([{"call": "shop.page"}, {"call": "bank.pay"}])
    platform = said["platform"]
    platform["services"]["web"]["calls"] = {"timeout": "100ms", "delay": "7ms"}
    platform["network"]["edges"] = {"web->bank": {"timeout": "300ms"}}
    for name, op in (("shop", "page"), ("bank", "pay")):
        platform["services"][name] = {"operations": {op: {"steps": [{"wait": "1s"}] if name == "bank" else []}}}
    rows = run(Scenario.model_validate(said)).tables["requests"]
    called = rows[rows["caller"] == "web"]
    bank, page = called[called["service"] == "bank"], called[called["service"] == "shop"]
    assert (bank["answered_at"] - bank["sent_at"]).to_numpy() == pytest.approx(0.3)
    assert (bank["arrived_at"] - bank["sent_at"]).to_numpy() == pytest.approx(0.007)
    assert (page["answered_at"] - page["sent_at"]).to_numpy() == pytest.approx(0.014)


def test_calls_of_a_service_that_makes_none_are_refused_and_so_are_contradictions() -> None:
    with pytest.raises(ValidationError, match="store calls no other service"):
        Scenario.model_validate({"name": "x", "platform": {"services": {"store": {"calls": {"timeout": 1}}}}})
    said = shop([{"call": "shop.page"}], edges={"web->shop": {"connect_timeout": "2s"}})
    said["platform"]["services"]["web"]["calls"] = {"timeout": "1s"}
    said["platform"]["services"]["shop"] = {"operations": {"page": {"steps": []}}}
    with pytest.raises(ValidationError, match=r"shorter than timeout.*services\.web\.calls"):
        Scenario.model_validate(said)


def chain(steps: list[dict[str, Any]], workers: int = 1000, rate: Any = "20/s", **said: Any) -> dict[str, Any]:
    """Visitors wait a second for the web, which waits for ever for the shop, which waits for ever for the bank."""
    network = {"propagate_deadlines": True, "edges": {EDGE: {"timeout": "1s"}}}
    scenario = shop([{"call": "shop.page"}], rate=rate, **network)
    shop_station = {"workers": workers, **said.pop("shop", {})}
    pages = [{"wait": "300ms"}, {"call": "bank.pay"}]
    scenario["platform"]["services"] |= {
        "shop": {"operations": {"page": {"steps": pages}}},
        "bank": {**shop_station, "operations": {"pay": {"steps": steps}}},
    }
    scenario["platform"]["network"] |= said
    return scenario


def test_what_is_below_waits_no_longer_than_what_is_above() -> None:
    result = run(Scenario.model_validate(chain([{"wait": "5s"}])))
    rows = result.tables["requests"]
    for service in ("web", "shop", "bank"):
        called = rows[rows["service"] == service]
        assert set(called["seen"]) == {504}
        assert called["answered_at"].to_numpy() == pytest.approx(
            called["sent_at"] + (1.0 if service != "bank" else 0.7)
        )
    assert set(rows["reason"][rows["service"] == "bank"]) == {"deadline"}
    assert set(rows["reason"][rows["service"] == "web"]) == {""}
    alone = run(Scenario.model_validate(chain([{"wait": "5s"}], propagate_deadlines=False))).tables["requests"]
    bank = alone[alone["service"] == "bank"]
    assert (bank["answered_at"] - bank["sent_at"]).to_numpy() == pytest.approx(5.0)


def test_a_call_whose_caller_is_not_waited_for_any_more_is_not_made() -> None:
    said = chain([{"wait": "1ms"}])
    said["platform"]["services"]["shop"]["operations"]["page"]["steps"][0] = {"wait": "1500ms"}
    rows = run(Scenario.model_validate(said)).tables["requests"]
    bank = rows[rows["service"] == "bank"]
    assert len(bank) > 0
    assert bank["arrived_at"].isna().all()
    assert set(bank["reason"]) == {"deadline"}


def test_work_whose_deadline_passed_in_the_queue_is_dropped_and_counted() -> None:
    said = chain([{"work": "100ms"}], workers=1)
    result = run(Scenario.model_validate(said))
    visits = result.tables["visits"].query("station == 'bank'")
    dropped = visits[visits["outcome"] == "shed"]
    assert len(dropped) > 100
    assert set(dropped["reason"]) == {"overdue"}
    served = visits[visits["outcome"] == "served"]
    assert (served["started_at"] - served["arrived_at"]).max() <= 0.7
    assert (dropped["departed_at"] - dropped["arrived_at"]).min() >= 0.7 - 1e-9
    summary = result.summary()
    assert summary["services"]["bank"]["shed"] == len(dropped)
    assert summary["conservation"]["holds"]
    rows = result.tables["requests"].query("service == 'bank'")
    assert (rows["reason"] == "overdue").sum() == len(dropped)
    assert set(rows["status"][rows["reason"] == "overdue"]) == {504}
    off = run(Scenario.model_validate(chain([{"work": "100ms"}], workers=1, propagate_deadlines=False)))
    waited = off.tables["visits"].query("station == 'bank'")
    assert (waited["outcome"] != "shed").all()


def answered_well(scenario: dict[str, Any]) -> int:
    summary = run(Scenario.model_validate(scenario)).summary()
    return int(summary["edges"]["visitors"]["web"]["answered_well"])


@pytest.mark.parametrize("balancing", ["shared", "round_robin"])
def test_who_cannot_be_in_time_is_refused_on_arrival_and_others_are_in_time(balancing: str) -> None:
    station = {"replicas": 2, "balancing": balancing, "shedding": {"kind": "deadline"}}
    said = chain([{"work": "200ms"}], workers=1, rate="40/s", shop=station)
    result = run(Scenario.model_validate(said))
    rows = result.tables["requests"].query("service == 'bank'")
    late = rows[rows["reason"] == "too_late"]
    assert len(late) > 500
    assert set(late["status"]) == {503}
    assert ((late["ended_at"] - late["arrived_at"]) < 1e-9).mean() > 0.8  # the others when they would have started
    assert answered_well(said) > 10 * 60 * 0.9  # all that two servers can do
    plain = chain([{"work": "200ms"}], workers=1, rate="40/s", shop={**station, "shedding": None})
    assert answered_well(plain) < 10 * 60 * 0.2  # served just when it is too late
    assert result.summary()["conservation"]["holds"]


def test_shedding_by_deadline_needs_deadlines_that_are_told() -> None:
    with pytest.raises(ValidationError, match=r"needs network\.propagate_deadlines"):
        Scenario.model_validate(shop([{"work": 1}], web={"shedding": {"kind": "deadline"}}))


SLOW_SOMETIMES = [
    {"choose": [{"probability": 0.9, "steps": [{"wait": "10ms"}]}, {"probability": 0.1, "steps": [{"wait": "2s"}]}]}
]


def test_a_copy_of_what_takes_long_is_sent_and_the_first_answer_wins() -> None:
    result = ran({"hedge": {"after": "50ms"}}, SLOW_SOMETIMES)
    rows, counts = result.tables["requests"], result.summary()["edges"]["visitors"]["web"]
    copies = rows[rows["reason"] == "hedge"]
    assert 0.05 * counts["calls"] < len(copies) < 0.2 * counts["calls"]
    assert counts["by_reason"] == {"hedge": len(copies)}
    assert counts["attempts"] == counts["calls"] + len(copies)  # the load that copies add
    assert (copies["sent_at"] - copies["first_sent_at"]).to_numpy() == pytest.approx(0.05)
    final = rows[rows["last"]]
    assert len(final) == counts["calls"] == counts["answered_well"]
    latency = final["answered_at"] - final["first_sent_at"]
    assert (latency > 1.0).mean() < 0.03  # both slow: one in a hundred; without copies one in ten
    lost = rows[rows["seen"] == 499]
    assert len(lost) == len(copies)
    assert not lost["last"].any()
    assert result.summary()["conservation"]["holds"]


def test_a_copy_that_lost_is_withdrawn_from_the_queue_it_waits_in() -> None:
    replicas = {"replicas": 4, "balancing": "random"}
    result = ran({"hedge": {"after": "50ms"}}, [{"work": "80ms"}], rate="15/s", workers=1, web=replicas)
    visits, rows = result.tables["visits"], result.tables["requests"].set_index("request")
    gone = visits[visits["outcome"] == "withdrawn"]
    assert len(gone) > 10
    assert set(gone["reason"]) == {"caller_gone"}
    assert set(rows.loc[gone["request"], "status"]) == set(rows.loc[gone["request"], "seen"]) == {499}
    others = rows[rows["status"] != 499]
    assert (visits["outcome"] == "served").sum() == len(others)
    assert result.summary()["conservation"]["holds"]


def test_a_failure_counts_only_when_no_copy_is_under_way() -> None:
    steps = [
        {
            "choose": [
                {"probability": 0.5, "steps": [{"wait": "200ms"}, {"fail": 503}]},
                {"probability": 0.5, "steps": []},
            ]
        }
    ]
    rows = ran({"hedge": {"after": "50ms", "max": 3}}, steps).tables["requests"]
    final = rows[rows["last"]]
    assert len(final) == rows["first_sent_at"].nunique()
    assert 0.9 < (final["seen"] == 200).mean() < 1.0  # all four fail: one in sixteen
    assert (rows["seen"] == 503).sum() > (final["seen"] == 503).sum()


def test_copies_have_a_budget_and_what_is_not_idempotent_has_none() -> None:
    bounded = {"hedge": {"after": "50ms", "budget": {"ratio": 0.02, "burst": 3}}}
    counts = ran(bounded, [{"wait": "200ms"}]).summary()["edges"]["visitors"]["web"]
    assert 0.01 * counts["calls"] < counts["by_reason"]["hedge"] <= 3 + 0.02 * counts["calls"]
    page = {"steps": [{"wait": "200ms"}], "idempotent": False}
    operations = {"page": page, "look": {"steps": []}}
    said = shop([], edges={EDGE: {"hedge": {"after": "50ms"}}}, web={"operations": operations})
    assert set(run(Scenario.model_validate(said)).tables["requests"]["reason"]) == {""}


def test_copies_respect_breaker_pool_and_deadline() -> None:
    edge = {"hedge": {"after": "50ms", "max": 2}, "pool": {"size": 3, "queue": 2, "wait": "100ms"}}
    breaker = {"window": 50, "min_calls": 50, "open_for": "2s", "failure_rate": 0.1}
    edge |= {"deadline": "300ms", "breaker": breaker}
    result = ran(edge, SLOW_SOMETIMES, rate="60/s")
    rows = result.tables["requests"]
    assert {"hedge", "pool_full", "breaker_open", "deadline"} <= set(rows["reason"])
    made = rows[rows["arrived_at"].notna()]
    steps = sorted([*((t, 1) for t in made["arrived_at"]), *((t - 1e-6, -1) for t in made["answered_at"])])
    level, most = 0, 0
    for _, step in steps:
        level += step
        most = max(most, level)
    assert most == 3
    assert (rows["answered_at"] - rows["first_sent_at"]).max() <= 0.3 + 1e-9
    assert rows["last"].sum() == rows["first_sent_at"].nunique()
    assert result.summary()["conservation"]["holds"]


def test_copies_that_lost_give_their_connections_back() -> None:
    edge = {"hedge": {"after": "50ms", "max": 2}, "pool": {"size": 6, "queue": 0}}
    rows = ran(edge, SLOW_SOMETIMES, rate="3/s").tables["requests"]
    assert (rows["reason"] == "hedge").sum() > 10
    assert (rows["reason"] == "pool_full").mean() < 0.02


def test_a_failed_call_is_answered_with_what_was_remembered_while_that_is_young() -> None:
    said = shop([{"call": "shop.page"}], edges={"web->shop": {"fallback": {"max_age": "10s"}}})
    said["platform"]["services"]["shop"] = {"operations": {"page": {"steps": [{"work": "1ms"}]}}}
    said["faults"] = [{"kind": "crash", "service": "shop", "at": "20s", "for": "20s"}]
    result = run(Scenario.model_validate(said))
    rows = result.tables["requests"].query("service == 'shop'")
    down = rows[rows["sent_at"].between(20.0, 39.99)]
    assert set(down["status"]) == {503}
    assert set(down["seen"][down["sent_at"] < 29.9]) == {203}
    assert set(down["seen"][down["sent_at"] > 30.1]) == {503}
    counts = result.summary()["edges"]["web"]["shop"]
    assert counts["fallbacks"] == (rows["seen"] == 203).sum() > 100
    assert f"{counts['fallbacks']} answered with what was remembered" in " ".join(text_report(result, []).plain.split())
    pages = result.tables["requests"].query("service == 'web'")
    assert set(pages["seen"][pages["sent_at"].between(20.0, 29.9)]) == {200}


def test_a_fallback_comes_after_the_last_attempt_only() -> None:
    steps = [{"choose": [{"probability": 0.5, "steps": [{"fail": 503}]}, {"probability": 0.5, "steps": []}]}]
    retries = {"max_attempts": 2, "backoff": "10ms"}
    rows = ran({"fallback": {}, "retries": retries}, steps).tables["requests"]
    assert set(rows["attempt"][rows["seen"] == 203]) == {2}
    assert (rows["seen"] == 503).sum() > 100
    assert rows["last"][rows["seen"] == 203].all()


def ring(holds: str, timeout: str = "2s", rate: Any = "5/s", **edge: Any) -> dict[str, Any]:
    """A web whose pages call the shop, which calls the web again: with workers held it can wait for itself."""
    said = shop([{"wait": "50ms"}, {"call": "shop.page"}], rate=rate, edges={"web->shop": {"timeout": timeout, **edge}})
    services = said["platform"]["services"]
    services["web"] |= {"workers": 4, "holds": holds}
    services["web"]["operations"]["menu"] = {"steps": [{"work": "10ms"}]}
    services["shop"] = {"workers": 1000, "operations": {"page": {"steps": [{"call": "web.menu"}]}}}
    return said


def test_workers_that_are_all_held_by_callers_of_those_who_wait_are_a_deadlock() -> None:
    result = run(Scenario.model_validate(ring("request", rate="40/s")))
    menu = result.tables["requests"].query("operation == 'menu'")
    stuck = menu[menu["reason"] == "deadlock"]
    assert len(stuck) > 20
    assert result.summary()["edges"]["shop"]["web"]["by_reason"]["deadlock"] == len(stuck)
    assert "Deadlock shop->web:" in text_report(result, []).plain
    sent = ring("work", rate="40/s")
    assert "deadlock" not in set(run(Scenario.model_validate(sent)).tables["requests"]["reason"])


def test_a_full_pool_is_no_deadlock_while_one_of_its_holders_can_end() -> None:
    result = run(Scenario.model_validate(ring("request", rate="1/s")))
    assert "deadlock" not in set(result.tables["requests"]["reason"])
    slow = shop([{"wait": "1s"}], rate="20/s", web={"holds": "request"}, workers=4, edges={EDGE: {"timeout": "5s"}})
    assert "deadlock" not in set(run(Scenario.model_validate(slow)).tables["requests"]["reason"])


def test_connections_that_are_all_held_by_callers_of_those_who_wait_are_a_deadlock() -> None:
    said = ring("work", pool={"size": 2, "queue": 50, "wait": "500ms"})
    services = said["platform"]["services"]
    services["web"]["operations"]["menu"] = {"steps": [{"wait": "50ms"}, {"call": "shop.stock"}]}
    services["shop"]["operations"]["stock"] = {"steps": []}
    result = run(Scenario.model_validate(said))
    rows = result.tables["requests"].query("caller == 'web'")
    stuck = rows[rows["reason"] == "deadlock"]
    assert set(stuck["operation"]) == {"stock"}
    assert len(stuck) > 10
    assert set(rows["reason"]) >= {"deadlock", "pool_wait"}
    assert result.summary()["conservation"]["holds"]
    said["platform"]["network"]["edges"]["web->shop"]["pool"]["size"] = 50
    assert "deadlock" not in set(run(Scenario.model_validate(said)).tables["requests"]["reason"])


@pytest.mark.parametrize(
    ("edge", "rule"),
    [
        ({"breaker": {"window": 10}}, "at least min_calls"),
        ({"retries": {"budget": {"ratio": 2}}}, "ratio"),
        ({"retries": {"growth": 0.5}}, "growth"),
        ({"pool": {}}, "size"),
        ({"hedge": {"after": "2s"}, "timeout": "1s"}, "must be shorter than timeout"),
        ({"hedge": {"after": "1s"}, "retries": {}}, "must not be given with retries"),
        ({"fallback": {"kind": "guess"}}, "cached"),
        ({"connect_timeout": "2s", "timeout": "1s"}, "shorter than timeout"),
    ],
)
def test_nonsense_is_refused_with_the_rule(edge: dict[str, Any], rule: str) -> None:
    with pytest.raises(ValidationError, match=rule):
        Scenario.model_validate(shop([{"work": 1}], edges={EDGE: edge}))
