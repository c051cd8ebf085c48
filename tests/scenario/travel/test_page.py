"""Every example of docs/travel.md is a scenario that runs."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import networkx as nx
import pytest

from delivsim.domain.travel.networks import grid
from delivsim.experiment.run import run
from delivsim.scenario.reader import load_scenario

ROOT = Path(__file__).parents[3]
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```$", (ROOT / "docs" / "travel.md").read_text(), re.MULTILINE | re.DOTALL)
BASE = """
name: base
starts_at: 2026-11-20T18:00
horizon: 20min
city:
  side: 3km
  demand: {rate: {"18:00": 30/h}}
  stores: {count: 5, clusters: 2}
  riders: {shifts: [{start: "18:00", end: "20:00", riders: 8}]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with every file that the examples name."""
    for twin in ("mdrplib_twin", "rappi_twin"):
        shutil.copytree(ROOT / "tests" / "data" / twin, tmp_path / twin)
    nx.write_graphml(nx.relabel_nodes(grid((0.0, 0.0, 3000.0, 3000.0), 300.0), str), tmp_path / "town.graphml")
    zones = {"centre": (1500, 1500), "north": (1500, 2500), "harbour": (2500, 500)}
    (tmp_path / "zones.csv").write_text("id,x,y\n" + "".join(f"{z},{x},{y}\n" for z, (x, y) in zones.items()))
    pairs = [f"{a},{b},{90 + 300 * (a != b)},{500 + 2000 * (a != b)}\n" for a in zones for b in zones]
    (tmp_path / "times.csv").write_text("from,to,seconds,metres\n" + "".join(pairs))
    (tmp_path / "base.yaml").write_text(BASE)
    return tmp_path


@pytest.mark.parametrize("text", EXAMPLES, ids=lambda text: re.sub(r"\W+", " ", text)[:60])
def test_every_example_runs(text: str, folder: Path) -> None:
    """Whole scenarios as they are, parts over a small city; everybody is accounted for."""
    part = folder / "part.yaml"
    part.write_text(text)
    whole = text.startswith("name:")
    scenario = load_scenario(part if whole else folder / "base.yaml", overlays=[] if whole else [part])
    summary = run(scenario).summary()
    assert summary["conservation"]["holds"]
    assert summary["orders"]["delivered"] > 0


def test_every_kind_has_an_example() -> None:
    """Nothing that can be said is left without one."""
    text = "\n".join(EXAMPLES)
    for kind in ("given", "haversine", "matrix", "road_graph", "grid", "ring_radial"):
        assert f"kind: {kind}" in text
    for key in ("speed_by_hour", "vehicles", "weather", "noise", "round_up_to", "believed", "bias", "error", "per:"):
        assert key in text
