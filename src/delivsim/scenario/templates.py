"""Scenarios to start from; their texts travel with the package."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from delivsim.domain.units import near_miss, shown
from delivsim.errors import Problem, ScenarioError
from delivsim.scenario.jsonschema import scenario_schema
from delivsim.scenario.reader import load_scenario
from delivsim.scenario.schema import Scenario

SCHEMA_FILE = "delivsim.schema.json"
TEMPLATES = {
    "minimal": "a quiet hour of a small synthetic city",
    "friday_evening": "a synthetic city, a four-hour dinner peak, every service queueing",
    "mdrplib": "a published instance of the meal delivery routing problem",
    "flash_sale": "ten times as many orders within a minute, on a platform sized for a usual evening",
    "rainy_night": "slow streets, few riders, impatient customers, and a dispatch that does not know of the rain",
    "dark_store": "one warehouse with pickers, shelves that run out and are filled up, bags of several orders",
    "two_cities": "two cities whose peaks are two hours apart, on one platform",
    "services": "services of one's own, without a city: an M/M/3 queue and a small shop",
}
"""What each template is, the one to start from first."""


def template_text(name: str) -> str:
    """
    Give the text of a template.

    Raises
    ------
    ScenarioError
        There is no such template.
    """
    if name not in TEMPLATES:
        rule = f"must be one of {', '.join(TEMPLATES)}, got {shown(name)}{near_miss(name, list(TEMPLATES))}"
        raise ScenarioError.of([Problem(path="template", rule=rule)])
    folder = resources.files("delivsim.scenario") / "templates"
    return (folder / f"{name}.yaml").read_text(encoding="utf-8")


def load_template(name: str, *, overlays: Sequence[Path] = (), overrides: Sequence[str] = ()) -> Scenario:
    """
    Read a template as a scenario, with overlays and overrides as of ``load_scenario``.

    Raises
    ------
    ScenarioError
        There is no such template.
    """
    template_text(name)
    with resources.as_file(resources.files("delivsim.scenario") / "templates" / f"{name}.yaml") as path:
        return load_scenario(path, overlays=overlays, overrides=overrides)


def init_scenario(template: str, target: Path) -> list[Path]:
    """
    Write a scenario to start from, and beside it the JSON Schema that editors show its keys by.

    Returns
    -------
    The files written: the scenario, and ``delivsim.schema.json`` unless the folder has one already.

    Raises
    ------
    ScenarioError
        No such template, the target exists already, or it cannot be written.
    """
    text = template_text(template)
    schema = target.parent / SCHEMA_FILE
    try:
        with target.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        if schema.exists():
            return [target]
        schema.write_text(json.dumps(scenario_schema(), indent=1) + "\n", encoding="utf-8", newline="\n")
    except FileExistsError as error:
        raise _refused(target, "exists already; nothing was overwritten") from error
    except (OSError, ValueError) as error:
        raise _refused(target, f"cannot be written: {getattr(error, 'strerror', None) or error}".lower()) from error
    return [target, schema]


def _refused(target: Path, rule: str) -> ScenarioError:
    problem = Problem(file=str(target), rule=rule)
    return ScenarioError(str(problem), (problem,))
