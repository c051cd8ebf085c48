"""A pool is deadlocked when every holder waits, through what it called, for a place of that pool."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from delivsim.services.resilience.deadlock import is_deadlocked


def test_a_pool_with_one_holder_that_waits_for_nobody_is_not() -> None:
    assert is_deadlocked("ab", ["a", "b"])
    assert is_deadlocked("ab", ["ab"])
    assert not is_deadlocked("ab", ["a", "a"])
    assert not is_deadlocked("ab", [])
    assert not is_deadlocked("", [])


@given(st.lists(st.frozensets(st.integers(0, 4)), max_size=8), st.integers(1, 5))
def test_it_is_one_exactly_if_nobody_can_go_on(waits: list[frozenset[int]], places: int) -> None:
    """Let everybody who is not waited upon end, one after the other; what is left is stuck."""
    holders = range(places)
    free = [holder for holder in holders if not any(holder in wait for wait in waits)]
    assert is_deadlocked(holders, waits) == (not free)
