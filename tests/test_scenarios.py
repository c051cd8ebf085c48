"""The scenarios at the top of the repository."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from delivsim.scenario.jsonschema import scenario_schema
from delivsim.scenario.reader import load_scenario
from delivsim.scenario.templates import SCHEMA_FILE, TEMPLATES, template_text

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


def test_a_scenario_that_is_also_a_template_is_the_same() -> None:
    """`make demo` and `delivsim init --template friday_evening` show one evening."""
    both = [path for path in SCENARIOS if path.stem in TEMPLATES]
    assert FOLDER / "friday_evening.yaml" in both
    for path in both:
        assert path.read_text(encoding="utf-8") == template_text(path.stem)
