"""The commands of docs/bring-your-own.md run as they stand, and the page on columns is that of the code."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from delivsim.scenario.imports.page import NAME, columns_page

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "docs" / "bring-your-own.md").read_text(encoding="utf-8")


def _commands() -> list[list[str]]:
    blocks = re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [line.split() for line in lines if line.strip()]


def test_the_guide_runs_as_it_stands(tmp_path: Path) -> None:
    """Every command of every block, in order, in an empty folder."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    for words in _commands():
        program = {"python": [sys.executable, str(ROOT / words[1])], "delivsim": [sys.executable, str(ROOT / "cli.py")]}
        arguments = words[2:] if words[0] == "python" else words[1:]
        done = subprocess.run(
            [*program[words[0]], *arguments], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode in (0, 3), f"{' '.join(words)}\n{done.stdout[-1000:]}\n{done.stderr[-2000:]}"
    assert (tmp_path / "runs" / "more" / "summary.json").is_file()


def test_the_page_on_columns_is_rendered_from_the_code() -> None:
    """Run ``make pages`` after a change of the known names."""
    assert (ROOT / "docs" / NAME).read_text(encoding="utf-8") == columns_page()
