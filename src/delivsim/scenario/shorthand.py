"""Short forms of a scenario, written out before layers are merged, and keys that stand for each other."""

from __future__ import annotations

from delivsim.city.roster import spelled_out
from delivsim.dispatch.outside import FIRST, OUTSIDE, PARAMETERS
from delivsim.domain.config import Loc
from delivsim.scenario.nodes import Node

ROSTERS: tuple[Loc, ...] = (("city", "riders"), ("instance", "riders"))
"""Where ``80``, a list of shifts, or counts by time of day stand for a roster."""

_DRAWN_STORES = frozenset({"count", "clusters", "concentration", "spread", "items", "price_low", "price_high"})
INSTEAD: dict[Loc, tuple[frozenset[str], ...]] = {
    **dict.fromkeys(ROSTERS, (frozenset({"shifts"}), frozenset({"file", "breaks"}))),
    ("city", "stores"): (_DRAWN_STORES, frozenset({"file", "openings"})),
    ("city", "demand"): (frozenset({"rate"}), frozenset({"orders", "peaks"}), frozenset({"file", "items"})),
    ("instance", "demand"): (frozenset({"rate"}), frozenset({"zones"}), frozenset({"file", "items"})),
}
"""Groups of keys that are different ways to say one thing: a layer with one of them leaves none of the others below."""


def in_full(root: Node) -> Node:
    """Write the short forms of one layer in full, so that it can be laid over others: ``riders: 80`` is a count."""
    for loc in ROSTERS:
        root = _rewritten(root, loc)
    dispatch = root.get("dispatch")
    if dispatch is None or not isinstance(dispatch.value, dict):
        return root
    return Node({**root.value, "dispatch": _dispatched(dispatch)}, root.place, root.key)


def _dispatched(node: Node) -> Node:
    """Put what stands right under ``dispatch``, or inside ``policy``, for a server or program among the parameters."""
    said = dict(node.value)
    params = {name: said.pop(name) for name in PARAMETERS if name in said}
    policy = said.get("policy")
    if policy is not None and isinstance(policy.value, dict) and len(named := OUTSIDE.keys() & policy.value) == 1:
        (name,) = named
        inner = dict(policy.value)
        params = {FIRST[name]: inner.pop(name), **inner, **params}
        said["policy"] = Node(name, policy.place, policy.key)
    if not params:
        return node
    given = said.get("params")
    if given is not None and isinstance(given.value, dict):
        params |= given.value
    return Node({**said, "params": Node(params, node.place, node.key)}, node.place, node.key)


def _rewritten(node: Node, loc: Loc) -> Node:
    if not loc:
        short = spelled_out(node.plain())
        if isinstance(short, dict) and short.keys() in ({"count"}, {"shifts"}) and not _is_full(node, short):
            return Node(dict.fromkeys(short, node), node.place, node.key)
        return node
    below = node.value.get(loc[0]) if isinstance(node.value, dict) else None
    if below is None:
        return node
    return Node({**node.value, loc[0]: _rewritten(below, loc[1:])}, node.place, node.key)


def _is_full(node: Node, short: dict[str, object]) -> bool:
    return isinstance(node.value, dict) and node.value.keys() == short.keys()


def replaced(path: Loc, high: Node) -> set[str]:
    """Name the keys at ``path`` of lower layers that what this layer says there replaces."""
    groups = INSTEAD.get(path, ())
    said = {key for group in groups if group & high.value.keys() for key in group}
    return {key for group in groups for key in group} - said if said else set()
