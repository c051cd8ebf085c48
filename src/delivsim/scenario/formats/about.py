"""``instance.yaml``: what an instance of our own format says besides its tables: name, zones, travel and rules."""

from __future__ import annotations

import dataclasses
import typing
from pathlib import Path
from typing import Annotated, Any, Literal, Union

from pydantic import Field, create_model

from delivsim.domain.config import Config
from delivsim.domain.instance import Instance, Rules
from delivsim.domain.travel import Euclidean, Haversine
from delivsim.errors import InstanceError, Problem, ScenarioError
from delivsim.scenario.dump import write_text
from delivsim.scenario.formats.nouns import meanings
from delivsim.scenario.layered import read_config

FILE = "instance.yaml"
SCHEMA_VERSION = 1
TRAVEL: dict[str, type[Any]] = {"euclidean": Euclidean, "haversine": Haversine}
"""Travel models by the name that ``kind`` gives them."""


_LIMITS: dict[str, dict[str, Any]] = {"speed": {"gt": 0}, "detour": {"ge": 1}, "capacity": {"ge": 1}}
"""Of single numbers; all others are >= 0."""
_NUMBERS = (int, float, int | None, float | None)


def _config(noun: type[Any], **more: Any) -> Any:
    """Make the config of a noun with plain fields: the same names, types, defaults and meanings."""
    hints, words = typing.get_type_hints(noun), meanings(noun)
    fields: dict[str, Any] = {
        field.name: (
            hints[field.name],
            Field(
                ... if field.default is dataclasses.MISSING else field.default,
                description=words[field.name],
                **(_LIMITS.get(field.name, {"ge": 0}) if hints[field.name] in _NUMBERS else {}),
            ),
        )
        for field in dataclasses.fields(noun)
    }
    return create_model(noun.__name__, __base__=Config, **more, **fields)


RulesConfig = _config(Rules)
TRAVEL_CONFIGS = {kind: _config(noun, kind=(Literal[kind], ...)) for kind, noun in TRAVEL.items()}
_ANY_TRAVEL: Any = Union[tuple(TRAVEL_CONFIGS.values())]  # noqa: UP007


class AboutConfig(Config):
    """What ``instance.yaml`` says."""

    format: Literal["delivsim"]
    """Tells the format."""
    schema_version: Literal[1]
    """The version of the format. Columns may be added within a version; none gets another meaning."""
    name: Annotated[str, Field(min_length=1)]
    """What reports call the instance."""
    geographic: bool = False
    """Whether places are longitude (x) and latitude (y) in degrees instead of metres."""
    zones: tuple[str, ...] = ()
    """Names of all zones; where there are none, those of orders, riders and stores are not checked."""
    travel: Annotated[_ANY_TRAVEL, Field(discriminator="kind")]
    """How long the ways take."""
    rules: RulesConfig = RulesConfig()  # type: ignore[valid-type]
    """What holds for every order and rider."""


def read_about(folder: Path, problems: list[Problem]) -> dict[str, Any] | None:
    """Read what an instance says besides its tables, as arguments of `Instance`; None, and why, if it cannot be."""
    try:
        about, _ = read_config(AboutConfig, folder / FILE)
        rules: dict[str, Any] = dict(about.rules)
        travel: dict[str, Any] = dict(about.travel)
        return {
            "name": about.name,
            "geographic": about.geographic,
            "zones": about.zones,
            "travel": TRAVEL[travel.pop("kind")](**travel),
            "rules": Rules(**rules),
        }
    except ScenarioError as error:
        problems += error.problems
    except InstanceError as error:
        problems.append(Problem(file=str(folder / FILE), rule=str(error)))
    return None


def write_about(instance: Instance) -> str:
    """
    Write what an instance says besides its tables.

    Raises
    ------
    InstanceError
        The format does not know its travel model.
    """
    kind = next((kind for kind, noun in TRAVEL.items() if type(instance.travel) is noun), None)
    if kind is None:
        rule = f"must be one of {', '.join(TRAVEL)} for this format, got {type(instance.travel).__name__}"
        raise InstanceError.of([Problem(path="travel", rule=rule)])
    return write_text(
        {
            "format": "delivsim",
            "schema_version": SCHEMA_VERSION,
            "name": instance.name,
            "geographic": instance.geographic,
            "zones": list(instance.zones),
            "travel": {"kind": kind, **dataclasses.asdict(instance.travel)},  # type: ignore[call-overload]
            "rules": dataclasses.asdict(instance.rules),
        }
    )
