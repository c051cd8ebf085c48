"""``delivsim stress``: what breaks first."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from delivsim.cli.exits import Exit
from delivsim.cli.output import complain, say
from delivsim.cli.progress import count_bar

if TYPE_CHECKING:
    from delivsim.stress.ramp import Ramp, Step


Jobs = Annotated[int | None, typer.Option("--jobs", "-j", min=1, help="Processes.", show_default="all cores")]
FIRST = 3
"""Components whose ends are looked at more closely."""


class Form(StrEnum):
    """How findings are printed."""

    TEXT = "text"
    JSON = "json"


def stress(
    scenario: Annotated[Path, typer.Argument(help="The scenario file.", show_default=False)],
    slos: Annotated[
        list[str] | None,
        typer.Option("--slo", help="An objective, such as 'place_order p99 < 2s'; repeat.", show_default=False),
    ] = None,
    riders: Annotated[bool, typer.Option("--riders", help="Take riders away instead of adding load.")] = False,
    begin: Annotated[
        float | None, typer.Option("--from", min=0.01, help="The lightest step.", show_default="0.5, riders 1.2")
    ] = None,
    end: Annotated[
        float | None, typer.Option("--to", min=0.01, help="The heaviest step.", show_default="3, riders 0.3")
    ] = None,
    steps: Annotated[int, typer.Option(min=2, max=100, help="How many steps, evenly spaced in ratio.")] = 9,
    refine: Annotated[
        int, typer.Option(min=0, max=10, help="Rounds of steps in between, where the first components die.")
    ] = 2,
    seeds: Annotated[int, typer.Option(min=1, max=100, help="Seeds of each step.")] = 3,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=VALUE", help="Change one value; repeat.", show_default=False),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Where results are kept.", show_default="runs/stress/NAME")
    ] = None,
    form: Annotated[Form, typer.Option("--format", help="How to print it.")] = Form.TEXT,
    jobs: Annotated[
        int | None, typer.Option("--jobs", "-j", min=1, help="Processes.", show_default="all cores")
    ] = None,
) -> None:
    """
    Ramp the load step by step (or take riders away) and tell what breaks first, at which load, and why.

    Components without an objective of their own have a default one. Interrupted, it tells what is done (130), and the
    same command goes on from there. Writes stress.json and stress.png beside what is kept.
    """
    from os import cpu_count

    from delivsim.errors import InputError
    from delivsim.scenario.reader import load_scenario
    from delivsim.scenario.slos import check_slo
    from delivsim.stress.knees import between
    from delivsim.stress.ramp import Ramp, climb, stepped

    spec = load_scenario(scenario, overrides=changes or ())
    for slo in slos or ():
        try:
            check_slo(slo)
        except ValueError as error:
            raise InputError(f"--slo: {error}") from error
    low, high = (begin or 1.2, end or 0.3) if riders else (begin or 0.5, end or 3.0)
    if (high < low) != riders or high == low:
        raise InputError(f"--from {low:g} --to {high:g}: {'riders are taken away' if riders else 'load is added'}")
    factors = tuple(float(f"{low * (high / low) ** (k / (steps - 1)):.3g}") for k in range(steps))
    ramp = Ramp(
        what="riders" if riders else "load",
        factors=factors,
        seeds=tuple(spec.seed + k for k in range(seeds)),
        slos=(*spec.slos, *(slos or ())),
        jobs=jobs or cpu_count() or 1,
        out=out or Path("runs") / "stress" / spec.name,
    )
    interrupted = False
    try:
        with count_bar(spec.name) as tell:
            done = climb(spec, ramp, tell)
            for _ in range(refine):
                ramp = ramp.with_factors([*(step.factor for step in done), *between(done, ramp.slos, FIRST)])
                done = climb(spec, ramp, tell)
    except KeyboardInterrupt:
        interrupted, done = True, stepped(spec, ramp)
    _show(spec.name, ramp, done, form)
    if interrupted:
        complain(f"Interrupted after {len(done)} steps; the same command goes on from there.")
        raise typer.Exit(Exit.INTERRUPTED)


def _show(name: str, ramp: Ramp, steps: list[Step], form: Form) -> None:
    import json

    from delivsim.stress import findings
    from delivsim.stress.picture import save_picture

    if not steps:
        return
    found = findings.find(name, ramp.what, steps, ramp.slos)
    assert ramp.out is not None, "the command always keeps what it did"
    told = json.dumps(findings.data(found), indent=1)
    (ramp.out / "stress.json").write_text(told + "\n", encoding="utf-8")
    save_picture(found, ramp.out / "stress.png")
    say(told if form is Form.JSON else findings.text(found))
    if form is Form.TEXT:
        say(f"\nWrote stress.json and stress.png to {ramp.out}")
