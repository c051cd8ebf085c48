"""A scenario's day as an instance of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from delivsim.domain.travel import Euclidean
from delivsim.errors import InstanceError, ScenarioError
from delivsim.experiment.generated import Generated, generated, write_generated
from delivsim.experiment.run import run
from delivsim.report.diff import first_differences
from delivsim.scenario.formats import read_instance
from delivsim.scenario.reader import load_scenario
from delivsim.scenario.schema import Scenario

ROOT = Path(__file__).parents[2]
CITY: dict[str, Any] = {
    "demand": {"orders": 60, "peaks": [{"at": "12:30", "spread": "10min", "share": 0.8}], "day_to_day": 0.3},
    "zones": {"old": {"x": "2km", "y": "2km"}, "new": {"x": "5km", "y": "6km", "demand": 2}},
    "stores": {"count": 8, "stock": 40},
    "kitchens": {"preparation": {"kind": "gamma", "mean": "9min", "cv": 0.5}},
    "customers": {"patience": "50min", "feedback": 0.5},
    "riders": {"accept": 0.8, "shifts": [{"start": "12:00", "end": "14:00", "riders": 20}]},
}


def scenario(**changes: Any) -> Scenario:
    given = {"name": "noon", "seed": 3, "starts_at": "2026-11-20T12:00", "horizon": "1h", "city": {**CITY, **changes}}
    return Scenario.model_validate(given)


def written(day: Generated, folder: Path) -> Path:
    assert write_generated(day, folder, "delivsim", "csv") == ()
    return folder / "scenario.yaml"


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"travel": {"speed_by_hour": {"12:30": 0.6}, "noise": {"kind": "gamma", "mean": 1, "cv": 0.2}}},
        {"travel": {"kind": "grid", "speed": 4, "weather": {"12:40": 0.7}}},
        {"kitchens": {"preparation_starts": "on_accept", "preparation": "8min"}},
    ],
    ids=["plain", "jams", "streets", "on accept"],
)
def test_a_written_day_runs_as_the_scenario_did(tmp_path: Path, changes: dict[str, Any]) -> None:
    """The instance with its scenario gives every row that the city gave under the same seed."""
    original = scenario(**changes)
    file = written(generated(original, seed=11), tmp_path)
    one, other = run(original, seed=11), run(load_scenario(file))
    assert len(one.orders) > 30
    assert first_differences(one, other) == []


def test_ready_times_are_the_kitchens(tmp_path: Path) -> None:
    """Each order is ready when a kitchen that begins at once is done, so the instance can be run by itself."""
    day = generated(scenario())
    for order in day.instance.orders:
        assert order.ready_at == order.placed_at + order.preparation_time
    result = run(scenario())
    cooked = result.orders["ready_at"] - result.orders["placed_at"]
    times = [order.preparation_time for order in day.instance.orders]
    assert cooked.median() == pytest.approx(sorted(times)[len(times) // 2], rel=0.1)
    write_generated(day, tmp_path, "delivsim", "parquet")
    alone = read_instance("delivsim", tmp_path)
    assert list(alone.orders) == list(day.instance.orders)
    assert alone.zones == ("old", "new")


def test_a_day_is_the_seeds() -> None:
    """The same seed draws the same day, another one another, as many orders as that day has."""
    one, same, other = (generated(scenario(), seed=seed).instance for seed in (1, 1, 2))
    assert list(one.orders) == list(same.orders)
    assert len(one.orders) != len(other.orders)


def test_what_varies_on_the_way_stays_in_the_scenario() -> None:
    """An instance holds straight lines, detour and speed; what it cannot hold of travel is named."""
    day = generated(scenario(travel={"speed": 4, "weather": 0.8, "round_up_to": "10s"}))
    assert day.instance.travel == Euclidean(4.0, detour=1.3, round_up_to=10.0)
    assert day.lost == ("travel.weather",)
    day = generated(scenario(travel={"kind": "grid", "speed": 4}))
    assert day.instance.travel == Euclidean(4.0, detour=1.3)
    assert day.lost == ("travel: the ways themselves, straight lines x 1.3 stand for them",)


def test_a_day_in_the_mdrplib_format_says_what_is_lost(tmp_path: Path) -> None:
    """Times become whole minutes, what has no column is named, and the day can be read again."""
    day = generated(scenario())
    lost = write_generated(day, tmp_path, "mdrplib", "csv")
    assert any(words.startswith("orders: items") for words in lost)
    assert len(read_instance("mdrplib", tmp_path).orders) == len(day.instance.orders)
    assert not (tmp_path / "scenario.yaml").exists()


def test_what_cannot_be_a_day_is_refused(tmp_path: Path) -> None:
    """A platform without a city has no day; a format that is only read is none to write."""
    with pytest.raises(ScenarioError, match=r"services\.yaml: must have a city or an instance"):
        generated(load_scenario(ROOT / "scenarios" / "services.yaml"))
    with pytest.raises(InstanceError, match="must be one of delivsim, mdrplib, got 'rappi'"):
        write_generated(generated(scenario()), tmp_path, "rappi", "csv")
