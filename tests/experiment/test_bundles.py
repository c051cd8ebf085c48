"""What a policy is asked about, and what is made of its answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from delivsim.city.generate import generate
from delivsim.dispatch.config import DispatchConfig
from delivsim.domain.instance import Instance
from delivsim.domain.streams import Streams
from delivsim.experiment.bundles import Bundles, expected_bundles
from delivsim.experiment.rider_work import RiderWork, rider_work
from delivsim.scenario.reader import load_scenario
from delivsim.scenario.templates import template_text


def evening(tmp_path: Path, *changes: str) -> tuple[Instance, RiderWork]:
    (tmp_path / "it.yaml").write_text(template_text("minimal"))
    city = load_scenario(tmp_path / "it.yaml", overrides=changes)
    assert city.city is not None
    instance = generate(city.city, city.starts_at, city.horizon, Streams(1), name="town")
    return instance, rider_work(instance, city.city.kitchens)


def asked(tmp_path: Path, *changes: str, **config: Any) -> Bundles:
    return expected_bundles(*evening(tmp_path, *changes), DispatchConfig(**config))


def test_one_order_at_a_time(tmp_path: Path) -> None:
    """A policy that makes no bundles, or may make none, leaves orders and ways as they are."""
    assert asked(tmp_path, policy="nearest") == Bundles(orders=1.0, way=1.0)
    assert asked(tmp_path, policy="linear_assignment", params={"largest_bundle": 1}) == Bundles(orders=1.0, way=1.0)


def test_bundles_shorten_the_way_and_grow_when_riders_are_scarce(tmp_path: Path) -> None:
    """Several orders of a store at once take less way each; the fewer the riders, the more orders at once."""
    many, few = asked(tmp_path), asked(tmp_path, "city.riders.shifts[0].riders=40")
    assert 1.0 < many.orders < few.orders < 4.0
    assert few.way < 1.0


@pytest.mark.parametrize("changes", [("city.riders.shifts[0].riders=1",), ("horizon=2min",)])
def test_hardly_anybody(changes: tuple[str, ...], tmp_path: Path) -> None:
    """One rider, or a handful of orders, is no mistake."""
    assert asked(tmp_path, *changes).orders >= 1.0


def test_the_answer_is_the_same_twice(tmp_path: Path) -> None:
    """Asking draws nothing."""
    assert asked(tmp_path) == asked(tmp_path)
