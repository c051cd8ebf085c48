"""What the past tells is found; what it does not tell is said."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import delivsim as ds
from delivsim.domain.streams import Streams
from delivsim.experiment.settled import settled
from delivsim.report.figures.fit import save_fit
from delivsim.report.fit import fit_text
from delivsim.scenario.fitting.days import read_past
from delivsim.scenario.fitting.found import Found, find_all
from delivsim.scenario.fitting.write import write_city
from delivsim.scenario.formats import delivsim

Week = Callable[..., pd.DataFrame]
Imported = Callable[..., Path]
LEVELS = [1.0, 1.3, 0.7, 1.2, 0.6, 1.2, 1.0, 0.9, 1.4, 0.7]


def _found(folder: Path, **more: object) -> Found:
    return find_all(read_past([folder], **more))  # type: ignore[arg-type]


def test_days_that_differ_make_days_that_differ(week: Week, imported: Imported, tmp_path: Path) -> None:
    """Ten days whose level has a deviation of 27 %: the fitted city's days have it too, and 20 % more is one value."""
    found = _found(imported(week(LEVELS)))
    assert found.demand.day_cv == pytest.approx(np.std(LEVELS, ddof=1) / np.mean(LEVELS), rel=0.2)
    write_city(found, tmp_path / "city.yaml")
    city = delivsim.read(tmp_path / "city")
    for scale in (1.0, 1.2):
        scenario = ds.load_scenario(tmp_path / "city.yaml", overrides=[f"instance.demand.scale={scale}"])
        counts = np.array([len(settled(scenario, Streams(seed), city).instance.orders) for seed in range(120)])  # type: ignore[union-attr]
        assert counts.mean() == pytest.approx(scale * np.mean(LEVELS) * 240, rel=0.07)
        beyond = math.sqrt((counts.var(ddof=1) - counts.mean()) / counts.mean() ** 2)
        assert beyond == pytest.approx(found.demand.day_cv, rel=0.2)


def test_a_day_starts_with_its_first_order_and_may_pass_midnight(
    week: Week, imported: Imported, tmp_path: Path
) -> None:
    """Eight hours from six on, on the date of the last day; riders are those of a usual day, on the same clock."""
    write_city(_found(imported(week([1.0, 1.0, 1.0]))), tmp_path / "city.yaml")
    scenario = ds.load_scenario(tmp_path / "city.yaml")
    assert scenario.starts_at.isoformat() == "2026-11-18T18:00:00"
    assert scenario.horizon == 8 * 3600
    city = delivsim.read(tmp_path / "city")
    assert all(0 <= order.placed_at <= 8 * 3600 for order in city.orders)
    assert all(0 <= rider.on_at < rider.off_at < 10 * 3600 for rider in city.riders)
    assert len(city.riders) == 6  # four, six and eight on the three days


def test_kitchens_that_wait_for_riders_are_recognized(week: Week, imported: Imported) -> None:
    """Where cooking begins after a rider accepted, not after the order."""
    orders = week([1.0])
    waiting = orders.assign(cooking_started_at=orders["assigned_at"] + pd.Timedelta(seconds=5))
    assert _found(imported(waiting, "waiting")).on_accept
    assert not _found(imported(orders, "at once")).on_accept


def test_stores_that_differ_get_laws_of_their_own(week: Week, imported: Imported, tmp_path: Path) -> None:
    """A slow kitchen cooks slowly in the fitted city, too."""
    orders = week([3.0])
    slow = orders["store"] == "s2"
    for name in ("ready_at", "picked_up_at", "delivered_at"):
        orders.loc[slow, name] = orders[name][slow] + (orders["ready_at"] - orders["created_at"])[slow]
    write_city(_found(imported(orders)), tmp_path / "city.yaml")
    means = {store.id: store.preparation.mean for store in delivsim.read(tmp_path / "city").stores if store.preparation}
    assert means["s2"] / np.mean([means[f"s{i}"] for i in (0, 1, 3, 4, 5)]) == pytest.approx(2.0, rel=0.12)


def test_acceptance_that_depends_on_the_way_is_written_so(week: Week, imported: Imported, tmp_path: Path) -> None:
    """Offers that tell their distance give the logit model that riders of a scenario have."""
    folder = imported(week([4.0]))
    rng = np.random.default_rng(4)
    km = rng.uniform(1, 8, 900)
    yes = rng.random(900) < 1 / (1 + np.exp(0.6 * (km - 6)))
    offers = pd.DataFrame(
        {"order": "0-1", "rider": [f"q{i}" for i in range(900)], "offered_at": 60.0, "answered_at": 70.0,
         "answer": np.where(yes, "accepted", "declined"), "distance": 1000 * km, "pay": np.nan}
    )  # fmt: skip
    offers.to_csv(folder / "history" / "offers.csv", index=False)
    write_city(_found(folder), tmp_path / "city.yaml")
    riders = ds.load_scenario(tmp_path / "city.yaml").instance.behavior.riders  # type: ignore[union-attr]
    assert riders.acceptance is not None
    assert riders.acceptance.per_km == pytest.approx(-0.6, abs=0.15)
    odds = math.log(riders.accept / (1 - riders.accept))
    assert odds == pytest.approx(-0.6 * (riders.acceptance.usual_km - 6), abs=0.35)


def test_what_is_not_told_is_said(week: Week, imported: Imported) -> None:
    """No ready times, no pick-ups, no offers, one day: each has its sentence, and a table and a picture there are."""
    bare = week([1.0])[["order_id", "created_at", "store", "store_x", "store_y", "x", "y"]]
    found = _found(imported(bare))
    said = " ".join(found.untold)
    for part in (
        "how much days differ",
        "how long kitchens take",
        "patience",
        "speed",
        "riders answer",
        "paid",
    ):
        assert part in said, part
    assert "Not told by the data:" in fit_text(found)


def test_the_table_and_the_picture_show_every_law(week: Week, imported: Imported, tmp_path: Path) -> None:
    """A row for each, with its size and how well it fits; the same fit is drawn in the same bytes."""
    found = _found(imported(week(LEVELS[:4])))
    text = fit_text(found)
    for word in ("demand", "day to day", "popularity", "preparation", "basket", "speed", "service", "riders"):
        assert f"\n{word}" in text, word
    for name in ("a.png", "b.png", "c.svg"):
        save_fit(found, tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert (tmp_path / "c.svg").read_text().count("<svg") == 1
