"""Traffic equations against what textbooks say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from delivsim.experiment.traffic import Network, Operation, Servers, Users


def station(name: str, servers: int = 1, *, holds: bool = False) -> Servers:
    return Servers(name=name, services=(name,), servers=servers, holds_request=holds)


def work(service: str, seconds: float, **more: Any) -> Operation:
    return Operation(service=service, work=seconds, n_works=1.0, **more)


def external(network: Network, **rates: float) -> Any:
    found = np.zeros(len(network.names))
    for name, rate in rates.items():
        found[network.number(name.replace("_", "."))] = rate
    return found


def test_calls_and_messages_add_up() -> None:
    """A call that calls b twice and publishes to two consumers causes that many calls of each."""
    operations = {
        "a.x": work("a", 0.1, calls=(("b.y", 2.0),), publishes=(("told", 0.5),)),
        "b.y": work("b", 0.2),
        "c.z": work("c", 0.3),
    }
    stations = [station("a"), station("b"), station("c")]
    network = Network(operations, {"told": ("c.z", "b.y")}, stations, {})
    settled = network.settle(external(network, a_x=1.0))
    assert settled.rates == pytest.approx([1.0, 2.5, 0.5])
    assert settled.busy == pytest.approx([0.1, 0.5, 0.15])


def test_feedback() -> None:
    """An operation that calls itself again in 30 % of cases is called 1 / 0.7 times as often (Jackson 1957)."""
    network = Network({"a.x": work("a", 0.1, calls=(("a.x", 0.3),))}, {}, [station("a")], {})
    assert network.goes_round == []
    assert network.settle(external(network, a_x=1.0)).busy == pytest.approx([0.1 / 0.7])


def test_calls_that_never_end_are_named() -> None:
    """Operations on a circle that each call causes again are told; those beside it are not."""
    operations = {
        "a.x": work("a", 0.1, calls=(("b.y", 1.0),)),
        "b.y": work("b", 0.1, publishes=(("again", 1.0),)),
        "c.z": work("c", 0.1, calls=(("a.x", 1.0),)),
    }
    network = Network(operations, {"again": ("a.x",)}, [station("a"), station("b"), station("c")], {})
    assert network.goes_round == ["a.x", "b.y"]


def test_a_held_worker_is_busy_for_the_whole_request() -> None:
    """It waits for network and work of what it calls, for the slower of two calls at once, and for its own waits."""
    operations = {
        "a.x": work("a", 0.1, calls=(("b.y", 1.0),), together=((("b.y", "c.z"), 1.0),), wait=0.05),
        "b.y": work("b", 0.2),
        "c.z": work("c", 0.7),
    }
    delays = {("a", "b"): 0.01}
    stations = [station("a", 100, holds=True), station("b", 100), station("c", 100)]
    network = Network(operations, {}, stations, delays)
    held = 0.1 + 0.05 + (0.2 + 2 * 0.01) + 0.7
    assert network.settle(external(network, a_x=2.0)).busy[0] == pytest.approx(2 * held, rel=1e-6)


def test_a_held_worker_waits_in_the_queues_of_others() -> None:
    """Behind an M/M/1 station at 50 % a call takes twice its work, and the caller's worker is held for that."""
    operations = {"a.x": Operation(service="a", calls=(("b.y", 1.0),)), "b.y": work("b", 0.5)}
    network = Network(operations, {}, [station("a", 100, holds=True), station("b")], {})
    assert network.settle(external(network, a_x=1.0)).busy[0] == pytest.approx(1.0, rel=1e-3)


@pytest.mark.parametrize(
    ("users", "think", "servers", "exact"),
    [(1, 9.0, 1, 0.1), (2, 1.0, 1, 0.8), (10, 9.0, 1, 0.832), (200, 9.0, 1, 1.0), (200, 9.0, 3, 3.0)],
)
def test_users_wait_for_answers(users: int, think: float, servers: int, exact: float) -> None:
    """Throughput of machine repair with work 1 s is within 6 % of exact mean value analysis, and bounded by servers."""
    network = Network({"a.x": work("a", 1.0)}, {}, [station("a", servers)], {})
    group = Users(operation="a.x", users=users, think=think)
    settled = network.settle(np.zeros(1), [group])
    assert settled.users[0] == pytest.approx(exact, rel=0.06)
    assert settled.busy[0] <= servers * 1.005


def test_a_round_that_takes_no_time_still_has_an_answer() -> None:
    """Users who neither think nor wait are no division by zero."""
    network = Network({"a.x": Operation(service="a")}, {}, [station("a")], {})
    assert np.isfinite(network.settle(np.zeros(1), [Users(operation="a.x", users=3, think=0.0)]).users).all()
