"""Instances of every format are read, come back through our own, run whole, and add up."""

from __future__ import annotations

import os
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
examine = runpy.run_path(str(ROOT / "tools" / "instances.py"))["examine"]
TWINS = [ROOT / "tests" / "data" / name for name in ("mdrplib_twin", "rappi_twin")]
PUBLISHED = [
    (Path(folder) / name, platform)
    for variable, names, platform in (
        ("DELIVSIM_MDRPLIB", ("0o50t75s2p100", "1o100t100s1p100", "2r50t100s1p125"), "ideal"),
        ("DELIVSIM_RAPPI", ("16",), "simulated"),
    )
    for name in names
    if (folder := os.environ.get(variable, ""))
]
"""Some of the published instances; `make proof` takes all of them."""


@pytest.mark.parametrize(
    ("folder", "platform"),
    [*((twin, platform) for twin in TWINS for platform in ("ideal", "simulated")), *PUBLISHED],
    ids=lambda value: getattr(value, "name", value),
)
def test_an_instance_comes_back_and_adds_up(folder: Path, platform: str) -> None:
    """It is the same after a round trip through our own format; every order has one ending, and all counts hold."""
    found = examine(folder, platform)
    assert found.exact
    assert found.adds_up
    assert found.outcomes["delivered"] > found.orders / 2
