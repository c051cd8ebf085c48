"""docs/remote-dispatch.md says what is so."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
import yaml

from delivsim.dispatch.outside import OUTSIDE
from delivsim.scenario.nodes import Place, node_of
from delivsim.scenario.shorthand import in_full

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "remote-dispatch.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("language", "file"), [("js", "dispatcher.mjs"), ("go", "dispatcher.go")])
def test_the_code_shown_is_that_of_the_examples(language, file):
    """What stands on the page is what is tested."""
    code = (DOCS / "examples" / "dispatcher" / file).read_text(encoding="utf-8")
    blocks = re.findall(rf"```{language}\n(.*?)\n```", PAGE, re.DOTALL)
    assert blocks
    assert all(block in code for block in blocks)


def test_every_parameter_is_on_the_page():
    """No parameter of servers and programs is forgotten."""
    names = {field.name for made in OUTSIDE.values() for field in dataclasses.fields(made)}
    assert all(f"`{name}`" in PAGE for name in names)


def test_the_three_ways_to_write_them_are_one():
    """The lines of YAML that are said to be equal are."""
    block = next(block for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL) if "params" in block)
    found = [in_full(node_of(yaml.safe_load(line), Place("page"))).plain() for line in block.splitlines()]
    assert len(found) == 3
    assert found[0] == found[1] == found[2]


def test_links_lead_somewhere():
    """Every file that the page names is there."""
    assert all((DOCS / target.split("#")[0]).is_file() for target in re.findall(r"\]\(([^)]+)\)", PAGE))
