"""`delivsim run`: one scenario, one seed, one folder of results."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from delivsim.cli.exits import Exit
from delivsim.record.tables import TABLES

SMALL = ["--set", "horizon=15min"]


def manifest(run: str | Path) -> dict:
    return json.loads((Path(run) / "manifest.json").read_text())


def saved(folder: Path) -> dict[str, bytes]:
    """What must be the same for equal runs: everything but wall-clock times."""
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir()) if file.name != "timings.parquet"}


def test_a_run_prints_its_report_and_says_where_it_is(command, here) -> None:
    """The default folder is named after scenario, seed and content, and holds everything."""
    ended = command("run", "small.yaml", *SMALL, "--seed", "5")
    [folder] = Path("runs").glob("minimal-5-*")
    assert ended.code == Exit.FINE
    assert "Objectives" in ended.out
    assert ended.out.endswith(f"Saved in {folder}\n")
    files = {f"{table}.parquet" for table in TABLES} | {"manifest.json", "summary.json", "timings.parquet"}
    assert {file.name for file in folder.iterdir()} == files
    assert manifest(folder)["seed"] == 5


def test_json_is_the_summary(command, here) -> None:
    """A program gets what summary.json holds, and nothing else, on standard output."""
    ended = command("run", "small.yaml", *SMALL, "-o", "as_json", "--format", "json")
    assert json.loads(ended.out) == json.loads(Path("as_json/summary.json").read_text())


def test_a_run_is_not_overwritten_unless_forced(command, here) -> None:
    """A taken folder is refused before any work is done; --force replaces the run."""
    before = (here / "runs/first/manifest.json").stat().st_ino
    ended = command("run", "small.yaml", *SMALL, "-o", "runs/first")
    assert (ended.code, ended.out) == (Exit.USAGE, "")
    assert "--force" in ended.err
    assert command("run", "small.yaml", *SMALL, "-o", "runs/first", "--force").code == Exit.FINE
    assert (here / "runs/first/manifest.json").stat().st_ino != before


def test_a_broken_objective_ends_with_3_after_saving(command, here) -> None:
    """Whoever relies on the exit code can still look at the run."""
    ended = command("run", "small.yaml", *SMALL, "-o", "slow", "--set", "slos[0]=click_to_door p90 < 1min")
    assert ended.code == Exit.SLO_BROKEN
    assert "click_to_door p90 < 1min" in ended.out
    assert manifest("slow")["interrupted_at"] is None


def test_ctrl_c_saves_what_happened_so_far(command, here, monkeypatch: pytest.MonkeyPatch) -> None:
    """An interrupted run is saved, says when it was interrupted, and ends with 130."""

    @contextmanager
    def impatient(*_: object) -> Iterator[object]:
        def tell(now: float, placed: int, ended: int) -> None:
            if now > 300:
                raise KeyboardInterrupt

        yield tell

    monkeypatch.setattr("delivsim.cli.run.progress_bar", impatient)
    ended = command("run", "small.yaml", *SMALL, "-o", "stopped")
    assert ended.code == Exit.INTERRUPTED
    assert 300 < manifest("stopped")["interrupted_at"] < 310
    orders = json.loads(Path("stopped/summary.json").read_text())["orders"]
    assert orders["placed"] > 0
    assert orders["censored"] > 0
    assert command("report", "stopped", "--text").code == Exit.FINE


def test_a_wrong_scenario_leaves_nothing_behind(command, here) -> None:
    """Bad input ends with 2 and the place of the mistake; no folder is made."""
    Path("bad.yaml").write_text("name: bad\nhorizon: 1h\ncity: {}\nsede: 3\n")
    ended = command("run", "bad.yaml", "-o", "bad_run")
    assert ended.code == Exit.USAGE
    assert "bad.yaml:4:1: sede:" in ended.err
    assert "did you mean 'seed'" in ended.err
    assert not Path("bad_run").exists()


def test_overlays_and_changes_are_laid_over_the_file(command, here) -> None:
    """-f files come in their order, --set comes last, and mistakes in them are named as theirs."""
    Path("busy.yaml").write_text("name: busy\nhorizon: 16min\n")
    Path("busier.yaml").write_text("name: busier\n")
    command("run", "small.yaml", "-f", "busy.yaml", "-f", "busier.yaml", "--set", "horizon=5min", "-o", "laid")
    assert (manifest("laid")["name"], manifest("laid")["horizon"]) == ("busier", 300.0)
    ended = command("run", "small.yaml", "--set", "horizon=soon")
    assert ended.code == Exit.USAGE
    assert ended.err.startswith("--set horizon")


def test_no_plugins_refuses_code(command, here) -> None:
    """A scenario of unknown origin can be run without importing what it names."""
    ended = command("run", "small.yaml", *SMALL, "--set", "dispatch.policy=antigravity:Policy", "--no-plugins")
    assert ended.code == Exit.USAGE
    assert "--no-plugins" in ended.err
    assert "antigravity" not in sys.modules


@pytest.mark.parametrize("seed", ["-1", "99999999999999999999"])
def test_impossible_seeds_are_refused(command, here, seed: str) -> None:
    """A seed is a whole number that the generators take."""
    assert command("run", "small.yaml", "--seed", seed).code == Exit.USAGE


def test_same_seed_same_bytes(command, here) -> None:
    """Twice in one process, and in another process with another hash seed: every byte but the timings is the same."""
    for name in ("one", "two"):
        assert command("run", "small.yaml", *SMALL, "-o", name).code == Exit.FINE
    code = "import sys; from delivsim.cli.app import main; sys.argv[0] = 'delivsim'; main()"
    arguments = ["run", "small.yaml", *SMALL, "-o", "three"]
    environment = {**os.environ, "PYTHONHASHSEED": "12345"}
    subprocess.run([sys.executable, "-c", code, *arguments], env=environment, check=True, capture_output=True)
    assert saved(Path("one")) == saved(Path("two")) == saved(Path("three"))
