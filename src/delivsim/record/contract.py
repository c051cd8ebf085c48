"""The contract in words: ``docs/tables.md`` and ``docs/metrics.md``, rendered from what the code goes by."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from delivsim.record.catalogue import CHOICES, FORMS, Form
from delivsim.record.columns import ROW_ORDER
from delivsim.record.tables import SCHEMA_VERSION, TABLES, Column

NOTE = "<!-- Rendered by `python -m delivsim.record.contract docs`; a test compares. -->"

_ABOUT = {
    "orders": "One row per order of the instance.",
    "requests": "One row per attempt of every call, and per message handled and timer run.",
    "visits": "One row per visit to a station: queue and server.",
    "messages": "One row per message and consumer group.",
    "offers": "One row per order of every offer to a rider.",
    "legs": "One row per stretch of a rider's time.",
    "decisions": "One row per call of the dispatch policy.",
    "choices": "One row per order that a decision chose a rider for, per move, and per new reason to wait.",
    "known_orders": "What the dispatcher knew of orders: one row whenever that changed.",
    "known_riders": "What the dispatcher knew of riders: one row whenever that changed.",
    "known_stores": "What the dispatcher knew of the stores' demand: one row whenever that rose.",
    "riders": "One row per rider of the instance.",
    "stores": "One row per store of the instance.",
    "faults": "One row each time that something was wrong.",
}

_TYPES = {"int": "BIGINT", "float": "DOUBLE", "category": "VARCHAR", "text": "VARCHAR", "bool": "BOOLEAN"}

_UNITS = {
    "time": "time (`800ms`, `45min`; a bare number is seconds)",
    "signed time": "time, also negative (`-2min` is early)",
    "count": "whole number",
    "share": "share (`90%`, `0.9`)",
    "rate": "rate (`2/s`, `120/min`)",
    "number": "number",
    "money": "amount in units of the currency (`11.40`); cents in `summary.json`",
}


def tables_page() -> str:
    """Render ``docs/tables.md``: every table and column of a saved run, with type, unit and meaning."""
    head = f"""# The tables of a run

{NOTE}

A saved run is a folder: `manifest.json` (what ran), `summary.json` (its figures, see [metrics](metrics.md)),
`timings.parquet` (wall-clock times, the one file that differs between equal runs) and one Parquet file per table.
This is `schema_version` {SCHEMA_VERSION}, written in the manifest. Any change of a table, a column or a figure is a new
version, and `CHANGELOG.md` tells it; a run of another version is refused with a message.

- Instants (`*_at`) are seconds since the start of the scenario, null (NaN) where a thing never happened.
- `order`, `rider` and `store` are positions in the instance, whose names are in the tables of that name; -1: none.
- `request` and `message` numbers come from one sequence, so `parent` names either without doubt; 0: none. A client
  sees one operation as its attempts with the same `first_sent_at`, of which one is `last`.
- Equal runs are equal bytes: rows are sorted as said below, ties stay in the order in which they were recorded.
- In Python a `category` is a pandas `Categorical` with sorted categories; `result.orders`, `result.riders` and
  `result.stores` are indexed by `id`, everything in `result.tables` by row.
"""
    return "\n".join([head, *(_table(name, specs) for name, specs in TABLES.items())])


def _table(name: str, specs: tuple[Column, ...]) -> str:
    order = f"Sorted by {', '.join(f'`{key}`' for key in ROW_ORDER[name])}." if ROW_ORDER[name] else "As visits ended."
    rows = [(f"`{c.name}`", c.kind, _TYPES[c.kind], c.unit, c.meaning) for c in specs]
    return (
        f"## {name}\n\n{_ABOUT[name]} {order}\n\n{_grid(('column', 'type', 'in Parquet', 'unit', 'meaning'), rows)}\n"
    )


def metrics_page() -> str:
    """Render ``docs/metrics.md``: the metric grammar, and every figure with its path, short forms and unit."""
    rows = [(_code(f.path), _short(f), f.kind, _meaning(f)) for f in FORMS]
    choices = [(f"`<{place}>`", ", ".join(f"`{word}`" for word in words)) for place, words in CHOICES.items()]
    units = list(_UNITS.items())
    return f"""# Metrics and objectives

{NOTE}

One grammar names every figure of a run, in `slos:` of a scenario and wherever a metric is asked for:

```
METRIC                              place_order p99
METRIC OP LIMIT                     place_order p99 < 800ms
METRIC OP LIMIT in FROM-TO          click_to_door p90 < 45min in 18:30-20:30
```

- **METRIC** is a path of `summary.json` or a short form of it. Words may be parted by spaces or dots. Of equal names
  the client operation goes before the service, the service before the station: `payment p99` is the time in the
  payment service's system unless clients have an operation `payment`.
- **OP** is `<`, `<=`, `>` or `>=`.
- **LIMIT** has the unit of the metric. A count compared with a percentage is taken as a share of its whole:
  `delivered > 99%` is a share of orders placed, `delivered > 500` a number of orders.
- **FROM-TO** restricts the metric to what began in it: orders placed, operations first asked for, visits that arrived,
  messages published, offers that reached a rider; levels such as utilization are over the window itself. Times are
  `18:30`, `25:30` (past midnight), `2026-11-20T18:30`, or a time since the start (`90min`). FROM belongs to the
  window, TO does not.
- Without a window a metric is over what began after the warm-up, until the end of the run. Pay and what follows from
  it are of the whole run, because a shift is paid as a whole.
- **No data is a broken objective**, and says so: nothing was placed, asked for or answered.

Quantiles interpolate linearly between order statistics (Hyndman and Fan's definition 7); `sd` is the sample's
(n - 1). Times in `summary.json` are seconds, money is cents, shares are between 0 and 1; floats are rounded to nine
decimals, and a figure without data is `null`.

## Figures

{_grid(("path in `summary.json`", "short form", "compared with", "what it is, and over what"), rows)}

## Placeholders

{_grid(("placeholder", "stands for"), choices)}

`<operation>`, `<service>`, `<station>`, `<topic>` and `<reason>` are names of the run: client operations such as
`place_order`, services such as `gateway`, stations (a service's servers, or those of several in one process), topics
such as `order.placed`, and reasons for which orders were not delivered. `<caller>` and `<callee>` are those of a call:
services, workloads, apps. `<replica>` is the number of a replica with a queue of its own (`balancing`), 0 the first.

## Limits

{_grid(("compared with", "written as"), units)}
"""


def _short(form: Form) -> str:
    return ", ".join(_code(words) for words in form.short)


def _meaning(form: Form) -> str:
    return form.meaning + ("" if form.windowed else "; no window")


def _code(words: str) -> str:
    return f"`{words}`"


def _grid(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [list(head)]
    lines += [["---"] * len(lines[0]), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


PAGES = {"tables.md": tables_page, "metrics.md": metrics_page}


def write_pages(directory: Path) -> None:
    """Write both pages into a folder."""
    for name, page in PAGES.items():
        (directory / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    import sys

    write_pages(Path(sys.argv[1]))
