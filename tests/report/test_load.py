"""What `delivsim check` prints of the offered load."""

from __future__ import annotations

from datetime import datetime

from delivsim.errors import Problem
from delivsim.experiment.load import OfferedLoad
from delivsim.experiment.rider_load import RiderLoad, RiderTime
from delivsim.experiment.station_load import PlatformLoad, StationLoad, UsersLoad
from delivsim.report.clock import Clock
from delivsim.report.load import MOST_HOURS, load_text, warning_line

CLOCK = Clock(starts_at=datetime(2026, 11, 20, 18))


def station(name: str, servers: int, busy: float, *services: str) -> StationLoad:
    return StationLoad(name=name, services=services or (name,), servers=servers, busy=busy, start=5400.0, end=6300.0)


def hours(n: int) -> tuple[RiderTime, ...]:
    return tuple(
        RiderTime(start=3600.0 * k, end=3600.0 * (k + 1), orders=10 * k, needed=float(k), on_shift=20.0)
        for k in range(n)
    )


def load(platform: PlatformLoad, n_hours: int = 3) -> OfferedLoad:
    some = hours(n_hours)
    riders = RiderLoad(
        riders=40,
        hours=some,
        peak=RiderTime(start=5400.0, end=6300.0, orders=9, needed=6.0, on_shift=5.0),
        time_per_order=(("to the store", 240.0), ("service", 180.0), ("to the customer", 420.0)),
        orders_per_bundle=1.25,
    )
    return OfferedLoad(n_orders=30, platform=platform, riders=riders if n_hours else None, warnings=())


def lines(what: OfferedLoad) -> list[str]:
    return load_text(what, CLOCK).plain.splitlines()


def test_the_busiest_station_comes_first_with_its_quarter_hour() -> None:
    """Stations are ranked by load; several services in one process are named."""
    told = lines(load(PlatformLoad(stations=(station("user", 4, 1.0), station("all", 2, 1.5, "order", "store")))))
    assert told[2].split() == ["all", "(order,", "store)", "2", "1.50", "75", "%", "19:30-19:45"]
    assert told[3].split() == ["user", "4", "1.00", "25", "%", "19:30-19:45"]


def test_too_much_and_tight_are_marked() -> None:
    """Above 100 % is red, from 80 % on yellow, less is plain."""
    text = load_text(
        load(PlatformLoad(stations=(station("a", 1, 1.2), station("b", 1, 0.85), station("c", 1, 0.5)))), CLOCK
    )
    styles = {text.plain[span.start : span.end].strip(): str(span.style) for span in text.spans}
    assert styles["120 %"] == "bold red"
    assert styles["85 %"] == "yellow"
    assert styles.get("50 %", "") == ""


def test_riders_are_told_hour_by_hour_and_at_their_peak() -> None:
    """Each hour has its orders and hours needed; what an order takes is cut into its parts."""
    told = lines(load(PlatformLoad()))
    assert told[3].split() == ["19:00-20:00", "10", "1.0", "20.0", "5", "%"]
    text = " ".join(line.strip() for line in told)
    assert (
        "40 riders. An order takes 14.0 min: 4.0 min to the store + 3.0 min service + 7.0 min to the customer" in text
    )
    assert "1.25 orders at once" in text
    assert "Busiest 19:30-19:45: 6.0 of 5.0 h (120 %)." in text


def test_a_long_stretch_is_cut_to_its_busiest_hours() -> None:
    """Of three days the 24 hours with the most work are shown, in the order of time."""
    told = [line.split()[0] for line in lines(load(PlatformLoad(), 72)) if line.startswith("  ") and ":00-" in line]
    assert len(told) == MOST_HOURS


def test_users_are_told_as_calls() -> None:
    """A closed workload says how many calls its users come to."""
    told = lines(
        load(PlatformLoad(stations=(station("a", 1, 0.5),), users=(UsersLoad(name="crew", users=5, rate=0.5),)), 0)
    )
    assert told[-1].strip() == "crew: 5 users who wait for answers make 30/min calls."


def test_no_line_is_wider_than_the_screen() -> None:
    """Whatever there is to tell fits 100 characters."""
    many = PlatformLoad(stations=tuple(station(f"service-{k}", 1, 0.1 * k) for k in range(12)))
    assert max(map(len, lines(load(many, 30)))) <= 100


def test_nothing_to_tell_is_nothing() -> None:
    """An ideal platform without a city prints no line."""
    assert lines(load(PlatformLoad(), 0)) == []


def test_a_warning_is_written_as_compilers_do() -> None:
    """Editors that follow file:line:column jump to it."""
    problem = Problem(rule="too much", file="a.yaml", line=3, column=7, path="x.y")
    assert warning_line(problem) == "a.yaml:3:7: warning: x.y: too much"
    assert warning_line(Problem(rule="too much", file="--set x.y", path="x.y")) == "--set x.y: warning: x.y: too much"
