"""The dispatch policies as text: parameters, meaning, and where each comes from."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Iterator
from typing import Any

from rich.text import Text

from delivsim.dispatch.finding import BUILT_IN, installed_policies, policy_class, taken_names
from delivsim.errors import PolicyError
from delivsim.report.columns import joined, wrapped

_SECTION = re.compile(r"^(\w[\w ]*)\n-+\n", re.MULTILINE)


def policies_text() -> Text:
    """List every policy: its first sentence, its parameters with defaults and meanings, its source."""
    lines: list[Text] = []
    for name in (*BUILT_IN, *installed_policies()):
        try:
            lines += [*_policy(name, policy_class(name)), Text()]
        except PolicyError as error:
            lines += [Text.assemble((name, "bold red"), f"  cannot be used: {error}"), Text()]
    for point in taken_names():
        said = f"  {point.value} is not used: the name is delivsim's own"
        lines += [Text.assemble((point.name, "bold red"), said), Text()]
    own = "Your own: `policy: module:Class` in a scenario; `delivsim policies check module:Class` tests it."
    return joined([*lines, Text(own)])


def _policy(name: str, policy: Any) -> Iterator[Text]:
    sections = _sections(inspect.getdoc(policy) or "")
    yield Text.assemble((name, "bold"), "  ", " ".join(sections[""].split("\n\n")[0].split()))
    defaults = {f.name: _default(f) for f in dataclasses.fields(policy)} if dataclasses.is_dataclass(policy) else {}
    for names, meaning in _meanings(sections.get("Parameters", "")):
        yield Text("  " + ", ".join(f"{n}{defaults[n]}" for n in names if n in defaults), style="cyan")
        yield from wrapped(meaning, indent=6)
    if source := sections.get("Notes", ""):
        yield from wrapped("Source: " + " ".join(source.split()), style="dim")


def _default(field: dataclasses.Field[Any]) -> str:
    """Write what a parameter is unless it is given; nothing where it must be."""
    made = field.default if field.default_factory is dataclasses.MISSING else field.default_factory()
    told = sorted(made) if isinstance(made, frozenset) else made
    return "" if made is dataclasses.MISSING else f" = {told!r}"


def _sections(doc: str) -> dict[str, str]:
    """Cut a docstring at its headings; what stands before the first one is under the empty name."""
    parts = _SECTION.split(doc)
    return {"": parts[0].strip()} | dict(zip(parts[1::2], (part.strip("\n") for part in parts[2::2]), strict=True))


def _meanings(section: str) -> list[tuple[list[str], str]]:
    """Give the parameters that share a meaning, and the meaning, in the order of the docstring."""
    found: list[tuple[list[str], str]] = []
    for line in section.splitlines():
        if line and not line.startswith(" "):
            found.append(([name.strip() for name in line.split(",")], ""))
        elif line.strip():
            names, meaning = found[-1]
            found[-1] = names, f"{meaning} {line.strip()}".strip()
    return found
