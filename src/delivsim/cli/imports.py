"""``delivsim import`` and ``fit``: from a company's own export to an instance, and from history to a scenario."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from delivsim.cli.output import say


def import_(
    orders: Annotated[Path, typer.Argument(help="The orders, CSV or Parquet.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write to.", show_default=False)],
    riders: Annotated[Path | None, typer.Option(help="Riders' shifts.", show_default=False)] = None,
    stores: Annotated[Path | None, typer.Option(help="Stores and where they are.", show_default=False)] = None,
    offers: Annotated[Path | None, typer.Option(help="Offers and riders' answers.", show_default=False)] = None,
    mapped: Annotated[
        list[str] | None,
        typer.Option(
            "--map", metavar="FIELD=COLUMN", help="What a column is: placed_at=created_ts, riders.on_at=login; repeat."
        ),
    ] = None,
    timezone: Annotated[
        str | None, typer.Option(help="Where it is, such as America/Bogota.", show_default="UTC")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--from", metavar="WHEN", help="First local time: 2026-11-20T17:00.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", metavar="WHEN", help="Last local time, included: 23:59 or 25:30.")
    ] = None,
    day_first: Annotated[
        bool | None,
        typer.Option("--day-first/--month-first", help="How 3/4/2026 is meant.", show_default="what the data tell"),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write into a folder that is not empty.")] = False,
) -> None:
    """
    Make an instance and a scenario of a company's own export, with its own column names.

    Every row is used, outside the window, or named with its line and the reason in rejects.csv.
    """
    from delivsim.report.imports import import_text
    from delivsim.scenario.imports.bring import Export, import_export
    from delivsim.scenario.imports.write import REJECTS, SCENARIO, refuse_occupied, write_import

    refuse_occupied(out, force=force)
    export = Export(
        orders=orders, riders=riders, stores=stores, offers=offers, mapped=mapped or (), timezone=timezone,
        since=since, until=until, day_first=day_first,
    )  # fmt: skip
    imported = import_export(export)
    write_import(imported, out)
    say(import_text(imported, str(out / REJECTS)))
    say(f"Wrote {out}. Next: delivsim run {out / SCENARIO}")
