"""Legal but odd values: each is told with its line, and what is shipped has none."""

from __future__ import annotations

from pathlib import Path

import pytest

from delivsim.experiment.load import offered_load
from delivsim.scenario.reader import load_scenario
from delivsim.scenario.templates import template_text

SCENARIOS = Path(__file__).parents[2] / "scenarios"
CITY = """\
name: odd
starts_at: 2026-11-20T18:00
horizon: 1h
city:
  demand:
    rate: {"18:00": 120/h}
  kitchens: {preparation: 12min}
  riders:
    shifts:
      - {start: "18:00", end: "20:30", riders: 60}
"""
QUEUE = """\
name: odd
horizon: 1h
platform:
  services:
    web: {operations: {page: {steps: [{work: 20ms}]}, other: {steps: [{work: 30ms}]}}}
  workloads:
    - {kind: open, name: visitors, operation: web.page, rate: 1/s}
"""


def told(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "odd.yaml"
    path.write_text(text)
    return [str(problem).removeprefix(f"{path}:") for problem in offered_load(load_scenario(path)).warnings]


def platform(text: str) -> str:
    return f"{CITY}platform:\n  {text}\n"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (
            platform("services: {store: {operations: {check_availability: {work: 20s}}}}"),
            12,
            "platform.services.store.operations.check_availability.work: 20 s of work on average, where",
        ),
        (
            QUEUE.replace("[{work: 20ms}]", "[{choose: [{probability: 1, steps: [{work: 20s}]}]}]")
            .replace("30ms}]", "30ms}, {work: 10ms}]")
            .replace("rate: 1/s", "rate: 1/h"),
            5,
            "steps[0].choose[0].steps[0].work: 20 s of work on average, where 20 ms is usual; is the unit right?",
        ),
        (
            platform("network: {edges: {order->payment: {timeout: 50ms}}}"),
            12,
            "platform.network.edges.order->payment.timeout: 50 ms is shorter than half of the calls of charge work",
        ),
        (
            QUEUE + "  network: {edges: {visitors->web: {timeout: 15ms}}}\n",
            8,
            "platform.network.edges.visitors->web.timeout: 15 ms is shorter than half of the calls of page work",
        ),
        (CITY + "slos: [delivered > 90%, place_order p99 < 15s]\n", 11, "slos[1]: 15 s is above the time-out of 10 s"),
        (
            QUEUE + "  network: {edges: {visitors->web: {timeout: 1s}}}\nslos: [page p99 < 2s]\n",
            9,
            "slos[0]: 2 s is above the time-out of 1 s of visitors->web",
        ),
        (CITY + "slos: [click_to_door p90 < 45min in 19:30-20:00]\n", 11, "slos[0]: its window begins after demand"),
        (CITY + "dispatch: {every: 2h}\n", 3, "horizon: shorter than dispatch.every (2 h 00 min)"),
        (CITY + "dispatch: {decision_time: 90s}\n", 11, "dispatch.decision_time: 90 s on average is longer than"),
        (CITY + "dispatch: {give_up_after: 30s}\n", 11, "dispatch.give_up_after: shorter than every"),
        (
            CITY.replace("riders:\n", "riders:\n    think_time: 50s\n"),
            9,
            "city.riders.think_time: most riders think longer than dispatch.offer_timeout (45 s)",
        ),
        (
            CITY + "faults: [{kind: crash, service: user, at: '19:30', for: 1min}]\n",
            11,
            "faults[0].at: after demand has",
        ),
        (
            CITY.replace("kitchens:", "customers: {patience: 9min}\n  kitchens:"),
            7,
            "city.customers.patience: most cust",
        ),
        (platform("promise: {rule: fixed, after: 5min}"), 12, "platform.promise.after: most orders will be later"),
        (CITY.replace("riders:\n", "riders:\n    accept: 0%\n"), 9, "city.riders.accept: no rider ever accepts"),
        (CITY.replace("120/h}", '120/h, "19:30": 9/h}'), 6, "city.demand.rate.19:30: demand ends at 19:00"),
        (
            CITY + '      - {start: "19:30", end: "20:30", riders: 3}\n',
            11,
            "city.riders.shifts[1].start: demand ends at 19:00",
        ),
        (
            QUEUE.replace("rate: 1/s", "interarrival: 2h"),
            7,
            "platform.workloads[0].interarrival: longer than the horizon",
        ),
        (CITY.replace("120/h", "0/h"), 6, "city.demand.rate: nobody orders within the horizon"),
    ],
)
def test_an_odd_value_is_told_with_its_line(text: str, line: int, message: str, tmp_path: Path) -> None:
    """Each of these is legal, hardly meant, and told once, on the line where it (or what holds it) is written."""
    found = told(tmp_path, text)
    assert [one for one in found if message in one and one.startswith(f"{line}:")], found
    assert len(found) == 1, found


def test_plain_scenarios_are_not_odd(tmp_path: Path) -> None:
    """What the odd ones are made from gives no warning."""
    assert told(tmp_path, CITY) == []
    assert told(tmp_path, QUEUE) == []


@pytest.mark.parametrize("path", sorted(SCENARIOS.glob("*.yaml")), ids=lambda path: path.stem)
def test_what_is_shipped_is_not_odd(path: Path) -> None:
    """Every scenario passes `delivsim check` without a warning, but for too few riders where that is what it shows."""
    found = [str(problem) for problem in offered_load(load_scenario(path)).warnings]
    few = [one for one in found if "customers will wait" in one]
    assert found == few
    assert bool(few) == (path.stem in ("faulty_friday", "flash_sale", "rainy_night"))


def test_an_instance_with_late_orders_is_told(tmp_path: Path) -> None:
    """Orders that the instance places after the horizon are counted."""
    where = SCENARIOS / "data" / "town"
    found = told(tmp_path, f"name: x\nhorizon: 6h\ninstance: {{format: mdrplib, path: {where}}}\n")
    assert any(one.startswith("2:") and "horizon: 175 of 300 orders" in one for one in found), found


def test_a_template_with_a_wrong_unit(tmp_path: Path) -> None:
    """In the Friday evening, too, 20 s where 20 ms was meant stand out."""
    found = told(tmp_path, template_text("friday_evening").replace("p50: 20ms, p99: 100ms", "p50: 20s, p99: 100s"))
    assert any("report_position.work: " in one and "is the unit right?" in one for one in found), found
