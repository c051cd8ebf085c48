"""Rates by hour and zone, and how much days differ beyond chance."""

from __future__ import annotations

import math

import numpy as np
import pytest

from delivsim.calibrate.demand import DayCount, Demand, estimate_demand

HOUR = 3600.0
EVENING = 17 * HOUR, 22 * HOUR
PER_HOUR = (100.0, 300.0, 500.0, 300.0, 100.0)


def _day(rng: np.random.Generator, level: float = 1.0, lost: int = 0, label: str = "d") -> DayCount:
    """Orders of one evening, a third of them in zone 1."""
    clock = np.concatenate([(17 + k + rng.random(rng.poisson(rate * level))) * HOUR for k, rate in enumerate(PER_HOUR)])
    zone = (rng.random(len(clock)) < 1 / 3).astype(np.int64)
    return DayCount(label, *EVENING, clock, zone, lost)


def _many(n: int, cv: float, seed: int = 1) -> Demand:
    rng = np.random.default_rng(seed)
    levels = rng.gamma(cv**-2, cv**2, n) if cv else np.ones(n)
    return estimate_demand([_day(rng, level, label=f"d{i}") for i, level in enumerate(levels)], ["a", "b"])


def test_rates_are_found_by_hour_and_zone() -> None:
    """Twenty evenings: each hour within 5 %, a third of it in one zone."""
    rates = _many(20, 0.0).rates
    assert list(rates.index) == [17, 18, 19, 20, 21]
    assert rates.sum(axis=1).to_numpy() == pytest.approx(PER_HOUR, rel=0.05)
    assert (rates["b"] / rates.sum(axis=1)).to_numpy() == pytest.approx([1 / 3] * 5, abs=0.04)


@pytest.mark.parametrize("cv", [0.1, 0.25])
def test_the_spread_of_days_is_found(cv: float) -> None:
    """Beyond what Poisson counts vary by themselves; the mean over samples is the truth."""
    found = [_many(12, cv, seed) for seed in range(25)]
    assert math.sqrt(np.mean([one.day_cv**2 for one in found])) == pytest.approx(cv, rel=0.12)
    assert np.median([one.p_poisson for one in found]) < 1e-3


def test_days_that_differ_by_chance_alone_do_not_differ() -> None:
    """The estimate is near nothing, and the test of it is right as often as it says."""
    found = [_many(8, 0.0, seed) for seed in range(40)]
    assert np.mean([one.day_cv for one in found]) < 0.02
    assert 0.0 <= np.mean([one.p_poisson < 0.05 for one in found]) <= 0.15
    assert np.mean([one.cells_p for one in found]) == pytest.approx(0.5, abs=0.2)


def test_one_day_tells_nothing_of_days() -> None:
    """Neither do two."""
    assert math.isnan(_many(2, 0.0).day_cv)
    assert math.isnan(_many(1, 0.0).cells)


def test_lost_orders_count_as_orders() -> None:
    """Two per cent of rows that could not be read raise all rates by two per cent."""
    day = _day(np.random.default_rng(1))
    n = len(day.clock)
    lost = DayCount("d", *EVENING, day.clock, day.zone, lost=round(0.02 * n))
    whole, raised = (estimate_demand([one], ["a", "b"]).rates.to_numpy().sum() for one in (day, lost))
    assert raised / whole == pytest.approx(1.02, abs=0.001)


def test_half_watched_hours_are_no_quiet_hours() -> None:
    """A day watched from half past five on has the same rate at five as one watched all evening."""
    rng = np.random.default_rng(3)
    whole = [_day(rng) for _ in range(10)]
    late = [
        DayCount("d", 17.5 * HOUR, 22 * HOUR, day.clock[day.clock >= 17.5 * HOUR], day.zone[day.clock >= 17.5 * HOUR])
        for day in (_day(rng) for _ in range(10))
    ]
    rates = estimate_demand([*whole, *late], ["a", "b"]).rates.sum(axis=1)
    assert rates[17] == pytest.approx(100, rel=0.08)


def test_rates_that_change_within_an_hour_are_told() -> None:
    """All orders of an hour in its first quarter: whole hours are too coarse, and the test says so."""
    clock = np.concatenate([(17 + rng.random(400) / 4) * HOUR for rng in [np.random.default_rng(1)]])
    found = estimate_demand([DayCount("d", *EVENING, clock, np.zeros(400, dtype=np.int64))], ["a"])
    assert found.within_p < 1e-6
