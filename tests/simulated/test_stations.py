"""Both ways to run a station are the same station, row by row, whatever happens to its servers and its queue."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simpy import Environment

from delivsim.record.tables import columns
from delivsim.simulated.stations import ComputedStation, EventStation
from delivsim.simulated.stations.port import part_lost

VISITS = columns("visits")
STATIONS = [ComputedStation, EventStation]
SETTLE = settings(max_examples=150, deadline=None, derandomize=True)


class Visitor:
    """The least that may visit a station."""

    def __init__(self, number: int) -> None:
        self.id, self.order, self.parent, self.attempt = number, number, 0, 1
        self.route = SimpleNamespace(cause="client", service="web", operation="page")
        self.visit, self.priority = None, 5
        self.queued_at = self.started_at = self.ends_at = self.work = math.nan
        self.queue_length, self.timer = 0, None


class Act(NamedTuple):
    """Something that happens to a station: ``what`` at ``at``, with a count, a visit or an amount of work."""

    at: float
    what: str
    n: int = 0
    work: float = 0.0


class Story(NamedTuple):
    """All that one station saw and said."""

    rows: dict[int, dict[str, Any]]
    done: list[tuple[int, bool, float]]
    answers: list[bool | None]
    capacity: list[list[float]]


def tell(
    kind: Callable[..., Any],
    acts: Sequence[Act],
    servers: int = 1,
    queue_capacity: int | None = None,
    until: float | None = None,
) -> Story:
    """Let all this happen to a new station; visits are numbered from 1 in their order of arrival."""
    env, rows, done, answers = Environment(), [], [], []
    station = kind(env, "web", servers, queue_capacity, rows, lambda v, ok: done.append((v.id, ok, env.now)))
    visitors: list[Visitor] = []

    def enter(act: Act) -> bool:
        visitors.append(Visitor(len(visitors) + 1))
        return bool(station.enter(visitors[-1], act.work))

    def withdraw(act: Act) -> bool:
        return bool(visitors) and bool(station.withdraw(visitors[act.n % len(visitors)]))

    def happen(act: Act) -> bool | None:
        if act.what in ("enter", "withdraw"):
            return (enter if act.what == "enter" else withdraw)(act)
        call = getattr(station, act.what)
        return call() if act.what == "fail_waiting" else call(act.n)

    for act in acts:
        env.timeout(act.at).callbacks.append(lambda _, act=act: answers.append(happen(act)))
    env.run(until=until)
    station.finish()
    table = [dict(zip(VISITS, row, strict=True)) for row in rows]
    assert len({row["request"] for row in table}) == len(table)
    return Story({row["request"]: row for row in table}, done, answers, station.capacity)


def assert_same(one: Story, other: Story) -> None:
    """Both say the same, instants to 1e-9 s."""
    assert one.answers == other.answers
    assert one.capacity == other.capacity
    assert one.rows.keys() == other.rows.keys()
    for number, row in one.rows.items():
        for name, value in row.items():
            expected = other.rows[number][name]
            same = (
                value == pytest.approx(expected, abs=1e-9, nan_ok=True) if name.endswith("_at") else value == expected
            )
            assert same, (number, name, value, expected)
    assert [d[:2] for d in one.done] == [d[:2] for d in other.done]
    assert [d[2] for d in one.done] == pytest.approx([d[2] for d in other.done], abs=1e-9)


@st.composite
def stories(draw: st.DrawFn, *, changes: bool = True) -> tuple[list[Act], int, int | None, float | None]:
    """Acts in random order at random instants; the jitter makes equal instants impossible."""
    whats = ["enter"] * 6 + (["add_servers", "remove_servers", "crash", "withdraw", "fail_waiting"] if changes else [])
    jitter = random.Random(draw(st.integers(0, 2**32)))
    acts, now = [], 0.0
    for what in draw(st.lists(st.sampled_from(whats), min_size=1, max_size=40)):
        now += draw(st.integers(0, 3)) + jitter.uniform(0.01, 0.99)
        n = draw(st.integers(0, 39)) if what == "withdraw" else draw(st.integers(1, 3))
        acts.append(Act(now, what, n, draw(st.integers(0, 9)) + jitter.uniform(0.01, 0.99)))
    servers = draw(st.integers(0, 3))
    queue_capacity = draw(st.none() | st.integers(0, 4))
    until = draw(st.none() | st.floats(0.1, 1.5).map(lambda share: share * now + jitter.random() + 0.001))
    return acts, servers, queue_capacity, until


@given(stories())
@SETTLE
def test_computed_and_event_stations_agree(story: tuple[list[Act], int, int | None, float | None]) -> None:
    """Servers that come, go and crash and visits that leave: both ways write the same rows."""
    assert_same(tell(ComputedStation, *story), tell(EventStation, *story))


@given(stories())
@SETTLE
def test_a_station_never_does_more_than_it_has_servers_for(
    story: tuple[list[Act], int, int | None, float | None],
) -> None:
    """At no start are more visits in work than servers, starts follow arrivals, and nobody waits beside a free one."""
    told = tell(ComputedStation, *story)
    rows = list(told.rows.values())
    starts = [row["started_at"] for row in rows if not math.isnan(row["started_at"])]
    assert len(told.rows) == sum(act.what == "enter" and (story[3] is None or act.at < story[3]) for act in story[0])
    for start in starts:
        servers = [n for at, n in told.capacity if at <= start][-1]
        busy = sum(r["started_at"] <= start < _left(r) - 1e-9 for r in rows)
        assert busy <= servers or any(start - 50 < at <= start for at, _ in told.capacity[1:])
    by_arrival = [told.rows[number]["started_at"] for number in sorted(told.rows)]
    begun = [start for start in by_arrival if not math.isnan(start)]
    assert begun == sorted(begun)


def _left(row: dict[str, Any]) -> float:
    return math.inf if math.isnan(row["departed_at"]) else row["departed_at"]


MUTANTS: dict[str, dict[str, Callable[..., Any]]] = {
    "servers that come serve nobody who waits": {"add_servers": lambda self, n: None},
    "busy servers leave at once": {"remove_servers": lambda self, n: self.crash(n)},
    "a crash spares the work": {"crash": lambda self, n: self.remove_servers(n)},
    "a withdrawn visit stays": {"withdraw": lambda self, visit: False},
    "the queue has no end": {"enter": lambda self, visit, work: _without_limit(self, visit, work)},
    "work takes a little longer": {"enter": lambda self, visit, work: ComputedStation.enter(self, visit, work * 1.001)},
    "nobody fails": {"fail_waiting": lambda self: None},
}


def _without_limit(station: Any, visit: Any, work: float) -> bool:
    station.queue_capacity = None
    return ComputedStation.enter(station, visit, work)


@pytest.mark.parametrize("name", MUTANTS)
def test_a_wrong_station_is_caught(name: str) -> None:
    """The comparison sees each of these faults within the same stories that it lets pass."""
    mutant = type("Mutant", (ComputedStation,), MUTANTS[name])
    jobs = [Act(0.1 * k, "enter", work=10.0 + k) for k in range(1, 8)]
    after = [Act(14.0 + 0.1 * k, "enter", work=1.0) for k in range(4)]
    changes = [
        Act(5.3, "add_servers", 1), Act(9.7, "withdraw", 5), Act(10.9, "remove_servers", 1), Act(12.4, "crash", 1),
        Act(13.8, "add_servers", 1), Act(14.5, "fail_waiting"),
    ]  # fmt: skip
    acts = sorted([*jobs, *changes, *after])
    right = tell(EventStation, acts, 2, 4)
    assert_same(tell(ComputedStation, acts, 2, 4), right)
    with pytest.raises(AssertionError):
        assert_same(tell(mutant, acts, 2, 4), right)


@pytest.mark.parametrize("kind", STATIONS)
class TestOneStation:
    """Cases that can be worked out by hand, both ways."""

    def times(self, story: Story, name: str = "departed_at") -> list[float]:
        return [story.rows[number][name] for number in sorted(story.rows)]

    def outcomes(self, story: Story) -> list[str]:
        return [story.rows[number]["outcome"] for number in sorted(story.rows)]

    def test_a_second_server_halfway(self, kind: Any) -> None:
        """Four jobs of 10 s and a second server at 5 s end at 10, 15, 20 and 25, not at 10, 20, 30 and 40."""
        jobs = [Act(0.0, "enter", work=10.0)] * 4
        story = tell(kind, [*jobs, Act(5.0, "add_servers", 1)])
        assert self.times(story) == [10.0, 15.0, 20.0, 25.0]
        assert self.times(story, "started_at") == [0.0, 5.0, 10.0, 15.0]
        assert self.times(story, "queue_length") == [0, 0, 1, 2]
        assert story.capacity == [[0.0, 1], [5.0, 2]]
        assert self.times(tell(kind, jobs)) == [10.0, 20.0, 30.0, 40.0]

    def test_a_full_queue_refuses(self, kind: Any) -> None:
        """With two servers and room for one, the fourth of four is refused at once and leaves a row."""
        story = tell(kind, [Act(0.1 * k, "enter", work=5.0) for k in range(4)], 2, 1)
        assert self.outcomes(story) == ["served", "served", "served", "refused"]
        assert story.answers == [True, True, True, False]
        assert (story.rows[4]["arrived_at"], story.rows[4]["departed_at"]) == pytest.approx((0.3, 0.3))
        assert math.isnan(story.rows[4]["started_at"])
        assert 4 not in [number for number, _, _ in story.done]

    def test_no_room_to_wait(self, kind: Any) -> None:
        """A queue of length 0 serves who finds a free server and refuses everybody else."""
        story = tell(
            kind, [Act(0.0, "enter", work=2.0), Act(1.0, "enter", work=2.0), Act(3.0, "enter", work=2.0)], 1, 0
        )
        assert self.outcomes(story) == ["served", "refused", "served"]

    def test_without_servers_all_wait(self, kind: Any) -> None:
        """A station without servers takes visits in, up to its queue's length, and works once a server comes."""
        acts = [Act(0.5, "enter", work=1.0), Act(0.6, "enter", work=1.0), Act(0.7, "enter", work=1.0)]
        assert self.outcomes(tell(kind, acts, 0, 2)) == ["open", "open", "refused"]
        story = tell(kind, [*acts, Act(4.0, "add_servers", 1)], 0)
        assert self.times(story, "started_at") == [4.0, 5.0, 6.0]

    def test_a_crash_loses_the_oldest_work_first(self, kind: Any) -> None:
        """One of two servers crashes: the older visit fails at once, who waits starts when the other is done."""
        acts = [Act(0.0, "enter", work=10.0), Act(1.0, "enter", work=5.0), Act(2.0, "enter", work=1.0)]
        story = tell(kind, [*acts, Act(3.0, "crash", 1)], 2)
        assert self.outcomes(story) == ["failed", "served", "served"]
        assert self.times(story) == [3.0, 6.0, 7.0]
        assert story.done == [(1, False, 3.0), (2, True, 6.0), (3, True, 7.0)]

    def test_a_busy_server_leaves_when_its_work_is_done(self, kind: Any) -> None:
        """Servers that are taken away finish their visits first, and take no more."""
        acts = [Act(0.0, "enter", work=4.0), Act(0.5, "enter", work=8.0), Act(1.0, "enter", work=1.0)]
        story = tell(kind, [*acts, Act(2.0, "remove_servers", 1)], 2)
        assert self.times(story) == [4.0, 8.5, 9.5]

    def test_who_leaves_the_queue_lets_others_move_up(self, kind: Any) -> None:
        """A withdrawn visit does no work; a visit in work cannot be withdrawn."""
        acts = [Act(0.0, "enter", work=4.0), Act(1.0, "enter", work=50.0), Act(2.0, "enter", work=1.0)]
        story = tell(kind, [*acts, Act(3.0, "withdraw", 1), Act(3.5, "withdraw", 0)])
        assert self.outcomes(story) == ["served", "withdrawn", "served"]
        assert story.answers[3:] == [True, False]
        assert self.times(story) == [4.0, 3.0, 5.0]

    def test_the_end_writes_who_is_still_here(self, kind: Any) -> None:
        """A visit in work and one that waits are open when the run ends, the latter without a start."""
        story = tell(kind, [Act(0.0, "enter", work=9.0), Act(1.0, "enter", work=9.0)], until=5.0)
        assert self.outcomes(story) == ["open", "open"]
        assert self.times(story, "started_at") == pytest.approx([0.0, math.nan], nan_ok=True)
        assert all(math.isnan(at) for at in self.times(story))

    def test_going_round_and_round_never_overflows(self, kind: Any) -> None:
        """Two visits that come back the instant they are done fill a server and a place in the queue, no more."""
        for seed in range(300):
            answers, rows = self.round_and_round(kind, random.Random(seed))
            assert answers == [True] * 4, seed
            assert {row[VISITS.index("queue_length")] for row in rows} == {0}

    def round_and_round(self, kind: Any, draws: random.Random) -> tuple[list[bool], list[Any]]:
        env, rows, answers = Environment(), [], []
        work = [draws.uniform(0.1, 7.0) for _ in range(6)]
        station = kind(env, "web", 1, 1, rows, lambda v, _: work and answers.append(station.enter(v, work.pop())))
        for number in (1, 2):
            env.timeout(number / 7).callbacks.append(lambda _, n=number: station.enter(Visitor(n), work.pop()))
        env.run()
        return answers, rows


class TestHeldServers:
    """``holds: request``: a server stays with its visit until the visit lets it go."""

    def held(self) -> tuple[Environment, EventStation, list[Any], list[tuple[int, float]]]:
        env, rows, done = Environment(), [], []
        station = EventStation(env, "web", 1, None, rows, lambda v, _: done.append((v.id, env.now)), hold=True)
        return env, station, rows, done

    def test_a_server_is_held_beyond_the_work(self) -> None:
        """Work ends at 2 s, the visit lets go at 5 s: the next starts then, and the row says so."""
        env, station, rows, done = self.held()
        first, second = Visitor(1), Visitor(2)
        station.enter(first, 2.0)
        station.enter(second, 1.0)
        env.timeout(5.0).callbacks.append(lambda _: station.release(first))
        env.run()
        assert done == [(1, 2.0), (2, 6.0)]
        assert rows[0][VISITS.index("departed_at")] == 5.0
        station.release(second)
        assert [row[VISITS.index("started_at")] for row in rows] == [0.0, 5.0]

    def test_more_work_of_who_holds_a_server_does_not_queue(self) -> None:
        """A visit that still holds its server works on at once, before those who wait; it leaves one row."""
        env, station, rows, done = self.held()
        first, second = Visitor(1), Visitor(2)
        station.enter(first, 2.0)
        station.enter(second, 1.0)
        env.timeout(3.0).callbacks.append(lambda _: station.enter(first, 2.0))
        env.timeout(6.0).callbacks.append(lambda _: station.release(first))
        env.run()
        assert done == [(1, 2.0), (1, 5.0), (2, 7.0)]
        assert len(rows) == 1

    def test_a_crash_takes_held_servers(self) -> None:
        """A visit that holds a server without working on it fails in a crash, and releases nothing afterwards."""
        env, station, rows, done = self.held()
        first, second = Visitor(1), Visitor(2)
        station.enter(first, 2.0)
        station.enter(second, 1.0)
        env.timeout(3.0).callbacks.append(lambda _: station.crash(1))
        env.timeout(4.0).callbacks.append(lambda _: station.release(first))
        env.timeout(5.0).callbacks.append(lambda _: station.add_servers(1))
        env.run()
        assert done == [(1, 2.0), (1, 3.0), (2, 6.0)]
        assert [row[VISITS.index("outcome")] for row in rows] == ["failed"]

    def test_as_large_a_part_of_the_work_dies_as_of_the_servers(self) -> None:
        """A tenth of the servers takes a tenth of what is in service, the oldest; all of them take all."""
        assert [part_lost(visits, 8, 80) for visits in (0, 1, 8, 10, 20, 80)] == [0, 1, 1, 1, 2, 8]
        assert part_lost(5, 1, 1) == part_lost(5, 0, 0) == 5
