"""``delivsim info`` and ``generate``: what is in an instance, and new ones."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from delivsim.cli.output import complain, say
from delivsim.cli.run import Format


class Tables(StrEnum):
    """How the tables of our own format are written."""

    CSV = "csv"
    PARQUET = "parquet"


def info(
    source: Annotated[
        Path, typer.Argument(metavar="INSTANCE", help="An instance's folder, or a scenario file.", show_default=False)
    ],
    form: Annotated[
        str | None, typer.Option("--format", help="The instance's format.", show_default="told by its files")
    ] = None,
    plot: Annotated[
        Path | None, typer.Option("--plot", help="Draw a map and the hours into this file (png, svg or pdf).")
    ] = None,
    output: Annotated[Format, typer.Option("--format-output", help="Print a table, or JSON.")] = Format.TABLE,
) -> None:
    """Say what is in an instance: counts, hours, distances, preparation, rider-hours against work, what is odd."""
    import json

    from delivsim.experiment.instance_facts import measured
    from delivsim.report.figures.instance import save_instance_picture
    from delivsim.report.info import info_text

    instance, facts = measured(source, form)
    say(json.dumps(facts, indent=1) if output is Format.JSON else info_text(facts))
    if plot is not None:
        save_instance_picture(instance, facts, plot)
        if output is Format.TABLE:
            say(f"\nDrew {plot}")


def generate(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write to.", show_default=False)],
    scenario: Annotated[Path | None, typer.Argument(help="The scenario file.", show_default=False)] = None,
    template: Annotated[
        str | None, typer.Option(help="A template instead of a file, as of delivsim init.", show_default=False)
    ] = None,
    overlays: Annotated[
        list[Path] | None,
        typer.Option("--file", "-f", help="Lay another file over it; repeat, the last wins.", show_default=False),
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=VALUE", help="Change one value; repeat.", show_default=False),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Another seed than the file's.", min=0, max=2**63 - 1, show_default=False)
    ] = None,
    form: Annotated[str, typer.Option("--format", help="delivsim (our own) or mdrplib.")] = "delivsim",
    tables: Annotated[Tables, typer.Option(help="How our own format's tables are written.")] = Tables.CSV,
    force: Annotated[bool, typer.Option("--force", help="Write into a folder that is not empty.")] = False,
) -> None:
    """Draw a scenario's day and write it as an instance; what the format cannot hold is named."""
    from delivsim.experiment.generated import SCENARIO, generated, write_generated
    from delivsim.scenario.imports.write import refuse_occupied
    from delivsim.scenario.reader import load_scenario
    from delivsim.scenario.templates import load_template

    if (scenario is None) == (template is None):
        raise typer.BadParameter("give a scenario file or --template, one of the two")
    refuse_occupied(out, force=force)
    layers, values = overlays or (), changes or ()
    if template is not None:
        spec = load_template(template, overlays=layers, overrides=values)
    else:
        spec = load_scenario(scenario or "", overlays=layers, overrides=values)
    day = generated(spec, seed)
    for what in write_generated(day, out, form, tables.value):
        complain(f"Lost: {what}")
    n = day.instance
    say(f"Wrote {len(n.orders):,} orders, {len(n.riders):,} riders and {len(n.stores):,} stores to {out}")
    if (out / SCENARIO).exists():
        say(f"Next: delivsim info {out / SCENARIO}, or delivsim run {out / SCENARIO}")
