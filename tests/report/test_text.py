from __future__ import annotations

import re
from types import ModuleType

from delivsim.domain.units import format_duration
from delivsim.record.metrics import evaluate, parse_slo
from delivsim.record.result import Result
from delivsim.report.text import LINES, WIDTH, text_report

OBJECTIVES = ("click_to_door p90 < 45min", "delivered > 99%", "place_order p99 < 800ms in 18:00-19:00")


def told(result: Result, *objectives: str) -> str:
    """The report of a run as plain text."""
    return text_report(result, [evaluate(parse_slo(text), result) for text in objectives]).plain


def test_one_screen(sample_evening: Result) -> None:
    """A whole evening with every part fits one screen, and nothing that is missing is shown as nan or None."""
    text = told(sample_evening, *OBJECTIVES)
    lines = text.split("\n")
    assert len(lines) <= LINES
    assert max(map(len, lines)) <= WIDTH
    assert not re.search(r"\b(nan|None|inf)\b", text)


def test_parts_in_the_order_of_questions(sample_evening: Result) -> None:
    """Objectives come first, then orders, customer times, operations, services, riders, broker, and the seed last."""
    text = told(sample_evening, *OBJECTIVES)
    titles = [
        "Objectives",
        "Orders",
        "Customer times",
        "Client operations",
        "Services",
        "Riders",
        "Dispatch",
        "One evening, one seed",
    ]
    places = [text.index(f"\n{title}") for title in titles]
    assert places == sorted(places)


def test_objectives_name_what_was_measured(sample_result: Result) -> None:
    """A broken objective says so with the figure, and stands before those that are kept."""
    text = told(sample_result, *OBJECTIVES[:2])
    broken, kept = (line for line in text.split("\n") if "it was" in line)
    assert re.fullmatch(r"  BROKEN  delivered > 99% +it was 66.67 %", broken)
    assert re.fullmatch(r"  kept    click_to_door p90 < 45min  it was 32.6 min", kept)
    assert "1 of 2 kept" in text


def test_outcomes_and_reasons(sample_result: Result) -> None:
    """Counts, shares and reasons of the three orders, and how many came on time."""
    text = told(sample_result)
    assert re.search(r"placed +3  2 \(66.7 %\) +0  1 \(33.3 %\) +0 +0", text)
    assert "Not delivered because: payment 1." in text
    assert "On time: 33.3 % of all orders; deliveries came 0.8 min before the time promised on average." in text


def test_the_platforms_part_of_click_to_door(sample_result: Result) -> None:
    """Click-to-door is told as a sum whose first part is the platform's, with its share."""
    parts = sample_result.summary()["click_to_door_parts"]
    text = " ".join(told(sample_result).split())
    assert re.search(r"click to door +29.2", text)
    platform = parts["platform"]["mean"]
    assert f"Click to door is platform {format_duration(platform)} ({100 * platform / 1755:.1f} %) + waiting" in text


def test_busiest_service_with_its_time_of_day(sample_evening: Result) -> None:
    """The busiest service heads its table and is named with its busiest quarter hour."""
    text = told(sample_evening)
    block = text[text.index("\nServices") :].split("\n")
    busiest = block[2].split()[0]
    assert re.search(
        rf"Busiest: {busiest}, [\d.]+ % of 2 servers; [\d.]+ % in \d\d:\d\d-\d\d:\d\d, [\d.]+ waiting", text
    )


def test_operations_with_errors(sample_result: Result) -> None:
    """Each client operation has its count, errors and latency as the client saw it, retries included."""
    rows = [line.split() for line in told(sample_result).split("\n")]
    (placed,) = [row for row in rows if row[:1] == ["place_order"]]
    assert placed[1] == "3"
    (tracked,) = [row for row in rows if row[:1] == ["track_order"]]
    assert tracked[1:4] == ["3", "3/h", "0"]


def test_workloads_without_a_city(sample: ModuleType) -> None:
    """A run of workloads on services has no orders and no riders, and its report has no such parts."""
    run = sample.sample_result(instance=None, policy=None)
    tables = {name: run.tables[name] for name in ("requests", "visits", "messages")}
    text = told(Result(tables, run.manifest))
    assert "Client operations" in text
    assert not re.search(r"^(Orders|Riders|Customer times|Dispatch)", text, re.MULTILINE)


def test_an_ideal_platform(sample: ModuleType) -> None:
    """An ideal platform has no queues, and the report says so in a sentence."""
    run = sample.sample_result(platform="ideal", stations={}, services={})
    tables = {name: table for name, table in run.tables.items() if name != "visits"}
    assert "The platform is ideal: it answers at once and never queues." in told(Result(tables, run.manifest))


def test_nothing_happened(sample: ModuleType) -> None:
    """A run without a single row has a report that says that nothing was delivered."""
    text = told(Result({}, sample.manifest()), "click_to_door p90 < 45min")
    assert "Customer times in minutes  No order was delivered." in text
    assert "BROKEN" in text
    assert not re.search(r"\b(nan|None|inf)\b", text)


def test_an_interrupted_run_says_so(sample: ModuleType) -> None:
    """After Ctrl-C the report begins with when that was."""
    text = told(sample.sample_result(interrupted_at=2400.0))
    assert "Interrupted at 18:40: this is what had happened until then." in text


def test_many_objectives_and_operations_still_fit(sample_evening: Result) -> None:
    """With twenty objectives the broken ones are told first, and what is left out is counted."""
    text = told(sample_evening, *(f"click_to_door p90 < {n}min" for n in range(30, 50)))
    assert text.count("\n") < LINES
    assert re.search(r"And \d+ more objectives\.", text)


def test_a_long_title_keeps_its_distance(sample_result: Result) -> None:
    """A part without a table is a title and a sentence, however long the title is."""
    assert "\nObjectives  The scenario states none.\n" in told(sample_result)
