"""Who cannot be answered in time is foreseen from what was served before, and nobody else."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivsim.services.resilience import Foresight, is_over


def test_nobody_waits_from_the_deadline_on() -> None:
    assert [is_over(5.0, now) for now in (4.9, 5.0, 5.1)] == [False, True, True]
    assert not is_over(math.inf, 1e9)


def test_nobody_is_foreseen_to_be_late_before_anybody_was_served() -> None:
    assert not Foresight().is_too_late(due=1.0, now=0.9, turns=1000)
    assert Foresight().is_too_late(due=1.0, now=1.0)


def test_a_wait_is_one_mean_for_each_turn_of_all_servers_and_the_work_comes_on_top() -> None:
    foresight = Foresight()
    foresight.served(2.0)
    assert not foresight.is_too_late(due=12.1, now=0.0, turns=10, servers=2)  # 10 turns of 1 s, then 2 s
    assert foresight.is_too_late(due=12.0, now=0.0, turns=10, servers=2)
    assert not foresight.is_too_late(due=2.1, now=0.0)


def test_the_mean_follows_what_is_served() -> None:
    foresight = Foresight(weight=0.5)
    for seconds in (1.0, 3.0, 3.0):
        foresight.served(seconds)
    assert foresight.mean == pytest.approx(2.5)


@given(
    st.lists(st.floats(0.001, 10.0), min_size=1, max_size=30),
    st.floats(0.0, 100.0),
    st.floats(0.0, 100.0),
    st.integers(0, 50),
    st.integers(1, 9),
)
def test_more_before_one_never_makes_it_earlier(
    times: list[float], now: float, patience: float, turns: int, servers: int
) -> None:
    foresight = Foresight()
    for seconds in times:
        foresight.served(seconds)
    assert min(times) - 1e-9 <= foresight.mean <= max(times) + 1e-9
    if foresight.is_too_late(now + patience, now, turns, servers):
        assert foresight.is_too_late(now + patience, now, turns + 1, servers)
        assert foresight.is_too_late(now + patience / 2, now, turns, servers)
    assert not foresight.is_too_late(math.inf, now, turns, servers)
