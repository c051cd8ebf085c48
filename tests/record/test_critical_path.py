"""Critical paths of calls add up to what callers saw, and lead through what was waited for."""

from __future__ import annotations

import math
from typing import Any

import pytest

from delivsim.experiment.run import run
from delivsim.record.critical_path import CriticalPaths, added
from delivsim.record.result import Result
from delivsim.record.tail import find_tail, tails_of
from delivsim.record.view import Window
from delivsim.scenario.schema import Scenario


def simulate(services: dict[str, Any], workload: dict[str, Any], seed: int = 1, **platform: Any) -> Result:
    said = {"services": services, "workloads": [{"name": "visitors", "operation": "web.page", **workload}], **platform}
    return run(Scenario.model_validate({"name": "paths", "horizon": "2min", "platform": said}), seed=seed)


def op(*steps: dict[str, Any], **station: Any) -> dict[str, Any]:
    return {**station, "operations": {"page": {"steps": list(steps)}}}


def one(result: Result) -> dict[tuple[str, str], float]:
    """The path of the only kind of call there is."""
    tail = find_tail(result, "page", 0.0)
    assert tail is not None
    return {key: round(seconds, 9) for key, seconds in tail.tail.items()}


SLOWLY = {"kind": "open", "interarrival": 30}


def test_a_chain_of_calls_is_told_hop_by_hop():
    """Work, calls one after another, pauses and the network, each at its own hop; together the latency."""
    services = {
        "web": op({"work": "20ms"}, {"call": "db.page"}, {"wait": "7ms"}, {"call": "mail.page"}, {"work": "3ms"}),
        "db": op({"work": "50ms"}),
        "mail": op({"work": "11ms"}),
    }
    result = simulate(services, SLOWLY, network={"default_delay": "1ms"})
    assert one(result) == {
        ("web.page", "network"): 0.002,
        ("web.page", "work"): 0.023,
        ("web.page", "pauses"): 0.007,
        ("db.page", "network"): 0.002,
        ("db.page", "work"): 0.05,
        ("mail.page", "network"): 0.002,
        ("mail.page", "work"): 0.011,
    }


def test_of_calls_at_once_the_slowest_is_on_the_path():
    """The fast one of two calls is not waited for; its queue does not count."""
    services = {
        "web": op({"call_all": ["db.page", "cache.page"]}),
        "db": op({"work": "50ms"}),
        "cache": op({"work": "2ms"}),
    }
    result = simulate(services, SLOWLY, network={"default_delay": 0})
    assert one(result) == {("db.page", "work"): 0.05}


def test_attempts_that_failed_are_retries():
    """What came before the last attempt, and the pauses between, is told as retries at the hop that was called."""
    services = {"web": op({"call": "db.page"}), "db": op({"work": "10ms"}, {"fail": 503})}
    edges = {"web->db": {"delay": 0, "retries": {"max_attempts": 3, "backoff": "100ms"}}}
    result = simulate(services, SLOWLY, network={"default_delay": 0, "edges": edges})
    assert one(result) == {("db.page", "retries"): 0.22, ("db.page", "work"): 0.01}


def test_a_caller_who_gives_up_waited_for_what_was_going_on():
    """A call that times out after 30 ms spent them on the network and the work below, as far as that had come."""
    services = {"web": op({"call": "db.page"}), "db": op({"work": "80ms"})}
    edges = {"web->db": {"delay": "5ms", "timeout": "30ms"}}
    result = simulate(services, SLOWLY, network={"default_delay": 0, "edges": edges})
    assert one(result) == {("db.page", "network"): 0.005, ("db.page", "work"): 0.025}


def test_a_held_worker_is_not_at_work_while_it_waits():
    """A thread that is held for the whole request works only when it waits for no call."""
    services = {"web": op({"work": "20ms"}, {"call": "db.page"}, holds="request"), "db": op({"work": "50ms"})}
    result = simulate(services, SLOWLY, network={"default_delay": 0})
    assert one(result) == {("web.page", "work"): 0.02, ("db.page", "work"): 0.05}


def test_a_message_waits_for_its_broker_and_its_handler():
    """From the commit to the acknowledgement: broker, the handler's work, the calls it makes."""
    services = {
        "web": op({"publish": "seen"}),
        "log": {
            "consumes": {"seen": "note"},
            "operations": {"note": {"steps": [{"work": "4ms"}, {"call": "db.page"}]}},
        },
        "db": op({"work": "9ms"}),
    }
    broker = {"publish_delay": "2ms", "delivery_delay": "3ms"}
    result = simulate(services, SLOWLY, network={"default_delay": 0}, broker=broker)
    tail = find_tail(result, "seen", 0.5)
    assert tail is not None
    assert {key: round(seconds, 9) for key, seconds in tail.tail.items()} == {
        ("seen > log", "broker"): 0.005,
        ("log.note", "work"): 0.004,
        ("db.page", "work"): 0.009,
    }
    assert tails_of(result) == ["page", "seen"]


@pytest.mark.parametrize("seed", range(1, 4))
def test_every_path_adds_up_to_its_latency(seed):
    """Under load, with branches, threads, time-outs and retries, no time is lost, none is told twice."""
    law = {"kind": "exponential", "mean": "60ms"}
    coin = [{"probability": 0.3, "steps": [{"fail": 503}]}, {"probability": 0.7, "steps": [{"call": "c.page"}]}]
    services = {
        "web": op({"work": law}, {"call_all": ["b.page", "c.page"]}, holds="request", workers=4),
        "b": op({"work": law}, {"wait": "3ms"}, {"choose": coin}, workers=2),
        "c": op({"work": law}, {"work": "5ms"}, workers=2, queue_capacity=20),
    }
    retry = {"max_attempts": 3, "backoff": "20ms"}
    edges = {
        "web->b": {"timeout": "700ms", "retries": retry},
        "b->c": {"timeout": "150ms", "retries": retry},
        "visitors->web": {"timeout": "2s", "retries": retry},
    }
    result = simulate(services, {"kind": "open", "rate": 9}, seed, network={"default_delay": "1ms", "edges": edges})
    requests = result.tables["requests"]
    rows = requests[(requests["cause"] == "client") & requests["last"] & requests["answered_at"].notna()]
    paths = CriticalPaths(requests, result.tables["visits"])
    seen = set()
    for row in rows.to_dict("records"):
        path = paths.of_call(row)
        seen |= {piece.kind for piece in path if piece.seconds > 0}
        assert math.fsum(piece.seconds for piece in path) == pytest.approx(row["answered_at"] - row["first_sent_at"])
        assert min(piece.seconds for piece in path) >= 0.0
    assert len(rows) > 800
    assert seen == {"waiting", "work", "network", "retries", "pauses"}


def test_only_calls_of_the_window_count():
    """A window without calls has no tail."""
    result = simulate({"web": op({"work": "5ms"})}, {"kind": "open", "rate": 2})
    tail = find_tail(result, "page", 0.9, Window(60.0, 120.0))
    assert tail is not None
    assert 80 < tail.n_calls < 160
    assert find_tail(result, "page", 0.9, Window(150.0, 200.0)) is None
    assert added([[], []]) == {}
