"""Streets as arrays: crossings, and the stretches between them, out of a networkx graph."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from delivsim.domain.travel.haversine import great_circle
from delivsim.domain.travel.osm import line_string, number, speed_limit, truth
from delivsim.domain.travel.protocol import Floats, Point
from delivsim.errors import InputError, Problem

if TYPE_CHECKING:
    import networkx as nx

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Streets:
    """
    A directed street network.

    Parameters
    ----------
    points
        Where the crossings are, shape (n, 2), metres or longitude and latitude.
    tails, heads
        From which crossing to which each stretch leads, shape (e,).
    metres, seconds
        Length and time of each stretch, shape (e,).
    geographic
        Whether ``points`` are in degrees.
    shapes
        Corners of the stretches that are not straight, by their number, each of shape (k, 2), both ends included.
    """

    points: Floats
    tails: Ints
    heads: Ints
    metres: Floats
    seconds: Floats
    geographic: bool = False
    shapes: Mapping[int, Floats] = field(default_factory=dict)

    @classmethod
    def of(cls, graph: nx.Graph[Any], *, speed: float, geographic: bool = False) -> Streets:
        """
        Take over a networkx graph, such as OSMnx makes.

        Parameters
        ----------
        graph
            Nodes with ``x`` and ``y``. Edges with ``length`` in metres (else that of the straight line) and
            ``travel_time`` in seconds, or ``speed_kph``, or ``maxspeed`` as in OpenStreetMap; numbers may be texts;
            perhaps ``geometry``, a LINESTRING as text or as OSMnx has it. Every edge of a directed graph leads one
            way; of any other both ways, unless it is ``oneway``.
        speed
            Metres per second on edges that say nothing.

        Raises
        ------
        InputError
            A node is nowhere, or a number is none: with the names of the nodes.
        """
        problems: list[Problem] = []
        points = np.array([_point(name, data, problems) for name, data in graph.nodes(data=True)], dtype=np.float64)
        if not len(points) and not problems:
            problems.append(Problem(rule="must have nodes, got an empty graph"))
        if problems:
            raise InputError.of(problems)
        row = {name: i for i, name in enumerate(graph)}
        stretches: list[tuple[int, int, float, float]] = []
        shapes: dict[int, Floats] = {}
        for tail, head, data in graph.edges(data=True):
            i, j = row[tail], row[head]
            straight = _straight(points[i].tolist(), points[j].tolist(), geographic=geographic)
            metres, seconds = _measured(f"edge {tail} to {head}", data, straight, speed, problems)
            corners = line_string(data.get("geometry"))
            if len(corners):
                shapes[len(stretches)] = _turned(corners, points[i])
            stretches.append((i, j, metres, seconds))
            if not graph.is_directed() and not truth(data.get("oneway")):
                if len(corners):
                    shapes[len(stretches)] = _turned(corners, points[j])
                stretches.append((j, i, metres, seconds))
        if problems:
            raise InputError.of(problems)
        tails, heads, lengths, times = np.array(stretches, dtype=np.float64).reshape(-1, 4).T
        return cls(
            points=points,
            tails=tails.astype(np.int64),
            heads=heads.astype(np.int64),
            metres=lengths,
            seconds=times,
            geographic=geographic,
            shapes=shapes,
        )

    def at(self, stretch: int, share: float) -> Point:
        """Give the point at a share, from 0 to 1, of the length of a stretch."""
        corners = self.shapes.get(stretch)
        if corners is None:
            corners = self.points[[self.tails[stretch], self.heads[stretch]]]
        steps = np.hypot(*np.diff(corners, axis=0).T)
        gone = np.concatenate(([0.0], np.cumsum(steps)))
        return float(np.interp(share * gone[-1], gone, corners[:, 0])), float(
            np.interp(share * gone[-1], gone, corners[:, 1])
        )


def _point(name: object, data: Mapping[str, Any], problems: list[Problem]) -> tuple[float, float]:
    found = number(data.get("x")), number(data.get("y"))
    for key, value in zip("xy", found, strict=True):
        if not math.isfinite(value):
            problems.append(Problem(path=f"node {name}: {key}", rule=f"must be a number, got {data.get(key)!r}"))
    return found


def _straight(a: list[float], b: list[float], *, geographic: bool) -> float:
    return great_circle((a[0], a[1]), (b[0], b[1])) if geographic else math.dist(a, b)


def _turned(corners: Floats, tail: Floats) -> Floats:
    """Let a line begin at the end that is nearer to ``tail``."""
    first, last = (float(np.hypot(*(corners[end] - tail))) for end in (0, -1))
    return corners if first <= last else corners[::-1]


def _measured(
    path: str, data: Mapping[str, Any], straight: float, speed: float, problems: list[Problem]
) -> tuple[float, float]:
    """Give metres and seconds of an edge."""
    metres = straight if data.get("length") is None else number(data["length"])
    if not 0.0 <= metres < math.inf:
        problems.append(Problem(path=f"{path}: length", rule=f"must be a number >= 0, got {data.get('length')!r}"))
    if data.get("travel_time") is not None:
        seconds = number(data["travel_time"])
        if not 0.0 <= seconds < math.inf:
            rule = f"must be a number >= 0, got {data['travel_time']!r}"
            problems.append(Problem(path=f"{path}: travel_time", rule=rule))
        return metres, seconds
    limit = number(data["speed_kph"]) / 3.6 if data.get("speed_kph") is not None else speed_limit(data.get("maxspeed"))
    if limit is not None and not 0.0 < limit < math.inf:
        problems.append(Problem(path=f"{path}: speed_kph", rule=f"must be > 0, got {data.get('speed_kph')!r}"))
        return metres, math.nan
    return metres, metres / (limit or speed)
