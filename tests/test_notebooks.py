"""Every notebook runs, stays without outputs, and uses public names only."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

import delivsim

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def code_of(path: Path) -> list[str]:
    return [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def test_there_are_notebooks() -> None:
    """The tests below are about something."""
    assert [path.stem for path in NOTEBOOKS] == ["01_first_run", "02_your_own_policy"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path: Path) -> None:
    """Every cell runs, in order, in the notebook's folder, and no warning is shown to the reader."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook, timeout=240, kernel_name="python3", resources={"metadata": {"path": str(FOLDER)}}
    ).execute()
    outputs = [out for cell in notebook.cells if cell.cell_type == "code" for out in cell.outputs]
    assert len(outputs) > 0
    assert [out.text for out in outputs if out.output_type == "stream" and out.name == "stderr"] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_stored_without_outputs(path: Path) -> None:
    """What a notebook shows is made by whoever runs it."""
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            assert (cell.outputs, cell.execution_count) == ([], None)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_uses_public_names_only(path: Path) -> None:
    """A reader may copy every line."""
    code = "\n".join(code_of(path))
    assert re.findall(r"(?:from|import) (delivsim[\w.]*)", code) == ["delivsim"]
    used = set(re.findall(r"\bds\.(\w+)", code))
    assert used
    assert used <= set(delivsim.__all__)
