"""Does one run of a suite: simulate, check the solution strictly, measure."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from delivsim.bench.tasks import Task
from delivsim.city.behavior import BehaviorConfig
from delivsim.dispatch.config import DispatchConfig
from delivsim.domain.instance import Instance
from delivsim.domain.order import Order
from delivsim.domain.streams import Streams
from delivsim.errors import PolicyError
from delivsim.experiment.mdrplib import check_solution, export_solution
from delivsim.experiment.run import run, whole
from delivsim.record.result import Result
from delivsim.record.summary import section_of
from delivsim.record.view import View
from delivsim.scenario.formats import read_instance
from delivsim.scenario.schema import Scenario

MINUTE = 60.0
TIMES = ("click_to_door", "click_to_door_overage", "ready_to_door", "ready_to_pickup")
SHOWN = ("mean", "sd", "min", "p10", "p50", "p90", "max")
SHARES = ("utilization", "orders_per_hour", "bundles_per_hour", "share_on_guarantee")
STRICT, FRACTIONS, OTHER = "strict", "rules only: times between whole minutes", "rules only: no published checker"
"""How a solution was checked; the rules of the port are checked at every decision in any case."""


def work(task: Task) -> dict[str, Any]:
    """
    Do one run.

    Returns
    -------
    ``figures`` (the row: deterministic), ``times`` (CPU seconds: not), and ``error`` where the policy erred.

    Raises
    ------
    KeyboardInterrupt
        Ctrl-C, in this process.
    """
    instance = prepared(task)
    try:
        result = whole(run(task.scenario, seed=task.seed, instance=instance, policy=task.own))
    except PolicyError as error:
        return {"figures": {}, "times": {}, "error": str(error)}
    times = {name: value for name, value in timings(result).items() if name in ("cpu", "decisions")}
    return {"figures": figures(task, instance, result), "times": times, "error": ""}


def timings(result: Result) -> dict[str, float]:
    """Give what took how long, in seconds."""
    table = result.timings
    return {str(what): float(seconds) for what, seconds in zip(table["what"], table["seconds"], strict=True)}


def prepared(task: Task) -> Instance:
    """Give the instance as the task wants it: its orders and riders numbered otherwise, or another future in it."""
    instance = _given(task)
    if task.permutation:
        instance = renumbered(instance, task.permutation)
    return with_another_future(instance, middle_of(instance)) if task.kind == "other_future" else instance


def _given(task: Task) -> Instance:
    config = task.scenario.instance
    assert config is not None
    return _read(config.format, os.fspath(config.path))


@lru_cache(maxsize=4)
def _read(form: str, path: str) -> Instance:
    return read_instance(form, path)


def renumbered(instance: Instance, permutation: int) -> Instance:
    """Number orders and riders in another order: nothing is changed but how ties fall."""
    rng = Streams(permutation)["bench/permutation"]
    orders, riders = (
        [things[i] for i in rng.permutation(len(things))] for things in (instance.orders, instance.riders)
    )
    return replace(instance, orders=orders, riders=riders)


def middle_of(instance: Instance) -> float:
    """Give the instant by which half of the orders are placed."""
    return float(np.median([order.placed_at for order in instance.orders]))


def with_another_future(instance: Instance, at: float) -> Instance:
    """
    Change every order placed after an instant, and nothing before: other times, stores, doors and ready times.

    A policy that knows only what the port tells decides alike until then, in both.
    """
    later = [i for i, order in enumerate(instance.orders) if order.placed_at > at]
    rng = Streams(0)["bench/another_future"]
    shuffled, delays = rng.permutation(len(later)), MINUTE * rng.integers(1, 31, len(later))
    orders = list(instance.orders)
    for i, k, delay in zip(later, shuffled, delays, strict=True):
        orders[i] = _changed(instance, instance.orders[i], instance.orders[later[k]], float(delay))
    return replace(instance, orders=orders)


def _changed(instance: Instance, order: Order, other: Order, delay: float) -> Order:
    """Give an order the store and preparation of another, its door on the store's other side, and a later time."""
    store, placed_at = instance.stores[other.store], order.placed_at + delay
    ready_at = None if other.ready_at is None else placed_at + other.ready_at - other.placed_at
    x, y = 2.0 * store.x - other.x, 2.0 * store.y - other.y
    return replace(order, placed_at=placed_at, store=other.store, x=x, y=y, ready_at=ready_at)


def figures(task: Task, instance: Instance, result: Result) -> dict[str, Any]:
    """Measure a run: minutes, the instance's money, shares; and say whether it keeps the rules."""
    view = View(result)
    orders, riders = section_of("orders", view), section_of("riders", view)
    placed, delivered = orders["placed"], orders["delivered"]
    how, violations, late = checked(task, instance, result)
    times = {
        f"{name}_{key}": None if value is None else value / MINUTE
        for name in TIMES
        for key, value in section_of(name, view).items()
        if key in SHOWN
    }
    return {
        "orders": placed,
        "undelivered": placed - delivered,
        "undelivered_share": (placed - delivered) / placed if placed else None,
        **times,
        "cost_per_order": None if riders["cost_per_order"] is None else riders["cost_per_order"] / 100.0,
        **{name: riders[name] for name in SHARES},
        "orders_per_bundle": section_of("dispatch", view)["orders_per_bundle"],
        "checked": how,
        "violations": len(violations),
        "first_violation": violations[0] if violations else "",
        "late_pickups": late,
        "digest": digest(result),
        "digest_of_the_past": digest(result, until=middle_of(_given(task))),
    }


def checked(task: Task, instance: Instance, result: Result) -> tuple[str, list[str], int]:
    """
    Check the solution as strictly as its format allows.

    The port refuses to send a rider to a pick-up that is believed to come after the shift. Where beliefs may be wrong,
    one that comes after it all the same is luck, late food or an answer that came late: counted, and no violation.

    Returns
    -------
    How it was checked, every violation, and the number of pick-ups after a shift that were luck.
    """
    config = task.scenario.instance
    if config is None or config.format != "mdrplib":
        return OTHER, [], 0
    with tempfile.TemporaryDirectory() as folder:
        fractions = export_solution(result, folder)
        if fractions:
            return FRACTIONS, [], 0
        check = check_solution(instance, folder)
    luck = frozenset() if believes_the_truth(task.scenario) else check.after_shift
    broken = [problem for problem in check.violations if problem not in luck]
    return STRICT, [str(problem).replace(folder, "") for problem in broken], len(luck)


def believes_the_truth(scenario: Scenario) -> bool:
    """Tell whether what the delivery service believes is what will be: people and platform do as the instance says."""
    config, dispatch = scenario.instance, scenario.dispatch
    exact = DispatchConfig()
    return (
        config is not None
        and config.behavior == BehaviorConfig()
        and scenario.platform.kind == "ideal"
        and dispatch.decision_time == exact.decision_time
    )


def digest(result: Result, until: float = np.inf) -> str:
    """Digest who was told to bring what, and when, up to an instant; and, without one, how every order ended."""
    orders = result.tables["orders"]
    riders = dict(zip(result.tables["riders"]["rider"], result.tables["riders"]["id"], strict=True))
    told = orders[orders["assigned_at"] <= until] if np.isfinite(until) else orders
    columns = ["assigned_at"] if np.isfinite(until) else ["assigned_at", "picked_up_at", "delivered_at"]
    lines = pd.DataFrame({"id": told["id"].astype(str), "rider": told["rider"].map(riders), **told[columns]})
    text = lines.sort_values("id").to_csv(index=False)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
