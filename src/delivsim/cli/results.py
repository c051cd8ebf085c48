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


def explain(
    run: Run,
    order: Annotated[str | None, typer.Argument(help="The order's id.", show_default=False)] = None,
    operation: Annotated[
        str | None,
        typer.Option(help="Instead of an order: an operation's slowest calls, or a topic's messages.", metavar="NAME"),
    ] = None,
    p50: Annotated[bool, typer.Option("--p50", help="From the median on.")] = False,
    p90: Annotated[bool, typer.Option("--p90", help="From this quantile on.")] = False,
    p95: Annotated[bool, typer.Option("--p95", help="From this quantile on.")] = False,
    p99: Annotated[bool, typer.Option("--p99", help="From this quantile on; so it is unless told otherwise.")] = False,
    p999: Annotated[bool, typer.Option("--p99.9", help="From this quantile on.")] = False,
    begin: Annotated[str | None, typer.Option("--from", help="Only calls that began from then on.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Only calls that began before.")] = None,
) -> None:
    """
    Tell an order's whole story, or where the time of an operation's slowest calls went.

    An order: the platform's part, the decisions about it, its rider's way. An operation (--operation place_order
    --p99): hop by hop along the critical path, waiting, work, network, retries and broker, beside ordinary calls.
    """
    from delivsim.errors import InputError
    from delivsim.report.explain import explain_order
    from delivsim.report.explain_tail import explain_tail, window_of

    flags = {0.5: p50, 0.9: p90, 0.95: p95, 0.99: p99, 0.999: p999}
    levels = [q for q, wanted in flags.items() if wanted]
    if (order is None) == (operation is None):
        raise InputError("explain: name an order's id, or --operation NAME; one of the two")
    if operation is None and (levels or begin is not None or end is not None):
        raise InputError("--p50 to --p99.9, --from and --to: are for --operation, not for an order")
    if len(levels) > 1:
        raise InputError("--p50 to --p99.9: one of them")
    result = opened(run)
    if order is not None:
        say(explain_order(result, order))
    elif operation is not None:
        say(explain_tail(result, operation, levels[0] if levels else 0.99, window_of(result, begin, end)))


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
