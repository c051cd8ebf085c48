"""The page on our own format (``docs/instance.md``), rendered from what reads and writes it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

from delivsim.scenario.formats import FORMATS, mdrplib, rappi
from delivsim.scenario.formats.about import SCHEMA_VERSION, TRAVEL_CONFIGS, AboutConfig, RulesConfig
from delivsim.scenario.formats.nouns import ABOUT, NEEDED, PARTS, Column, columns_of

NOTE = "<!-- Rendered by `python -m delivsim.scenario.formats.page docs`; a test compares. -->"


def instance_page() -> str:
    """Render the page: the files of an instance, every column, and every key of ``instance.yaml``."""
    parts = [HEAD, *(_table(name, ABOUT[name]) for name in ("orders", "riders", "stores"))]
    parts += [_table(name, part.about) for name, part in PARTS.items()]
    parts += ["## instance.yaml\n", _keys(AboutConfig), "\n### rules\n", _keys(RulesConfig)]
    for kind, config in TRAVEL_CONFIGS.items():
        parts += [f"\n### travel: {kind}\n", _keys(config)]
    parts += ["\n## Formats of others\n", *(_about(module) for module in (mdrplib, rappi))]
    return "\n".join(parts) + "\n"


HEAD = f"""# Instances in our own format

{NOTE}

An instance is a folder: `instance.yaml` (name, travel, rules) and a table for each kind of thing, as `.csv` or
`.parquet`. This is `schema_version` {SCHEMA_VERSION}: columns may be added within a version; none is renamed, removed
or given another meaning without a new one.

```yaml
instance: {{format: delivsim, path: my_city}}
```

- `orders`, `riders` and `stores` must be there. Other tables, columns that are not needed and their cells may be left
  out or blank. A column or key that is not on this page is a mistake, and so is a row that lacks something: each is
  named with its file and line (in Parquet, with the number of its row).
- Instants (`*_at`) and times are seconds, instants since the start of the scenario; money is whole cents.
- Places are metres (`x` east, `y` north), or with `geographic: true` degrees (`x` longitude, `y` latitude).
- Travel here is straight lines; times from a table, along streets, by the hour or the weather are the scenario's to
  say, as `instance.travel` (see [travel](travel.md)).
- A law is a duration (`12min`; a bare number is seconds) or a map of [laws of chance](scenario.md#laws-of-chance) in
  JSON: `{{"kind": "gamma", "mean": "11min", "cv": 0.4}}`.
- CSV is UTF-8 with one header line, cells in double quotes where they hold commas, quotes or line ends.
- Reading what was written gives the same instance, every number to its last bit.

`delivsim info FOLDER` says what is in an instance, and `delivsim generate SCENARIO -o FOLDER` writes one. A small
instance by hand:

```
my_city/instance.yaml   format: delivsim
                        schema_version: 1
                        name: my city
                        travel: {{kind: euclidean, speed: 5.0}}
my_city/stores.csv      id,x,y
                        luigi,400,300
my_city/riders.csv      id,x,y,on_at,off_at
                        ana,0,0,0,14400
my_city/orders.csv      id,placed_at,store,x,y,ready_at
                        1,600,luigi,1500,900,1500
```
"""


def _about(module: ModuleType) -> str:
    """Render what a format's file says of itself."""
    name = module.__name__.rsplit(".", 1)[-1]
    written = "read and written" if FORMATS[name].write else "read"
    words = inspect.cleandoc(module.__doc__ or "").replace("``", "`")
    return f"### {name} ({written})\n\n{words}\n"


def _table(name: str, about: str) -> str:
    of = f" Belongs to `{PARTS[name].of}`; the file may be left out." if name in PARTS else ""
    rows = [(f"`{c.name}`", c.kind.value, _default(c), _words(c.meaning, "blank")) for c in columns_of(name)]
    return f"## {name}\n\n{about}{of}\n\n{_grid(('column', 'cells', 'if blank', 'meaning'), rows)}\n"


def _default(column: Column) -> str:
    if column.default is NEEDED:
        return "needed"
    return "" if column.default in (None, "") else f"`{column.default:g}`"


def _keys(config: Any) -> str:
    rows = []
    for name, field in config.model_fields.items():
        plain = isinstance(field.default, bool | int | float | str)
        default = "needed" if field.is_required() else f"`{str(field.default).lower()}`" if plain else ""
        rows.append((f"`{name}`", default, _words(field.description or "Tells the travel model.", "null")))
    return _grid(("key", "if left out", "meaning"), rows)


def _words(meaning: str, nothing: str) -> str:
    """Put a meaning in the words of files, where ``nothing`` is how None is written."""
    return re.sub(r"\bNone\b", nothing, meaning.replace("``", "`"))


def _grid(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [list(head)]
    lines += [["---"] * len(lines[0]), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


if __name__ == "__main__":
    import sys

    (Path(sys.argv[1]) / "instance.md").write_text(instance_page(), encoding="utf-8")
