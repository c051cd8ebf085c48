"""What `delivsim info` prints and draws."""

from __future__ import annotations

from pathlib import Path

from delivsim.experiment.instance_facts import measured
from delivsim.report.figures.instance import instance_picture, save_instance_picture
from delivsim.report.figures.style import figure_of
from delivsim.report.info import info_text

DATA = Path(__file__).parents[1] / "data"
INSTANCE, FACTS = measured(DATA / "rappi_twin")
TEXT = str(info_text(FACTS))


def test_the_page_says_what_was_measured() -> None:
    """Counts, hours, distances, riders and odd facts stand on lines of at most 100 characters."""
    assert "60 orders, 18 riders, 9 stores, 60 customers." in TEXT
    assert "Vehicles: bicycle 4, car 4, motorcycle 7, walking 3." in TEXT
    busiest = max(FACTS["hours"], key=lambda hour: hour["orders"])
    assert f"{'█' * 20}  {busiest['orders']:>6}" in TEXT
    distance = FACTS["distributions"]["store_to_customer_distance"]["p50"] / 1000.0
    assert any(f" {distance:.1f} " in line for line in TEXT.splitlines() if "store to customer" in line)
    assert " 1 of 18  riders with a shift of no length, who never work, such as 7" in TEXT
    assert max(len(line) for line in TEXT.splitlines()) <= 100


def test_customers_are_counted_where_they_are_told_apart() -> None:
    """A format that says nothing of customers does not make one person of them all."""
    text = str(info_text(measured(DATA / "mdrplib_twin")[1]))
    assert " stores." in text
    assert "customer." not in text


def test_hours_without_anybody_are_left_out() -> None:
    """The night before the first shift has no line; what there is no figure for has none either."""
    assert "03:00-04:00" not in TEXT
    twin = str(info_text(measured(DATA / "mdrplib_twin")[1]))
    assert "promised" not in twin
    assert "Legal, but odd" in TEXT


def test_a_long_instance_shows_its_busiest_hours() -> None:
    """Of more than two days only the busiest hours have lines, in the order of time, and that is said."""
    hour = FACTS["hours"][12]
    hours = [{**hour, "start": 3600.0 * k, "end": 3600.0 * (k + 1), "orders": 1 + k % 24} for k in range(96)]
    lines = str(info_text({**FACTS, "hours": hours})).splitlines()
    profile = [line for line in lines if "█" in line]
    assert len(profile) == 48
    assert not any(line.split()[0].startswith("05:00") for line in profile)
    assert "  These are the 48 busiest of 96 hours." in lines


def test_the_picture_shows_everybody_and_every_hour(tmp_path: Path) -> None:
    """A map with all orders, riders and stores beside the hours, and the file is what its name says."""
    city = instance_picture(INSTANCE, FACTS)
    drawn = {len(points.get_offsets()) for points in city.collections}
    assert drawn == {60, 18, 9}
    assert city.get_xlabel() == "degrees east"
    _, orders, riders = figure_of(city).axes
    assert [bar.get_height() for bar in orders.patches] == [hour["orders"] for hour in FACTS["hours"]]
    assert riders.get_ylim()[1] >= max(hour["riders_on_shift"] for hour in FACTS["hours"])
    save_instance_picture(INSTANCE, FACTS, tmp_path / "city.png")
    assert (tmp_path / "city.png").read_bytes().startswith(b"\x89PNG")
    for name in "ab":
        save_instance_picture(INSTANCE, FACTS, tmp_path / f"{name}.svg")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
