from __future__ import annotations

import numpy as np
import pytest

from delivsim.record.result import Result
from delivsim.report import series


@pytest.mark.parametrize(("span", "width"), [(60.0, 5.0), (4 * 3600.0, 900.0), (7 * 86_400.0, 21_600.0)])
def test_stretches_suit_the_run(span: float, width: float) -> None:
    """An evening is cut into quarter hours, a minute into five seconds, a week into quarter days."""
    assert series.bin_width(span) == width


def test_parts_are_means_of_orders_placed_then(sample_result: Result) -> None:
    """The two delivered orders, placed in different stretches, are each their stretch's mean."""
    parts = series.click_to_door_parts(sample_result)
    assert parts["start"].tolist() == [0.0, 300.0]
    names = ["platform", "waiting_for_rider", "travel_to_store", "kitchen", "delivery"]
    assert parts[names].sum(axis=1).tolist() == pytest.approx([1500.0, 2010.0])


def test_every_station_is_followed(sample_evening: Result) -> None:
    """Each station of the run has as many stretches as any other."""
    loads = series.loads(sample_evening)
    assert set(loads["station"]) == set(sample_evening.manifest["stations"])
    assert loads.groupby("station").size().nunique() == 1


def test_riders_free_are_those_on_shift_and_not_busy(sample_result: Result) -> None:
    """Free riders and busy ones are the riders on shift, but for those who finish after it."""
    riders = series.riders(sample_result)
    assert (riders["free"] >= 0).all()
    during = riders[riders.index < 1800.0]
    assert np.array_equal(during["free"] + during["busy"], during["on_shift"])


def test_no_station_no_rows(sample) -> None:  # type: ignore[no-untyped-def]
    """An ideal platform has no stations, and nothing to follow."""
    assert len(series.loads(sample.sample_result(stations={}))) == 0


def test_stretches_in_which_nobody_asked(sample_result: Result) -> None:
    """Each operation has a row for every stretch; where nobody asked that is nothing per second and no latency."""
    found = series.latencies(sample_result)
    placed = found[found["operation"] == "place_order"]
    assert placed["count"].sum() == 3
    assert len(placed) == len(found) / found["operation"].nunique() == 40
    assert placed.loc[placed["count"] == 0, "p50"].isna().all()
