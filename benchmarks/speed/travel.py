"""
Travel times: great circles of 3,000 x 3,000 places, 50,000 crossings with 2,000 stores, pairs of every model.

Usage: ``python benchmarks/speed/travel.py``. CPU seconds on one core. Required: the great circles within 0.5 s; streets
ready within 60 s, from the networkx graph to the times from and to every store; what was asked before within 1 s.
Ends with 1 if one of them is missed.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np

from delivsim.domain.distributions import number_law
from delivsim.domain.streams import Streams
from delivsim.domain.travel import Euclidean, Floats, Haversine, Travel, table
from delivsim.domain.travel.belief import Erring, factors
from delivsim.domain.travel.matrix import Matrix
from delivsim.domain.travel.networks import grid
from delivsim.domain.travel.pace import Pace, Paced
from delivsim.domain.travel.road_graph import RoadGraph
from delivsim.domain.travel.streets import Streets

SIDE = 22_300.0
CROSSINGS, STORES, DOORS = 50_000, 2_000, 1_000
RNG = np.random.default_rng(7)


def took(what: Callable[[], object]) -> float:
    """CPU seconds of a call."""
    began = time.process_time()
    what()
    return time.process_time() - began


def best(what: Callable[[], object], times: int = 3) -> float:
    """CPU seconds of the quickest of some calls."""
    return min(took(what) for _ in range(times))


def great_circles() -> float:
    """All pairs of 3,000 places in a city, in degrees."""
    places = RNG.uniform(-74.2, -73.9, 3000), RNG.uniform(4.5, 4.8, 3000)
    return best(lambda: table(Haversine(5.0), np.column_stack(places), np.column_stack(places)))


def streets() -> tuple[float, float, RoadGraph, Floats]:
    """One-way streets, so that ways there and back differ: from nothing to every store's rows, and once more."""
    places = RNG.uniform(0.0, SIDE, (STORES + DOORS, 2))
    stores, doors = places[:STORES], np.tile(places[STORES:], (STORES // DOORS, 1))
    names = [f"place {i}" for i in range(len(places))]
    began = time.process_time()
    graph = grid((0.0, 0.0, SIDE, SIDE), SIDE / 223.0, one_way=True)
    assert graph.number_of_nodes() >= CROSSINGS
    network = Streets.of(graph, speed=8.0)
    travel = RoadGraph(network, speed=5.0, places=places, names=names, n_hubs=STORES, snap_within=200.0)
    for pairs in ((stores, doors), (doors, stores)):
        travel.times(*pairs)
    ready = time.process_time() - began
    again = took(lambda: [travel.times(*pairs) for pairs in ((stores, doors), (doors, stores))])
    return ready, again, travel, places


def pairs(roads: RoadGraph, places: Floats) -> dict[str, float]:
    """Nanoseconds per pair of 50,000 pairs of riders and stores, as one decision asks for them."""
    law = number_law({"kind": "lognormal", "mean": 1.0, "cv": 0.3})
    plane = Euclidean(5.0, detour=1.3)
    zone = np.arange(len(places)) % 400
    models: dict[str, Travel] = {
        "euclidean": plane,
        "haversine": Haversine(5.0),
        "matrix": Matrix(RNG.uniform(0.0, 900.0, (400, 400)), places, zone),
        "road graph": roads,
        "by hour": Paced(travel=plane, pace=Pace([(3600.0 * k, 1.0 - 0.05 * (k % 5)) for k in range(24)])),
        "erring": Erring(plane, factors(law.sample, Streams(1)["error"], 1.0), 1),
    }
    a, b = places[RNG.integers(STORES, len(places), 50_000)], places[RNG.integers(0, STORES, 50_000)]
    found = {}
    for name, model in models.items():
        scale = 1e-4 if name == "haversine" else 1.0
        found[name] = best(lambda model=model, scale=scale: model.times(a * scale, b * scale, at=4000.0)) / 50_000 * 1e9
    return found


def main() -> int:
    """Measure, print, judge."""
    circles = great_circles()
    ready, again, roads, places = streets()
    for name, nanoseconds in pairs(roads, places).items():
        sys.stdout.write(f"{nanoseconds:8,.0f} ns a pair  {name}\n")
    sys.stdout.write(
        f"3,000 x 3,000 great circles {circles:.2f} s (at most 0.5); {CROSSINGS:,} crossings and {STORES:,} stores "
        f"ready in {ready:.1f} s (at most 60), asked again {again * 1000:.0f} ms (at most 1000)\n"
    )
    return 0 if circles < 0.5 and ready < 60.0 and again < 1.0 else 1


if __name__ == "__main__":
    sys.exit(main())
