"""``docs/import-columns.md``: what an export can tell, and by which names its columns are known."""

from __future__ import annotations

import sys
from pathlib import Path

from delivsim.scenario.history import OFFERS, ORDERS
from delivsim.scenario.imports.columns import ENDINGS, KNOWN, UNITS, Known

NAME = "import-columns.md"
_KINDS = {
    "text": "text",
    "instant": "instant",
    "number": "number",
    "latitude": "degrees",
    "longitude": "degrees",
    "metres": "m",
    "duration": "duration",
    "distance": "length",
}


def columns_page() -> str:
    """Render the page."""
    lines = [
        "# What an export can tell",
        "",
        "Rendered from the code (`make pages`). `delivsim import` knows a column by its name, without regard to case,",
        "spaces and accents (`Created At`, `createdAt`); the first name below that the file has is taken, unless",
        "`--map FIELD=COLUMN` says otherwise (`riders.`, `stores.`, `offers.` before a field of these files). Names of",
        f"instants may also end with {', '.join(f'`{end}`' for end in ENDINGS if end)};",
        "durations and lengths must end with their unit"
        f" ({', '.join(f'`_{unit}`' for kind in UNITS.values() for unit in kind)}), or are",
        "mapped and then in seconds or metres.",
        "A column whose cells are mostly something else is left unused, and that is said.",
    ]
    for table, known in KNOWN.items():
        lines += ["", f"## {table}", "", "| field | kind | meaning | names |", "| --- | --- | --- | --- |"]
        lines += [_row(one) for one in known]
    lines += ["", "## History", "", "What happened is kept beside the instance, in `history/`, for `delivsim fit`."]
    for name, columns in (("orders.csv", ORDERS), ("offers.csv", OFFERS)):
        lines += ["", f"`{name}`:", "", "| column | meaning |", "| --- | --- |"]
        lines += [f"| `{column}` | {meaning} |" for column, meaning in columns.items()]
    return "\n".join(lines) + "\n"


def _row(known: Known) -> str:
    names = ", ".join(f"`{name}`" for name in known.names)
    return f"| `{known.field}` | {_KINDS[known.kind]} | {known.meaning} | {names} |"


if __name__ == "__main__":
    (Path(sys.argv[1]) / NAME).write_text(columns_page(), encoding="utf-8")
