"""What an import leaves in its folder: the instance, its history, every rejected row, and a scenario that runs."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np

from delivsim.calibrate.laws import fit_law
from delivsim.calibrate.stores import preparation_from_pickups
from delivsim.domain.units import DURATION
from delivsim.errors import InputError, Problem
from delivsim.scenario.dump import write_text
from delivsim.scenario.formats import delivsim
from delivsim.scenario.history import write_history
from delivsim.scenario.imports.export import Imported
from delivsim.scenario.imports.sheet import Reject

REJECTS = "rejects.csv"
SCENARIO = "scenario.yaml"


def refuse_occupied(folder: Path, *, force: bool) -> None:
    """
    Refuse to write among other files.

    Raises
    ------
    InputError
        The folder has files in it, and ``force`` is not given.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError.of([Problem(file=str(folder), rule="must be a folder")])
    if not force and folder.is_dir() and any(folder.iterdir()):
        raise InputError.of([Problem(file=str(folder), rule="must be empty: name another folder, or say --force")])


def write_import(imported: Imported, folder: Path) -> list[Path]:
    """Write all that an import makes; give the files that are for reading."""
    delivsim.write(imported.instance, folder)
    write_history(imported.history, folder)
    write_rejects(imported.rejects, folder / REJECTS)
    (folder / SCENARIO).write_text(scenario_text(imported), encoding="utf-8")
    return [folder / SCENARIO, folder / REJECTS]


def write_rejects(rejects: list[Reject], path: Path) -> None:
    """Write every rejected row with its file, line and reason."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["file", "line", "column", "reason", "value"])
    writer.writerows([r.file, r.line, r.column, r.rule, r.text] for r in rejects)
    path.write_text(text.getvalue(), encoding="utf-8", newline="")


def scenario_text(imported: Imported) -> str:
    """Write the scenario that replays the instance."""
    history = imported.history
    scenario = {
        "name": imported.instance.name,
        "seed": 1,
        "starts_at": history.starts_at.isoformat(timespec="minutes"),
        "timezone": history.timezone,
        "horizon": DURATION.written(history.horizon),
        "instance": {"format": "delivsim", "path": ".", "behavior": {"kitchens": _kitchens(imported)}},
        "platform": {"kind": "simulated"},
        "dispatch": {"policy": "lookahead"},
    }
    n = len(imported.instance.orders)
    head = [
        f"{n:,} orders of {history.starts_at:%A, %d %B %Y}, {history.starts_at:%H:%M}, as they were placed.",
        "Customers never cancel and riders accept every offer: `delivsim fit` on this folder makes a scenario",
        "of how they behaved. What the export did not tell:",
        *(f"- {line}" for line in imported.said),
    ]
    return "".join(f"# {line}\n" for line in head) + write_text(scenario)


def _kitchens(imported: Imported) -> dict[str, Any]:
    """Say when kitchens start: facts where all are told, else what the orders that tell have in common."""
    if imported.ready_is_given:
        return {"preparation_starts": "given"}
    law = cooking_law(imported)
    return {"preparation_starts": "on_order", **({} if law is None else {"preparation": written_law(law)})}


def cooking_law(imported: Imported) -> dict[str, Any] | None:
    """Find the law of cooking times: of orders that tell theirs, else from riders' waits; None where none tells."""
    orders = imported.instance.orders
    known = [order.preparation_time for order in orders if order.preparation_time is not None]
    fit = fit_law(np.array(known, dtype=np.float64))
    if fit is not None:
        return fit.law
    begun = [np.nan if order.preparation_started_at is None else order.preparation_started_at for order in orders]
    table = imported.history.orders.assign(placed_at=[order.placed_at for order in orders], begun_at=begun)
    found = preparation_from_pickups(table)
    return None if found is None else found.city.law


def written_law(law: dict[str, Any]) -> dict[str, Any]:
    """Write a law of seconds with three decimals."""
    return {key: round(value, 4) if isinstance(value, float) else value for key, value in law.items()}
