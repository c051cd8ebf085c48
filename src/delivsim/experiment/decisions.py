"""Any decision of a run comes back as the problem it was, for another policy to try."""

from __future__ import annotations

import dataclasses
import math
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import TypeAdapter

from delivsim.dispatch.known import NO_DEMAND, NO_PROMISES, Demand, Promises, Readiness, Shifts
from delivsim.dispatch.problem import DispatchProblem
from delivsim.domain.instance import Rules
from delivsim.domain.streams import Streams
from delivsim.domain.travel import Euclidean, Haversine, Travel
from delivsim.domain.units import Duration
from delivsim.errors import InputError, ResultError
from delivsim.experiment.rundir import find_run
from delivsim.experiment.settled import Settled, settled
from delivsim.record.result import Result, load_result
from delivsim.scenario.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd

HOUR = 3600.0
_PICKUP, _PLACE = ["pickup_x", "pickup_y"], ["x", "y"]


def dispatch_facts(town: Settled) -> dict[str, Any]:
    """Say in a manifest what a decision needs besides the tables: the rules, and the believed travel's formula."""
    travel, rules = town.believed, town.instance.rules
    formula = None
    if isinstance(travel, Euclidean | Haversine):
        formula = {"geographic": travel.geographic, **dataclasses.asdict(travel)}
    return {"rules": dataclasses.asdict(rules), "travel": formula}


def load_problem(run: Result | str | PathLike[str], decision: int) -> DispatchProblem:
    """
    Bring a decision of a run back.

    Parameters
    ----------
    run
        A result, or a run's folder or name, or ``@last``.
    decision
        The decision's number, from 1.

    Returns
    -------
    What the policy was given then, to the bit (fading demand to rounding); promises, demand, shifts and readiness if
    it asked for them.

    Raises
    ------
    ResultError
        There is no such run, it kept no diary, or its travel times came from files that are gone.
    InputError
        It has no such decision.
    """
    result = run if isinstance(run, Result) else load_result(find_run(str(run)))
    row = _decision(result, decision)
    orders = _last(result.tables["known_orders"], "number", decision)
    orders = orders[orders["is_known"]]
    seen = _last(result.tables["known_riders"], "rider", decision)
    riders = seen[seen["is_known"]]
    waiting = orders[orders["rider"] < 0]
    if (len(waiting), len(riders)) != (int(row["n_orders"]), int(row["n_riders"])):
        raise ResultError(f"decision {decision}: the run kept no diary of it (dispatch.diary)")
    now = float(row["decided_at"])
    return DispatchProblem(
        now=now,
        every=_every(result),
        orders=waiting["number"].to_numpy(),
        placed_at=waiting["placed_at"].to_numpy(),
        ready_at=waiting["ready_at"].to_numpy(),
        stores=waiting["store"].to_numpy(),
        pickups=waiting[_PICKUP].to_numpy(),
        dropoffs=waiting[_PLACE].to_numpy(),
        riders=riders["rider"].to_numpy(),
        places=riders[_PLACE].to_numpy(),
        free_at=riders["free_at"].to_numpy(),
        off_at=riders["off_at"].to_numpy(),
        speeds=riders["speed"].to_numpy(),
        capacities=riders["capacity"].to_numpy(),
        moving_until=riders["moving_until"].to_numpy(),
        travel=_travel(result),
        rules=Rules(**(result.manifest.get("dispatch") or {}).get("rules", {})),
        promises=_promises(orders[orders["rider"] >= 0]),
        demand=_demand(result, decision, now),
        shifts=_shifts(seen[seen["is_coming"]]),
        readiness=Readiness(n=int(row["n_ready"]), bias=float(row["ready_bias"]), spread=float(row["ready_spread"])),
    )


def _decision(result: Result, decision: int) -> Any:
    decisions = result.tables["decisions"]
    found = decisions[decisions["decision"] == decision]
    if len(found):
        return found.iloc[0]
    last = int(decisions["decision"].max()) if len(decisions) else 0
    have = f"there are 1 to {last}" if last else "it made none"
    raise InputError(f"decision: no decision {decision} in this run: {have}")


def _last(table: pd.DataFrame, key: str, decision: int) -> pd.DataFrame:
    """Give the last row of each that was written until a decision, by number."""
    return table[table["decision"] <= decision].drop_duplicates(key, keep="last").sort_values(key)


def _every(result: Result) -> float:
    said = ((result.manifest.get("scenario") or {}).get("dispatch") or {}).get("every", 60.0)
    return float(TypeAdapter(Duration).validate_python(said))


def _promises(carried: pd.DataFrame) -> Promises:
    if not len(carried):
        return NO_PROMISES
    rows = carried.sort_values(["rider", "bundle", "position"])
    return Promises(
        riders=rows["rider"].to_numpy(),
        bundles=rows["bundle"].to_numpy(),
        orders=rows["number"].to_numpy(),
        stores=rows["store"].to_numpy(),
        placed_at=rows["placed_at"].to_numpy(),
        ready_at=rows["ready_at"].to_numpy(),
        pickup_at=rows["pickup_at"].to_numpy(),
        pickups=rows[_PICKUP].to_numpy(),
        dropoffs=rows[_PLACE].to_numpy(),
        picked_up=rows["picked_up"].to_numpy(),
    )


def _shifts(coming: pd.DataFrame) -> Shifts:
    rows = coming.sort_values(["free_at", "rider"])
    return Shifts(
        riders=rows["rider"].to_numpy(),
        places=rows[_PLACE].to_numpy(),
        on_at=rows["free_at"].to_numpy(),
        off_at=rows["off_at"].to_numpy(),
        speeds=rows["speed"].to_numpy(),
        capacities=rows["capacity"].to_numpy(),
    )


def _demand(result: Result, decision: int, now: float) -> Demand:
    """Let each store's demand fade since it was last written down."""
    table = result.tables["known_stores"]
    rows = table[table["decision"] <= decision].drop_duplicates("store", keep="last").sort_values("store")
    if not len(rows):
        return NO_DEMAND
    decisions = result.tables["decisions"]
    at = dict(zip(decisions["decision"].tolist(), decisions["decided_at"].tolist(), strict=True))
    faded = np.array([math.exp((at[int(then)] - now) / HOUR) for then in rows["decision"]])
    rates = rows["rate"].to_numpy() * faded
    return Demand(stores=rows["store"].to_numpy(), places=rows[_PLACE].to_numpy(), rates=rates)


def _travel(result: Result) -> Travel:
    """Give the travel that dispatch believed in: its formula, or laid anew from the scenario's files."""
    formula = (result.manifest.get("dispatch") or {}).get("travel")
    if formula is not None:
        known = {name: value for name, value in formula.items() if name != "geographic"}
        return Haversine(**known) if formula["geographic"] else Euclidean(**known)
    try:
        scenario = Scenario.model_validate(result.manifest["scenario"])
        town = settled(scenario, Streams(int(result.manifest["seed"])))
    except (InputError, ValueError, OSError) as error:
        raise ResultError(f"{result.manifest['name']}: its travel times cannot be found again: {error}") from None
    assert town is not None, "somebody decided, so somebody ordered"
    return town.believed
