"""The public names of delivsim: what users may rely on."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import delivsim

NAMES = [
    "POLICIES",
    "Assignment",
    "DelivsimError",
    "DispatchPolicy",
    "DispatchProblem",
    "Euclidean",
    "Haversine",
    "InputError",
    "Instance",
    "InstanceError",
    "Match",
    "Matrix",
    "Move",
    "Order",
    "Outcome",
    "PolicyError",
    "Result",
    "ResultError",
    "Rider",
    "RoadGraph",
    "Rules",
    "Scenario",
    "ScenarioError",
    "Store",
    "Streets",
    "Travel",
    "Wait",
    "__version__",
    "benchmark",
    "check_assignment",
    "load_problem",
    "load_result",
    "load_scenario",
    "read_instance",
    "run",
    "write_instance",
]


def test_the_list_of_public_names_is_pinned() -> None:
    """Adding or removing a public name is a decision: it changes this test and the changelog."""
    assert delivsim.__all__ == NAMES
    assert dir(delivsim) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_is_there(name: str) -> None:
    """Each name can be had, is what its home calls by that name, and says what it is."""
    thing = getattr(delivsim, name)
    if callable(thing):
        assert thing.__name__ == name
        assert thing.__doc__


def test_type_checkers_see_what_users_get() -> None:
    """The imports made for type checkers name the same homes as the lazy ones."""
    tree = ast.parse(Path(delivsim.__file__).read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {alias.name: node.module for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert seen == {name: f"delivsim.{home}" for name, home in delivsim._HOMES.items()}
    assert {*seen, "__version__"} == set(NAMES)


def test_unknown_names_are_refused() -> None:
    """A misspelt name is an AttributeError, as with any module."""
    with pytest.raises(AttributeError, match="no attribute 'simulate'"):
        _ = delivsim.simulate


def test_importing_costs_nothing() -> None:
    """`import delivsim` imports no third-party package and nothing of its own rooms."""
    code = "import sys; before = set(sys.modules); import delivsim; print(sorted(set(sys.modules) - before))"
    got = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    loaded = set(ast.literal_eval(got))
    assert {name.split(".")[0] for name in loaded} <= {"delivsim", *sys.stdlib_module_names}
    assert {name for name in loaded if name.startswith("delivsim")} == {"delivsim"}
