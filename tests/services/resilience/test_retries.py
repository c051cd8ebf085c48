"""Pauses grow as said, and a budget bounds how much retries can add."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from delivsim.services.resilience import Retries, RetryBudget


def test_pauses_are_fixed_or_grow_up_to_the_longest_or_are_a_share_of_that() -> None:
    assert [Retries().pause(k, 2.0) for k in (1, 2, 3)] == [2.0, 2.0, 2.0]
    exponential = Retries(growth=2.0, longest=7.0)
    assert [exponential.pause(k, 1.0) for k in (1, 2, 3, 4)] == [1.0, 2.0, 4.0, 7.0]
    assert [exponential.pause(k, 1.0, 0.5) for k in (1, 4)] == [0.5, 3.5]


def test_an_attempt_is_followed_until_their_number_is_reached() -> None:
    assert [Retries(max_attempts=3).left(k) for k in (1, 2, 3)] == [True, True, False]


@given(
    ratio=st.sampled_from([0.01, 0.1, 0.2, 0.5, 1.0]),
    burst=st.integers(1, 10),
    events=st.lists(st.booleans(), max_size=200),
)
def test_retries_never_exceed_the_burst_and_the_ratio_of_calls(ratio: float, burst: int, events: list[bool]) -> None:
    budget = RetryBudget(ratio=ratio, burst=burst)
    calls = retries = 0
    for is_call in events:
        if is_call:
            calls += 1
            budget.earn()
        else:
            retries += budget.spend()
        assert retries <= burst + ratio * calls + 1e-6


def test_tenths_add_up_to_whole_retries() -> None:
    budget = RetryBudget(ratio=0.1, burst=1)
    assert budget.spend()
    for _ in range(10):
        budget.earn()
    assert budget.spend()
    assert not budget.spend()
