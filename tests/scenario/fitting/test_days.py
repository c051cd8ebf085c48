"""Days are told apart, whether they come as one export or as several instances."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from delivsim.errors import InputError
from delivsim.scenario.fitting.days import read_past
from delivsim.scenario.imports.bring import import_export
from delivsim.scenario.imports.export import Export
from delivsim.scenario.imports.write import write_import

Week = Callable[..., pd.DataFrame]
Imported = Callable[..., Path]


def test_an_evening_that_passes_midnight_is_one_day(week: Week, imported: Imported) -> None:
    """What is ordered at half past one belongs to the evening before, at 25:30."""
    past = read_past([imported(week([1.0, 1.0, 1.0]))])
    assert [day.label for day in past.days] == ["2026-11-16 mon", "2026-11-17 tue", "2026-11-18 wed"]
    for day in past.days:
        assert day.clock.min() >= 18 * 3600
        assert 25 * 3600 < day.clock.max() < 26 * 3600


def test_clocks_that_are_put_back_move_no_evening(week: Week, tmp_path: Path) -> None:
    """In Berlin the night to 25 October 2026 had an hour more: the evening after begins at six all the same."""
    orders = week([1.0, 1.0, 1.0])
    instants = [name for name in orders if str(orders[name].dtype).startswith("datetime")]
    orders[instants] = orders[instants].apply(lambda at: at - pd.Timedelta(days=24))  # from the 23rd on
    path = tmp_path / "berlin.csv"
    orders.to_csv(path, index=False)
    write_import(import_export(Export(orders=path, timezone="Europe/Berlin")), tmp_path / "berlin")
    past = read_past([tmp_path / "berlin"])
    assert [day.label for day in past.days] == ["2026-10-23 fri", "2026-10-24 sat", "2026-10-25 sun"]
    for day in past.days:
        assert 18 * 3600 <= day.clock.min() < 18.2 * 3600
        assert day.ends - day.begins >= 8 * 3600


def test_several_instances_are_the_days_of_one_export(week: Week, imported: Imported) -> None:
    """Each day on its own, or all in one file: the same counts, stores and rosters."""
    whole = week([1.0, 1.2, 0.8])
    days = [whole[whole["order_id"].str.startswith(f"{d}-")] for d in range(3)]
    one = read_past([imported(whole)])
    three = read_past([imported(day, f"day{d}") for d, day in enumerate(days)])
    assert [(day.label, len(day.clock)) for day in one.days] == [(day.label, len(day.clock)) for day in three.days]
    assert set(one.stores) == set(three.stores)
    assert {day: len(roster) for day, roster in one.rosters.items()} == {
        day: len(roster) for day, roster in three.rosters.items()
    }


def test_a_day_may_come_in_parts_but_not_twice(week: Week, imported: Imported) -> None:
    """The early and the late orders of one evening are one day, with the riders of both; the same twice is refused."""
    whole = week([1.0])
    early, late = whole[whole.index < 100], whole[whole.index >= 100]
    folders = imported(early, "early"), imported(late, "late")
    past = read_past(folders)
    assert [len(day.clock) for day in past.days] == [len(whole)]
    names = [rider.id for rider in past.rosters["2026-11-16 mon"]]
    assert len(set(names)) == len(names) >= 8
    with pytest.raises(InputError, match=r"order '0-0' of 2026-11-16 mon is given twice, the second time in early"):
        read_past([*folders, folders[0]])


def test_days_of_the_week_can_be_chosen(week: Week, imported: Imported) -> None:
    """Only Tuesdays and Wednesdays; a week without a Sunday has none."""
    folder = imported(week([1.0, 1.0, 1.0]))
    assert [day.label[-3:] for day in read_past([folder], weekdays=["tue", "Wednesday"]).days] == ["tue", "wed"]
    with pytest.raises(InputError, match="no order is left"):
        read_past([folder], weekdays=["sun"])
    with pytest.raises(InputError, match="must be a day of the week"):
        read_past([folder], weekdays=["su"])


def test_zones_are_those_of_the_export_or_made(week: Week, imported: Imported) -> None:
    """Named zones stay; without, stores are grouped by where they are, from west to east."""
    named = read_past([imported(week([1.0], zone="Chapinero"), "named")])
    assert (named.zones, named.zones_made) == (("Chapinero",), False)
    made = read_past([imported(week([4.0]), "made")])
    assert made.zones_made
    assert len(made.zones) == 2
    assert made.stores["s0"].zone == "zone-1"
    assert made.stores["s5"].zone == "zone-2"


def test_places_of_two_kinds_do_not_go_together(week: Week, imported: Imported) -> None:
    """Degrees in one instance, metres in another."""
    degrees = week([1.0]).assign(store_lat=4.6, store_lon=-74.0, lat=4.61, lon=-74.01)
    degrees = degrees.drop(columns=["x", "y", "store_x", "store_y"])
    with pytest.raises(InputError, match="all in metres"):
        read_past([imported(week([1.0]), "metres"), imported(degrees, "degrees")])


def test_a_published_instance_without_history_is_a_day(tmp_path: Path) -> None:
    """Its demand, stores and ready times are facts; nothing else is told."""
    twin = Path(__file__).parents[2] / "data" / "mdrplib_twin"
    past = read_past([twin, twin], "mdrplib")
    assert not past.told
    assert [day.label for day in past.days] == ["2026-01-01 mdrplib_twin", "2026-01-02 mdrplib_twin"]
    assert len(past.days[0].clock) == len(past.rosters) * 30 == 60
    assert past.orders["cooking"].notna().all()
    assert past.orders["delivered_at"].isna().all()
