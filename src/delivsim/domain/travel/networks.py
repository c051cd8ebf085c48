"""Street networks out of a few numbers: a grid, and ring roads with radial streets."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import networkx as nx

Area = tuple[float, float, float, float]
"""Least x and y, greatest x and y, in metres."""


def grid(area: Area, spacing: float, *, one_way: bool = False) -> nx.DiGraph[Any]:
    """
    Lay a grid of streets over an area.

    Parameters
    ----------
    area
        What must be covered; the outermost streets are on it or beyond it.
    spacing
        Metres from one street to the next.
    one_way
        Whether neighboring streets lead opposite ways, and none both. There is then an even number of streets in
        each direction, so that the four outermost ones lead around, and every crossing can be reached.

    Returns
    -------
    Nodes (column, row) with ``x`` and ``y``, edges with ``length``, in metres.
    """
    import networkx as nx

    graph: nx.DiGraph[Any] = nx.DiGraph()
    columns, rows = (_streets(area[k + 2] - area[k], spacing, even=one_way) for k in (0, 1))
    left, bottom = ((area[k] + area[k + 2] - (n - 1) * spacing) / 2.0 for k, n in ((0, columns), (1, rows)))
    for i in range(columns):
        for j in range(rows):
            graph.add_node((i, j), x=left + i * spacing, y=bottom + j * spacing)
    for i in range(columns):
        for j in range(rows):
            if i + 1 < columns:
                _join(graph, (i, j), (i + 1, j), spacing, one_way=one_way, turned=j % 2 == 1)
            if j + 1 < rows:
                _join(graph, (i, j), (i, j + 1), spacing, one_way=one_way, turned=i % 2 == 0)
    return graph


def ring_radial(area: Area, spacing: float, radials: int, *, one_way: bool = False) -> nx.DiGraph[Any]:
    """
    Lay ring roads around the middle of an area, and streets that lead out from there.

    Parameters
    ----------
    area
        What must be covered: the outermost ring goes around it.
    spacing
        Metres from one ring to the next.
    radials
        Streets that lead out from the middle, >= 3; even if ``one_way``.
    one_way
        Whether neighboring rings, and neighboring radials, lead opposite ways, and none both.

    Returns
    -------
    The middle (0, 0) and nodes (ring, number), on every ring at its crossings with the radials and in between, at most
    ``spacing`` apart. They have ``x`` and ``y``, edges ``length``, in metres along the ring.
    """
    import networkx as nx

    graph: nx.DiGraph[Any] = nx.DiGraph()
    x, y = (area[0] + area[2]) / 2.0, (area[1] + area[3]) / 2.0
    rings = max(1, math.ceil(math.hypot(area[2] - area[0], area[3] - area[1]) / 2.0 / spacing))
    graph.add_node((0, 0), x=x, y=y)
    parts = [1]
    for ring in range(1, rings + 1):
        radius, around = ring * spacing, 2.0 * math.pi * ring * spacing
        parts.append(math.ceil(around / radials / spacing))
        n = radials * parts[ring]
        for k in range(n):
            angle = 2.0 * math.pi * k / n
            graph.add_node((ring, k), x=x + radius * math.cos(angle), y=y + radius * math.sin(angle))
        for k in range(n):
            _join(graph, (ring, k), (ring, (k + 1) % n), around / n, one_way=one_way, turned=ring % 2 == 0)
        for k in range(radials):
            inner = (ring - 1, k * parts[ring - 1]) if ring > 1 else (0, 0)
            _join(graph, inner, (ring, k * parts[ring]), spacing, one_way=one_way, turned=k % 2 == 1)
    return graph


def _streets(width: float, spacing: float, *, even: bool) -> int:
    """Count the streets that cover a width, at least two."""
    n = max(2, math.ceil(width / spacing - 1e-9) + 1)
    return n + n % 2 if even else n


def _join(graph: nx.DiGraph[Any], a: Any, b: Any, length: float, *, one_way: bool, turned: bool) -> None:
    """Lay a street from a to b; back as well, unless it is one-way, from b to a if it is turned."""
    if not one_way or not turned:
        graph.add_edge(a, b, length=length)
    if not one_way or turned:
        graph.add_edge(b, a, length=length)
