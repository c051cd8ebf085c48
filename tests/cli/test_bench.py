"""`delivsim bench`: suites of runs."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from delivsim.cli.exits import Exit

SUITE = """
name: tiny
instances:
  - twins: {count: 2, orders: 30, riders: 9, stores: 8}
policies:
  linear_assignment:
  nearest:
"""


@pytest.fixture
def suite(tmp_path, monkeypatch) -> Path:
    """Work in an empty folder with a small suite."""
    monkeypatch.chdir(tmp_path)
    Path("tiny.yaml").write_text(SUITE)
    return Path("tiny.yaml")


def test_a_suite_runs_and_its_tables_are_kept(command, suite) -> None:
    """The printed summary names every policy; the rows are in a folder of the suite's name."""
    ended = command("bench", "run", "--suite", suite, "--jobs", "1")
    assert ended.code == Exit.FINE
    assert ended.err == ""
    assert "tiny: 2 instances" in ended.out
    assert "Against linear_assignment" in ended.out
    assert "Solutions checked: 4 strict." in ended.out
    assert ended.out.endswith(f"Rows and tables in {Path('runs/bench/tiny')}\n")
    assert Path("runs/bench/tiny/rows.csv").read_text().count("\n") == 5


def test_some_policies_and_instances_can_be_chosen(command, suite) -> None:
    """The command that reproduces one instance of one policy runs nothing else."""
    ended = command(
        "bench", "run", "--suite", suite, "--policies", "nearest", "--instances", "twin-30-002", "-j", "1", "-o", "one"
    )
    assert ended.code == Exit.FINE
    assert "tiny: 1 instance\n" in ended.out
    assert len(list(Path("one/tasks").glob("*.json"))) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--suite", "tinny.yaml"], "tinny.yaml:1:1: cannot be read"),
        (["--suite", "tiny"], "--suite: must be a file or one of twins"),
        (["--suite", "tiny.yaml", "--policies", "neerest"], "did you mean 'nearest'"),
        (["--suite", "tiny.yaml", "--policies", "nowhere:Mine"], "nowhere:Mine cannot be made"),
        (["--suite", "tiny.yaml", "--instances", "twin-30-009"], "--instances: tiny has no 'twin-30-009'"),
    ],
)
def test_bad_input_ends_with_2(command, suite, arguments, said) -> None:
    """A message, never a traceback, and no run."""
    ended = command("bench", "run", *arguments)
    assert (ended.code, ended.out) == (Exit.USAGE, "")
    assert said in ended.err


def test_after_ctrl_c_the_same_command_goes_on(suite) -> None:
    """Interrupted with some runs done, it ends with 130; called again it does the rest and keeps what was done."""
    suite.write_text(SUITE.replace("count: 2", "count: 8").replace("orders: 30, riders: 9", "orders: 80, riders: 25"))
    args = ["bench", "run", "--suite", "tiny.yaml", "--jobs", "2", "-o", "out"]
    code = f"import sys; from delivsim.cli.app import main; sys.argv[1:] = {args!r}; main()"
    call = [sys.executable, "-c", f"if __name__ == '__main__': {code}"]
    process = subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    tasks = Path("out/tasks")
    while process.poll() is None and len(list(tasks.glob("*.json"))) < 2:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    done = {file.name: file.stat().st_mtime_ns for file in tasks.glob("*.json")}
    assert process.returncode == Exit.INTERRUPTED, err
    assert "the same command goes on from there" in err
    assert 2 <= len(done) < 16
    again = subprocess.run(call, capture_output=True, text=True, check=False, timeout=240)
    assert again.returncode == Exit.FINE, again.stderr
    after = {file.name: file.stat().st_mtime_ns for file in tasks.glob("*.json")}
    assert len(after) == 16
    assert done.items() <= after.items()
