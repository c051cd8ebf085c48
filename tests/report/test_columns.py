import math

from rich.text import Text

from delivsim.report.columns import bar, heading, joined, table, wrapped


def test_columns_line_up() -> None:
    """Words are set left and numbers right, each under its head, and no line ends in spaces."""
    lines = [line.plain for line in table([("gateway", "7"), ("user", "1,200")], head=("service", "visits"))]
    assert lines == ["  service  visits", "  gateway       7", "  user      1,200"]


def test_ragged_rows_and_styles() -> None:
    """A short row leaves its last cells empty, and a styled cell is as wide as its words."""
    lines = table([(Text("a", style="red"), "1"), ("bcd",)], left=1, indent=0)
    assert [line.plain for line in lines] == ["a    1", "bcd"]


def test_no_rows_no_lines() -> None:
    """A table without rows and without a head is nothing."""
    assert table([]) == []


def test_headings_and_paragraphs_keep_to_the_page() -> None:
    """No heading and no paragraph is wider than the page."""
    assert len(heading("Orders", "x" * 200)) == 100
    assert all(len(line) <= 40 for line in wrapped("word " * 50, width=40))
    assert joined(wrapped("word " * 50, width=40)).plain.count("\n") > 5


def test_bar_shows_anything_above_nothing() -> None:
    """Nothing is empty, the least share is one block, all is full, and no value is empty."""
    assert [bar(share, 4) for share in (0.0, 0.001, 1.0, math.nan)] == ["····", "█···", "████", "····"]
