"""Popularity and cooking of stores, small stores drawn to what all have in common."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from delivsim.calibrate.stores import estimate_popularity, estimate_preparation, preparation_from_pickups


def test_the_zipf_exponent_is_found() -> None:
    """Of 20,000 orders at sixty stores; a store without orders counts as one."""
    share = 1.0 / np.arange(1, 61) ** 0.8
    counts = pd.Series(
        np.random.default_rng(1).multinomial(20_000, share / share.sum()), index=[f"s{i}" for i in range(60)]
    )
    found = estimate_popularity(counts)
    assert found.zipf == pytest.approx(0.8, abs=0.03)
    assert found.distance < 0.03
    assert found.share.sum() == pytest.approx(1.0)


def _orders(factors: list[float], n: list[int], seed: int = 1) -> tuple[pd.Series, pd.Series]:
    rng = np.random.default_rng(seed)
    store = np.repeat([f"s{i}" for i in range(len(factors))], n)
    seconds = rng.gamma(6.25, 840 / 6.25, sum(n)) * np.repeat(factors, n)
    return pd.Series(store), pd.Series(seconds)


def test_stores_that_cook_alike_share_one_law() -> None:
    """Differences of chance are no differences; mean and spread are those of the law."""
    found = estimate_preparation(*_orders([1.0] * 40, [50] * 40))
    assert found is not None
    assert found.factor == {}
    assert found.city.mean == pytest.approx(840, rel=0.03)
    assert found.city.sd / found.city.mean == pytest.approx(0.4, rel=0.05)


def test_stores_that_differ_have_laws_of_their_own() -> None:
    """A store with many orders has nearly its own mean, one with three is drawn to the others'."""
    rng = np.random.default_rng(5)
    factors = [*np.exp(0.3 * rng.standard_normal(40)), 2.0, 2.0]
    store, seconds = _orders(factors, [80] * 40 + [400, 3])
    found = estimate_preparation(store, seconds)
    assert found is not None
    assert found.p_alike < 1e-6
    assert found.between == pytest.approx(0.3, rel=0.35)
    many, few = (found.law_of(name)["mean"] for name in ("s40", "s41"))
    assert many == pytest.approx(1680, rel=0.08)
    raw = np.exp(np.log(seconds[store == "s41"]).mean() - np.log(seconds).mean())
    assert abs(np.log(few / found.own.mean)) < 0.9 * abs(np.log(raw))
    assert found.law_of("unknown")["mean"] == pytest.approx(found.own.mean)
    assert found.own.sd / found.own.mean == pytest.approx(0.4, rel=0.06)


def test_cooking_is_found_from_riders_who_waited() -> None:
    """Riders who waited tell when food was ready, those who did not bound it; together they are right."""
    rng = np.random.default_rng(1)
    n = 4000
    cooking, arrived = rng.gamma(6.25, 840 / 6.25, n), rng.normal(900, 250, n).clip(120)
    picked = np.maximum(cooking, arrived + 60)
    orders = pd.DataFrame({"placed_at": 0.0, "begun_at": np.nan, "arrived_at": arrived, "picked_up_at": picked})
    found = preparation_from_pickups(orders)
    assert found is not None
    assert found.city.mean == pytest.approx(840, rel=0.04)
    assert found.city.sd == pytest.approx(336, rel=0.06)
    waited = picked > arrived + 120
    assert picked[waited].mean() > 1.2 * 840
    assert preparation_from_pickups(orders.assign(arrived_at=np.nan)) is None


def test_without_times_there_is_no_law() -> None:
    """Too few, or none at all."""
    assert estimate_preparation(pd.Series(["a"] * 3), pd.Series([1.0, 2.0, np.nan])) is None
