"""Token buckets bound calls in any stretch of time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from delivsim.services.clients import client_of
from delivsim.services.messages import Credentials, RiderRef
from delivsim.services.resilience import RateLimiter, TokenBucket


def test_a_bucket_lets_its_burst_through_and_then_one_per_refill() -> None:
    bucket = TokenBucket(rate=2.0, burst=3)
    assert [bucket.take(0.0) for _ in range(4)] == [True, True, True, False]
    assert [bucket.take(t) for t in (0.4, 0.5, 0.9, 1.0)] == [False, True, False, True]


@given(rate=st.floats(0.1, 50.0), burst=st.integers(1, 20), gaps=st.lists(st.floats(0.0, 2.0), min_size=1, max_size=60))
def test_no_stretch_of_time_sees_more_than_burst_and_refill(rate: float, burst: int, gaps: list[float]) -> None:
    bucket, now, passed = TokenBucket(rate=rate, burst=burst), 0.0, []
    for gap in gaps:
        now += gap
        if bucket.take(now):
            passed.append(now)
    for i, start in enumerate(passed):
        for j in range(i, len(passed)):
            assert j - i + 1 <= burst + rate * (passed[j] - start) + 1e-6


def test_clients_have_buckets_of_their_own_only_if_the_limit_is_per_client() -> None:
    shared, own = (RateLimiter(rate=1.0, burst=1, per_client=each) for each in (False, True))
    clients = client_of("rider", RiderRef(1)), client_of("rider", RiderRef(2)), client_of("web", Credentials("t"))
    assert [shared.admit(client, 0.0) for client in clients] == [True, False, False]
    assert [own.admit(client, 0.0) for client in (*clients, clients[0])] == [True, True, True, False]
