"""``delivsim bench``: policies over suites of instances, the gate for continuous integration, and the bound."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from delivsim.cli.exits import Exit
from delivsim.cli.output import complain, say
from delivsim.cli.progress import count_bar

app = typer.Typer(invoke_without_command=True, help="Compare dispatch policies over suites of instances.")

SuiteFile = Annotated[
    str,
    typer.Option(
        "--suite", help="A suite's file, or one of delivsim's: `delivsim bench` lists them.", metavar="FILE|NAME"
    ),
]
Jobs = Annotated[int | None, typer.Option("--jobs", "-j", min=1, help="Processes.", show_default="all cores")]


@app.callback()
def suites(context: typer.Context) -> None:
    """List the suites that come with delivsim; the commands run policies over them."""
    if context.invoked_subcommand is None:
        from delivsim.bench.shipped import suites_table

        say(suites_table().text())


def _cores() -> int:
    from os import cpu_count

    return cpu_count() or 1


def _names(text: str | None) -> list[str]:
    return [name.strip() for name in (text or "").split(",") if name.strip()]


@app.command()
def run(
    suite: SuiteFile = "twins",
    policies: Annotated[
        str | None,
        typer.Option(help="Only these: a,b,my.module:MyPolicy.", metavar="NAMES", show_default="the suite's"),
    ] = None,
    instances: Annotated[
        str | None, typer.Option(help="Only these, by name.", metavar="NAMES", show_default="all")
    ] = None,
    jobs: Jobs = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Where results are kept.", show_default="runs/bench/SUITE")
    ] = None,
) -> None:
    """
    Run policies over a suite: each solution checked strictly, differences paired, rows and tables kept.

    Interrupted, the same command goes on where it stopped (130). Ends with 1 when a policy fails or breaks a rule.
    """
    from delivsim.bench.run import benchmark
    from delivsim.bench.shipped import find_suite

    sys.path.append(str(Path.cwd()))  # code of one's own is found where the command is run, as with python -m
    spec = find_suite(suite)
    folder = out or Path("runs") / "bench" / spec.name
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with count_bar(spec.name) as tell:
            made = benchmark(
                spec,
                policies=_names(policies),
                instances=_names(instances),
                jobs=jobs or _cores(),
                out=folder,
                tell=tell,
            )
    except KeyboardInterrupt:
        complain(f"Interrupted. What is done is in {folder}; the same command goes on from there.")
        raise typer.Exit(Exit.INTERRUPTED) from None
    say(made.text())
    say(f"\nRows and tables in {folder}")
    raise typer.Exit(Exit.FINE if made.ok else Exit.FAILED)


@app.command()
def check(
    baseline: Annotated[
        str,
        typer.Option(help="A baseline's file, or git:REVISION to run that beside this code.", metavar="FILE|git:REV"),
    ] = "benchmarks/baseline.json",
    suite: SuiteFile = "ci",
    markdown: Annotated[
        Path | None, typer.Option(help="Write a pull request's comment.", metavar="FILE", show_default=False)
    ] = None,
    junit: Annotated[
        Path | None, typer.Option(help="Write the verdict as JUnit.", metavar="FILE", show_default=False)
    ] = None,
    update: Annotated[bool, typer.Option("--update", help="Write the baseline anew instead of checking.")] = False,
    jobs: Jobs = None,
) -> None:
    """
    Hold this code's dispatch against a baseline: quality, speed, repeatability, no sight of the future.

    Ends with 0 when it is as good, with 1 when something got worse: what, by how much, how sure, on which instances.
    """
    from delivsim.bench import comment, gate
    from delivsim.bench.shipped import find_suite
    from delivsim.errors import InputError

    sys.path.append(str(Path.cwd()))
    spec = find_suite(suite)
    if update and baseline.startswith(gate.GIT):
        raise InputError("--update: writes a file; --baseline must name one")
    for file in (markdown, junit, Path(baseline) if update else None):
        if file is not None:  # before anything is run
            file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with count_bar(spec.name) as tell:
            if update:
                found = gate.update(spec, Path(baseline), jobs=jobs or _cores(), tell=tell)
            else:
                verdict = gate.check(spec, baseline, jobs=jobs or _cores(), tell=tell)
    except KeyboardInterrupt:
        complain("Interrupted: nothing is judged.")
        raise typer.Exit(Exit.INTERRUPTED) from None
    if update:
        say("\n".join(finding.text for finding in found) or f"Wrote {baseline}")
        raise typer.Exit(Exit.FAILED if found else Exit.FINE)
    say(comment.text(verdict))
    for file, write in ((markdown, comment.markdown), (junit, comment.junit)):
        if file is not None:
            file.write_text(write(verdict), encoding="utf-8")
    raise typer.Exit(Exit.FINE if verdict.ok else Exit.FAILED)


@app.command()
def bound(
    instances: Annotated[list[Path], typer.Argument(help="Folders of small instances.", show_default=False)],
    form: Annotated[str, typer.Option("--format", help="How they are written.")] = "mdrplib",
    policy: Annotated[str, typer.Option(help="Whose day the search begins with.")] = "linear_assignment",
    time_limit: Annotated[
        str, typer.Option(help="How long to search on each, as seconds or like 2min.", metavar="DURATION")
    ] = "60s",
    moves: Annotated[
        int | None, typer.Option(min=1, help="How many moves to try instead: repeatable.", show_default=False)
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write the schedules as solutions here.", show_default=False)
    ] = None,
) -> None:
    """
    Bound the mean click-to-door that perfect information could reach: a relaxation below, a schedule above.

    Interrupted, it tells what is done (130). Ends with 1 when a published optimum is below the lower bound.
    """
    from delivsim.bench.bound import Bound, bounds, bounds_table

    found: list[Bound] = []
    limit = _seconds("--time-limit", time_limit)
    try:
        with count_bar("bound") as tell:
            for one in bounds(instances, form, policy, seconds=limit, moves=moves, out=out):
                found.append(one)
                if tell is not None:
                    tell(len(found), len(instances))
    except KeyboardInterrupt:
        complain(f"Interrupted after {len(found)} of {len(instances)}.")
        raise typer.Exit(Exit.INTERRUPTED) from None
    finally:
        if found:
            say(bounds_table(found).text())
    raise typer.Exit(Exit.FINE if all(one.holds for one in found) else Exit.FAILED)


def _seconds(option: str, text: str) -> float:
    """Read a duration of more than nothing, with or without its unit."""
    from delivsim.domain.units import parse_duration, shown
    from delivsim.errors import InputError

    try:
        seconds = parse_duration(float(text) if text.replace(".", "", 1).isdigit() else text)
    except ValueError as error:
        raise InputError(f"{option}: {error}") from None
    if seconds <= 0.0:
        raise InputError(f"{option}: must be > 0, got {shown(text)}")
    return seconds
