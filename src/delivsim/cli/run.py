"""``delivsim run``: one scenario, one seed, one folder of results."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from delivsim.cli.exits import Exit
from delivsim.cli.output import say
from delivsim.cli.progress import progress_bar


class Format(StrEnum):
    """What ``run`` prints: the report for a person, or ``summary.json`` for a program."""

    TABLE = "table"
    JSON = "json"


def run(
    scenario: Annotated[Path, typer.Argument(help="The scenario file.", show_default=False)],
    overlays: Annotated[
        list[Path] | None,
        typer.Option("--file", "-f", help="Lay another file over it; repeat, the last wins.", show_default=False),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Where to save the run.", show_default="runs/NAME-SEED-HASH")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Another seed than the file's.", min=0, max=2**63 - 1, show_default=False)
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=VALUE", help="Change one value; repeat.", show_default=False),
    ] = None,
    faults: Annotated[
        list[str] | None,
        typer.Option(
            "--fault",
            metavar="KIND[:TARGET]@AT+FOR",
            help="Let something break, such as crash:store@19:00+5min; repeat.",
            show_default=False,
        ),
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="Print the report, or summary.json.")] = Format.TABLE,
    force: Annotated[bool, typer.Option("--force", help="Replace a run that is there.")] = False,
    no_plugins: Annotated[bool, typer.Option("--no-plugins", help="Refuse code named by the scenario.")] = False,
) -> None:
    """
    Run a scenario, save the run, print its report.

    Ends with 0, with 3 when a service level objective is broken (the run is saved first), with 130 after Ctrl-C
    (what happened so far is saved).
    """
    from delivsim.dispatch.config import make_policy
    from delivsim.errors import PolicyError
    from delivsim.experiment.run import run as simulate
    from delivsim.experiment.rundir import default_run_dir, new_run
    from delivsim.record.metrics import verdicts
    from delivsim.record.result import load_result
    from delivsim.report.clock import Clock
    from delivsim.report.text import text_report
    from delivsim.scenario.reader import load_scenario, scenario_digest

    spec = load_scenario(scenario, overlays=overlays or (), overrides=changes or (), faults=faults or ())
    if no_plugins:
        make_policy(spec.dispatch, plugins=False)
    sys.path.append(str(Path.cwd()))  # code of one's own is found where the command is run, as with python -m
    number = spec.seed if seed is None else seed
    target = out or default_run_dir(spec.name, number, scenario_digest(spec))
    clock = Clock(starts_at=spec.starts_at)
    with new_run(target, force=force) as folder, progress_bar(clock, spec.until) as progress:
        failed: PolicyError | None = None
        try:
            simulate(spec, seed=number, out=folder, progress=progress)
        except PolicyError as error:
            if error.result is None:
                raise
            failed = error
    if failed is not None:
        raise PolicyError(f"{failed}\nWhat had happened until then is saved in {target}")
    result = load_result(target)
    checked = verdicts(result)
    if form is Format.JSON:
        say((target / "summary.json").read_text(encoding="utf-8"))
    else:
        say(text_report(result, checked))
        say(f"\nSaved in {target}")
    if result.manifest["interrupted_at"] is not None:
        raise typer.Exit(Exit.INTERRUPTED)
    raise typer.Exit(Exit.FINE if all(verdict.holds for verdict in checked) else Exit.SLO_BROKEN)
