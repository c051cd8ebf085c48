"""``delivsim import`` as a user would run it: from a run's own export to a scenario that runs at once."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]


@pytest.fixture
def company(command: Command, here: Path, tmp_path: Path) -> Path:
    """The folder of a company's export."""
    folder = tmp_path / "company"
    assert command("export", "company", "runs/first", folder).code == 0
    return folder


def _files(company: Path) -> list[str | Path]:
    return [
        company / "orders.csv", "--riders", company / "couriers.csv", "--stores", company / "merchants.csv",
        "--offers", company / "offers.csv", "--timezone", "UTC",
    ]  # fmt: skip


def test_an_export_becomes_a_scenario_that_runs(command: Command, company: Path, tmp_path: Path) -> None:
    """Imported, checked without a warning of mistakes, and run; the number of orders is that of the export."""
    done = command("import", *_files(company), "-o", tmp_path / "friday")
    assert done.code == 0, done.err
    n = len((company / "orders.csv").read_text().splitlines()) - 1
    assert f"{n} rows = {n} used + 0 outside + 0 rejected" in done.out
    checked = command("check", tmp_path / "friday" / "scenario.yaml")
    assert checked.code == 0, checked.err
    ran = command("run", tmp_path / "friday" / "scenario.yaml", "-o", tmp_path / "run")
    assert ran.code in (0, 3), ran.err
    assert str(n) in ran.out


def test_rejected_rows_are_shown_and_kept(command: Command, company: Path, tmp_path: Path) -> None:
    """The first twenty on the screen, all of them in rejects.csv, each with its line."""
    lines = (company / "orders.csv").read_text().splitlines()
    for i in range(1, 26):
        lines[i] = lines[i].replace("2026-11-20T", "2026-13-20T")
    (company / "orders.csv").write_text("\n".join(lines) + "\n")
    done = command("import", *_files(company), "-o", tmp_path / "friday")
    assert done.code == 0, done.err
    assert "25 rejected" in done.out
    assert "... and 5 more" in done.out
    rejects = list(csv.DictReader((tmp_path / "friday" / "rejects.csv").read_text().splitlines()))
    assert [int(row["line"]) for row in rejects if row["file"].endswith("orders.csv")] == list(range(2, 27))


def test_nothing_is_overwritten_unasked(command: Command, company: Path, tmp_path: Path) -> None:
    """A folder with files in it is refused, unless --force."""
    (tmp_path / "friday").mkdir()
    (tmp_path / "friday" / "mine.txt").write_text("mine")
    done = command("import", *_files(company), "-o", tmp_path / "friday")
    assert done.code == 2
    assert "must be empty" in done.err
    assert command("import", *_files(company), "-o", tmp_path / "friday", "--force").code == 0
    assert (tmp_path / "friday" / "mine.txt").read_text() == "mine"


def test_a_scenario_is_fitted_that_runs(command: Command, company: Path, tmp_path: Path) -> None:
    """``--fit`` prints the table, draws the picture, and its scenario runs; 20 % more orders is one value."""
    done = command("import", *_files(company), "-o", tmp_path / "friday", "--fit")
    assert done.code == 0, done.err
    for word in ("demand", "preparation", "acceptance", "Not told by the data"):
        assert word in done.out
    city = tmp_path / "friday" / "city.yaml"
    assert (tmp_path / "friday" / "city" / "fit.png").read_bytes().startswith(b"\x89PNG")
    assert command("check", city).code == 0
    more = ("--set", "instance.demand.scale=1.2", "--seed", "3")
    assert command("run", city, "-o", tmp_path / "run", *more).code in (0, 3)


def test_fit_refuses_what_it_cannot_do(command: Command, company: Path, tmp_path: Path) -> None:
    """A scenario that is there, a day that is none, a folder that is no instance: exit code 2 and a reason."""
    command("import", *_files(company), "-o", tmp_path / "friday")
    assert command("fit", tmp_path / "friday", "-o", tmp_path / "city.yaml").code == 0
    assert (tmp_path / "city" / "fit.txt").read_text().startswith("what")
    for arguments, why in (
        ((tmp_path / "friday", "-o", tmp_path / "city.yaml"), "is there already"),
        ((tmp_path / "friday", "-o", tmp_path / "b.yaml", "--days", "fryday"), "did you mean 'friday'"),
        ((tmp_path / "friday", "-o", tmp_path / "b.yaml", "--days", "mon"), "no order is left"),
        ((tmp_path / "friday", "-o", tmp_path / "b.txt"), "must be a .yaml file"),
        ((tmp_path / "no", "-o", tmp_path / "b.yaml"), "no"),
    ):
        done = command("fit", *arguments)
        assert (done.code, why in done.err) == (2, True), done.err


def test_bad_input_is_a_message(command: Command, tmp_path: Path) -> None:
    """No such file, or an unknown field: exit code 2 and one line, no traceback."""
    done = command("import", tmp_path / "no.csv", "-o", tmp_path / "x")
    assert (done.code, "no.csv: cannot be read" in done.err) == (2, True)
    done = command("import", tmp_path / "no.csv", "--map", "placd_at=x", "-o", tmp_path / "x")
    assert (done.code, "did you mean 'placed_at'" in done.err) == (2, True)
