"""The scenarios at the top of the repository."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pytest

from delivsim.scenario.jsonschema import scenario_schema
from delivsim.scenario.reader import load_scenario
from delivsim.scenario.templates import SCHEMA_FILE, TEMPLATES, template_text
from delivsim.scenario.yaml import read_text

FOLDER = Path(__file__).parents[1] / "scenarios"
SCENARIOS = sorted(FOLDER.glob("*.yaml"))


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_every_scenario_is_valid_and_tells_editors_its_schema(path: Path) -> None:
    """What is shipped can be run, and an editor shows what its keys mean."""
    load_scenario(path)
    assert path.read_text(encoding="utf-8").startswith(f"# yaml-language-server: $schema={SCHEMA_FILE}\n")


def test_the_schema_beside_them_is_the_current_one() -> None:
    """Renew it with `make pages`."""
    assert json.loads((FOLDER / SCHEMA_FILE).read_text(encoding="utf-8")) == scenario_schema()


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_editors_accept_every_scenario(path: Path) -> None:
    """Each file fits the schema beside it."""
    from jsonschema import Draft202012Validator

    root = read_text(path.read_text(encoding="utf-8"), str(path)).root
    assert root is not None
    Draft202012Validator(json.loads((FOLDER / SCHEMA_FILE).read_text(encoding="utf-8"))).validate(root.plain())


def test_the_town_is_what_its_maker_makes() -> None:
    """The instance beside the scenarios can be made anew, byte for byte, and is nobody's data."""
    maker = runpy.run_path(str(Path(__file__).parent / "data" / "make_mdrplib_twin.py"))
    for name, rows in maker["tables"](**maker["TOWN"]).items():
        text = "".join("\t".join(row) + "\n" for row in rows)
        assert (FOLDER / "data" / "town" / name).read_bytes() == text.encode()


def test_the_coast_is_what_its_maker_makes() -> None:
    """The same of the invented day in degrees."""
    maker = runpy.run_path(str(Path(__file__).parent / "data" / "make_rappi_twin.py"))
    for name, rows in maker["tables"](**maker["COAST"]).items():
        text = "".join(",".join(row) + "\n" for row in rows)
        assert (FOLDER / "data" / "coast" / name).read_bytes() == text.encode()


def test_a_scenario_that_is_also_a_template_is_the_same() -> None:
    """`make demo` and `delivsim init --template friday_evening` show one evening."""
    assert {path.stem for path in SCENARIOS} >= set(TEMPLATES)
    for name in TEMPLATES:
        assert (FOLDER / f"{name}.yaml").read_text(encoding="utf-8") == template_text(name)
