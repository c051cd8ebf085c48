"""Everything before a run: init, check, schema, policies."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from delivsim.cli.exits import Exit
from delivsim.scenario.templates import TEMPLATES


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


OVERLOADED = ("flash_sale", "rainy_night")
"""Templates that show an evening with too few riders."""


@pytest.mark.parametrize("template", [name for name in TEMPLATES if name != "mdrplib"])
def test_what_init_writes_is_fine(command, template: str) -> None:
    """Every template that needs no further files passes its own check."""
    assert command("init", "mine.yaml", "--template", template).code == Exit.FINE
    ended = command("check", "mine.yaml")
    assert ended.code == Exit.FINE
    assert all("customers will wait" in line for line in ended.err.splitlines())
    assert bool(ended.err) == (template in OVERLOADED)
    assert ended.out.startswith("mine.yaml: fine")


def test_the_help_names_every_template(command) -> None:
    """What --template takes can be read from --help."""
    text = command("init", "--help").out
    assert [name for name in TEMPLATES if name not in text] == []


def test_init_overwrites_nothing(command) -> None:
    """A second init with the same name is refused, and the file stays as it is."""
    Path("scenario.yaml").write_text("name: precious\n")
    ended = command("init")
    assert ended.code == Exit.USAGE
    assert "exists already" in ended.err
    assert Path("scenario.yaml").read_text() == "name: precious\n"
    assert "did you mean 'minimal'" in command("init", "b.yaml", "--template", "minimul").err


def test_check_reads_every_file(command) -> None:
    """One wrong file does not hide the next; each mistake has its file, line and column."""
    command("init", "good.yaml")
    Path("bad.yaml").write_text("name: bad\nhorizon: 1h\nplatfrom: {}\ncity: {}\n")
    Path("worse.yaml").write_text("name: [\n")
    ended = command("check", "bad.yaml", "worse.yaml", "missing.yaml", "good.yaml")
    assert ended.code == Exit.USAGE
    assert "bad.yaml:3:1: platfrom:" in ended.err
    assert "worse.yaml:" in ended.err
    assert "missing.yaml" in ended.err
    assert "good.yaml: fine" in ended.out


def test_check_reads_the_instance_too(command) -> None:
    """A scenario whose instance is missing is not fine."""
    Path("a.yaml").write_text("name: a\nhorizon: 1h\ninstance: {format: mdrplib, path: nowhere}\n")
    ended = command("check", "a.yaml")
    assert ended.code == Exit.USAGE
    assert ended.err.startswith("a.yaml:3:")


def test_check_tells_the_offered_load(command) -> None:
    """Stations and riders at their peak are printed before anything runs."""
    command("init", "a.yaml")
    out = command("check", "a.yaml").out
    assert "a.yaml: fine\nStations" in out
    assert all(word in out for word in ("gateway", "payment", "18:00-19:00", "rider-hours"))
    assert not Path("runs").exists()


def test_a_warning_does_not_change_the_exit_code(command) -> None:
    """Too few riders are told with their line, on standard error; the scenario is fine all the same."""
    command("init", "a.yaml")
    Path("a.yaml").write_text(Path("a.yaml").read_text().replace("riders: 70", "riders: 5"))
    ended = command("check", "a.yaml", "--resolved")
    assert ended.code == Exit.FINE
    assert ended.err.startswith("a.yaml:15:7: warning: city.riders.shifts: ")
    assert ended.out.startswith("schema_version: 1\n")


def test_check_never_imports_what_a_scenario_names(command) -> None:
    """Looking at a scenario of unknown origin is safe."""
    Path("evil.py").write_text("raise SystemExit('imported')\n")
    command("init", "a.yaml")
    Path("b.yaml").write_text("extends: a.yaml\ndispatch: {policy: 'evil:Policy'}\n")
    assert command("check", "b.yaml").code == Exit.FINE


def test_resolved_reads_back_to_the_same(command) -> None:
    """--resolved prints a scenario that is the same with every default spelled out."""
    command("init", "a.yaml")
    Path("b.yaml").write_text(command("check", "a.yaml", "--resolved").out)
    assert command("check", "b.yaml", "--resolved").out == Path("b.yaml").read_text()


def test_schema_is_json(command) -> None:
    """Editors can use what it prints."""
    schema = json.loads(command("schema").out)
    assert {"name", "city", "platform", "slos"} <= set(schema["properties"])
