"""Whether a policy sees the future: the same prefix of a day must give the same decisions."""

from __future__ import annotations

import gc
from dataclasses import replace
from itertools import zip_longest
from typing import Any

import numpy as np

from delivsim.dispatch.assignment import DispatchPolicy
from delivsim.dispatch.contract import Finding, Make
from delivsim.domain.instance import Instance, Rules
from delivsim.domain.order import Order
from delivsim.domain.rider import Rider
from delivsim.domain.store import Store
from delivsim.domain.travel import Euclidean
from delivsim.errors import DelivsimError
from delivsim.experiment.run import run, whole
from delivsim.scenario.schema import Scenario

RULE = "decides the same whatever happens later"
DAY = 7200.0


def small_day(seed: int, *, n_orders: int = 40, n_riders: int = 8) -> Instance:
    """Make up two hours of a small town."""
    rng = np.random.default_rng(seed)
    placed = np.sort(rng.integers(0, int(DAY / 60), n_orders)) * 60.0
    spots = rng.integers(0, 4000, (n_orders + n_riders + 6, 2)).astype(np.float64).tolist()
    at_store, cooking = rng.integers(0, 6, n_orders).tolist(), rng.integers(5, 20, n_orders).tolist()
    orders = [
        Order(id=f"o{i}", placed_at=at, store=store, x=x, y=y, ready_at=at + 60.0 * minutes)
        for i, (at, store, minutes, (x, y)) in enumerate(zip(placed.tolist(), at_store, cooking, spots, strict=False))
    ]
    riders = [
        Rider(id=f"c{i}", x=x, y=y, on_at=600.0 * (i % 3), off_at=DAY + 1800.0)
        for i, (x, y) in enumerate(spots[n_orders : n_orders + n_riders])
    ]
    stores = [Store(id=f"s{i}", x=x, y=y) for i, (x, y) in enumerate(spots[-6:])]
    return Instance(
        name=f"small-{seed}", orders=orders, riders=riders, stores=stores, travel=Euclidean(5.0, 60.0), rules=Rules()
    )


def decisions_until(policy: DispatchPolicy, day: Instance, until: float) -> list[tuple[Any, ...]]:
    """Give what a policy decided before an instant: when, which order, which rider."""
    result = whole(run(_scenario(), policy=policy, instance=day))
    made = result.tables["decisions"]
    when = dict(zip(made["decision"].tolist(), made["decided_at"].tolist(), strict=True))
    choices = result.tables["choices"][["decision", "order", "choice", "rider"]].itertuples(index=False)
    return [(when[row.decision], row.order, row.choice, row.rider) for row in choices if when[row.decision] < until]


def cut(day: Instance, until: float) -> Instance:
    """Take away all orders from an instant on."""
    return replace(day, orders=[order for order in day.orders if order.placed_at < until])


def check_foresight(make: Make, *, seed: int = 1, until: float = DAY / 2) -> Finding:
    """Compare the decisions of a day with those of the same day without its later orders."""
    try:  # one day after the other: no policy may come upon the one while it is asked about the other
        whole = decisions_until(make(), small_day(seed), until)
        gc.collect()
        prefix = decisions_until(make(), cut(small_day(seed), until), until)
    except DelivsimError as error:
        return Finding(RULE, str(error))
    if whole == prefix:
        return Finding(RULE, "")
    pairs = zip_longest(whole, prefix, fillvalue=(until,))
    at = next(min(a[0], b[0]) for a, b in pairs if a != b)
    return Finding(RULE, f"at {at:g} s it decides otherwise when the orders after {until:g} s are taken away")


def _scenario() -> Scenario:
    return Scenario.model_validate(
        {
            "name": "foresight",
            "seed": 1,
            "starts_at": "2026-11-20T00:00",
            "horizon": "3h",
            "instance": {"format": "mdrplib", "path": "."},
            "platform": {"kind": "ideal"},
            "dispatch": {"policy": "nearest", "every": "60s"},
        }
    )
