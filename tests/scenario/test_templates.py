from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import pytest

from delivsim.errors import ScenarioError
from delivsim.scenario.reader import load_scenario
from delivsim.scenario.templates import SCHEMA_FILE, TEMPLATES, init_scenario, template_text


@pytest.mark.parametrize("name", TEMPLATES)
def test_each_template_is_a_good_scenario(name: str, tmp_path: Path) -> None:
    """A written template loads, names its schema to editors, and finds it beside it."""
    target = tmp_path / "mine.yaml"
    assert init_scenario(name, target) == [target, tmp_path / SCHEMA_FILE]
    assert load_scenario(target).name
    first = target.read_text().splitlines()[0]
    assert first == f"# yaml-language-server: $schema={SCHEMA_FILE}"
    assert json.loads((tmp_path / SCHEMA_FILE).read_text())["title"] == "delivsim scenario"


def test_every_file_is_listed() -> None:
    """The texts that travel with the package are those that are offered."""
    folder = resources.files("delivsim.scenario") / "templates"
    assert {file.name for file in folder.iterdir()} == {f"{name}.yaml" for name in TEMPLATES}


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    """An existing scenario or schema stays as it is."""
    target, schema = tmp_path / "mine.yaml", tmp_path / SCHEMA_FILE
    target.write_text("mine")
    schema.write_text("mine too")
    with pytest.raises(ScenarioError, match=r"mine\.yaml: exists already"):
        init_scenario("minimal", target)
    assert init_scenario("minimal", tmp_path / "other.yaml") == [tmp_path / "other.yaml"]
    assert (target.read_text(), schema.read_text()) == ("mine", "mine too")


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A missing folder, a folder as target and an unknown template are refused in words."""
    for target in (tmp_path / "none" / "x.yaml", tmp_path, tmp_path / "a\0b"):
        with pytest.raises(ScenarioError):
            init_scenario("minimal", target)
    with pytest.raises(ScenarioError, match="did you mean 'minimal'"):
        init_scenario("minmal", tmp_path / "x.yaml")
    with pytest.raises(ScenarioError, match="must be one of minimal"):
        template_text("../secret")
