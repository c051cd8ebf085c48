"""``delivsim report``, ``plot``, ``explain`` and ``diff``: everything after a run."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from delivsim.cli.exits import Exit
from delivsim.cli.output import say

if TYPE_CHECKING:
    from delivsim.record.result import Result

Run = Annotated[str, typer.Argument(metavar="RUN", help="A run's folder or name, or @last.", show_default=False)]


class Picture(StrEnum):
    """How figures are written."""

    SVG = "svg"
    PNG = "png"
    PDF = "pdf"


def opened(run: str) -> Result:
    """Open the run that an argument names."""
    from delivsim.experiment.rundir import find_run
    from delivsim.record.result import load_result

    return load_result(find_run(run))


def report(
    run: Run,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Where to write the page.", show_default="RUN/report.html")
    ] = None,
    text: Annotated[bool, typer.Option("--text", help="Print the one-screen report instead.")] = False,
) -> None:
    """Write a run's report and figures as one self-contained HTML page."""
    from delivsim.experiment.rundir import find_run
    from delivsim.record.metrics import verdicts
    from delivsim.report.page import html_report
    from delivsim.report.text import text_report

    result = opened(run)
    if text:
        say(text_report(result, verdicts(result)))
        return
    page = out or find_run(run) / "report.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(html_report(result, verdicts(result)), encoding="utf-8")
    say(f"Wrote {page}")


def plot(
    run: Run,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder to write to.", show_default="RUN/figures")
    ] = None,
    form: Annotated[Picture, typer.Option("--format", help="How to write them.")] = Picture.SVG,
    figures: Annotated[
        list[str] | None, typer.Option("--figure", help="Only this figure; repeat.", show_default="all")
    ] = None,
) -> None:
    """Draw a run's figures, one file each."""
    from delivsim.experiment.rundir import find_run
    from delivsim.report.figures import save_figures

    folder = out or find_run(run) / "figures"
    files = save_figures(opened(run), folder, form, figures)
    say(f"Wrote {', '.join(file.name for file in files)} to {folder}")


def explain(run: Run, order: Annotated[str, typer.Argument(help="The order's id.", show_default=False)]) -> None:
    """Tell an order's whole story: the platform's part, the decisions about it, its rider's way."""
    from delivsim.report.explain import explain_order

    say(explain_order(opened(run), order))


def compare(one: Run, other: Run) -> None:
    """Say by how much customers waited longer in the second run of the same orders, and for what."""
    from delivsim.report.compare import compare_text

    say(compare_text(opened(one), opened(other)))


def diff(one: Run, other: Run) -> None:
    """Name the first row in which two runs differ; ends with 1 if there is one."""
    from delivsim.report.diff import diff_text, first_differences

    runs = opened(one), opened(other)
    say(diff_text(*runs))
    raise typer.Exit(Exit.FAILED if first_differences(*runs) else Exit.FINE)
