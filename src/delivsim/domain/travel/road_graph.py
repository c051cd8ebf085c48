"""Fastest ways along streets, one-way ones too."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from delivsim.domain.travel.known_places import KnownPlaces, NearestPlaces
from delivsim.domain.travel.protocol import Floats, Instants, Point, straight
from delivsim.domain.travel.shortest import Path, Shortest
from delivsim.domain.travel.streets import Ints, Streets
from delivsim.errors import InputError, Problem

if TYPE_CHECKING:
    from scipy.sparse import csr_array

MOST_SPEEDS = 16
"""Riders' own speeds that a road graph can tell apart: each has fastest ways of its own."""


class RoadGraph:
    """
    Fastest ways along streets, from the crossing next to a place to the crossing next to the other.

    From a place to its crossing and back riders go straight, at their own speed or else ``speed``. Rows of times are
    computed when they are first asked for, and kept. A rider's own speed is a top speed: slower streets slow everybody.

    Parameters
    ----------
    streets
        The network.
    speed
        Metres per second beside the streets.
    top_speed
        Metres per second that no rider without an own speed passes; None: as fast as the streets allow.
    places, names
        Places known beforehand, shape (n, 2), and what errors call them. Ways between others are found too, slower.
    n_hubs
        How many of the places, the first ones, are asked for again and again: the stores.
    snap_within
        Metres within which a known place must have a crossing.
    move
        Whether places that cannot be reached, or left, go to the next crossing that can; else they are refused.

    Raises
    ------
    InputError
        Known places have no crossing near, or no way leads to or from them: each by its name.
    """

    def __init__(
        self,
        streets: Streets,
        *,
        speed: float,
        top_speed: float | None = None,
        places: Floats | None = None,
        names: Sequence[str] = (),
        n_hubs: int = 0,
        snap_within: float = math.inf,
        move: bool = False,
    ) -> None:
        self.streets, self.speed, self.top_speed = streets, speed, top_speed
        points = np.empty((0, 2)) if places is None else np.asarray(places, dtype=np.float64).reshape(-1, 2)
        everywhere = np.arange(len(streets.points))
        nodes, metres = NearestPlaces(streets.points, everywhere, geographic=self.geographic).find(points)
        component = _components(streets)
        main = _main(component, component[nodes] if len(points) and not move else component)
        self._nearest = NearestPlaces(streets.points, np.flatnonzero(component == main), geographic=self.geographic)
        if move:
            nodes, metres = self._nearest.find(points)
        names = names or [f"place {i}" for i in range(len(points))]
        far, lost = np.flatnonzero(metres > snap_within), np.flatnonzero(component[nodes] != main)
        if len(far) or len(lost):
            some = int(np.argmax(component == main))
            raise InputError.of(
                [*_far(names, metres, far), *_lost(streets, some, names, nodes, np.setdiff1d(lost, far))]
            )
        self._known, self._nodes, self._metres = KnownPlaces(points), nodes, metres
        self._columns, self._hubs = np.unique(nodes) if len(points) else everywhere, nodes[:n_hubs]
        self._shortest: dict[float | None, Shortest] = {}

    @property
    def geographic(self) -> bool:
        return self.streets.geographic

    # --- places and crossings ---------------------------------------------------------------------------------

    def _crossing(self, point: Point) -> tuple[int, float]:
        row = self._known.row(point)
        if row >= 0:
            return int(self._nodes[row]), float(self._metres[row])
        nodes, metres = self._nearest.find(np.array([point]))
        return int(nodes[0]), float(metres[0])

    def _crossings(self, points: Floats) -> tuple[Ints, Floats]:
        rows = self._known.rows(points)
        new = np.flatnonzero(rows < 0)
        if not len(self._nodes):
            return self._nearest.find(points)
        nodes, metres = self._nodes[rows], self._metres[rows]
        nodes[new], metres[new] = self._nearest.find(points[new])
        return nodes, metres

    def _ways(self, speed: float | None) -> Shortest:
        found = self._shortest.get(speed)
        if found is None:
            if len(self._shortest) > MOST_SPEEDS:
                raise InputError(f"road graph: riders' own speeds must be at most {MOST_SPEEDS} different ones")
            top = self.top_speed if speed is None else speed
            found = self._shortest[speed] = Shortest(self.streets, top, self._columns, self._hubs)
        return found

    # --- the protocol -----------------------------------------------------------------------------------------

    def time(self, origin: Point, destination: Point, speed: float | None = None, at: float = 0.0) -> float:  # noqa: ARG002
        if origin == destination:
            return 0.0
        (u, out), (v, to) = self._crossing(origin), self._crossing(destination)
        return (out + to) / (speed or self.speed) + self._ways(speed).one(u, v)

    def times(
        self,
        origins: Floats,
        destinations: Floats,
        speeds: Floats | None = None,
        at: Instants = 0.0,  # noqa: ARG002
    ) -> Floats:
        (u, out), (v, to) = self._crossings(origins), self._crossings(destinations)
        if speeds is None or np.isnan(speeds).all():
            seconds = (out + to) / self.speed + self._ways(None).seconds(u, v)
        else:
            seconds = (out + to) / np.where(np.isnan(speeds), self.speed, speeds)
            for speed in np.unique(speeds):
                rows = np.flatnonzero(np.isnan(speeds) if np.isnan(speed) else speeds == speed)
                seconds[rows] += self._ways(None if np.isnan(speed) else float(speed)).seconds(u[rows], v[rows])
        return np.where((origins == destinations).all(axis=1), 0.0, seconds)

    def distance(self, origin: Point, destination: Point) -> float:
        if origin == destination:
            return 0.0
        (u, out), (v, to) = self._crossing(origin), self._crossing(destination)
        return out + to + float(self._ways(None).path(u, v).metres[-1])

    def along(self, origin: Point, destination: Point, share: float, speed: float | None = None) -> Point:
        if origin == destination:
            return origin
        (u, out), (v, to) = self._crossing(origin), self._crossing(destination)
        path, pace = self._ways(speed).path(u, v), speed or self.speed
        before, after = out / pace, to / pace
        gone = share * (before + float(path.seconds[-1]) + after)
        first, last = (self._point(node) for node in (u, v))
        if gone <= before:
            return straight(origin, first, gone / before if before else 0.0)
        if gone - before >= path.seconds[-1]:
            left = gone - before - float(path.seconds[-1])
            return straight(last, destination, min(1.0, left / after) if after else 0.0)
        k = int(np.searchsorted(path.seconds, gone - before, side="right")) - 1
        part = (gone - before - path.seconds[k]) / (path.seconds[k + 1] - path.seconds[k])
        return self.streets.at(int(path.stretches[k]), float(part))

    def _point(self, node: int) -> Point:
        x, y = self.streets.points[node].tolist()
        return x, y

    def path(self, origin: Point, destination: Point, speed: float | None = None) -> Path:
        """Give the fastest way between the crossings next to two places."""
        return self._ways(speed).path(self._crossing(origin)[0], self._crossing(destination)[0])


def _components(streets: Streets) -> Ints:
    """Number the parts of the network within which every crossing can be reached from every other."""
    from scipy.sparse.csgraph import connected_components

    return np.asarray(connected_components(_links(streets), connection="strong")[1], dtype=np.int64)


def _main(component: Ints, of_places: Ints) -> int:
    """Give the part with most places, of several the one with most crossings."""
    places = np.bincount(of_places, minlength=component.max() + 1)
    return int(np.lexsort((np.bincount(component), places))[-1])


def _far(names: Sequence[str], metres: Floats, rows: Ints) -> Iterator[Problem]:
    for i in rows:
        rule = f"the next crossing of the streets is {metres[i]:,.0f} m away (snap_within says how far it may be)"
        yield Problem(path=names[i], rule=rule)


def _lost(streets: Streets, some: int, names: Sequence[str], nodes: Ints, rows: Ints) -> Iterator[Problem]:
    """Say of each of these places whether no way leads there from the others, or none from there to them."""
    from scipy.sparse.csgraph import breadth_first_order

    links = _links(streets)
    reached, reaching = (
        set(breadth_first_order(graph, some, return_predecessors=False).tolist()) for graph in (links, links.T.tocsr())
    )
    for i in rows:
        sides = [word for word, there in (("to", reached), ("from", reaching)) if int(nodes[i]) not in there]
        yield Problem(path=names[i], rule=f"no street leads {' or '.join(sides)} it (unreachable: move takes another)")


def _links(streets: Streets) -> csr_array[Any]:
    from scipy.sparse import csr_array

    n = len(streets.points)
    return csr_array((np.ones(len(streets.tails)), (streets.tails, streets.heads)), shape=(n, n))
