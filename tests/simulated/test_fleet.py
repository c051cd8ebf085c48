"""Replicas with queues of their own, and replicas that come and go."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from hypothesis import given
from tests.simulated.test_stations import SETTLE, Act, assert_same, stories, tell

from delivsim.experiment.run import run
from delivsim.record.metrics import verdicts
from delivsim.scenario.schema import Scenario
from delivsim.simulated.stations import ComputedStation, EventStation, Fleet
from delivsim.simulated.stations.balancing import AtRandom, LeastOutstanding, RoundRobin, TwoChoices


def fleet(
    env: Any, name: str, servers: int, queue_capacity: int | None, rows: Any, done: Any, *, balance: Any = None,
    kind: Any = ComputedStation, workers: int = 1,
) -> Fleet:  # fmt: skip
    """Make a fleet in the words of one station."""

    def make(n: int, replica: int, done: Any, refused: Any) -> Any:
        return kind(env, name, n, queue_capacity, rows, done, replica=replica)

    return Fleet(env, name, servers // workers, workers, make, balance, rows, done, lambda *_: None)


@given(stories())
@SETTLE
def test_one_queue_for_all_is_one_station(story):
    """Replicas before one queue, computed or by events, write the rows of a plain station whatever happens to them."""
    plain = tell(ComputedStation, *story)
    for kind in (ComputedStation, EventStation):
        assert_same(plain, tell(partial(fleet, kind=kind), *story))


@given(stories())
@SETTLE
def test_queues_of_their_own_computed_or_by_events(story):
    """Each replica is a station: computed or by events, and by whatever balancer, the rows are the same."""
    for balance in (RoundRobin, partial(LeastOutstanding, lambda _: 0.7), partial(TwoChoices, lambda _: 0.4)):
        acts, servers, *rest = story
        one = tell(partial(fleet, balance=balance(), kind=ComputedStation), acts, max(1, servers), *rest)
        assert_same(one, tell(partial(fleet, balance=balance(), kind=EventStation), acts, max(1, servers), *rest))
        assert {row["outcome"] for row in one.rows.values()} <= {"served", "refused", "failed", "withdrawn", "open"}


def test_in_turn():
    """Round robin over two: the third job waits for the first though the second server is idle."""
    story = tell(partial(fleet, balance=RoundRobin()), [Act(0, "enter", work=w) for w in (9, 1, 1)], 2)
    assert [story.rows[k]["departed_at"] for k in (1, 2, 3)] == [9, 1, 10]
    assert [story.rows[k]["replica"] for k in (1, 2, 3)] == [0, 1, 0]


@pytest.mark.parametrize("balance", [LeastOutstanding(lambda _: 0.0), TwoChoices(lambda _: 0.0)])
def test_the_shorter_queue(balance):
    """Of two queues the shorter is joined: the third job finds the idle server."""
    acts = [Act(0, "enter", work=9), Act(0.1, "enter", work=1), Act(2, "enter", work=1)]
    story = tell(partial(fleet, balance=balance), acts, 2)
    assert {story.rows[2]["replica"], story.rows[3]["replica"]} == {1 - story.rows[1]["replica"]}


def test_at_random():
    """The draw says which: 0.2 of two is the first, 0.9 the second."""
    draws = iter([0.2, 0.9, 0.2])
    story = tell(partial(fleet, balance=AtRandom(lambda _: next(draws))), [Act(0, "enter", work=1)] * 3, 2)
    assert [story.rows[k]["replica"] for k in (1, 2, 3)] == [0, 1, 0]


def test_a_crash_takes_whole_replicas():
    """A replica is lost with its work and its queue; the other goes on, and a new one has a new number."""
    acts = [Act(0.1 * k, "enter", work=5) for k in range(4)]
    acts += [Act(1, "crash", 1), Act(2, "add_servers", 1), Act(3, "enter", work=1), Act(3.1, "enter", work=1)]
    story = tell(partial(fleet, balance=RoundRobin()), acts, 2)
    assert [story.rows[k]["outcome"] for k in (1, 2, 3, 4)] == ["failed", "served", "failed", "served"]
    assert {story.rows[5]["replica"], story.rows[6]["replica"]} == {1, 2}


def test_a_drained_replica_finishes_and_takes_no_more():
    """The replica that is to go serves who is in its queue, and its servers count until then."""
    acts = [Act(0.1 * k, "enter", work=5) for k in range(4)]
    story = tell(partial(fleet, balance=RoundRobin()), [*acts, Act(1, "remove_servers", 1), Act(2, "enter", work=1)], 2)
    assert [story.rows[k]["outcome"] for k in range(1, 6)] == ["served"] * 5
    assert story.rows[5]["replica"] == 0
    assert story.capacity == [[0.0, 2], [pytest.approx(10.1), 1]]


def test_without_replicas_all_are_refused():
    """Where every replica is gone, there is no queue to join."""
    story = tell(partial(fleet, balance=RoundRobin()), [Act(0, "crash", 2), Act(1, "enter", work=1)], 2)
    assert (story.rows[1]["outcome"], story.rows[1]["reason"]) == ("refused", "no_replica")


def test_objectives_can_name_a_replica_with_a_queue_of_its_own() -> None:
    """One replica's figures are compared; a replica that is not there has no data."""
    web = {
        "replicas": 2,
        "balancing": "round_robin",
        "workers": 1,
        "operations": {"page": {"steps": [{"work": "20ms"}]}},
    }
    said = {
        "name": "replicas",
        "horizon": "60s",
        "slos": [
            "web by_replica 0 utilization < 50%",
            "stations.web.by_replica.1.visits > 40% in 10s-50s",
            "web by_replica 2 visits > 0",
        ],
        "platform": {
            "services": {"web": web},
            "workloads": [{"kind": "open", "name": "visitors", "operation": "web.page", "rate": 20}],
        },
    }
    result = run(Scenario.model_validate(said))
    first, second, third = verdicts(result)
    assert first.value == pytest.approx(result.summary()["stations"]["web"]["by_replica"]["0"]["utilization"])
    assert 0.1 < first.value < 0.4
    assert first.holds
    assert second.value == pytest.approx(0.5, abs=0.01)
    assert (third.holds, third.note) == (False, "no data after the warm-up")
