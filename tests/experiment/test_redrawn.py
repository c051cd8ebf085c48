"""A scenario may draw another day of its instance; what does not fit is told with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

import delivsim as ds
from delivsim.domain.streams import Streams
from delivsim.experiment.settled import settled

TWIN = Path(__file__).parents[1] / "data" / "mdrplib_twin"
HEAD = f"""
name: another day
horizon: 4h
starts_at: 2026-01-01T00:00
instance:
  format: mdrplib
  path: {TWIN}
"""


def _scenario(tmp_path: Path, more: str) -> ds.Scenario:
    file = tmp_path / "s.yaml"
    file.write_text(HEAD + more)
    return ds.load_scenario(file)


ON_ORDER = "  behavior: {kitchens: {preparation_starts: on_order}}\n"


def test_a_day_is_drawn_from_the_instance(tmp_path: Path) -> None:
    """Its stores and riders stay; orders are as many as the rate says, also when the instance was read before."""
    scenario = _scenario(
        tmp_path, ON_ORDER + "  demand: {rate: {'00:00': 100/h}, day_to_day: 10%}\n".replace("10%", "0.1")
    )
    one, other = (settled(scenario, Streams(seed)) for seed in (1, 2))
    assert one is not None
    assert other is not None
    assert 250 < len(one.instance.orders) < 600
    assert len(one.instance.orders) != len(other.instance.orders)
    again = settled(
        scenario,
        Streams(1),
        ds.Instance(**{n: getattr(one.instance, n) for n in ("name", "orders", "riders", "stores", "travel", "rules")}),
    )
    assert again is not None
    assert len(again.instance.orders) == len(one.instance.orders)


def test_facts_cannot_be_drawn(tmp_path: Path) -> None:
    """Kitchens whose ready times are given have none for orders that never were."""
    with pytest.raises(ds.ScenarioError, match=r"preparation_starts: must be on_order or on_accept"):
        _scenario(tmp_path, "  demand: {rate: {'00:00': 100/h}}\n")


def test_a_zone_that_is_not_there_is_told(tmp_path: Path) -> None:
    """With the line of its name."""
    scenario = _scenario(tmp_path, ON_ORDER + "  demand: {zones: {north: {'00:00': 100/h}}}\n")
    with pytest.raises(ds.ScenarioError, match=r"s.yaml:9:\d+: instance.demand.zones.north: must be a zone"):
        settled(scenario, Streams(1))
