"""The `delivsim` command run in this process, as a user would."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from delivsim.cli.app import main

SMALL = ["--set", "horizon=15min"]


class Ended(NamedTuple):
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


Command = Callable[..., Ended]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run a command: ``command("run", "a.yaml")`` gives its exit code, output and complaints."""

    def run(*arguments: str | Path) -> Ended:
        monkeypatch.setattr(sys, "argv", ["delivsim", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        return Ended(int(end.value.code or 0), *capsys.readouterr())

    return run


@pytest.fixture(scope="module")
def evening(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a scenario and one run of it, ``runs/first``."""
    folder = tmp_path_factory.mktemp("evening")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for arguments in (
            ["init", "small.yaml"],
            ["run", "small.yaml", *SMALL, "-o", "runs/first", "--format", "json"],
        ):
            patch.setattr(sys, "argv", ["delivsim", *arguments])
            with pytest.raises(SystemExit) as end:
                main()
            assert not end.value.code
    return folder


@pytest.fixture
def here(evening: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in the folder of `evening`."""
    monkeypatch.chdir(evening)
    return evening
