"""The suites that come with delivsim, found by their names wherever the command is run."""

from __future__ import annotations

import os
from importlib import resources
from pathlib import Path

from delivsim.bench.suite import Suite, load_suite, variables_of
from delivsim.bench.tables import Table
from delivsim.domain.units import near_miss, shown
from delivsim.errors import Problem, ScenarioError

_FOLDER = resources.files("delivsim.bench") / "suites"


def shipped_suites() -> list[str]:
    """Name the suites that come with delivsim."""
    return sorted(entry.name.removesuffix(".yaml") for entry in _FOLDER.iterdir() if entry.name.endswith(".yaml"))


def find_suite(name: str) -> Suite:
    """
    Read the suite of a file, or one of delivsim's by its name.

    Raises
    ------
    ScenarioError
        There is neither, or the file has mistakes.
    """
    if Path(name).is_file():
        return load_suite(name)
    names = shipped_suites()
    if name not in names:
        near = near_miss(Path(name).name.removesuffix(".yaml"), names)
        rule = f"must be a file or one of {', '.join(names)}, got {shown(name)}{near}"
        raise ScenarioError.of([Problem(path="--suite", rule=rule)])
    with resources.as_file(_FOLDER / f"{name}.yaml") as file:
        return load_suite(file, called=name)


def suites_table() -> Table:
    """List delivsim's suites: what each is for, and which folders it needs named in the environment."""
    rows = []
    for name in shipped_suites():
        suite = find_suite(name)
        needs = [f"{v}{'' if os.environ.get(v) else ' (not set)'}" for v in variables_of(suite)]
        rows.append((name, ", ".join(needs) or "nothing", suite.about))
    note = "\nRun one, or a file of your own: `delivsim bench run --suite NAME`. Commands: `delivsim bench --help`."
    return Table("", ("suite", "needs", "what for"), tuple(rows), 3, note)
