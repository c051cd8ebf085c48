"""Ctrl-C, heard between two events."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest

import delivsim as ds
from delivsim.experiment.interrupt import first_interrupt
from delivsim.record.result import Result

SCENARIO = """
name: stopped
horizon: 20min
city: {demand: {rate: {"00:00": 240/h}}, riders: {shifts: [{start: "00:00", end: "02:00", riders: 20}]}}
"""


def ctrl_c() -> None:
    """What a terminal does when Ctrl-C is pressed."""
    os.kill(os.getpid(), signal.SIGINT)


@pytest.fixture
def scenario(tmp_path: Path) -> ds.Scenario:
    (tmp_path / "stopped.yaml").write_text(SCENARIO)
    return ds.load_scenario(tmp_path / "stopped.yaml")


def test_the_first_is_heard_and_the_second_raises() -> None:
    """One Ctrl-C asks; whoever presses it again is not kept waiting."""
    heard: list[str] = []
    with first_interrupt(lambda: heard.append("asked")):
        ctrl_c()
        assert heard == ["asked"]
        with pytest.raises(KeyboardInterrupt):
            ctrl_c()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_other_threads_are_left_alone() -> None:
    """A run in a thread works: only the main thread may say what Ctrl-C means."""
    done: list[bool] = []

    def inside() -> None:
        with first_interrupt(lambda: None):
            done.append(signal.getsignal(signal.SIGINT) is signal.default_int_handler)

    thread = threading.Thread(target=inside)
    thread.start()
    thread.join()
    assert done == [True]


def test_a_run_stops_between_two_events(scenario: ds.Scenario) -> None:
    """Ctrl-C from the middle of a handler stops the run at that instant, with rows and counts that add up."""
    at: list[float] = []

    def press(now: float, placed: int, ended: int) -> None:
        if now > 600 and not at:
            at.append(now)
            ctrl_c()

    result = ds.run(scenario, progress=press)
    assert result.manifest["interrupted_at"] == at[0]
    assert result.summary()["conservation"]["holds"]


def test_saving_is_not_cut_short(scenario: ds.Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while a finished run is being saved does not lose it."""
    summary = Result.summary

    def pressed(self: Result) -> dict:
        ctrl_c()
        return summary(self)

    monkeypatch.setattr(Result, "summary", pressed)
    ds.run(scenario, out=tmp_path / "run")
    monkeypatch.undo()
    assert ds.load_result(tmp_path / "run").manifest["interrupted_at"] is None
