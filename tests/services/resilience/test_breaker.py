"""A breaker opens on failures, lets few calls try, and closes when they go well."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from delivsim.services.resilience import Breaker


def breaker(**others: Any) -> Breaker:
    usual: dict[str, Any] = {"timed": False, "window": 4, "failure_rate": 0.5, "min_calls": 4, "open_for": 10.0}
    return Breaker(**{**usual, "half_open_calls": 2, **others})


def call(one: Breaker, now: float, *, failed: bool) -> bool:
    epoch = one.admit(now)
    if epoch is not None:
        one.answered(epoch, now, failed=failed)
    return epoch is not None


def test_it_opens_when_half_of_its_window_failed_and_not_before_enough_answers() -> None:
    one = breaker()
    assert all(call(one, 0.0, failed=failed) for failed in (True, True, False))
    assert one.state == "closed"
    assert call(one, 0.0, failed=False)
    assert one.state == "open"
    assert not call(one, 9.9, failed=False)


def test_a_window_of_time_forgets_what_is_older() -> None:
    one = breaker(timed=True, window=5.0)
    for now in (0.0, 0.0, 0.0, 6.0, 7.0, 8.0):
        call(one, now, failed=True)
    assert one.state == "closed"
    call(one, 9.0, failed=True)
    assert one.state == "open"


def test_half_open_it_lets_two_try_and_closes_when_both_go_well() -> None:
    one = breaker()
    for _ in range(4):
        call(one, 0.0, failed=True)
    first, second, third = (one.admit(10.0) for _ in range(3))
    assert first is not None
    assert second is not None
    assert third is None
    one.answered(first, 11.0, failed=False)
    assert one.state == "half_open"
    one.answered(second, 11.0, failed=False)
    assert one.state == "closed"


def test_half_open_one_failure_opens_it_again_and_late_answers_do_not_count() -> None:
    one = breaker()
    late = one.admit(0.0)
    for _ in range(4):
        call(one, 0.0, failed=True)
    first = one.admit(10.0)
    assert first is not None
    assert late is not None
    one.answered(first, 11.0, failed=True)
    one.answered(late, 11.5, failed=False)
    assert one.state == "open"
    assert one.admit(20.9) is None
    assert one.admit(21.0) is not None


def test_a_call_that_was_never_made_leaves_its_place_to_another() -> None:
    one = breaker(half_open_calls=1)
    for _ in range(4):
        call(one, 0.0, failed=True)
    first = one.admit(10.0)
    assert first is not None
    assert one.admit(10.0) is None
    one.withdraw(first)
    assert one.admit(10.0) is not None


@given(st.lists(st.tuples(st.floats(0.0, 5.0), st.booleans()), max_size=100), st.booleans())
def test_its_count_of_failures_is_that_of_its_window(calls: list[tuple[float, bool]], timed: bool) -> None:
    one, now = breaker(timed=timed, min_calls=2), 0.0
    for gap, failed in calls:
        now += gap
        call(one, now, failed=failed)
        assert one.failed == sum(failed for _, failed in one.answers)
        assert timed or len(one.answers) <= 4
