import math
from pathlib import Path

import pytest

from delivsim.scenario.formats.delimited import read_table, refuse_repeats


def table(tmp_path: Path, text: str, columns=("name", "n"), **options):
    path = tmp_path / "t.txt"
    path.write_text(text)
    problems = []
    rows = read_table(path, columns, problems, **options)
    return rows, problems


def test_columns_are_found_by_name(tmp_path: Path):
    """The order of columns does not matter, others are allowed, blank lines are skipped, line numbers are true."""
    rows, problems = table(tmp_path, "n\textra\tname\n1\tx\ta\n\n2\ty\tb\n")
    assert [(row.line, row.cells["name"], row.number("n")) for row in rows] == [(2, "a", 1.0), (4, "b", 2.0)]
    assert problems == []


def test_the_last_column_may_take_the_rest(tmp_path: Path):
    """An open-ended table keeps all further words of a line in its last column, whatever the header adds."""
    rows, problems = table(tmp_path, "name n [n ...]\na 1 2 3\nb 4\n", separator=None, open_ended=True)
    assert [row.cells["n"] for row in rows] == ["1 2 3", "4"]
    assert problems == []


@pytest.mark.parametrize(
    ("cell", "rule"),
    [("", "must be a number"), ("1,5", "must be a number"), ("0x10", "must be a number"), ("٣", "must be a number"),
     ("-1", "must be >= 0"), ("2e9", "must be <= 1e+09"), ("1.5", "must be a whole number")],
)  # fmt: skip
def test_what_is_no_whole_number_is_noted(tmp_path: Path, cell: str, rule: str):
    """The value becomes NaN, and the mistake has file, line and column."""
    rows, problems = table(tmp_path, f"name\tn\na\t{cell}\n")
    assert math.isnan(rows[0].whole("n", low=0))
    (problem,) = problems
    assert (problem.line, problem.path) == (2, "n")
    assert rule in problem.rule


def test_repeats_name_the_first(tmp_path: Path):
    """Each repetition is noted on its own line, with the line of the first."""
    rows, problems = table(tmp_path, "name\tn\na\t1\nb\t2\na\t3\na\t4\n")
    refuse_repeats(rows, "name")
    assert [problem.line for problem in problems] == [4, 5]
    assert all("on line 2 already" in problem.rule for problem in problems)
