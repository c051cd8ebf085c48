"""Invented days that look like published ones."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

import delivsim as ds
from delivsim.bench.twins import TwinsConfig, twin
from delivsim.scenario.formats.mdrplib import read, write

SMALL = TwinsConfig(orders=40, riders=12, stores=10)


def test_a_twin_can_be_written_and_read_in_the_published_format(tmp_path):
    """What a suite runs is what anybody else can read: whole minutes and plain metres throughout."""
    day = twin(SMALL, 3)
    write(day, tmp_path / day.name)
    back = read(tmp_path / day.name)
    assert (back.name, list(back.orders), list(back.riders), list(back.stores)) == (
        "twin-40-003",
        list(day.orders),
        list(day.riders),
        list(day.stores),
    )


def test_one_seed_gives_one_day():
    """The same seed gives the same orders, another seed others."""
    assert twin(SMALL, 3).orders == twin(SMALL, 3).orders
    assert twin(SMALL, 3).orders != twin(SMALL, 4).orders


def test_a_twin_looks_like_a_published_day():
    """Food takes 17 minutes, ways are some 2 km, dinner is larger than lunch, and riders are there when orders are."""
    day = twin(TwinsConfig(orders=2000, riders=500, stores=100), 1)
    stores = day.stores
    ways = [np.hypot(o.x - stores[o.store].x, o.y - stores[o.store].y) for o in day.orders]
    assert 15.0 < np.mean([(o.ready_at - o.placed_at) / 60.0 for o in day.orders]) < 19.0
    assert 1500.0 < np.mean(ways) < 2500.0
    lunch = sum(o.placed_at < 400 * 60 for o in day.orders)
    assert 0.25 < lunch / len(day.orders) < 0.45
    for order in day.orders[:: len(day.orders) // 50]:
        assert any(r.on_at <= order.ready_at <= r.off_at for r in day.riders) or order.ready_at > 880 * 60


def test_a_run_takes_an_instance_that_was_read_before():
    """The same day given as an object and as a folder is the same run."""
    scenario = ds.Scenario.model_validate(
        {
            "name": "twin",
            "horizon": "24h",
            "platform": {"kind": "ideal"},
            "instance": {"format": "mdrplib", "path": "not/there"},
        }
    )
    result = ds.run(scenario, instance=twin(SMALL, 3))
    assert len(result.tables["orders"]) == 40
    assert result.manifest["instance"]["name"] == "twin-40-003"


def test_a_town_has_at_least_one_of_everything():
    """No orders, riders or stores is a slip of the pen."""
    with pytest.raises(ValidationError):
        TwinsConfig(orders=0)
