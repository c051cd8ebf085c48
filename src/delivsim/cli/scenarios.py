"""``delivsim init``, ``check`` and ``schema``: everything before a run."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from delivsim.cli.exits import Exit
from delivsim.cli.output import complain, say
from delivsim.errors import DelivsimError


def init(
    path: Annotated[Path, typer.Argument(help="The file to write.")] = Path("scenario.yaml"),
    template: Annotated[
        str,
        typer.Option(
            help="minimal, friday_evening, flash_sale, rainy_night, dark_store, two_cities, mdrplib or services"
        ),
    ] = "minimal",
) -> None:
    """Write a scenario to start from; nothing is overwritten."""
    from delivsim.scenario.templates import init_scenario

    for file in init_scenario(template, path):
        say(f"Wrote {file}")
    say(f"Next: delivsim run {path}")


def check(
    files: Annotated[list[Path], typer.Argument(help="Scenario files.", show_default=False)],
    resolved: Annotated[bool, typer.Option("--resolved", help="Print the scenario with every default.")] = False,
) -> None:
    """Read scenarios, report every mistake, and say how loaded each station and the riders will be. Runs nothing."""
    from delivsim.experiment.load import offered_load
    from delivsim.report.clock import Clock
    from delivsim.report.load import load_text, warning_line
    from delivsim.scenario.reader import check_instance, dump_scenario, load_scenario

    bad = False
    for file in files:
        try:
            scenario = load_scenario(file)
            check_instance(scenario)
            load = offered_load(scenario)
        except DelivsimError as error:
            complain(str(error))
            bad = True
            continue
        for problem in load.warnings:
            complain(warning_line(problem))
        if resolved:
            say(dump_scenario(scenario))
        else:
            say(f"{file}: fine")
            say(load_text(load, Clock(starts_at=scenario.starts_at)))
    raise typer.Exit(Exit.USAGE if bad else Exit.FINE)


class Kind(StrEnum):
    """What there is a JSON Schema of."""

    SCENARIO = "scenario"
    PROBLEM = "problem"
    ASSIGNMENT = "assignment"


def schema(
    what: Annotated[Kind, typer.Argument(help="Scenario files, or the JSON of dispatch.")] = Kind.SCENARIO,
) -> None:
    """Print the JSON Schema of scenario files, for editors; or of a dispatch problem or assignment."""
    import json

    from delivsim.dispatch.codec import assignment_schema, problem_schema
    from delivsim.scenario.jsonschema import scenario_schema

    of = {Kind.SCENARIO: scenario_schema, Kind.PROBLEM: problem_schema, Kind.ASSIGNMENT: assignment_schema}
    say(json.dumps(of[what](), indent=1))
