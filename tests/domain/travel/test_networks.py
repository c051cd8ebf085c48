"""Generated street networks: they cover what they must, and every crossing can be reached."""

from __future__ import annotations

import math

import networkx as nx
import pytest

from delivsim.domain.travel.networks import grid, ring_radial

AREA = (-100.0, 50.0, 2900.0, 1800.0)


@pytest.mark.parametrize("one_way", [False, True])
@pytest.mark.parametrize("spacing", [130.0, 250.0, 700.0, 5000.0])
def test_every_crossing_leads_to_every_other(spacing: float, one_way: bool) -> None:
    """One-way streets too are laid so that there is a way around and back."""
    for graph in (grid(AREA, spacing, one_way=one_way), ring_radial(AREA, spacing, 12, one_way=one_way)):
        assert nx.is_strongly_connected(graph)
        back = [graph.has_edge(b, a) for a, b in graph.edges]
        assert not any(back) if one_way else all(back)


def test_a_grid_covers_its_area_in_equal_steps() -> None:
    """The outermost streets lie on the edge or beyond, and less than a street beyond."""
    graph = grid(AREA, 250.0)
    xs = sorted({data["x"] for _, data in graph.nodes(data=True)})
    ys = sorted({data["y"] for _, data in graph.nodes(data=True)})
    assert xs[0] <= AREA[0]
    assert xs[-1] >= AREA[2]
    assert ys[0] <= AREA[1]
    assert ys[-1] >= AREA[3]
    assert (len(xs), len(ys)) == (13, 8)
    for a, b, data in graph.edges(data=True):
        ends = [(graph.nodes[n]["x"], graph.nodes[n]["y"]) for n in (a, b)]
        assert math.dist(*ends) == pytest.approx(250.0) == data["length"]


def test_rings_are_as_long_as_circles() -> None:
    """The stretches of a ring add up to its circumference; the outermost goes around the area."""
    graph = ring_radial(AREA, 500.0, 16)
    middle = (1400.0, 925.0)
    for ring in (1, 3):
        n = sum(node[0] == ring for node in graph)
        steps = [graph.edges[(ring, k), (ring, (k + 1) % n)]["length"] for k in range(n)]
        assert sum(steps) == pytest.approx(2.0 * math.pi * 500.0 * ring)
        assert max(steps) <= 500.0
    outer = max(math.dist(middle, (data["x"], data["y"])) for _, data in graph.nodes(data=True))
    assert outer >= math.dist(middle, AREA[:2])
