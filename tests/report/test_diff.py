from __future__ import annotations

from types import ModuleType

from delivsim.record.result import Result
from delivsim.report.diff import diff_text, first_differences


def changed(result: Result, table: str, column: str, row: int, value: object) -> Result:
    """The same run, but for one cell."""
    frame = result.tables[table].copy()
    frame.loc[row, column] = value
    return Result({**result.tables, table: frame}, result.manifest)


def test_equal_runs(sample: ModuleType) -> None:
    """Two runs with the same rows, open ends included, have no difference, and the text says so."""
    one, other = sample.sample_result(), sample.sample_result()
    assert first_differences(one, other) == []
    assert diff_text(one, other).plain.startswith("The runs are equal: ")


def test_one_cell(sample: ModuleType) -> None:
    """A single changed cell is found, with its table, row, column and both values."""
    one = sample.sample_result()
    other = changed(one, "orders", "delivered_at", 1, 2311.0)
    (difference,) = first_differences(one, other)
    assert (difference.table, difference.row, difference.order, difference.at) == ("orders", 1, 1, 2310.0)
    assert difference.cells == (("delivered_at", "2310.0", "2311.0"),)
    text = diff_text(one, other).plain
    assert text.startswith("First difference at 18:38:30: orders, row 1, order number 1")
    assert "Equal: requests, visits" in text


def test_the_earliest_leads(sample: ModuleType) -> None:
    """Of differences in several tables the one that happened first is told first."""
    one = sample.sample_result()
    other = changed(changed(one, "orders", "delivered_at", 1, 2311.0), "visits", "departed_at", 0, 0.7)
    assert [d.table for d in first_differences(one, other)] == ["visits", "orders"]


def test_a_missing_row(sample: ModuleType) -> None:
    """A run with fewer rows differs at the first row that it lacks."""
    one = sample.sample_result()
    other = Result({**one.tables, "legs": one.tables["legs"].iloc[:4]}, one.manifest)
    (difference,) = first_differences(one, other)
    assert (difference.table, difference.row, difference.n_rows, difference.at) == ("legs", 4, (10, 4), 780.0)
    assert "one run has more rows" in diff_text(one, other).plain


def test_what_never_happened_differs_from_what_did(sample: ModuleType) -> None:
    """An instant against no instant is a difference, and no instant is shown as a dash."""
    one = sample.sample_result()
    other = changed(one, "orders", "rating", 1, 3.0)
    (difference,) = first_differences(one, other)
    assert difference.cells == (("rating", "-", "3.0"),)
