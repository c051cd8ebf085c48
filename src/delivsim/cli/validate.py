"""``delivsim validate``: the model against exact results."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from delivsim.cli.exits import Exit
from delivsim.cli.output import complain, say
from delivsim.cli.progress import count_bar

if TYPE_CHECKING:
    from delivsim.validate.check import Finding


class Form(StrEnum):
    """How findings are printed."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


def validate(
    cases: Annotated[
        list[str] | None, typer.Argument(help="Only cases or families that contain this.", show_default="all")
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Loads up to 60 %, intervals of 6 % (means) and 12 % (quantiles).")
    ] = False,
    jobs: Annotated[
        int | None, typer.Option("--jobs", "-j", min=1, help="Processes.", show_default="all cores")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="The first replication's seed.")] = 1,
    form: Annotated[Form, typer.Option("--format", help="How to print it.")] = Form.TEXT,
    plot: Annotated[
        Path | None, typer.Option(help="Draw the intervals (.png, .svg, .pdf).", metavar="FILE", show_default=False)
    ] = None,
    write: Annotated[
        Path | None,
        typer.Option(help="Write each case's scenario here instead of running.", metavar="DIR", show_default=False),
    ] = None,
) -> None:
    """
    Hold the model against exact results of queueing theory: case, exact, simulated with its interval, verdict.

    Intervals hold 99.9 % and may be 2 % (means) or 5 % (quantiles) wide to each side. Ends with 1 when a case fails.
    """
    from os import cpu_count

    from delivsim.validate import check
    from delivsim.validate.write import write_cases

    wanted = check.chosen(quick=quick, names=cases or ())
    if write is not None:
        say(f"Wrote {write_cases(wanted, write)} scenarios to {write}")
        return
    found: list[check.Finding] = []
    widths = check.QUICK if quick else check.FULL
    try:
        with count_bar("cases") as tell:
            for findings in check.validate(wanted, widths, seed=seed, jobs=jobs or cpu_count() or 1, tell=tell):
                found += findings
    except KeyboardInterrupt:
        _show(found, form, plot)
        complain(f"Interrupted: {len({f.case for f in found})} of {len(wanted)} cases.")
        raise typer.Exit(Exit.INTERRUPTED) from None
    _show(found, form, plot)
    raise typer.Exit(Exit.FINE if all(finding.verdict == "holds" for finding in found) else Exit.FAILED)


def _show(found: list[Finding], form: Form, plot: Path | None) -> None:
    import json

    from delivsim.validate import table

    if not found:
        return
    write = {Form.TEXT: table.text, Form.MARKDOWN: table.markdown}
    say(json.dumps(table.data(found), indent=2) if form is Form.JSON else write[form](found))
    if plot is not None:
        from delivsim.validate.picture import save_picture

        save_picture(found, plot)
        complain(f"Wrote {plot}")
