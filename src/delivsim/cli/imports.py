"""``delivsim import`` and ``fit``: from a company's own export to an instance, and from history to a scenario."""

from __future__ import annotations

from collections.abc import Sequence
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
    fitted: Annotated[
        bool, typer.Option("--fit", help="Also fit a scenario to what happened: OUT/city.yaml, as delivsim fit does.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Write into a folder that is not empty.")] = False,
) -> None:
    """
    Make an instance and a scenario of a company's own export, with its own column names.

    Every row is used, outside the window, or named with its line and the reason in rejects.csv.
    """
    from delivsim.report.imports import import_text
    from delivsim.scenario.imports.bring import import_export
    from delivsim.scenario.imports.export import Export
    from delivsim.scenario.imports.write import REJECTS, SCENARIO, refuse_occupied, write_import

    refuse_occupied(out, force=force)
    export = Export(
        orders=orders, riders=riders, stores=stores, offers=offers, mapped=mapped or (), timezone=timezone,
        since=since, until=until, day_first=day_first,
    )  # fmt: skip
    imported = import_export(export)
    write_import(imported, out)
    say(import_text(imported, str(out / REJECTS)))
    if fitted:
        say("")
        _fit([out], out / "city.yaml", "delivsim", ())
    say(f"Wrote {out}. Next: delivsim run {out / SCENARIO}")


def fit(
    instances: Annotated[list[Path], typer.Argument(help="Folders of instances, one or more days each.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The scenario to write.", show_default=False)],
    form: Annotated[str, typer.Option("--format", help="How the instances are written.")] = "delivsim",
    days: Annotated[str | None, typer.Option(help="Only these days of the week: fri,sat.", show_default="all")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a scenario that is there.")] = False,
) -> None:
    """
    Fit a scenario to what happened in instances: demand, stores, kitchens, customers, riders, speeds.

    Prints how well each law fits and what the data do not tell. Beside city.yaml comes a folder city with the instance
    that days are drawn from, the table as fit.txt and the picture as fit.png.
    """
    from delivsim.errors import InputError, Problem

    if not force and (out.exists() or out.with_suffix("").exists()):
        raise InputError.of([Problem(file=str(out), rule="is there already: name another file, or say --force")])
    if out.suffix not in (".yaml", ".yml"):
        raise InputError.of([Problem(path="--out", rule=f"must be a .yaml file, got {out.name!r}")])
    _fit(instances, out, form, days.split(",") if days else ())
    say(f"Wrote {out}. Next: delivsim run {out}")


def _fit(instances: list[Path], out: Path, form: str, days: Sequence[str]) -> None:
    from delivsim.report.figures.fit import save_fit
    from delivsim.report.fit import fit_text
    from delivsim.scenario.fitting.days import read_past
    from delivsim.scenario.fitting.found import find_all
    from delivsim.scenario.fitting.write import write_city

    found = find_all(read_past(instances, form, days))
    folder = write_city(found, out)
    text = fit_text(found)
    (folder / "fit.txt").write_text(text + "\n", encoding="utf-8")
    save_fit(found, folder / "fit.png")
    say(text)
