"""
The ``delivsim`` command: its groups of commands, and how every way of ending becomes an exit code.

Nothing but typer is imported here or at the top of a command file: ``delivsim --help`` answers at once, and each
command imports what it needs when it runs.
"""

from __future__ import annotations

import sys
from typing import Annotated, NoReturn

import typer

from delivsim.cli import (
    bench,
    dispatch,
    export,
    imports,
    instances,
    policies,
    results,
    run,
    scenarios,
    stress,
    validate,
)
from delivsim.cli.exits import Exit
from delivsim.cli.output import complain, say
from delivsim.errors import DelivsimError

app = typer.Typer(
    name="delivsim",
    help="Simulate an on-demand delivery platform: software, riders, kitchens and dispatch in one model.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    scenarios.init,
    scenarios.check,
    scenarios.schema,
    policies.problem,
    policies.decide,
    instances.info,
    instances.generate,
    run.run,
    results.report,
    results.plot,
    results.explain,
    results.compare,
    results.diff,
    export.check_solution,
    stress.stress,
    validate.validate,
):
    app.command()(command)
app.command("import")(imports.import_)
app.command()(imports.fit)
app.add_typer(export.app, name="export")
app.add_typer(policies.app, name="policies")
app.add_typer(dispatch.app, name="dispatch")
app.add_typer(bench.app, name="bench")


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        say(f"delivsim {version('delivsim')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Simulate an on-demand delivery platform: software, riders, kitchens and dispatch in one model."""


def main() -> NoReturn:
    """Run the command line. Bad input ends with a message and exit code 2, never with a traceback."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        app(prog_name="delivsim")
    except DelivsimError as error:
        complain(str(error))
    except OSError as error:
        complain(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    sys.exit(Exit.USAGE)
