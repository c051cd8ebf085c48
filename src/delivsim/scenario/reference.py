"""The page on scenario files (``docs/scenario.md``), rendered from the schema that they are checked by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from delivsim.scenario.jsonschema import scenario_schema

Part = dict[str, Any]
REF = "#/$defs/"
UNITS = {
    "seconds": "duration",
    "metres": "distance",
    "metres per second": "speed",
    "per second": "rate",
    "units of the currency": "money",
    "time of day, date and time, or time since the start": "instant",
    "local date and time": "date and time",
}
PLAIN = {"integer": "whole number", "number": "number", "string": "text", "boolean": "true or false", "object": "map"}
INTRODUCTION = """\
# Scenario files

<!-- Rendered by `python -m delivsim.scenario.reference docs`; a test compares. -->

One YAML file describes a run. `delivsim init` writes one to start from, `delivsim check FILE` reports every mistake
with its line and says how loaded it will be, `delivsim check FILE --resolved` prints it with every default, and
`delivsim schema` prints the JSON Schema that editors complete keys by. [By example](scenario-by-example.md): promises,
stock, payment, faults, services of one's own.

## How values are written

| what | examples | a bare number is in |
| --- | --- | --- |
| duration | `20ms`, `45min`, `1h30m`, `7d` | seconds |
| instant | `"18:30"`, `"25:30"` (past midnight), `2026-11-20T18:30`, `90min` after the start | seconds after it |
| rate | `3/s`, `40/min`, `100/h` | per second |
| speed | `18km/h`, `5m/s`, `300m/min` | metres per second |
| distance | `800m`, `1.5km` | metres |
| money | `10.50`, `10` | units of the currency |
| share | `90%`, `0.9` | |
| law | `20ms` (always), `{kind: lognormal, p50: 20ms, p99: 180ms}` | as the quantity |

A [law of chance](#laws-of-chance) stands wherever a duration or an amount may vary. YAML is read by the rules of
version 1.2: `no` is a text and `1e3` a number; a key given twice is a mistake.

## Files over files

`extends: base.yaml` takes another file as the base, `delivsim run FILE -f overlay.yaml` (repeatable) lays files
over it, and `--set a.b.c=value` comes last. Maps are merged key by key; lists and single values are replaced. A
mistake is reported in the file that made it.

## Code in a scenario

`dispatch.policy: my_package.my_module:MyPolicy` names code that is imported when the scenario **runs**: a scenario
from someone you do not trust can run anything. `delivsim check` never imports it, and `delivsim run --no-plugins`
refuses it.
"""
LAWS = "## Laws of chance\n\nAll give values >= 0; each can stand for a duration, a number or an amount of money."


def scenario_page() -> str:
    """Render the page: how values are written, the top-level keys, every key below them, and the laws of chance."""
    schema = scenario_schema()
    defs: dict[str, Part] = schema["$defs"]
    top = {**schema, "required": schema["anyOf"][1]["required"]}
    parts = [INTRODUCTION, "## Top-level keys\n", _table(top)]
    for name, paths in _places(schema, defs).items():
        parts += [_heading(name, defs[name], paths), _table(defs[name])]
    parts += ["\n" + LAWS + "\n", _laws(defs)]
    return "\n".join(parts) + "\n"


def _heading(name: str, part: Part, paths: list[str]) -> str:
    """Write the heading of a part; of those that share a place it says by which ``kind`` (or ``rule``) it is told."""
    tag = next((f", {key} `{about['const']}`" for key, about in part["properties"].items() if "const" in about), "")
    also = f" Also at {', '.join(f'`{path}`' for path in paths[1:])}." if paths[1:] else ""
    return f'\n<a id="{name}"></a>\n\n## `{paths[0]}`{tag}\n\n{_meaning(part)}{also}\n'


def _places(schema: Part, defs: dict[str, Part]) -> dict[str, list[str]]:
    """Find, for each part of a scenario, the paths at which it may stand, in reading order."""
    places: dict[str, list[str]] = {}
    waiting = [("", schema, "")]
    while waiting:
        path, part, name = waiting.pop(0)
        if name and path in places.setdefault(name, []):
            continue
        if name:
            places[name].append(path)
        if name and len(places[name]) > 1:
            continue
        below = [
            (f"{path}.{key}{suffix}".lstrip("."), defs[inner], inner)
            for key, about in part.get("properties", {}).items()
            for inner, suffix in _references(about)
            if not _is_law(inner)
        ]
        waiting = below + waiting
    return places


def _references(about: Part, suffix: str = "") -> Iterator[tuple[str, str]]:
    """Give the parts that a key may hold, each with ``.NAME`` or ``[]`` for how it holds them."""
    if "$ref" in about:
        yield about["$ref"].removeprefix(REF), suffix
    for choice in (*about.get("anyOf", ()), *about.get("oneOf", ())):
        yield from _references(choice, suffix)
    if "items" in about:
        yield from _references(about["items"], f"{suffix}[]")
    for value in _values(about):
        yield from _references(value, f"{suffix}.NAME")


def _values(about: Part) -> list[Part]:
    further = about.get("additionalProperties")
    return [*about.get("patternProperties", {}).values(), *([further] if isinstance(further, dict) else [])]


def _table(part: Part) -> str:
    needed = part.get("required", ())
    rows = [
        (f"`{key}`", _takes(about), "needed" if key in needed else _default(about), _meaning(about))
        for key, about in part["properties"].items()
    ]
    return _grid(("key", "takes", "default", "meaning"), rows)


def _takes(about: Part) -> str:
    """Say in a few words what a key takes."""
    words = list(dict.fromkeys(_words(about)))
    return ", ".join(words[:-1]) + (" or " if words[1:] else "") + words[-1] if words else "anything"


def _words(about: Part) -> Iterator[str]:
    laws = [name for name, _ in _references(about) if _is_law(name)]
    choices = [*about.get("anyOf", ()), *about.get("oneOf", ())]
    if about.get("type") == "array":
        yield f"list of {_takes(about['items'])}"
    elif _values(about):
        yield f"map of {_takes(_values(about)[0])}"
    elif laws:
        yield "law (duration)" if laws[0].endswith("Duration") else "law (number)"
        yield from (word for choice in choices for word in _words(choice) if "const" in choice)
    elif about.get("unit") in UNITS:
        yield UNITS[about["unit"]]
    elif any("%" in choice.get("pattern", "") for choice in choices):
        yield "share"
    elif "$ref" in about:
        yield "[see below](#" + about["$ref"].removeprefix(REF) + ")"
    elif "const" in about or "enum" in about:
        yield from (f"`{value}`" for value in about.get("enum", [about.get("const")]))
    elif choices:
        yield from (word for choice in choices for word in _words(choice))
    elif about.get("type") in PLAIN:
        yield PLAIN[about["type"]]


def _default(about: Part) -> str:
    default = about.get("default")
    if default is None or default in ([], {}):
        return ""
    if isinstance(default, dict):
        return "`{" + ", ".join(f"{key}: {value}" for key, value in default.items()) + "}`"
    if isinstance(default, bool | float):
        return f"`{str(default).lower().removesuffix('.0')}`"
    return f"`{default}`"


def _meaning(about: Part) -> str:
    """Give the description without the unit in brackets, which the column before tells."""
    text = " ".join(str(about.get("description", "")).split())
    return (text[: text.rindex(" [")] if text.endswith("]") and " [" in text else text).replace("``", "`")


def _laws(defs: dict[str, Part]) -> str:
    rows = []
    for name, part in defs.items():
        if name.endswith("Duration") and _is_law(name):
            kind, *keys = part["properties"].items()
            quantiles = [key for key, _ in keys if key[:1] == "p" and key[1:].replace(".", "").isdigit()]
            shown = [f"`{key}`" for key, _ in keys if key not in quantiles]
            shown += [f"`{quantiles[0]}` to `{quantiles[-1]}`"] if quantiles else []
            rows.append((f"`{kind[1]['const']}`", ", ".join(shown), _meaning(kind[1])))
    return _grid(("kind", "keys", "meaning"), rows)


def _is_law(name: str) -> bool:
    return name.endswith(("Duration", "Number", "Money"))


def _grid(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *(tuple(cell.replace("|", "\\|") for cell in row) for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def write_page(folder: Path) -> None:
    """Write the page into a folder."""
    (folder / "scenario.md").write_text(scenario_page(), encoding="utf-8")


if __name__ == "__main__":
    import sys

    write_page(Path(sys.argv[1]))
