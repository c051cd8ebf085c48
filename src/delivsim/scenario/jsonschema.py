"""The JSON Schema of scenario files, for editors: every key with its meaning, unit, examples and default."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from delivsim.domain.distributions import Law
from delivsim.scenario.dump import plain

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def scenario_schema() -> dict[str, Any]:
    """Describe everything a scenario file may say, as JSON Schema (draft 2020-12)."""
    from delivsim.scenario.schema import Scenario

    schema = config_schema(Scenario)
    needed = schema.pop("required")
    either = [{"required": ["extends"]}, {"required": needed}]
    return {"$schema": DIALECT, **schema, "title": "delivsim scenario", "anyOf": either}


def config_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Describe any config as JSON Schema."""
    raw = model.model_json_schema(by_alias=True, schema_generator=_Generator)
    names = {name: part.get("title", name) for name, part in raw.get("$defs", {}).items()}
    schema: dict[str, Any] = _tidied(raw, names)
    definitions = {names[name]: part for name, part in sorted(schema.pop("$defs", {}).items())}
    for part in (schema, *definitions.values()):
        for about in part.get("properties", {}).values():
            _tell_meaning(about, definitions)
    return {**schema, "$defs": definitions} if definitions else schema


def _tell_meaning(about: dict[str, Any], definitions: dict[str, Any]) -> None:
    """Put back the description that pydantic leaves out where it equals that of the definition."""
    target = definitions.get(about.get("$ref", "").removeprefix("#/$defs/"))
    if target is not None and "description" in target:
        about.setdefault("description", target["description"])


class _Generator(GenerateJsonSchema):
    """Pydantic's generator, with defaults the way a file would write them."""

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> dict[str, Any]:
        """Write ``20ms`` and not 0.02; leave out defaults that are configs, which tell their own."""
        described = super().default_schema(schema)
        default = schema.get("default")
        write = _writer(schema["schema"])
        if isinstance(default, BaseModel) and not isinstance(default, Law):
            described.pop("default", None)
        elif default is not None and write is not None:
            described["default"] = write(default)
        return described

    def encode_default(self, dft: Any) -> Any:
        """Write a law as its map."""
        return plain(dft) if isinstance(dft, Law) else super().encode_default(dft)


def _writer(schema: Any) -> Any:
    """Find how values of a core schema are written, if that is special."""
    while isinstance(schema, dict):
        if "serialization" in schema:
            return schema["serialization"].get("function")
        schema = schema.get("schema")
    return None


def _tidied(part: Any, names: dict[str, str], *, keys_are_names: bool = False) -> Any:
    """Drop generated titles, use short names of definitions, and say the unit in the description."""
    if isinstance(part, list):
        return [_tidied(one, names) for one in part]
    if not isinstance(part, dict):
        return part
    if keys_are_names:
        return {key: _tidied(value, names) for key, value in part.items()}
    tidy = {
        key: _tidied(value, names, keys_are_names=key in ("properties", "$defs", "patternProperties"))
        for key, value in part.items()
        if key not in ("title", "discriminator")
    }
    if "$ref" in tidy:
        tidy["$ref"] = f"#/$defs/{names[tidy['$ref'].removeprefix('#/$defs/')]}"
    told = next((one for one in (tidy, *tidy.get("anyOf", ())) if isinstance(one, dict) and "unit" in one), None)
    if told is not None and isinstance(tidy.get("description"), str):
        examples = ", ".join(map(str, told.get("examples", ())))
        tidy["description"] += f" [{told['unit']}{f'; such as {examples}' if examples else ''}]"
    return tidy
