"""
Seconds of one decision by number of open orders (as many riders), how they grow, and what sparsity costs.

Usage: ``python benchmarks/speed/decision.py [POLICY[=SECONDS] ...]``, by default ``linear_assignment=0.3`` and
``lookahead=2``: the CPU seconds that a decision over 3,000 orders may take. The city grows with the orders, so that it
is as dense at every size; riders are free or soon free, half of the food is ready. Where a policy looks at near pairs
only (``candidates``), its plan is compared with the one over all pairs, and at 10,000 orders with four times as many
candidates; where it decides part by part (``together``), with one part at 100 orders, solved 25 times as long. Ends
with 1 when a decision takes longer than it may, or seconds grow faster than n^1.3 from 300 orders on.
"""

from __future__ import annotations

import dataclasses
import gc
import math
import sys
import time
from typing import Any

import numpy as np

from delivsim.dispatch.finding import named_policy
from delivsim.dispatch.known import Demand
from delivsim.dispatch.lawful import check_assignment
from delivsim.dispatch.problem import DispatchProblem
from delivsim.domain.instance import Rules
from delivsim.domain.travel import Euclidean

SIZES, ROUNDS, LONG = (100, 300, 1_000, 3_000, 10_000), 3, 2.0
FITTED_FROM, STEEPEST = 300, 1.3
ALLOWED = {"linear_assignment": 0.3, "lookahead": 2.0}
NOW, JUDGED = 50_000.0, 3_000


def problem(n: int) -> DispatchProblem:
    """Make up n open orders of n / 8 stores and n riders, 6 orders to the square kilometre."""
    draw = np.random.default_rng(n)
    side = math.sqrt(n / 6.0) * 1000.0
    places = draw.random((max(1, n // 8), 2)) * side
    stores = draw.integers(0, len(places), n)
    doors = places[stores] + draw.normal(0.0, 1500.0, (n, 2))
    return DispatchProblem(
        now=NOW,
        every=60.0,
        orders=np.arange(n),
        placed_at=NOW - draw.integers(0, 20, n) * 60.0,
        ready_at=NOW + draw.integers(-10, 10, n) * 60.0,
        stores=stores,
        pickups=places[stores],
        dropoffs=doors,
        riders=np.arange(n),
        places=draw.random((n, 2)) * side,
        free_at=NOW + draw.integers(-10, 15, n) * 60.0,
        off_at=np.full(n, NOW + 7200.0),
        speeds=np.full(n, np.nan),
        travel=Euclidean(5.0, round_up_to=60.0),
        rules=Rules(),
        demand=Demand(stores=np.arange(len(places)), places=places, rates=np.full(len(places), 0.002)),
    )


def seconds(policy: Any, given: DispatchProblem) -> float:
    """Take the least CPU time of a few decisions, or of one that takes long."""
    taken: list[float] = []
    while len(taken) < ROUNDS and sum(taken) < LONG:
        gc.collect()
        began = time.process_time()
        made = policy(given, np.random.default_rng(0))
        taken.append(time.process_time() - began)
        check_assignment(given, made)
    return min(taken)


def curve(name: str) -> dict[int, float]:
    """Seconds of one decision by number of orders."""
    policy = named_policy(name, {})
    policy(problem(50), np.random.default_rng(0))  # loads what it needs
    return {n: seconds(policy, problem(n)) for n in SIZES}


def steepness(known: dict[int, float]) -> float:
    """Give the exponent of growth from 300 orders on."""
    sizes = [n for n in known if n >= FITTED_FROM]
    return float(np.polyfit(np.log(sizes), np.log([known[n] for n in sizes]), 1)[0])


def plan_cost(policy: Any, given: DispatchProblem) -> tuple[int, float]:
    """Orders that are sent for, and what that costs for each, where all of it is due now."""
    due = dataclasses.replace(
        given, free_at=np.full(given.riders.size, NOW - 60.0), ready_at=np.minimum(given.ready_at, NOW)
    )
    made = policy(due, np.random.default_rng(0)).matches
    served = sum(len(match.orders) for match in made)
    return served, sum(match.cost for match in made) / max(1, served)


def sparsity(name: str) -> None:
    """Print what looking at near pairs only, or at one part of the city after the other, costs."""
    sparse = named_policy(name, {})
    for n in SIZES:
        more = _dense(sparse, n)
        if more:
            given = problem(n)
            (served, cost), (all_served, least) = (
                plan_cost(policy, given) for policy in (sparse, named_policy(name, more))
            )
            words = ", ".join(f"{key} {value:,}" for key, value in more.items())
            print(
                f"  {n:>6,} orders, all due: {served:,} served at {cost:.2f} each; "
                f"{words}: {all_served:,} at {least:.2f}"
            )


def _dense(policy: Any, n: int) -> dict[str, Any]:
    """Parameters with which a policy looks at all that it can in a minute or so; none: at no more."""
    if hasattr(policy, "candidates"):
        return {"candidates": n if n <= 3_000 else 4 * policy.candidates}
    if hasattr(policy, "together") and n == 100:
        return {"together": 1_000_000, "effort": 5.0}
    return {}


def judge(name: str, allowed: float) -> bool:
    """Print a policy's curve; whether it is good enough."""
    print(f"{name}")
    known = curve(name)
    for n, taken in known.items():
        print(f"  {n:>6,} orders x {n:,} riders: {taken:8.4f} s")
    slope = steepness(known)
    fine = known[JUDGED] <= allowed and slope <= STEEPEST
    print(f"  grows as n^{slope:.2f} (at most n^{STEEPEST}); {JUDGED:,} orders: {known[JUDGED]:.3f} of {allowed:g} s")
    sparsity(name)
    return fine


def main(words: list[str]) -> int:
    asked = dict(word.partition("=")[::2] for word in words) or dict.fromkeys(ALLOWED, "")
    results = [judge(name, float(limit) if limit else ALLOWED.get(name, math.inf)) for name, limit in asked.items()]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
