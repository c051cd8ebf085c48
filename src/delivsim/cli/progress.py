"""Progress bars for a terminal: of one run (time of day, orders, speed), and of many things to do."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from delivsim.experiment.run import Progress
    from delivsim.report.clock import Clock


@contextmanager
def progress_bar(clock: Clock, horizon: float) -> Iterator[Progress | None]:
    """
    Show how far a run is, on standard error; nothing (None) when that is not a terminal.

    Parameters
    ----------
    clock
        Wall clock of the scenario, for the time of day.
    horizon
        Seconds of demand; the bar is full there, and the run goes on until the last order has ended.
    """
    if not sys.stderr.isatty():
        yield None
        return
    from rich import progress
    from rich.console import Console

    text = progress.TextColumn("{task.fields[clock]}  {task.fields[orders]}  {task.fields[speed]}")
    with progress.Progress(progress.BarColumn(), text, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("run", total=horizon, clock=clock.time_of_day(0.0), orders="", speed="")
        began = time.monotonic()

        def tell(now: float, placed: int, ended: int) -> None:
            bar.update(
                task,
                completed=now,
                clock=clock.time_of_day(now),
                orders=f"{placed:,} orders, {placed - ended:,} open",
                speed=f"{now / max(time.monotonic() - began, 1e-9):,.0f} x real time",
            )

        yield tell


@contextmanager
def count_bar(what: str) -> Iterator[Callable[[int, int], None] | None]:
    """Show how many of how many things are done, and how long it will take; nothing (None) without a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich import progress
    from rich.console import Console

    columns = (progress.TextColumn(what), progress.BarColumn(), progress.MofNCompleteColumn())
    with progress.Progress(
        *columns, progress.TimeRemainingColumn(), console=Console(stderr=True), transient=True
    ) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
