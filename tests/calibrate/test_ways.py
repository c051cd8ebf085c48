"""Speeds and stays from times of pick-up and delivery."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from delivsim.calibrate.ways import estimate_ways


def _trips(n: int = 900, noise: float = 0.0, slow_at: int | None = None) -> pd.DataFrame:
    """Ways at 4 m/s with 60 s of stay before and 90 s after, riders who found the food ready 60 s after arriving."""
    rng = np.random.default_rng(1)
    distance = rng.uniform(200, 5000, n)
    hour = rng.integers(17, 20, n)
    speed = 4.0 * np.where(hour == slow_at, 0.7, 1.0) * rng.lognormal(0, noise, n)
    picked_up_at = 1000.0 * np.arange(n)
    return pd.DataFrame(
        {
            "distance": distance,
            "hour": hour,
            "rider": [f"r{i}" for i in range(n)],
            "arrived_at": picked_up_at - 60,
            "ready_at": picked_up_at - np.where(rng.random(n) < 0.6, 300, 0),
            "picked_up_at": picked_up_at,
            "delivered_at": picked_up_at + distance / speed + 150,
        }
    )


def test_speed_and_stays_are_found() -> None:
    """To the second where nothing varies."""
    found = estimate_ways(_trips())
    assert found is not None
    assert found.speed == pytest.approx(4.0, rel=1e-6)
    assert found.stay_time == pytest.approx(150)
    assert found.pickup_service_time == pytest.approx(120)
    assert found.dropoff_service_time == pytest.approx(180)
    assert found.unexplained < 1e-9


def test_noise_and_wrong_clocks_move_little() -> None:
    """Ways that vary by 20 % and one delivery in fifty an hour late: the speed within 5 %, and the spread is told."""
    trips = _trips(noise=0.2)
    trips.loc[::50, "delivered_at"] += 3600
    found = estimate_ways(trips)
    assert found is not None
    assert found.speed == pytest.approx(4.0, rel=0.05)
    assert found.spread == pytest.approx(0.2, rel=0.2)


def test_a_slow_hour_is_found() -> None:
    """At six everybody is 30 % slower: relative to the other hours, that is what is found."""
    found = estimate_ways(_trips(slow_at=18))
    assert found is not None
    assert found.by_hour[18] / found.by_hour[17] == pytest.approx(0.7, rel=0.01)
    assert found.by_hour[17] * found.speed == pytest.approx(4.0, rel=0.01)
    assert found.stay_time == pytest.approx(150, abs=10)
    assert found.spread < 0.03


def test_bundles_do_not_count() -> None:
    """The second of two orders carried together takes longer for the stop between; neither is taken."""
    trips = _trips(60)
    pair = trips.copy()
    pair["delivered_at"] += 900
    both = pd.concat([trips, pair], ignore_index=True)
    both.loc[[*range(40), *range(60, 100)], "rider"] = [f"b{i}" for i in range(40)] * 2
    both = both[both.index < 100]
    assert estimate_ways(both) is None
    assert estimate_ways(both.drop(columns="rider")) is not None


def test_too_few_ways_tell_nothing() -> None:
    """Twenty are too few."""
    assert estimate_ways(_trips(20)) is None
