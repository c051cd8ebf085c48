"""Street networks in GraphML, as OSMnx saves them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from delivsim.domain.travel.streets import Streets
from delivsim.errors import InputError, InstanceError, Problem

if TYPE_CHECKING:
    import networkx as nx

IN_DEGREES = ("epsg:4326", "wgs84", "wgs 84", "crs84")


def read_streets(path: Path, *, speed: float, geographic: bool) -> Streets:
    """
    Read a network of streets.

    Parameters
    ----------
    speed
        Metres per second where a street does not say.
    geographic
        Whether the places that it is for are in degrees.

    Raises
    ------
    InstanceError
        The file cannot be read, or is in other coordinates, or a node or edge is wrong: each with the file and name.
    """
    graph = _read(path)
    crs = str(graph.graph.get("crs", "")).lower()
    if crs and (in_degrees := any(word in crs for word in IN_DEGREES)) != geographic:
        got, wanted = ("degrees", "metres") if in_degrees else ("metres", "degrees")
        rule = f"must be in {wanted}, as the places are, got {got} ({crs}); ox.project_graph turns one into the other"
        raise InstanceError.of([Problem(file=str(path), path="crs", rule=rule)])
    try:
        return Streets.of(graph, speed=speed, geographic=geographic)
    except InputError as error:
        raise InstanceError.of([Problem(file=str(path), path=p.path, rule=p.rule) for p in error.problems]) from None


def _read(path: Path) -> nx.Graph[Any]:
    from xml.etree.ElementTree import ParseError

    import networkx as nx

    line, rule = None, ""
    try:
        return nx.read_graphml(path)
    except OSError as error:
        rule = f"cannot be read: {(error.strerror or str(error)).lower()}"
    except ParseError as error:
        line, rule = error.position[0], f"must be GraphML: {error.msg.split(':')[0]}"
    except (nx.NetworkXError, ValueError, KeyError, StopIteration, UnicodeDecodeError) as error:
        rule = f"must be GraphML as networkx and OSMnx write it: {error or type(error).__name__}"
    raise InstanceError.of([Problem(file=str(path), line=line, rule=rule)])
