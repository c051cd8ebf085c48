"""In which order a station serves, and whom it gives up: cases by hand, and what always holds."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from simpy import Environment

from delivsim.record.tables import columns
from delivsim.simulated.config import StationConfig
from delivsim.simulated.stations import EventStation, PreemptiveStation, SharingStation
from delivsim.simulated.stations.lines import ByPriority, OneLine
from delivsim.simulated.stations.shedding import CoDel

VISITS = columns("visits")
SETTLE = settings(max_examples=100, deadline=None, derandomize=True)


class Visitor:
    """The least that may visit a station."""

    def __init__(self, number: int, priority: int) -> None:
        self.id, self.order, self.parent, self.attempt, self.priority = number, number, 0, 1, priority
        self.route = SimpleNamespace(cause="client", service="web", operation="page")
        self.visit = None
        self.queued_at = self.started_at = self.ends_at = self.work = math.nan
        self.queue_length, self.timer = 0, None


def tell(
    make: Callable[..., Any],
    jobs: Sequence[tuple[float, float, int]],
    acts: Sequence[tuple[float, str, int]] = (),
    servers: int = 1,
    queue_capacity: int | None = None,
    **options: Any,
) -> list[dict[str, Any]]:
    """Let jobs (instant, work, priority) come, and servers come and go; give the rows in order of arrival."""
    env, rows = Environment(), []
    station = make(env, "web", servers, queue_capacity, rows, lambda *_: None, **options)
    for number, (at, work, priority) in enumerate(jobs):
        visitor = Visitor(number, priority)
        env.timeout(at).callbacks.append(lambda _, v=visitor, w=work: station.enter(v, w))
    for at, what, n in acts:
        call = getattr(station, what)
        env.timeout(at).callbacks.append(lambda _, call=call, n=n: call(n) if n else call())
    env.run()
    station.finish()
    found = [dict(zip(VISITS, row, strict=True)) for row in rows]
    assert len(found) == len(jobs) == len({row["request"] for row in found})
    return sorted(found, key=lambda row: row["request"])


def ends(rows: list[dict[str, Any]]) -> list[float]:
    return [row["departed_at"] for row in rows]


def outcomes(rows: list[dict[str, Any]]) -> list[str]:
    return [row["outcome"] for row in rows]


def test_the_last_is_first():
    """LIFO: of two who wait, the later one is served first; whoever is in work stays."""
    rows = tell(EventStation, [(0, 4, 5), (1, 2, 5), (2, 3, 5)], line=OneLine(last_first=True))
    assert ends(rows) == [4, 9, 7]


def test_the_urgent_goes_before_those_who_wait():
    """Priority without preemption: class 0 overtakes who waits, not who is in work; a class is served in its order."""
    rows = tell(EventStation, [(0, 4, 9), (1, 2, 5), (2, 3, 0), (3, 1, 5)], line=ByPriority())
    assert ends(rows) == [4, 9, 7, 10]


def test_the_urgent_interrupts():
    """Preemptive resume: 4 s of work, interrupted for 3 s after 1 s, end at 7 s; the row tells the first start."""
    rows = tell(PreemptiveStation, [(0, 4, 5), (1, 3, 0), (2, 1, 5)], line=ByPriority())
    assert ends(rows) == [7, 4, 8]
    assert [row["started_at"] for row in rows] == [0, 1, 7]
    assert [row["queue_length"] for row in rows] == [0, 0, 0]


def test_who_is_interrupted_takes_no_place_in_the_queue():
    """With no place to wait, an interrupted visit resumes all the same, and one of its class is refused."""
    rows = tell(PreemptiveStation, [(0, 4, 5), (1, 3, 0), (2, 1, 5)], queue_capacity=0, line=ByPriority())
    assert outcomes(rows) == ["served", "served", "refused"]
    assert ends(rows)[0] == 7


def test_servers_are_shared():
    """One server, three jobs: speeds 1, 1/2, 1/3, 1/2 and 1 in turn."""
    rows = tell(SharingStation, [(0, 4, 5), (1, 1, 5), (2, 3, 5)])
    # at 2: 2.5 and 0.5 left, and 3; the second leaves after 1.5 s; then 2 and 2.5 share
    assert ends(rows) == pytest.approx([7.5, 3.5, 8.0])
    assert [row["started_at"] for row in rows] == [0, 1, 2]


def test_two_servers_are_shared_by_three():
    """With two servers two jobs have full speed and three 2/3 of it; a full house refuses the fourth."""
    rows = tell(SharingStation, [(0, 2, 5), (0, 2, 5), (0, 2, 5), (0, 1, 5)], servers=2, queue_capacity=1)
    assert ends(rows) == pytest.approx([3, 3, 3, 0])
    assert outcomes(rows) == ["served"] * 3 + ["refused"]


def test_shared_servers_come_and_go():
    """A second server at 2 s doubles the speed; half of the servers take half of the visits with them, oldest first."""
    jobs = [(0, 4, 5), (0.5, 4, 5)]
    assert ends(tell(SharingStation, jobs, [(2, "add_servers", 1)])) == pytest.approx([4.75, 5.25])
    rows = tell(SharingStation, jobs, [(2, "crash", 1)], servers=2)
    assert outcomes(rows) == ["failed", "served"]
    assert ends(rows) == pytest.approx([2, 4.5])


def test_patience_ends_in_the_queue_only():
    """Who waited 2 s leaves, and says why; who is in work stays however long it takes."""
    rows = tell(EventStation, [(0, 9, 5), (1, 1, 5), (8, 1, 5)], patience=lambda _: 2.0)
    assert outcomes(rows) == ["served", "reneged", "served"]
    assert ends(rows) == [9, 3, 10]
    assert [row["reason"] for row in rows] == ["", "queue_timeout", ""]


def test_a_standing_queue_is_shortened():
    """CoDel: waits beyond 1 s are let pass for 5 s, then one is given up, the next after 5 s and 5 / sqrt(2) s."""
    rows = tell(EventStation, [(0, 1, 5)] * 20, shedding=CoDel(1.0, 5.0))
    shed = [row for row in rows if row["outcome"] == "shed"]
    assert [row["departed_at"] for row in shed] == [6, 11, 15]
    assert {row["reason"] for row in shed} == {"codel"}
    assert rows[-1]["outcome"] == "served"


def test_a_queue_that_gets_short_sheds_nobody():
    """Bursts that are over within the interval lose nobody, however often they come."""
    bursts = [(10.0 * k, 1.0, 5) for k in range(20) for _ in range(5)]
    assert set(outcomes(tell(EventStation, bursts, shedding=CoDel(1.0, 5.0)))) == {"served"}


JOBS = st.lists(st.tuples(st.floats(0, 20), st.floats(0.01, 5), st.integers(0, 9)), min_size=1, max_size=25)


@given(JOBS, st.integers(1, 3))
@SETTLE
def test_no_order_of_service_makes_or_loses_work(jobs, servers):
    """While somebody waits no server stands idle: with one server all disciplines are done with all at one instant."""
    last = set()
    for make, line in (
        (EventStation, OneLine()), (EventStation, OneLine(last_first=True)), (EventStation, ByPriority()),
        (PreemptiveStation, ByPriority()), (SharingStation, None),
    ):  # fmt: skip
        rows = tell(make, jobs, servers=servers, **({} if line is None else {"line": line}))
        assert set(outcomes(rows)) == {"served"}
        for row, (at, work, _) in zip(rows, jobs, strict=True):
            assert row["departed_at"] >= at + work - 1e-9
        last.add(round(max(ends(rows)), 6))
    assert servers > 1 or len(last) == 1


@given(JOBS, st.integers(1, 3))
@SETTLE
def test_sharing_is_what_small_steps_give(jobs, servers):
    """The departures of processor sharing are those of stepping from event to event with every job's rest in hand."""
    exact = _stepped(jobs, servers)
    assert ends(tell(SharingStation, jobs, servers=servers)) == pytest.approx(exact, abs=1e-6)


def _stepped(jobs: Sequence[tuple[float, float, int]], servers: int) -> list[float]:
    left, gone, now = {}, {}, 0.0
    coming = sorted((at, i) for i, (at, _, _) in enumerate(jobs))
    while coming or left:
        rate = min(1.0, servers / len(left)) if left else 1.0
        leaves = now + min(left.values()) / rate if left else math.inf
        at = min(leaves, coming[0][0] if coming else math.inf)
        left = {i: rest - (at - now) * rate for i, rest in left.items()}
        now = at
        for i in [i for i, rest in left.items() if rest <= 1e-12]:
            gone[i] = now
            del left[i]
        while coming and coming[0][0] <= now:
            left[coming[0][1]] = jobs[coming[0][1]][1]
            coming.pop(0)
    return [gone[i] for i in range(len(jobs))]


@pytest.mark.parametrize(
    ("station", "rule"),
    [
        ({"discipline": "preemptive_priority", "holds": "request"}, "must be work with preemptive_priority"),
        ({"discipline": "processor_sharing", "queue_timeout": "2s"}, "must not be given with processor_sharing"),
        ({"discipline": "processor_sharing", "shedding": {"kind": "codel"}}, "where nobody waits"),
    ],
)
def test_nonsense_is_refused(station, rule):
    """What cannot be meant together is refused with the reason."""
    with pytest.raises(ValidationError) as refused:
        StationConfig.model_validate(station)
    assert rule in str(refused.value)
