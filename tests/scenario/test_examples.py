"""The examples of docs/scenario-by-example.md are scenarios."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from delivsim.experiment.load import offered_load
from delivsim.scenario.reader import load_scenario
from delivsim.scenario.templates import template_text

PAGE = (Path(__file__).parents[2] / "docs" / "scenario-by-example.md").read_text(encoding="utf-8")
FILES = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
COMMANDS = re.findall(r"^delivsim run base\.yaml (.*)$", PAGE, re.MULTILINE)


@pytest.mark.parametrize("text", FILES, ids=lambda text: " ".join(text.split()[:2]))
def test_every_example_can_be_run(text: str, tmp_path: Path) -> None:
    """A whole scenario loads; a part loads over the template that `delivsim init` writes; none is overloaded or odd."""
    base, part = tmp_path / "base.yaml", tmp_path / "part.yaml"
    base.write_text(template_text("minimal"))
    part.write_text(text)
    whole = text.startswith("name:")
    scenario = load_scenario(part if whole else base, overlays=[] if whole else [part])
    load = offered_load(scenario)
    expected = ["preparation_starts: on_accept" in text and "riders" in one.path for one in load.warnings]
    assert all(expected), [str(problem) for problem in load.warnings]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_set_of_the_page_changes_something(command: str, tmp_path: Path) -> None:
    """What is shown for the command line is taken, and makes another scenario."""
    (tmp_path / "base.yaml").write_text(template_text("minimal"))
    words = shlex.split(command)
    assert set(words[::2]) == {"--set"}
    changed = load_scenario(tmp_path / "base.yaml", overrides=words[1::2])
    assert changed != load_scenario(tmp_path / "base.yaml")


def test_the_page_shows_every_kind_of_step_and_workload() -> None:
    """Nothing that steps and workloads can do is left without an example."""
    text = "\n".join(FILES)
    for word in ("work", "call", "call_all", "choose", "publish", "wait", "fail"):
        assert re.search(rf"[{{\s-]{word}:", text), word
    for kind in ("open", "closed", "batch", "mmpp", "phases"):
        assert f"kind: {kind}" in text
