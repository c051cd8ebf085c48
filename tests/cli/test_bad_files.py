"""Bad scenario and instance files, through the command as a person runs it: exit code 2, file, line, no traceback."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from delivsim.cli.exits import Exit

TESTS = Path(__file__).parents[1]
TWIN = TESTS / "data" / "mdrplib_twin"
WRONG = ("", " ", "x y", "nan", "inf", "1,5", "0x10", "--3", "1e999", "None")
TEXT_COLUMNS = ("order", "restaurant", "courier")
CONTENTS = {
    "missing": None,
    "empty": b"",
    "blank": b"\n\n",
    "utf-16": b"\xff\xfe\x00",
    "other columns": b"a\tb\n",
    "zeros": b"\x00" * 100,
    "tabs": b"\t" * 10_000,
}
PLACED = re.compile(r"^[^\n:]+(:\d+(:\d+)?)?: ")


def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"{path.stem}_for_cli", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SCENARIOS = _module(TESTS / "scenario" / "test_bad_files.py")
HAND_MADE: dict[str, tuple[str, str]] = SCENARIOS.HAND_MADE


def _damages() -> Iterator[tuple[str, int, str]]:
    """Give (file, line, text of the line) for a wrong value in every numeric column of every file of an instance."""
    for path in sorted(TWIN.glob("*.txt")):
        head, first = (line.split("\t") for line in path.read_text().splitlines()[:2])
        for column, name in enumerate(head):
            if name in TEXT_COLUMNS:
                continue
            for wrong in WRONG:
                cells = [*first[:column], wrong, *first[column + 1 :]]
                yield path.name, 2, "\t".join(cells)


DAMAGES = list(_damages())


def _held(ended, *places: str) -> None:
    """Demand how a bad file must end."""
    assert ended.code == Exit.USAGE
    assert "Traceback" not in ended.err + ended.out
    lines = ended.err.splitlines()
    assert lines
    assert all(PLACED.match(line) for line in lines), lines
    for place in places:
        assert any(line.startswith(place) for line in lines), (place, lines)


def test_there_are_two_hundred_and_more() -> None:
    """Hand-made scenarios, scenarios broken in every place, and broken instance files, counted together."""
    generated = len(SCENARIOS.LEAVES) * len(SCENARIOS.WRONG_LEAVES) + len(SCENARIOS.MAPS) * 2 + len(SCENARIOS.LISTS)
    assert len(HAND_MADE) >= 80
    assert generated >= 200
    assert len(DAMAGES) >= 150


@pytest.mark.parametrize("name", HAND_MADE)
def test_a_bad_scenario_ends_with_its_line(name: str, command, tmp_path: Path, monkeypatch) -> None:
    """`check` and `run` refuse each hand-made file with file and line; nothing is written."""
    monkeypatch.chdir(tmp_path)
    Path("bad.yaml").write_text(HAND_MADE[name][0])
    for arguments in (["check", "bad.yaml"], ["run", "bad.yaml"], ["check", "--resolved", "bad.yaml"]):
        _held(command(*arguments), "bad.yaml:")
    assert [path.name for path in tmp_path.iterdir()] == ["bad.yaml"]


@pytest.mark.parametrize("file", sorted({file for file, _, _ in DAMAGES}))
def test_a_bad_instance_ends_with_its_line(file: str, command, tmp_path: Path, monkeypatch) -> None:
    """A wrong value in any column of any file is told with that file's line, and the scenario's line that names it."""
    monkeypatch.chdir(tmp_path)
    Path("a.yaml").write_text("name: a\nhorizon: 24h\ninstance: {format: mdrplib, path: town}\n")
    for name, line, text in DAMAGES:
        if name != file:
            continue
        shutil.copytree(TWIN, "town", dirs_exist_ok=True)
        lines = (TWIN / name).read_text().splitlines()
        (Path("town") / name).write_text("\n".join([*lines[: line - 1], text, *lines[line:]]) + "\n")
        _held(command("check", "a.yaml"), "a.yaml:3:", str(Path("town") / name) + f":{line}:")


@pytest.mark.parametrize("file", sorted(path.name for path in TWIN.glob("*.txt")))
@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
def test_a_file_that_is_none_of_the_format_is_named(file: str, content: bytes | None, command, tmp_path, monkeypatch):
    """Missing, empty, binary or of other columns: `run` names the file and writes nothing."""
    monkeypatch.chdir(tmp_path)
    Path("a.yaml").write_text("name: a\nhorizon: 24h\ninstance: {format: mdrplib, path: town}\n")
    shutil.copytree(TWIN, "town")
    (Path("town") / file).unlink()
    if content is not None:
        (Path("town") / file).write_bytes(content)
    _held(command("check", "a.yaml"), "a.yaml:3:", str(Path("town") / file))
    ended = command("run", "a.yaml")
    _held(ended, str(Path("town") / file))
    assert not list(Path("runs").iterdir())


def test_the_real_command_says_the_same(tmp_path: Path) -> None:
    """A process of its own ends with 2 and words, on files that are wrong in four ways."""
    (tmp_path / "unknown.yaml").write_text("name: x\nhorizon: 1h\nplatfrom: {}\ncity: {}\n")
    (tmp_path / "broken.yaml").write_text("name: [\n")
    (tmp_path / "binary.yaml").write_bytes(bytes(range(256)))
    names = ["unknown.yaml", "broken.yaml", "binary.yaml", "missing.yaml", "."]
    code = "from delivsim.cli.app import main; main()"
    ended = subprocess.run(
        [sys.executable, "-c", code, "check", *names],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == Exit.USAGE
    assert "Traceback" not in ended.stderr
    assert "unknown.yaml:3:1: platfrom: unknown key (did you mean 'platform'?)" in ended.stderr
    assert all(any(line.startswith(name) for line in ended.stderr.splitlines()) for name in names)
