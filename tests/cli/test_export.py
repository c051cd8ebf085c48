"""To and from the formats of others."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from delivsim.cli.exits import Exit

TWIN = Path(__file__).parents[1] / "data" / "mdrplib_twin"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def scenario(instance: Path, kind: str) -> Path:
    """Write a scenario of an instance."""
    path = os.path.relpath(instance)
    text = f"name: twin\nhorizon: 26h\ninstance: {{format: mdrplib, path: '{path}'}}\nplatform: {{kind: {kind}}}\n"
    Path("a.yaml").write_text(text)
    return Path("a.yaml")


def test_a_run_without_latency_is_a_strict_solution(command) -> None:
    """Run, export, check: no violation, and the metrics of the checker are those of the run."""
    command("run", scenario(TWIN, "ideal"), "-o", "run")
    exported = command("export", "mdrplib", "run", "solution")
    assert (exported.code, exported.err) == (Exit.FINE, "")
    assert len(list(Path("solution").glob("solution_info_*.txt"))) == 3
    checked = command("check-solution", TWIN, "solution")
    assert checked.code == Exit.FINE
    assert "Clean" in checked.out
    assert "click to door" in checked.out


def test_a_run_with_latency_says_that_it_is_not_comparable(command) -> None:
    """Fractions of minutes are written as they are, with a note, and the strict checker names them."""
    command("run", scenario(TWIN, "simulated"), "-o", "run")
    exported = command("export", "mdrplib", "run", "solution")
    assert exported.code == Exit.FINE
    assert "not comparable" in exported.err
    checked = command("check-solution", TWIN, "solution")
    assert checked.code == Exit.FAILED
    assert "solution_info_" in checked.out


def test_a_spoilt_solution_fails_with_its_line(command) -> None:
    """One changed drop-off time is one violation, named with file and line."""
    command("run", scenario(TWIN, "ideal"), "-o", "run")
    command("export", "mdrplib", "run", "solution")
    file = Path("solution/solution_info_orders.txt")
    lines = file.read_text().splitlines()
    fields = lines[1].split()
    fields[4] = str(int(fields[4]) - 1)
    file.write_text("\n".join([lines[0], " ".join(fields), *lines[2:]]) + "\n")
    checked = command("check-solution", TWIN, "solution")
    assert checked.code == Exit.FAILED
    assert "solution_info_orders.txt:2" in checked.out
    assert "Not clean" in checked.out


@pytest.mark.parametrize(
    ("instance", "solution", "code", "told"),
    [
        (TWIN, "nowhere", Exit.USAGE, "nowhere"),
        ("nowhere", "empty", Exit.USAGE, "nowhere"),
        (TWIN, "empty", Exit.FAILED, "no such file"),
    ],
)
def test_missing_files_are_told(command, instance: Path, solution: str, code: Exit, told: str) -> None:
    """A folder that is not there is a usage mistake; a solution without files is a wrong one."""
    Path("empty").mkdir()
    ended = command("check-solution", instance, solution)
    assert ended.code == code
    assert told in ended.out + ended.err


def test_only_a_run_on_an_instance_is_a_solution(command) -> None:
    """A synthetic city has no published instance that a solution of it could be checked against."""
    command("init", "city.yaml")
    command("run", "city.yaml", "--set", "horizon=1min", "-o", "run")
    ended = command("export", "mdrplib", "run", "solution")
    assert ended.code == Exit.USAGE
    assert "must be a run on an mdrplib instance" in ended.err
    assert not Path("solution").exists()
