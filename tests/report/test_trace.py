from __future__ import annotations

import pandas as pd
import pytest

from delivsim.report.trace import Trace, trace


@pytest.fixture
def seen(story: dict[str, pd.DataFrame]) -> Trace:
    return trace(story["requests"], story["visits"], story["messages"], 0)


def test_parents_make_a_tree(seen: Trace) -> None:
    """What a request caused stands below it, and only what a client began is a root."""
    placed = seen.roots[0]
    assert [(depth, hop.name) for depth, hop in placed.walk()] == [(0, "gateway.place_order"), (1, "payment.charge")]
    assert [root.name for root in seen.roots[1:]] == ["gateway.track_order"] * 5


def test_times_of_a_hop(seen: Trace) -> None:
    """Network is the way there and back; waiting and work are those of its own visits only."""
    placed = seen.roots[0]
    assert placed.network_time == pytest.approx(0.2)
    assert placed.waiting_time == pytest.approx(0.1)
    assert placed.work_time == pytest.approx(0.2)


def test_an_orphan_outlives_its_caller(seen: Trace) -> None:
    """A call that was given up ends when its work ends, after its caller's answer."""
    assert seen.roots[0].row.answered_at == 61.0
    assert seen.roots[0].end == 61.9
    assert seen.roots[0].calls[0].network_time == pytest.approx(0.1)


def test_messages_have_their_handlers(seen: Trace) -> None:
    """A message leads to the requests its consumer handled, which are no roots."""
    (message,) = seen.messages
    assert message.row.topic == "order.placed"
    assert [hop.name for hop in message.handled] == ["delivery.open_order"]


def test_an_order_without_requests(story: dict[str, pd.DataFrame]) -> None:
    """An order the platform never saw has an empty trace."""
    seen = trace(story["requests"], story["visits"], story["messages"], 1)
    assert (seen.roots, seen.messages) == ((), ())


def test_a_timer_stands_alone(story: dict[str, pd.DataFrame]) -> None:
    """What a timer does minutes later is a story of its own, not a part of the request that set it."""
    requests = story["requests"].astype({"cause": "str"})
    requests.loc[requests["request"] == 2, "cause"] = "timer"
    seen = trace(requests, story["visits"], story["messages"], 0)
    assert [root.name for root in seen.roots[:2]] == ["gateway.place_order", "payment.charge"]
    assert seen.roots[0].calls == ()
