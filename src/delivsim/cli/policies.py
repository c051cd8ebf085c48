"""``delivsim policies``, ``problem`` and ``decide``: what dispatch policies there are, and one decision at a time."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from delivsim.cli.exits import Exit
from delivsim.cli.output import say
from delivsim.cli.results import Run

if TYPE_CHECKING:
    from delivsim.dispatch.contract import Finding

Changes = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Set a value, as dispatch.params.NAME=VALUE; repeat."),
]

app = typer.Typer(invoke_without_command=True, help="List the dispatch policies, or check one of your own.")


@app.callback()
def policies(context: typer.Context) -> None:
    """List the dispatch policies with their parameters, what these mean, and where each policy comes from."""
    if context.invoked_subcommand is None:
        from delivsim.report.policies import policies_text

        say(policies_text())


@app.command()
def check(
    policy: Annotated[str, typer.Argument(metavar="module:Class", help="Your policy, or the name of one of ours.")],
    changes: Changes = None,
) -> None:
    """Run the tests that every policy must pass on a policy of your own; ends with 1 if one fails."""
    from functools import partial

    from delivsim.dispatch.config import make_policy
    from delivsim.dispatch.contract import check_policy
    from delivsim.experiment.foresight import check_foresight
    from delivsim.scenario.dispatch_alone import dispatch_of

    own_code()
    make = partial(make_policy, dispatch_of(policy, changes or ()))
    make()
    failed = sum([*map(_told, check_policy(make)), _told(check_foresight(make))])
    say(f"{policy}: {f'{failed} of the rules broken' if failed else 'fine'}")
    raise typer.Exit(Exit.FAILED if failed else Exit.FINE)


def own_code() -> None:
    """Let code of one's own be found where the command is run, as with python -m."""
    sys.path.append(str(Path.cwd()))


def _told(finding: Finding) -> bool:
    """Tell what was found; whether that is bad."""
    say(f"FAIL  {finding.rule}: {finding.broken}" if finding.broken else f"ok    {finding.rule}")
    return bool(finding.broken)


def problem(
    run: Run,
    decision: Annotated[int, typer.Argument(help="The decision's number, from 1.", show_default=False)],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Where to write it.", show_default="standard output")
    ] = None,
    nearest: Annotated[int, typer.Option(min=1, help="Riders near each store whose ways are listed.")] = 20,
) -> None:
    """Bring any decision of a run back as JSON: what the dispatcher knew, and the travel times of near pairs."""
    from delivsim.dispatch.codec import problem_to_json
    from delivsim.experiment.decisions import load_problem

    text = problem_to_json(load_problem(run, decision), nearest=nearest, indent=1)
    if out is None:
        say(text)
        return
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text + "\n", encoding="utf-8")
    say(f"Wrote {out}")


def decide(
    file: Annotated[Path, typer.Argument(metavar="PROBLEM", help="A problem as JSON.", show_default=False)],
    policy: Annotated[str, typer.Option(help="A policy of ours, or module:Class.")] = "lookahead",
    changes: Changes = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the policy's random numbers.")] = 0,
) -> None:
    """Have a policy decide about one problem; prints the assignment as JSON."""
    import numpy as np

    from delivsim.dispatch.asking import ask
    from delivsim.dispatch.codec import assignment_to_json, problem_from_json
    from delivsim.dispatch.config import make_policy
    from delivsim.scenario.dispatch_alone import dispatch_of

    own_code()
    config = dispatch_of(policy, changes or ())
    given = problem_from_json(file.read_bytes(), str(file))
    made = ask(make_policy(config), policy, given, np.random.default_rng(seed))
    say(assignment_to_json(made, indent=1))
