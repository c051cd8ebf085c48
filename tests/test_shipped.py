"""Each shipped scenario shows what its comment says it shows."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from delivsim.domain.streams import Streams
from delivsim.experiment.run import run
from delivsim.experiment.settled import settled
from delivsim.record.metrics import verdicts
from delivsim.record.result import Result
from delivsim.scenario.reader import load_scenario

FOLDER = Path(__file__).parents[1] / "scenarios"
SHIPPED = {
    *("minimal", "friday_evening", "mdrplib", "rappi_day", "flash_sale", "rainy_night", "dark_store", "two_cities"),
}


@cache
def ran(name: str, *overrides: str) -> Result:
    """Run a shipped scenario, once."""
    result = run(load_scenario(FOLDER / f"{name}.yaml", overrides=overrides))
    assert result.summary()["conservation"]["holds"]
    return result


def kept(name: str) -> list[bool]:
    """Whether each objective of a scenario was kept, in their order."""
    return [bool(verdict.holds) for verdict in verdicts(ran(name))]


def test_at_least_eight_that_mean_something() -> None:
    """All of them are there, and each begins with a comment that says what it shows."""
    for name in SHIPPED:
        first, second, *_ = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8").splitlines()
        assert first.startswith("# yaml-language-server:")
        assert second.startswith("# ")
        assert len(second) > 60


def test_minimal_fits_a_screen_and_is_quiet() -> None:
    """Twenty lines, a quiet hour in which everything comes and no service is busy."""
    assert len((FOLDER / "minimal.yaml").read_text(encoding="utf-8").splitlines()) <= 24
    summary = ran("minimal").summary()
    assert all(kept("minimal"))
    assert max(service["utilization"] for service in summary["services"].values()) < 0.1


def test_friday_evening_has_thousands_of_orders_and_queues_everywhere() -> None:
    """A four-hour dinner: every service has visits that waited, and the objectives are only just kept."""
    result = ran("friday_evening")
    assert 4000 < len(result.tables["orders"]) < 5000
    waited = result.tables["visits"]
    waited = waited[waited["started_at"] > waited["arrived_at"] + 1e-9]["service"].value_counts()
    assert set(waited.index[waited > 0]) == set(result.summary()["services"])


def test_mdrplib_gives_the_published_format_a_platform() -> None:
    """Orders, riders and ready times are those of the town, whatever the platform does; and all come."""
    result = ran("mdrplib")
    assert result.manifest["instance"]["n_orders"] == 300
    assert all(kept("mdrplib"))


def test_rappi_day_has_degrees_vehicles_and_a_dinner_past_midnight() -> None:
    """Places are degrees, riders ride and walk at their own speeds, and the last order comes the day after."""
    scenario = load_scenario(FOLDER / "rappi_day.yaml")
    town = settled(scenario, Streams(1))
    assert town is not None
    assert town.instance.geographic
    assert len({rider.speed for rider in town.instance.riders}) == 4
    orders = ran("rappi_day").tables["orders"]
    assert orders["delivered_at"].max() > 86_400
    assert all(kept("rappi_day"))
    assert not np.allclose(orders["promised_at"] - orders["ready_at"], (orders["promised_at"] - orders["ready_at"])[0])


def test_flash_sale_is_ten_times_the_load_within_a_minute() -> None:
    """From one minute to the next; people are turned away, who gets in waits, and it passes."""
    orders = ran("flash_sale").tables["orders"]
    per_minute = np.bincount((orders["placed_at"] // 60).astype(int), minlength=90)
    assert per_minute[31:40].mean() > 8 * per_minute[:30].mean()
    assert per_minute[30] > 5 * per_minute[29]
    turned_away = orders[orders["reason"] == "overload"]["placed_at"]
    assert len(turned_away) > 20
    assert turned_away.between(1800, 2500).all()
    assert kept("flash_sale") == [True, False, True, False]
    assert ran("flash_sale", "platform.services.user.workers=2").summary()["orders"]["rejected"] == 0


def test_rainy_night_is_the_rain_and_the_riders_who_stayed_at_home() -> None:
    """Dry and with everybody at work the same evening keeps its objectives; and dispatch does not know of the rain."""
    wet, dry = ran("rainy_night"), ran("rainy_night", "city.travel.weather=1", "city.riders=150")
    assert kept("rainy_night") == [True, False]
    assert all(verdict.holds for verdict in verdicts(dry))
    assert wet.tables["orders"]["id"].tolist() == dry.tables["orders"]["id"].tolist()
    assert len(wet.tables["riders"]) == 100
    patience = wet.summary()["orders"]["by_reason"]["patience"]
    assert patience > 20
    assert wet.tables["orders"]["n_given_back"].sum() > 10
    assert (wet.tables["riders"]["off_at"].isin([12_600.0, 14_400.0])).mean() < 0.95
    town = settled(load_scenario(FOLDER / "rainy_night.yaml"), Streams(5))
    assert town is not None
    way = ((0.0, 0.0), (3000.0, 0.0))
    assert town.believed.time(*way, at=3600.0) < 0.8 * np.mean(
        [town.instance.travel.time(*way, at=3600.0 + 300 * k) for k in range(9)]
    )


def test_dark_store_is_limited_by_its_shelves_and_pickers() -> None:
    """Shelves run out and are filled; more on them and nobody is refused; fewer pickers and everybody waits."""
    result = ran("dark_store")
    row = result.tables["stores"].iloc[0]
    assert len(result.tables["stores"]) == 1
    assert row["refilled"] > 0
    assert result.summary()["orders"]["by_reason"]["unavailable"] > 5
    assert kept("dark_store") == [True, False]
    assert result.summary()["dispatch"]["orders_per_bundle"] > 1.3
    assert result.tables["orders"]["bundle_size"].max() <= 3
    assert ran("dark_store", "city.stores.stock=60").summary()["orders"]["rejected"] == 0
    slow = ran("dark_store", "city.kitchens.cooks=3").summary()["click_to_door"]["p50"]
    assert slow > 1.5 * result.summary()["click_to_door"]["p50"]


def test_two_cities_share_servers_but_no_rider() -> None:
    """No rider delivers in both; with both dinners at seven the gateway is busier at its peak, orders being equal."""
    result = ran("two_cities")
    orders = result.tables["orders"]
    delivered = orders[orders["rider"] >= 0]
    assert (delivered.groupby("rider", observed=True)["zone"].nunique() == 1).all()
    peaks = orders.groupby("zone", observed=True)["placed_at"].median() / 3600
    assert peaks["lagos"] - peaks["porto"] > 1.5
    together = 'city.zones.lagos.rate={"18:00": 120/h, "19:00": 420/h, "20:00": 180/h, "21:00": 40/h}'
    peak, higher = (_peak(run_, "gateway") for run_ in (result, ran("two_cities", together)))
    assert higher > 1.25 * peak
    assert all(kept("two_cities"))


def _peak(result: Result, service: str) -> float:
    """The work of a service in its busiest quarter hour, seconds."""
    visits = result.tables["visits"][result.tables["visits"]["service"] == service]
    quarter = (visits["started_at"] // 900).astype(int)
    return float((visits["departed_at"] - visits["started_at"]).groupby(quarter).sum().max())
