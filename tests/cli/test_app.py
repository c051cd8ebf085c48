"""The command line as a whole: help, endings, and how fast it answers."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from delivsim.cli import app
from delivsim.cli.exits import Exit
from delivsim.errors import DelivsimError

COMMANDS = [
    "init",
    "check",
    "schema",
    "policies",
    "problem",
    "decide",
    "run",
    "report",
    "plot",
    "explain",
    "validate",
    "stress",
    "diff",
    "check-solution",
    "export",
]
HEAVY = {
    "pandas", "numpy", "scipy", "simpy", "ortools", "matplotlib", "duckdb", "pydantic", "pydantic_core", "networkx",
    "yaml", "jinja2",
}  # fmt: skip


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Run the command in this process; give its exit code."""
    monkeypatch.setattr(sys, "argv", ["delivsim", *arguments])
    with pytest.raises(SystemExit) as end:
        app.main()
    return int(end.value.code or 0)


def raising(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise error

    for command in app.app.registered_commands:
        if command.callback is not None and command.callback.__name__ == "schema":
            monkeypatch.setattr(command, "name", "schema")
            monkeypatch.setattr(command, "callback", fail)


def test_help_names_every_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A newcomer sees all there is, with or without asking."""
    assert run(monkeypatch, "-h") == Exit.FINE
    text = capsys.readouterr().out
    assert [c for c in COMMANDS if not re.search(rf"\b{c}\b", text)] == []


@pytest.mark.parametrize("command", [*COMMANDS, "export mdrplib", "policies check"])
def test_every_command_explains_itself(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each command says what it does and what every argument means."""
    assert run(monkeypatch, *command.split(), "--help") == Exit.FINE
    text = capsys.readouterr().out
    assert "Usage" in text
    assert len(text.split()) > 12


def test_version(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The version printed is that of the installed package."""
    from importlib.metadata import version

    assert run(monkeypatch, "--version") == Exit.FINE
    assert capsys.readouterr().out == f"delivsim {version('delivsim')}\n"


@pytest.mark.parametrize(
    "arguments", [["simulate"], ["run"], ["run", "a.yaml", "--sed", "3"], ["run", "a", "--seed", "x"]]
)
def test_wrong_arguments_are_usage(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A misspelt command or option ends with 2 and says how it is used."""
    assert run(monkeypatch, *arguments) == Exit.USAGE
    assert "Usage" in capsys.readouterr().err


def test_bad_input_is_a_message(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """An error of delivsim is printed as it stands, on standard error, without a traceback."""
    raising(DelivsimError("friday.yaml:3:7: seed: must be >= 0, got -1"), monkeypatch)
    assert run(monkeypatch, "schema") == Exit.USAGE
    out, err = capsys.readouterr()
    assert (out, err) == ("", "friday.yaml:3:7: seed: must be >= 0, got -1\n")


def test_a_file_that_cannot_be_written_is_a_message(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A full disk or a forbidden folder is told by name."""
    raising(PermissionError(13, "Permission denied", "/etc/runs"), monkeypatch)
    assert run(monkeypatch, "schema") == Exit.USAGE
    assert capsys.readouterr().err == "/etc/runs: Permission denied\n"


def test_ctrl_c_ends_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in any command ends as shells expect."""
    raising(KeyboardInterrupt(), monkeypatch)
    assert run(monkeypatch, "schema") == Exit.INTERRUPTED


def test_a_reader_who_stops_reading_is_no_failure() -> None:
    """`delivsim ... | head -1` ends quietly, with the command's own exit code."""
    code = "import os; from delivsim.cli.output import say; [say('line') for _ in range(9999)]; os._exit(3)"
    command = f'"{sys.executable}" -c "{code}" | head -1; exit "${{PIPESTATUS[0]}}"'
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert (done.stdout, done.stderr, done.returncode) == ("line\n", "", 3)


def test_help_loads_nothing_heavy() -> None:
    """`delivsim --help` must answer in a moment, so it imports typer and rich only."""
    code = (
        "import sys, atexit; from delivsim.cli import app; sys.argv = ['delivsim', '--help'];"
        "atexit.register(lambda: print(*sys.modules)); app.main()"
    )
    text = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    loaded = {name.split(".")[0] for name in text.splitlines()[-1].split()}
    assert "typer" in loaded
    assert loaded & HEAVY == set()


def test_the_documented_exit_codes_are_the_real_ones() -> None:
    """docs/exit-codes.md lists exactly the codes the program uses."""
    text = (Path(__file__).parents[2] / "docs" / "exit-codes.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| ([a-z ]+) \|", text, re.MULTILINE)
    assert {int(code): name for code, name in rows} == {e.value: e.name.lower().replace("_", " ") for e in Exit}
