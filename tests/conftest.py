"""Runs made by hand, for every test that needs one."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def sample() -> ModuleType:
    """The module of hand-made runs: ``sample.sample_result(...)``, ``sample.sample_evening(...)``, ``sample.make``."""
    return _load(Path(__file__).parent / "record" / "sample.py")


@pytest.fixture
def sample_result(sample):
    """A run of three orders that can be checked by hand."""
    return sample.sample_result()


@pytest.fixture(scope="session")
def sample_evening(sample):
    """A plausible evening of 300 orders."""
    return sample.sample_evening()
