from __future__ import annotations

import re
from types import ModuleType

import pandas as pd
import pytest

from delivsim.errors import InputError
from delivsim.record.result import Result
from delivsim.report.explain import explain_order


@pytest.fixture
def told(story: dict[str, pd.DataFrame], sample: ModuleType) -> str:
    """The story of order ``a``."""
    return explain_order(Result(story, sample.manifest()), "a").plain


def test_parts_stand_in_the_order_of_a_story(told: str) -> None:
    """Who and what first, then the times, the platform, messages, offers, and the rider's way."""
    titles = [
        "Order a: delivered",
        "What happened",
        "Where the time went",
        "Platform",
        "Messages",
        "Decisions",
        "The rider's way",
    ]
    places = [told.index(title) for title in titles]
    assert places == sorted(places)
    assert "nan" not in told.lower()


def test_header_says_who_and_where(told: str) -> None:
    """The customer, the place, the store, the rider, the money and the feedback are named."""
    assert "Customer 7 at 100 m, 200 m; 2 items from store noodles; rider r1." in told
    assert "Charged 25.00, refunded 0.00; rated 4 of 5." in told


def test_instants_are_in_order_with_times_of_day(told: str) -> None:
    """What happened is told in order of time, as times of day and as time since placement."""
    block = told[told.index("What happened") : told.index("Where the time went")]
    assert re.findall(r"18:\d\d:\d\d", block) == sorted(re.findall(r"18:\d\d:\d\d", block))
    assert re.search(r"delivered +18:21:00 +\+20.0 min", block)


def test_click_to_door_adds_up(told: str) -> None:
    """The parts of click-to-door, as printed, add up to the total, as printed."""
    block = told[told.index("Where the time went") : told.index("Platform")]
    *parts, total = [float(x) for x in re.findall(r" (\d+\.\d\d) s  ", block)]
    assert len(parts) == 5
    assert sum(parts) == pytest.approx(total)
    assert total == 1200.0


def test_polling_is_told_in_one_line(told: str) -> None:
    """Five polls of the order's state are one line, with the slowest of them."""
    assert told.count("track_order") == 1
    assert "customer > gateway.track_order, slowest of 5" in told


def test_offers_and_the_decisions_between(told: str) -> None:
    """Each offer stands with its decision, rider and answer; decisions that passed the order over are counted."""
    block = told[told.index("Decisions") : told.index("The rider's way")]
    assert re.search(r"2 +18:01:59 +1 / 0 +r2 +18:02:00 +declined +10 s +alone", block)
    assert re.search(r"3 +18:04:49 +1 / 1 +r1 +18:04:50 +accepted +9 s +alone", block)
    assert "1 decision passed it over" in block


def test_only_its_own_riders_way(told: str) -> None:
    """The way holds the stretches ridden for the order, and none of another rider."""
    block = told[told.index("The rider's way") :]
    assert "4.00 km in all" in block
    assert "r2" not in block


def test_a_rejected_order(story: dict[str, pd.DataFrame], sample: ModuleType) -> None:
    """An order that no one cooked has a short story without parts it never reached."""
    told = explain_order(Result(story, sample.manifest()), "b").plain
    assert told.startswith("Order b: rejected (unavailable)")
    assert "no request of this order was recorded" in told
    assert "It was never offered to a rider." in told
    assert "Where the time went" not in told
    assert "nan" not in told.lower()


def test_unknown_order_names_the_nearest(sample: ModuleType) -> None:
    """A name that no order has is refused with the name nearest to it."""
    with pytest.raises(InputError, match=r"no order 'o21x' among the 300 orders of this run \(did you mean"):
        explain_order(sample.sample_evening(), "o21x")


@pytest.mark.parametrize("name", ["a", "b", "c"])
def test_sample_orders(sample_result: Result, name: str) -> None:
    """Every order of a run has a story of lines that fit a page, without a missing number shown as one."""
    told = explain_order(sample_result, name).plain
    assert told.startswith(f"Order {name}: ")
    assert max(map(len, told.split("\n"))) <= 125
    assert "nan" not in told.lower()
