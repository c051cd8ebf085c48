"""Writing scenarios: as YAML that reads back to the same scenario, and as a short digest that names it."""

from __future__ import annotations

import re
from typing import Any

import yaml

from delivsim.scenario.yaml import FLOAT, TAG


class _Dumper(yaml.SafeDumper):
    """Writes texts in quotes that this reader, or one of YAML 1.1, would take for something else."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002
        """Write everything out; equal parts do not become aliases."""
        return True


def _quoted_if_odd(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    odd = any(not c.isprintable() for c in text)
    return dumper.represent_scalar(f"{TAG}str", text, style='"' if odd else None)


_Dumper.add_representer(str, _quoted_if_odd)
_Dumper.add_implicit_resolver(f"{TAG}float", re.compile(rf"(?:{FLOAT.pattern})\Z"), list("-+.0123456789"))
_Dumper.add_implicit_resolver(f"{TAG}int", re.compile(r"0o[0-7]+\Z|[0-9]+\Z"), list("0123456789"))


def write_text(data: Any) -> str:
    """Write plain data as YAML that `read_text` reads back to the same data."""
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110, default_flow_style=None)
