"""`delivsim bench`: suites of runs."""

from __future__ import annotations

import json
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


def test_the_suites_are_listed(command) -> None:
    """`delivsim bench` alone names every suite that can be run by name, and says how."""
    ended = command("bench")
    assert ended.code == Exit.FINE
    assert [line.split()[0] for line in ended.out.splitlines()[1:9]] == [
        *("beliefs", "ci", "lookahead_parts", "quick", "real_days", "shared", "small16", "twins")
    ]
    assert "`delivsim bench run --suite NAME`" in ended.out


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
        (["--suite", "tinny.yaml"], "--suite: must be a file or one of beliefs, "),
        (["--suite", "quik"], "got 'quik' (did you mean 'quick'?)"),
        (["--suite", "."], "--suite: must be a file or one of beliefs, "),
        (["--suite", "tiny.yaml", "--policies", "neerest"], "did you mean 'nearest'"),
        (["--suite", "tiny.yaml", "--policies", "nowhere:Mine"], "nowhere:Mine: no module nowhere"),
        (["--suite", "tiny.yaml", "--instances", "twin-30-009"], "--instances: tiny has no 'twin-30-009'"),
    ],
)
def test_bad_input_ends_with_2(command, suite, arguments, said) -> None:
    """A message, never a traceback, and no run."""
    ended = command("bench", "run", *arguments)
    assert (ended.code, ended.out) == (Exit.USAGE, "")
    assert said in ended.err


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_after_ctrl_c_the_same_command_goes_on(suite, jobs) -> None:
    """Interrupted it ends with 130; called again it does the rest, and its files are those of a run in one go."""
    suite.write_text(SUITE.replace("count: 2", "count: 8").replace("orders: 30, riders: 9", "orders: 80, riders: 25"))
    args = ["bench", "run", "--suite", "tiny.yaml", "--jobs", jobs, "-o", "out"]
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
    at_once = subprocess.run(
        [*call[:2], call[2].replace("'out'", "'whole'")], capture_output=True, text=True, check=False, timeout=240
    )
    assert at_once.returncode == Exit.FINE, at_once.stderr
    for name in ("rows.parquet", "numberings.parquet", "rows.csv", "rows.md", "rows.tex"):
        assert Path("out", name).read_bytes() == Path("whole", name).read_bytes(), name


def test_the_gate_writes_a_baseline_passes_and_leaves_a_comment(command, suite) -> None:
    """A baseline of this code, then a check of the same code: 0, a comment and a JUnit file."""
    written = command("bench", "check", "--suite", suite, "--baseline", "base.json", "--update", "-j", "1")
    assert (written.code, written.out) == (Exit.FINE, "Wrote base.json\n")
    ended = command(
        "bench",
        "check",
        "--suite",
        suite,
        "--baseline",
        "base.json",
        "-j",
        "1",
        "--markdown",
        "c.md",
        "--junit",
        "j.xml",
    )
    assert ended.code == Exit.FINE
    assert ended.out.startswith("Dispatch is as good and as fast as before (suite tiny, 2 instances)\n")
    assert Path("c.md").read_text().startswith("### Dispatch is as good")
    assert 'failures="0"' in Path("j.xml").read_text()


def test_figures_that_were_better_before_end_with_1(command, suite) -> None:
    """A baseline in which every day was better by the same: certain, and said with metric, amount and day."""
    command("bench", "check", "--suite", suite, "--baseline", "base.json", "--update", "-j", "1")
    lines = Path("base.json").read_text().splitlines()
    for i, line in enumerate(lines):
        if '"metric": "click_to_door_mean"' in line:
            entry = json.loads(line.rstrip(","))
            entry["means"] = [mean - 1.0 for mean in entry["means"]]
            lines[i] = "  " + json.dumps(entry) + ("," if line.endswith(",") else "")
    Path("base.json").write_text("\n".join(lines))
    ended = command("bench", "check", "--suite", suite, "--baseline", "base.json", "-j", "1")
    assert ended.code == Exit.FAILED
    assert "click-to-door" in ended.out
    assert "+1.00" in ended.out
    assert (
        "again: delivsim bench run --suite tiny.yaml --policies linear_assignment --instances twin-30-00" in ended.out
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check", "--suite", "tiny.yaml"], "`delivsim bench check ... --update` writes a baseline"),
        (["check", "--suite", "tiny.yaml", "--baseline", "git:main", "--update"], "--baseline must name one"),
        (["bound", "nowhere"], "nowhere: no such directory"),
        (["bound", "nowhere", "--policy", "neerest"], "did you mean 'nearest'"),
        (["bound", "nowhere", "--time-limit", "5x"], "--time-limit: must be a duration"),
        (["bound", "nowhere", "--time-limit", "0"], "--time-limit: must be > 0, got '0'"),
        (["bound", "nowhere", "--format", "mdrplb"], "did you mean 'mdrplib'"),
    ],
)
def test_what_the_gate_and_the_bound_cannot_use_ends_with_2(command, suite, arguments, said) -> None:
    """No baseline, a revision to write to, no instance, no policy: a message each."""
    ended = command("bench", *arguments)
    assert (ended.code, ended.out) == (Exit.USAGE, "")
    assert said in ended.err


def test_an_interrupted_search_tells_what_is_done(command, suite, monkeypatch) -> None:
    """Ctrl-C in the second of two days: the first is told, and the command ends with 130; so it is with an error."""
    from delivsim.bench import bound

    command("bench", "run", "--suite", suite, "--policies", "nearest", "-j", "1", "-o", "out")
    days = [Path(f"out/instances/twin-30-00{k}") for k in (1, 2)]
    for day in days:
        lines = day.joinpath("couriers.txt").read_text().splitlines()
        always = [lines[0], *("\t".join([*line.split("\t")[:3], "0", "1440"]) for line in lines[1:])]
        day.joinpath("couriers.txt").write_text("\n".join(always) + "\n")
    ended = command("bench", "bound", days[0], "nowhere", "--moves", "256")
    assert (ended.code, "twin-30-001" in ended.out) == (Exit.USAGE, True)
    search = bound.anneal
    done = []

    def once(*args):
        done.append(args)
        if len(done) > 1:
            raise KeyboardInterrupt
        return search(*args)

    monkeypatch.setattr(bound, "anneal", once)
    ended = command("bench", "bound", *days, "--moves", "256")
    assert ended.code == Exit.INTERRUPTED
    assert "Interrupted after 1 of 2." in ended.err
    assert "twin-30-001" in ended.out
    assert "twin-30-002" not in ended.out


def test_bounds_are_printed_and_their_schedules_written(command, suite) -> None:
    """Below, above and the search's beginning, and a solution that the strict checker takes."""
    command("bench", "run", "--suite", suite, "--policies", "nearest", "-j", "1", "-o", "out")
    day = Path("out/instances/twin-30-001")
    lines = day.joinpath("couriers.txt").read_text().splitlines()
    always = [lines[0], *("\t".join([*line.split("\t")[:3], "0", "1440"]) for line in lines[1:])]
    day.joinpath("couriers.txt").write_text("\n".join(always) + "\n")
    ended = command("bench", "bound", day, "--moves", "512", "-o", "schedules")
    assert ended.code == Exit.FINE, ended.err
    assert "twin-30-001" in ended.out
    assert command("check-solution", day, "schedules/twin-30-001").code == Exit.FINE
