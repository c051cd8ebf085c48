"""``delivsim info`` and ``generate``: what is in an instance, and new ones."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from delivsim.cli.output import say
from delivsim.cli.run import Format


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
