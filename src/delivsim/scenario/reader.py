"""Reading scenarios: files, overlays and ``--set`` values become one valid `Scenario`, or every mistake is told."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from delivsim.errors import InstanceError, Problem, ScenarioError
from delivsim.scenario.dump import dump_scenario, scenario_digest
from delivsim.scenario.fault_words import fault_node
from delivsim.scenario.formats import read_instance
from delivsim.scenario.layered import read_config
from delivsim.scenario.nodes import Node
from delivsim.scenario.schema import Scenario

__all__ = ["check_instance", "dump_scenario", "load_scenario", "scenario_digest"]

_TABLES = {
    "stores": ("file", "openings"),
    "menus": ("file", "stock", "refills"),
    "demand": ("file", "items"),
    "riders": ("file", "breaks"),
    "travel": ("path", "places"),
}
FILES = (
    ("instance", "path"),
    *((top, part, key) for top in ("instance", "city") for part, keys in _TABLES.items() for key in keys),
)
"""Where scenarios name files."""


def load_scenario(
    path: str | os.PathLike[str],
    *,
    overlays: Sequence[str | os.PathLike[str]] = (),
    overrides: Sequence[str] = (),
    faults: Sequence[str] = (),
) -> Scenario:
    """
    Read a scenario file, what it extends, and what is laid over it.

    Parameters
    ----------
    path
        A YAML file. What it ``extends`` is found relative to it.
    overlays
        Further files, the last wins; maps are merged, lists and single values replaced.
    overrides
        Values such as ``platform.services.gateway.workers=4``; they win over all files.
    faults
        Further faults such as ``crash:store@19:00+5min``.

    Raises
    ------
    ScenarioError
        With every mistake: its file, line and column, dotted path, rule, value got and near miss.
    """
    main = Path(path)
    files = [Path(file) for file in overlays]
    words = [fault_node(text) for text in faults]
    if wrong := [word for word in words if isinstance(word, Problem)]:
        raise ScenarioError.of(wrong)
    more = [("faults", word) for word in words if isinstance(word, Node)]
    scenario, root = read_config(Scenario, main, files, overrides, paths=FILES, appended=more)
    return scenario.located(main, root)


def check_instance(scenario: Scenario) -> None:
    """
    Read the instance that a scenario names, only to see whether it can be read.

    Raises
    ------
    ScenarioError
        With the mistakes of the instance's own files, the line that names them first.
    """
    if scenario.instance is None:
        return
    try:
        read_instance(scenario.instance.format, scenario.instance.path)
    except InstanceError as error:
        rule = f"must be an instance in the {scenario.instance.format} format"
        here = scenario.place("instance", "path").problem(rule, "instance.path")
        raise ScenarioError.of([here, *error.problems]) from error
