"""``delivsim export`` and ``check-solution``: to and from the formats of others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from delivsim.cli.exits import Exit
from delivsim.cli.output import complain, say
from delivsim.cli.results import Run, opened

app = typer.Typer(help="Write a run in somebody else's format.", no_args_is_help=True)


@app.callback()
def formats() -> None:
    """Write a run in somebody else's format."""


@app.command()
def mdrplib(run: Run, folder: Annotated[Path, typer.Argument(help="Folder to write to.", show_default=False)]) -> None:
    """Write the three published solution files of a run on an mdrplib instance."""
    from delivsim.experiment.mdrplib import export_solution

    for warning in export_solution(opened(run), folder):
        complain(f"Note: {warning}")
    say(f"Wrote the solution to {folder}")


@app.command()
def company(run: Run, folder: Annotated[Path, typer.Argument(help="Folder to write to.", show_default=False)]) -> None:
    """Write a run as a company would export its day: CSV files to try `delivsim import` with."""
    from delivsim.experiment.company import export_company

    files = export_company(opened(run), folder)
    say(f"Wrote {', '.join(file.name for file in files)} to {folder}")


def check_solution(
    instance: Annotated[Path, typer.Argument(help="Folder of the instance.", show_default=False)],
    folder: Annotated[Path, typer.Argument(help="Folder of the three solution files.", show_default=False)],
) -> None:
    """Check a solution strictly: every violation is named; then the published metrics. Ends with 1 if there is one."""
    from delivsim.experiment import mdrplib
    from delivsim.report.solution import solution_text
    from delivsim.scenario.formats import read_instance

    check = mdrplib.check_solution(read_instance("mdrplib", instance), folder)
    say(solution_text(check))
    raise typer.Exit(Exit.FINE if check.ok else Exit.FAILED)
