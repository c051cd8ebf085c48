"""What the strict checker found, as text."""

from __future__ import annotations

from delivsim.errors import Problem
from delivsim.experiment.mdrplib import SolutionCheck
from delivsim.report.solution import solution_text


def found(*violations: Problem, undelivered: int = 0) -> SolutionCheck:
    return SolutionCheck(
        violations=violations,
        n_orders=20,
        n_delivered=20 - undelivered,
        undelivered=tuple(f"o{i}" for i in range(1, undelivered + 1)),
        metrics={"click_to_door": {"mean": 31.25, "p90": 44.0}},
        totals={"total_pay": 1250.0, "cost_per_order": 11.5, "share_on_guarantee": 0.25},
    )


def test_a_clean_solution_says_so_and_prints_the_metrics() -> None:
    """The first word is the verdict; then what was delivered, the published metrics and the totals."""
    lines = solution_text(found()).plain.splitlines()
    assert lines[0].startswith("Clean")
    assert lines[1] == "  20 of 20 orders delivered."
    assert "  click to door     31.25  44.00" in lines
    assert lines[-1] == "  Paid 1,250.00 in all, 11.50 per order placed; 25.0 % of couriers on the guarantee."


def test_every_violation_is_named() -> None:
    """Each broken rule stands on a line of its own, with its place, before the verdict."""
    wrong = [Problem(file="a.txt", line=n, path="pickup_time", rule="must be 12, got 11") for n in (2, 3)]
    lines = solution_text(found(*wrong)).plain.splitlines()
    assert lines[:3] == [
        "2 violations",
        "  a.txt:2: pickup_time: must be 12, got 11",
        "  a.txt:3: pickup_time: must be 12, got 11",
    ]
    assert lines[3].startswith("Not clean")


def test_undelivered_orders_are_named_up_to_a_dozen() -> None:
    """They are no violation, but a planner wants to know which."""
    text = solution_text(found(undelivered=14)).plain
    assert "6 of 20 orders delivered; not delivered: o1, o2," in text
    assert "o12 and" in text
    assert "o13" not in text
