"""Code that a scenario names: found where the command is run, and refused when that is asked for."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

LAZY = """
from delivsim import Assignment

class Lazy:
    def __call__(self, problem, rng):
        return Assignment()

class Broken:
    def __call__(self, problem, rng):
        return problem.no_such_thing
"""
QUICK = ["--set", "horizon=5min", "--set", "drain=1min", "--set", "slos=[]", "-o", "runs/plugin", "--force"]


@pytest.fixture(autouse=True)
def _policies(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "policies_of_mine.py").write_text(LAZY)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "policies_of_mine", raising=False)


def test_a_policy_beside_the_scenario_is_found(command) -> None:
    """A module in the folder where the command is run needs no installation."""
    ended = command("run", "small.yaml", *QUICK, "--set", "dispatch.policy=policies_of_mine:Lazy", "--format", "json")
    assert (ended.code, ended.err) == (0, "")
    assert '"delivered": 0' in ended.out


def test_a_policy_that_breaks_is_a_message(command) -> None:
    """A mistake in code of one's own ends with one message that names it, and no traceback."""
    ended = command("run", "small.yaml", *QUICK, "--set", "dispatch.policy=policies_of_mine:Broken")
    assert ended.code == 2
    assert "policies_of_mine:Broken: failed at" in ended.err
    assert "no_such_thing" in ended.err
    assert "Traceback" not in ended.err
    assert "What had happened until then is saved in runs/plugin" in ended.err
    assert (Path("runs/plugin") / "summary.json").exists()


def test_no_plugins_means_none(command) -> None:
    """With --no-plugins the module is not even imported."""
    ended = command("run", "small.yaml", *QUICK, "--no-plugins", "--set", "dispatch.policy=policies_of_mine:Lazy")
    assert ended.code == 2
    assert "policies_of_mine" not in sys.modules
