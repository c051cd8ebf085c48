"""Writing scenarios: as YAML that reads back to the same scenario, and as a short digest that names it."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

import yaml
from pydantic import BaseModel

from delivsim.domain.distributions import Constant
from delivsim.scenario.yaml import FLOAT, TAG


def dump_scenario(scenario: BaseModel) -> str:
    """
    Write a scenario with every default spelled out; reading the text gives the same scenario.

    Names of files count from the folder of the scenario's own file.
    """
    return write_text(plain(scenario))


def scenario_digest(scenario: BaseModel) -> str:
    """Give 16 hexadecimal digits that two scenarios share only if they say the same, defaults included."""
    return digest_of(plain(scenario))


def digest_of(data: dict[str, Any]) -> str:
    """Give the digest of a scenario written as ``plain`` data."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def plain(config: BaseModel) -> dict[str, Any]:
    """Give a config as plain data with units, without the keys that are empty because nobody set them."""
    data: dict[str, Any] = _pruned(config, config.model_dump(mode="json", by_alias=True, warnings=False))
    return data


def _pruned(part: Any, data: Any) -> Any:
    """Drop what is None by default; a None that replaces another default means something and stays."""
    if isinstance(part, Constant):
        return data["value"]
    if isinstance(part, BaseModel) and isinstance(data, dict):
        fields = type(part).model_fields.items()
        named = [(name, about.alias or name, about.default) for name, about in fields]
        return {
            key: _pruned(getattr(part, name), data[key])
            for name, key, default in named
            if not (getattr(part, name) is None and default is None)
        }
    if isinstance(part, dict):
        return {key: _pruned(part[key], value) for key, value in data.items()}
    if isinstance(part, tuple | list):
        return [_pruned(inner, value) for inner, value in zip(part, data, strict=True)]
    return data


def write_text(data: Any) -> str:
    """Write plain data as YAML that `delivsim.scenario.yaml.read_text` reads back to the same data."""
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110, default_flow_style=None)


class _Dumper(yaml.SafeDumper):
    """Writes texts in quotes that our reader, or one of YAML 1.1, would take for something else."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002
        """Write everything out; equal parts do not become aliases."""
        return True


def _quoted_if_odd(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    odd = any(not c.isprintable() for c in text)
    return dumper.represent_scalar(f"{TAG}str", text, style='"' if odd else None)


_Dumper.add_representer(str, _quoted_if_odd)
_Dumper.add_implicit_resolver(f"{TAG}float", re.compile(rf"(?:{FLOAT.pattern})\Z"), list("-+.0123456789"))
_Dumper.add_implicit_resolver(f"{TAG}int", re.compile(r"0o[0-7]+\Z|[0-9]+\Z"), list("0123456789"))
