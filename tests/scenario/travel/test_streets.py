"""Scenarios whose riders drive along streets: generated ones, and maps as OSMnx saves them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest

from delivsim.domain.instance import Instance
from delivsim.domain.order import Order
from delivsim.domain.rider import Rider
from delivsim.domain.store import Store
from delivsim.domain.streams import Streams
from delivsim.domain.travel import Euclidean
from delivsim.domain.travel.config import GridTravel, RingRadialTravel
from delivsim.domain.travel.haversine import great_circle
from delivsim.domain.travel.networks import grid
from delivsim.domain.travel.road_graph import RoadGraph
from delivsim.domain.travel.streets import Streets
from delivsim.errors import InstanceError, ScenarioError
from delivsim.experiment.run import run
from delivsim.experiment.settled import Settled, settled
from delivsim.scenario.nodes import Place
from delivsim.scenario.reader import load_scenario
from delivsim.scenario.travel.base import base_travel
from delivsim.scenario.travel.graphml import read_streets

CITY = """
name: streets
starts_at: 2026-11-20T18:00
horizon: 30min
city:
  side: 3km
  demand: {{rate: {{"18:00": 60/h}}}}
  stores: {{count: 6, clusters: 2}}
  travel: {travel}
  riders: {{shifts: [{{start: "18:00", end: "20:00", riders: 12}}]}}
"""
OSM = """<?xml version='1.0' encoding='utf-8'?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
  <key id="d0" for="graph" attr.name="crs" attr.type="string"/>
  <key id="d1" for="node" attr.name="y" attr.type="string"/>
  <key id="d2" for="node" attr.name="x" attr.type="string"/>
  <key id="d3" for="edge" attr.name="length" attr.type="string"/>
  <key id="d4" for="edge" attr.name="maxspeed" attr.type="string"/>
  <key id="d5" for="edge" attr.name="oneway" attr.type="string"/>
  <key id="d6" for="edge" attr.name="travel_time" attr.type="string"/>
  <graph edgedefault="directed">
    <data key="d0">epsg:4326</data>
    <node id="101"><data key="d1">4.6</data><data key="d2">-74.1</data></node>
    <node id="102"><data key="d1">4.6</data><data key="d2">-74.09</data></node>
    <node id="103"><data key="d1">4.61</data><data key="d2">-74.09</data></node>
    <edge source="101" target="102" id="0"><data key="d3">1200.0</data><data key="d4">['50', '30']</data></edge>
    <edge source="101" target="102" id="1"><data key="d3">1100.0</data><data key="d4">30 mph</data></edge>
    <edge source="102" target="101" id="0"><data key="d3">1100.0</data><data key="d4">none</data></edge>
    <edge source="102" target="103" id="0"><data key="d3">1106.0</data><data key="d6">99.5</data></edge>
    <edge source="103" target="101" id="0"><data key="d5">True</data></edge>
  </graph>
</graphml>
"""


def written(folder: Path, travel: str) -> Path:
    path = folder / "city.yaml"
    path.write_text(CITY.format(travel=travel))
    return path


def town(path: Path) -> Settled:
    found = settled(load_scenario(path), Streams(1))
    assert found is not None
    return found


@pytest.mark.parametrize("kind", ["grid", "ring_radial"])
def test_riders_of_generated_streets_stay_on_them(kind: str, tmp_path: Path) -> None:
    """A whole evening runs; ways are never shorter than straight lines, and every order ends."""
    path = written(tmp_path, f"{{kind: {kind}, speed: 18km/h, one_way: true}}")
    result = run(load_scenario(path))
    assert result.summary()["conservation"]["holds"]
    legs = result.tables["legs"]
    straight = np.hypot(legs["to_x"] - legs["from_x"], legs["to_y"] - legs["from_y"])
    assert (legs["distance"] >= straight - 1e-6).all()
    assert legs["distance"].sum() > 1.15 * straight.sum()
    driven = legs[legs["distance"] > 0]
    assert (driven["distance"] / (driven["ended_at"] - driven["started_at"])).to_numpy() == pytest.approx(5.0)


def test_the_same_streets_in_a_file_are_the_same_city(tmp_path: Path) -> None:
    """A map counts from the file that names it; networkx writes what delivsim reads."""
    (tmp_path / "maps").mkdir()
    nx.write_graphml(nx.relabel_nodes(grid((0.0, 0.0, 3000.0, 3000.0), 250.0), str), tmp_path / "maps" / "town.graphml")
    mapped = town(written(tmp_path, "{kind: road_graph, path: maps/town.graphml, speed: 18km/h}"))
    assert isinstance(mapped.instance.travel, RoadGraph)
    store, order = mapped.instance.stores[0], mapped.instance.orders[0]
    blocks = RoadGraph(read_streets(tmp_path / "maps" / "town.graphml", speed=5.0, geographic=False), speed=5.0)
    a, b = (store.x, store.y), (order.x, order.y)
    assert mapped.instance.travel.time(a, b) == pytest.approx(blocks.time(a, b))


def test_a_map_from_osmnx_is_read_with_all_its_quirks(tmp_path: Path) -> None:
    """Texts for numbers, lists of limits, miles per hour, parallel edges, streets without a length or a limit."""
    path = tmp_path / "osm.graphml"
    path.write_text(OSM)
    streets = read_streets(path, speed=8.0, geographic=True)
    a, b, c = (-74.1, 4.6), (-74.09, 4.6), (-74.09, 4.61)
    travel = RoadGraph(streets, speed=5.0)
    assert travel.time(a, b) == pytest.approx(1100.0 / (30 * 0.44704))
    assert travel.time(b, a) == pytest.approx(1100.0 / 8.0)
    assert travel.time(b, c) == pytest.approx(99.5)
    assert travel.time(c, a) == pytest.approx(great_circle(c, a) / 8.0)


def test_places_on_no_street_are_named_below_the_line_that_names_the_map(tmp_path: Path) -> None:
    """All of them, by what they are."""
    nx.write_graphml(nx.relabel_nodes(grid((0.0, 0.0, 900.0, 900.0), 300.0), str), tmp_path / "small.graphml")
    with pytest.raises(ScenarioError) as caught:
        town(written(tmp_path, "{kind: road_graph, path: small.graphml, snap_within: 300m}"))
    first, *others = [str(problem) for problem in caught.value.problems]
    assert len(str(caught.value).split("\n")) == min(101, 1 + len(others))
    assert first.startswith(f"{tmp_path}/city.yaml:9:")
    assert "city.travel" in first
    assert any(text.startswith("store s") for text in others)
    assert any(text.startswith("order o") for text in others)
    assert any(text.startswith("rider r") for text in others)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (("</graph>", "</gra"), r"osm\.graphml:\d+: must be GraphML: "),
        (("-74.09", "west"), r"osm\.graphml: node 102: x: must be a number, got 'west'"),
        (("1106.0", "far"), r"osm\.graphml: edge 102 to 103: length: must be a number >= 0, got 'far'"),
        (("epsg:4326", "epsg:32618"), r"osm\.graphml: crs: must be in degrees, as the places are, got metres"),
    ],
)
def test_a_wrong_map_is_named_with_what_is_wrong(change: tuple[str, str], rule: str, tmp_path: Path) -> None:
    """File, node or edge, rule and value."""
    path = tmp_path / "osm.graphml"
    path.write_text(OSM.replace(*change))
    with pytest.raises(InstanceError, match=rule):
        read_streets(path, speed=8.0, geographic=True)


def test_no_map_no_city(tmp_path: Path) -> None:
    """The missing file is named, and the line that names it."""
    with pytest.raises(ScenarioError, match=r"city\.yaml:9:.*\n.*no\.graphml: cannot be read: no such file"):
        town(written(tmp_path, "{kind: road_graph, path: no.graphml}"))


def test_vehicles_have_fastest_ways_of_their_own() -> None:
    """What one of two streets allows a car does not help a bicycle."""
    graph: nx.DiGraph[Any] = nx.DiGraph()
    for i, place in enumerate([(0.0, 0.0), (500.0, 400.0), (1000.0, 0.0)]):
        graph.add_node(i, x=place[0], y=place[1])
    for a, b, length, kmh in ((0, 1, 640, 90), (1, 2, 640, 90), (0, 2, 1000, 36)):
        graph.add_edge(a, b, length=length, speed_kph=kmh)
        graph.add_edge(b, a, length=length, speed_kph=kmh)
    travel = RoadGraph(Streets.of(graph, speed=5.0), speed=5.0)
    assert travel.path((0.0, 0.0), (1000.0, 0.0)).nodes.tolist() == [0, 1, 2]
    assert travel.path((0.0, 0.0), (1000.0, 0.0), 4.0).nodes.tolist() == [0, 2]


def test_riders_of_all_speeds_are_too_many_for_streets() -> None:
    """Each speed has fastest ways of its own; told before anything runs, with what helps."""
    riders = [Rider(id=f"r{i}", x=0.0, y=0.0, on_at=0.0, off_at=60.0, speed=1.0 + i) for i in range(17)]
    town = Instance(name="town", orders=[], stores=[], riders=riders, travel=Euclidean(5.0))
    with pytest.raises(ScenarioError, match=r"riders: must have at most 16 different speeds on streets, have 17"):
        base_travel(Place("town.yaml", 4), "instance.travel", GridTravel(kind="grid"), town)
    riders.pop()
    assert base_travel(Place("town.yaml", 4), "instance.travel", GridTravel(kind="grid"), town)


def test_streets_a_metre_apart_are_a_slip() -> None:
    """Told by the number of crossings, and not found out by running out of memory."""
    orders = [Order(id=f"o{i}", placed_at=0.0, store=0, x=8000.0 * i, y=8000.0 * i) for i in range(2)]
    town = Instance(name="town", orders=orders, stores=[Store(id="s", x=0.0, y=0.0)], riders=[], travel=Euclidean(5.0))
    with pytest.raises(ScenarioError, match=r"spacing: must give at most 1,000,000 crossings, gives about 64,016,001"):
        base_travel(Place("town.yaml", 4), "city.travel", GridTravel(kind="grid", spacing=1), town)


def test_one_way_radials_are_even() -> None:
    """As many must lead in as out."""
    with pytest.raises(ValueError, match="radials: must be even"):
        RingRadialTravel(kind="ring_radial", radials=7, one_way=True)
