"""Small suites of invented days."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent

SMALL = """
name: small
instances:
  - twins: {count: 3, orders: 40, riders: 12, stores: 10}
policies:
  linear_assignment:
  nearest:
permutations: 1
"""


@pytest.fixture(scope="session")
def small() -> str:
    """The text of a small suite."""
    return SMALL


@pytest.fixture
def suite_file(tmp_path: Path):
    """Write a suite: ``suite_file()`` gives the small one, ``suite_file(text)`` another."""

    def write(text: str = SMALL) -> Path:
        file = tmp_path / "suite.yaml"
        file.write_text(text, encoding="utf-8")
        return file

    return write


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let ``planted:Later`` and its like be found by name."""
    monkeypatch.syspath_prepend(str(HERE))
    monkeypatch.delitem(sys.modules, "planted", raising=False)
