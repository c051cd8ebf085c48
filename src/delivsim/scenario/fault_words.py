"""Faults in a word, for a quick try: ``crash:store@19:00+5m``, ``riders_offline:30%@19:00+20min``."""

from __future__ import annotations

import re
from typing import Any

from delivsim.domain.units import near_miss, shown
from delivsim.errors import Problem
from delivsim.scenario.nodes import Node, Place, node_of
from delivsim.scenario.yaml import read_text

_WORD = re.compile(
    r"(?P<kind>\w+)(:(?P<target>[^@,]+))?(@(?P<at>[^+,]+))?(\+(?P<lasts>[^,]+))?(?P<more>(,[^,=]+=[^,]+)*)"
)
_MINUTES = re.compile(r"(\d)m$")
AT, LASTS = "10min", "5min"
"""When a fault begins that does not say so, after the start, and how long it lasts."""
TARGETS = {
    "crash": "service",
    "slow": "service",
    "error_rate": "service",
    "payment_outage": "",
    "poison": "topic",
    "latency": "edges",
    "loss": "edges",
    "partition": "groups",
    "store_closed": "stores",
    "kitchen_fire": "stores",
    "riders_offline": "riders",
    "dead_zone": "",
    "demand_surge": "",
}
"""What stands behind the colon, for each kind."""
FORM = "KIND[:TARGET][@AT][+FOR][,KEY=VALUE...], such as crash:store@19:00+5min or slow:order@19:00+10min,factor=4"


def fault_node(text: str) -> Node | Problem:
    """
    Read a fault as the command line writes it.

    A target may be a share (``30%``) where stores or riders are meant, several names joined by ``/``, and for a
    partition groups joined by ``|``.
    """
    place = Place(f"--fault {text}")
    match = _WORD.fullmatch(text.strip())
    if match is None:
        return place.problem(f"must be {FORM}")
    kind = match["kind"]
    if kind not in TARGETS:
        return place.problem(f"must be one of {', '.join(TARGETS)}, got {shown(kind)}{near_miss(kind, list(TARGETS))}")
    fault: dict[str, Any] = {
        "kind": kind,
        "at": match["at"] or AT,
        "for": _MINUTES.sub(r"\1min", match["lasts"] or LASTS),
    }
    if match["target"]:
        if not TARGETS[kind]:
            return place.problem(f"{kind} has no target, got {shown(match['target'])}")
        fault.update(_target(TARGETS[kind], match["target"]))
    for pair in filter(None, match["more"].split(",")):
        key, _, value = pair.partition("=")
        read = read_text(value, place.file, with_lines=False).root
        fault[key] = None if read is None else read.plain()
    return node_of(fault, place)


def _target(key: str, text: str) -> dict[str, Any]:
    if key == "service":
        service, _, operation = text.partition(".")
        return {"service": service, **({"operation": operation} if operation else {})}
    if key == "topic":
        return {"topic": text}
    if key == "groups":
        return {"groups": [group.split("/") for group in text.split("|")]}
    return {"share": text} if text.endswith("%") else {key: text.split("/")}
