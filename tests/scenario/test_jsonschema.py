from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import Field

from delivsim.domain.config import Config
from delivsim.domain.distributions import DurationLaw, duration_law
from delivsim.domain.units import Duration, Money
from delivsim.scenario.dump import plain
from delivsim.scenario.jsonschema import config_schema, scenario_schema
from delivsim.scenario.schema import Scenario
from delivsim.scenario.templates import TEMPLATES, template_text
from delivsim.scenario.yaml import read_text

SCHEMA = scenario_schema()


def properties(part: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(part, dict):
        for name, about in part.get("properties", {}).items():
            yield f"{path}.{name}", about
        for key, inner in part.items():
            yield from properties(inner, f"{path}.{key}")
    elif isinstance(part, list):
        for i, inner in enumerate(part):
            yield from properties(inner, f"{path}[{i}]")


def data_of(template: str) -> Any:
    root = read_text(template_text(template), template).root
    assert root is not None
    return root.plain()


@pytest.fixture(scope="module")
def validator() -> Any:
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    return jsonschema.Draft202012Validator(SCHEMA)


def test_every_key_has_a_meaning() -> None:
    """No property of the schema is without a description of some words."""
    found = list(properties(SCHEMA))
    assert len(found) > 150
    assert [name for name, about in found if len(about.get("description", "")) < 4] == []


def test_quantities_tell_their_unit_in_words() -> None:
    """An editor that shows descriptions alone still shows the unit and how to write it."""
    horizon = SCHEMA["properties"]["horizon"]
    assert horizon["description"].endswith("[seconds; such as 20ms, 45min, 2h]")
    assert all("[" in about["description"] for _, about in properties(SCHEMA) if "unit" in about)


def test_definitions_have_plain_names_and_all_exist() -> None:
    """No generated name is left, and every reference leads somewhere."""
    assert all(name.isidentifier() and "_" not in name for name in SCHEMA["$defs"])
    text = str(SCHEMA)
    used = {part.split("'")[0] for part in text.split("#/$defs/")[1:]}
    assert used == set(SCHEMA["$defs"])


@pytest.mark.parametrize("template", TEMPLATES)
def test_templates_are_accepted_as_written_and_resolved(template: str, validator: Any) -> None:
    """What we ship fits the schema, with and without its defaults spelled out."""
    validator.validate(data_of(template))
    validator.validate(plain(Scenario.model_validate(data_of(template))))


@pytest.mark.parametrize(
    "change",
    [
        {"sede": 1},
        {"seed": -1},
        {"horizon": "90 mins"},
        {"warm_up": True},
        {"drain": "never"},
        {"city": 3},
        {"costs": {"server_hour": "ten"}},
        {"platform": {"network": {"default_delay": {"kind": "exponental", "mean": 1}}}},
    ],
)
def test_mistakes_are_refused(change: dict[str, Any], validator: Any) -> None:
    """An editor underlines unknown keys, wrong units and wrong choices."""
    assert not validator.is_valid({**data_of("minimal"), **change})


def test_a_file_that_extends_may_be_short(validator: Any) -> None:
    """Name and horizon may come from the base."""
    assert validator.is_valid({"extends": "base.yaml", "seed": 2})
    assert not validator.is_valid({"seed": 2})


def test_defaults_are_written_as_in_a_file() -> None:
    """Cents become units of the currency, seconds get their unit, constant laws are bare, configs are left out."""

    class Inner(Config):
        x: int = 1

    class Outer(Config):
        pay: Money = 450
        time: Duration = 0.02
        law: DurationLaw = Field(default=duration_law("5ms"))  # type: ignore[arg-type]
        inner: Inner = Inner()

    about = config_schema(Outer)["properties"]
    assert about["pay"]["default"] == "4.50"
    assert about["time"]["default"] == "20ms"
    assert about["law"]["default"] == "5ms"
    assert "default" not in about["inner"]


def test_a_process_may_be_a_bare_list(validator: Any) -> None:
    """Editors accept both ways to write a process, and underline an empty or misspelled one."""

    def process(value: Any) -> dict[str, Any]:
        return {**data_of("minimal"), "platform": {"processes": {"all": value}}}

    for good in (["gateway", "user"], {"services": ["gateway"], "workers": 4}):
        assert validator.is_valid(process(good))
        Scenario.model_validate(process(good))
    for bad in ([], [3], "gateway", {"workers": 4}, {"services": ["gateway"], "wokers": 4}):
        assert not validator.is_valid(process(bad))
