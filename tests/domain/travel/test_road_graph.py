"""Fastest ways along streets: what networkx finds, and whom they cannot reach."""

from __future__ import annotations

import math
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import csgraph_from_dense, shortest_path

from delivsim.domain.travel import Euclidean
from delivsim.domain.travel import shortest as shortest_module
from delivsim.domain.travel.networks import grid
from delivsim.domain.travel.road_graph import RoadGraph
from delivsim.domain.travel.streets import Streets
from delivsim.errors import InputError


@st.composite
def graphs(draw: st.DrawFn) -> nx.MultiDiGraph[int]:
    """Strongly connected, with parallel edges, loops, and now and then a stretch of no length."""
    n = draw(st.integers(2, 14))
    graph: nx.MultiDiGraph[int] = nx.MultiDiGraph()
    for i in range(n):
        graph.add_node(i, x=float(i % 4) * 100.0, y=float(i // 4) * 100.0)
    lengths, speeds = st.sampled_from([0.0, 50.0, 80.0, 120.5, 400.0]), st.sampled_from([10.0, 18.0, 36.0, 90.0])
    for i in range(n):
        graph.add_edge(i, (i + 1) % n, length=draw(lengths), speed_kph=draw(speeds))
    for _ in range(draw(st.integers(0, 3 * n))):
        a, b = draw(st.integers(0, n - 1)), draw(st.integers(0, n - 1))
        graph.add_edge(a, b, length=draw(lengths), speed_kph=draw(speeds))
    return graph


def points_of(graph: nx.Graph[Any]) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array([(data["x"], data["y"]) for _, data in graph.nodes(data=True)])


@settings(max_examples=60, deadline=None)
@given(graphs(), st.sampled_from([None, 3.0, 100.0]), st.booleans())
def test_times_are_those_of_networkx_and_scipy(graph: nx.MultiDiGraph[int], own: float | None, known: bool) -> None:
    """All pairs, with a top speed or without, for places that are known beforehand and others."""
    points = points_of(graph)
    travel = RoadGraph(Streets.of(graph, speed=5.0), speed=5.0, places=points if known else points[:1])

    def seconds(_u: int, _v: int, edges: Any) -> float:
        return min(e["length"] / min(e["speed_kph"] / 3.6, own or math.inf) for e in edges.values())

    n = len(points)
    weights = np.full((n, n), np.inf)
    for u, v in {(u, v) for u, v, _ in graph.edges if u != v}:
        weights[u, v] = seconds(u, v, graph[u][v])
    apart = shortest_path(csgraph_from_dense(weights, null_value=np.inf), method="FW")
    for origin, there in nx.all_pairs_dijkstra_path_length(graph, weight=seconds):
        assert list(map(there.get, range(n))) == pytest.approx(apart[origin].tolist())
        rows = np.arange(len(points))
        speeds = None if own is None else np.full(len(points), own)
        found = travel.times(np.repeat(points[origin : origin + 1], len(points), axis=0), points, speeds)
        assert found == pytest.approx([there[i] for i in rows])
        for i in rows:
            assert travel.time(tuple(points[origin]), tuple(points[i]), own) == pytest.approx(there[i])
            path = travel.path(tuple(points[origin]), tuple(points[i]), own)
            assert path.seconds[-1] == pytest.approx(there[i])
            assert nx.is_path(graph, path.nodes.tolist())


def town() -> nx.DiGraph[Any]:
    return grid((0.0, 0.0, 1000.0, 1000.0), 250.0)


def road(graph: nx.Graph[Any], **more: Any) -> RoadGraph:
    return RoadGraph(Streets.of(graph, speed=10.0), speed=5.0, **more)


def test_doors_are_off_the_street() -> None:
    """From a door straight to the crossing at the speed beside streets, along the streets, and straight to the door."""
    travel = road(town())
    a, b = (0.0, -50.0), (500.0, 1020.0)
    assert travel.time(a, b) == pytest.approx(50.0 / 5.0 + 1500.0 / 10.0 + 20.0 / 5.0)
    assert travel.distance(a, b) == pytest.approx(1570.0)
    assert travel.time(a, a) == 0.0
    assert travel.times(np.array([a, a]), np.array([a, b])).tolist() == pytest.approx([0.0, travel.time(a, b)])


def test_riders_drive_along_streets_and_not_through_houses() -> None:
    """At every share of the way the rider is on a street, or between door and crossing; and gets on evenly."""
    travel = road(town())
    a, b = (0.0, -50.0), (500.0, 1020.0)
    assert travel.along(a, b, 0.0) == a
    assert travel.along(a, b, 1.0) == pytest.approx(b)
    for share in np.linspace(0.0, 1.0, 41):
        x, y = travel.along(a, b, float(share))
        assert min(x % 250.0, -x % 250.0) < 1e-6 or min(y % 250.0, -y % 250.0) < 1e-6
    speeds = [math.dist(travel.along(a, b, s), travel.along(a, b, s + 0.001)) / 0.164 for s in (0.01, 0.5, 0.99)]
    assert speeds == pytest.approx([5.0, 10.0, 5.0], rel=1e-3)


def test_streets_may_bend() -> None:
    """Riders follow the corners of a street in both directions, whichever end its line begins with."""
    graph = nx.Graph()
    graph.add_node(0, x=0.0, y=0.0)
    graph.add_node(1, x=100.0, y=0.0)
    graph.add_edge(0, 1, length=300.0, geometry="LINESTRING (100 0, 100 100, 0 100, 0 0)")
    travel = road(graph)
    a, b = (0.0, 0.0), (100.0, 0.0)
    assert [travel.along(a, b, share) for share in (0.0, 1 / 6, 0.5, 1.0)] == [
        pytest.approx(point) for point in ((0.0, 0.0), (0.0, 50.0), (50.0, 100.0), (100.0, 0.0))
    ]
    assert travel.along(b, a, 1 / 6) == pytest.approx((100.0, 50.0))


def test_one_way_streets_count() -> None:
    """Back is another way than there."""
    graph = nx.DiGraph()
    for i, (x, y) in enumerate([(0.0, 0.0), (100.0, 0.0), (100.0, 100.0)]):
        graph.add_node(i, x=x, y=y)
    graph.add_edges_from([(0, 1), (1, 2), (2, 0)])
    travel = road(graph)
    assert travel.time((0.0, 0.0), (100.0, 0.0)) == pytest.approx(10.0)
    assert travel.time((100.0, 0.0), (0.0, 0.0)) == pytest.approx(10.0 + math.hypot(100.0, 100.0) / 10.0)


def test_streets_of_an_undirected_graph_lead_both_ways_unless_they_say_otherwise() -> None:
    """``oneway`` may be a text."""
    graph = nx.Graph()
    for i in range(3):
        graph.add_node(i, x=100.0 * i, y=0.0)
    graph.add_edge(0, 1, oneway="False")
    graph.add_edge(1, 2, oneway="True")
    assert len(Streets.of(graph, speed=5.0).tails) == 3


def lost() -> nx.DiGraph[Any]:
    graph = town()
    graph.add_node("island", x=3000.0, y=0.0)
    graph.add_node("pier", x=3000.0, y=100.0)
    graph.add_edge("island", "pier")
    graph.add_edge((4, 0), "pier")
    return graph


PLACES = np.array([(0.0, 0.0), (500.0, 500.0), (3000.0, 0.0), (3000.0, 100.0), (9000.0, 100.0)])
NAMES = ["store s1", "order o1", "order o2", "rider r1", "order o9"]


def test_places_that_no_street_reaches_are_refused_by_name() -> None:
    """All of them, with what is wrong: no way there, no way back, or no crossing near."""
    with pytest.raises(InputError) as caught:
        road(lost(), places=PLACES, names=NAMES, snap_within=500.0)
    rules = {problem.path: problem.rule for problem in caught.value.problems}
    assert sorted(rules) == ["order o2", "order o9", "rider r1"]
    assert rules["order o2"].startswith("no street leads to or from it")
    assert rules["rider r1"].startswith("no street leads from it")
    assert "6,000 m away" in rules["order o9"]


def test_or_they_are_moved_to_the_next_crossing() -> None:
    """As a rider would walk the rest."""
    travel = road(lost(), places=PLACES[:4], names=NAMES[:4], move=True)
    assert travel.time((0.0, 0.0), (3000.0, 0.0)) == pytest.approx(100.0 + 2000.0 / 5.0)


def test_positions_on_the_way_find_their_way() -> None:
    """A place that was not known beforehand is as good as one that was, also next to a dead end."""
    known, free = road(lost(), places=PLACES[:2]), road(town())
    rng = np.random.default_rng(3)
    a, b = rng.uniform(0.0, 1000.0, (60, 2)), np.repeat(PLACES[:2], 30, axis=0)
    for origins, destinations in ((a, b), (b, a), (a, a[::-1])):
        assert known.times(origins, destinations) == pytest.approx(free.times(origins, destinations))


def test_rows_that_do_not_fit_are_computed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded; times stay what they are."""
    points = points_of(town())
    plenty = road(town(), places=points)
    monkeypatch.setattr(shortest_module, "KEPT", 0)
    monkeypatch.setattr(shortest_module, "AT_ONCE", 3 * 8 * len(points))
    scarce = road(town(), places=points)
    rng = np.random.default_rng(1)
    for _ in range(30):
        a, b = points[rng.integers(0, len(points), 40)], points[rng.integers(0, len(points), 40)]
        assert scarce.times(a, b).tolist() == plenty.times(a, b).tolist()


def test_riders_of_one_network_may_have_many_speeds_but_not_any_number() -> None:
    """Each has fastest ways of its own."""
    travel, a, b = road(town()), (0.0, 0.0), (1000.0, 1000.0)
    speeds = np.array([2.0, np.nan, 4.0, 20.0])
    found = travel.times(np.tile(a, (4, 1)), np.tile(b, (4, 1)), speeds)
    assert found.tolist() == pytest.approx([1000.0, 200.0, 500.0, 200.0])
    with pytest.raises(InputError, match="own speeds must be at most 16"):
        travel.times(np.tile(a, (40, 1)), np.tile(b, (40, 1)), np.linspace(1.0, 9.0, 40))


def test_a_fleet_may_have_a_top_speed() -> None:
    """Streets that are slower still slow it."""
    travel = road(town(), top_speed=4.0)
    assert travel.time((0.0, 0.0), (1000.0, 0.0)) == pytest.approx(250.0)
    assert travel.time((0.0, 0.0), (1000.0, 0.0), 8.0) == pytest.approx(125.0)


@pytest.mark.parametrize(
    ("node", "edge", "rule"),
    [
        ({"x": "west", "y": 0.0}, {}, "node b: x: must be a number, got 'west'"),
        ({"y": 0.0}, {}, "node b: x: must be a number, got None"),
        ({"x": 1, "y": 0}, {"length": "long"}, "edge a to b: length: must be a number >= 0, got 'long'"),
        ({"x": 1, "y": 0}, {"travel_time": -1}, "edge a to b: travel_time: must be a number >= 0, got -1"),
        ({"x": 1, "y": 0}, {"speed_kph": "0"}, "edge a to b: speed_kph: must be > 0, got '0'"),
    ],
)
def test_wrong_values_are_named(node: Any, edge: Any, rule: str) -> None:
    """By the node, or the ends of the edge."""
    graph = nx.DiGraph()
    graph.add_node("a", x=0.0, y=0.0)
    graph.add_node("b", **node)
    graph.add_edge("a", "b", **edge)
    with pytest.raises(InputError, match=rule):
        Streets.of(graph, speed=5.0)


def test_degrees_are_measured_along_the_earth() -> None:
    """A street between longitudes and latitudes is as long as the great circle, if it does not say."""
    graph = nx.Graph()
    graph.add_node(0, x="4.0", y="50.0")
    graph.add_node(1, x="4.0", y="50.1")
    graph.add_edge(0, 1)
    travel = RoadGraph(Streets.of(graph, speed=10.0, geographic=True), speed=5.0)
    assert travel.distance((4.0, 50.0), (4.0, 50.1)) == pytest.approx(11_119.5, rel=1e-4)
    assert travel.geographic
    assert not Euclidean(1.0).geographic
