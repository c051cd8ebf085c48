"""``delivsim validate`` from the command line."""

from __future__ import annotations

import json

import pytest

from delivsim.cli.exits import Exit
from delivsim.scenario.reader import load_scenario
from delivsim.simulated.stations import ComputedStation
from delivsim.validate.cases import all_cases


def test_cases_hold_and_are_told(command, tmp_path) -> None:
    """A table with verdicts, as data too, and a picture."""
    ended = command("validate", "closed", "--quick", "--jobs", "1", "--plot", tmp_path / "it.png")
    assert ended.code == Exit.FINE
    assert "Closed population (Palm 1947)" in ended.out
    assert "4 of 4 quantities of 2 cases hold" in ended.out
    assert (tmp_path / "it.png").stat().st_size > 5000
    told = json.loads(command("validate", "5 users", "--quick", "--jobs", "1", "--format", "json").out)
    assert [row["verdict"] for row in told] == ["holds", "holds"]


def test_a_case_that_fails_ends_with_1(command, monkeypatch: pytest.MonkeyPatch) -> None:
    """What differs is named at the end."""
    enter = ComputedStation.enter
    monkeypatch.setattr(ComputedStation, "enter", lambda self, visit, work: enter(self, visit, 1.2 * work))
    monkeypatch.setattr(ComputedStation, "pass_through", lambda *_: False)
    ended = command("validate", "5 users", "--quick", "--jobs", "1")
    assert ended.code == Exit.FAILED
    assert "(differs)" in ended.out


def test_an_unknown_case_is_refused(command) -> None:
    """The message names the families."""
    ended = command("validate", "erlong")
    assert ended.code == Exit.USAGE
    assert "families: " in ended.err


def test_cases_are_scenarios_that_anybody_can_run(command, tmp_path) -> None:
    """Each file is a scenario that loads, with what is known exactly in its head."""
    assert command("validate", "--write", tmp_path).code == Exit.FINE
    files = sorted(tmp_path.glob("*.yaml"))
    assert len(files) == len(all_cases())
    for file in files:
        assert "# wait" in file.read_text() or ": " in file.read_text().splitlines()[1]
        load_scenario(file)
