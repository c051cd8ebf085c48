"""A bulkhead never has more calls under way than connections."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from delivsim.services.resilience import Bulkhead


def test_who_waited_longest_gets_the_connection() -> None:
    pool = Bulkhead(size=1, queue=2)
    assert [pool.take(name) for name in "abc"] == [True, False, False]
    assert pool.full
    assert pool.leave("b")
    assert not pool.leave("a")
    assert pool.release() == "c"
    assert pool.release() is None
    assert pool.taken == 0


@given(st.integers(1, 4), st.integers(0, 4), st.lists(st.booleans(), max_size=80))
def test_connections_and_places_are_never_exceeded_and_none_idles(size: int, queue: int, events: list[bool]) -> None:
    pool, under_way = Bulkhead(size=size, queue=queue), 0
    for number, comes in enumerate(events):
        if comes and not pool.full:
            under_way += pool.take(number)
        elif not comes and under_way:
            under_way -= pool.release() is None
        assert under_way == pool.taken <= size
        assert len(pool.waiting) <= queue
        assert not pool.waiting or pool.taken == size
