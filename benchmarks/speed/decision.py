"""
Seconds of one decision by number of open orders (as many riders), how they grow, and what sparsity costs.

Usage: ``python benchmarks/speed/decision.py [POLICY[=SECONDS] ...]``, by default ``linear_assignment=0.3`` and
``lookahead=2``: the CPU seconds that a decision over 3,000 orders may take. The city grows with the orders, so that it
is as dense at every size; riders are free or soon free, half of the food is ready. Where a policy has a parameter
``candidates``, its plan is compared with the one over all pairs, and at 10,000 orders with the 200 nearest. Ends with 1
when a decision takes longer than it may, or seconds grow faster than n^1.3 from 300 orders on.
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

SIZES, ROUNDS, STEEPEST = (100, 300, 1_000, 3_000, 10_000), 3, 1.3
COMPARED = {100: 100, 300: 300, 1_000: 1_000, 3_000: 3_000, 10_000: 200}
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
    """Take the least CPU time of a few decisions."""
    taken = []
    for _ in range(ROUNDS):
        gc.collect()
        began = time.process_time()
        made = policy(given, np.random.default_rng(0))
        taken.append(time.process_time() - began)
        check_assignment(given, made)
    return min(taken)


def plan_cost(policy: Any, given: DispatchProblem) -> tuple[int, float]:
    """Orders that are sent for, and the mean cost of their matches, where all of it is due now."""
    due = dataclasses.replace(
        given, free_at=np.full(given.riders.size, NOW - 60.0), ready_at=np.minimum(given.ready_at, NOW)
    )
    made = policy(due, np.random.default_rng(0)).matches
    return sum(len(match.orders) for match in made), float(np.mean([match.cost for match in made])) if made else 0.0


def sparsity(name: str) -> None:
    """Print what looking at near pairs only costs."""
    sparse = named_policy(name, {})
    if not hasattr(sparse, "candidates"):
        return
    for n, more in COMPARED.items():
        given = problem(n)
        (served, cost), (all_served, least) = (
            plan_cost(policy, given) for policy in (sparse, named_policy(name, {"candidates": more}))
        )
        against = (
            f"{served:,} orders served at {cost:.2f} per match, of {more:,} candidates {all_served:,} at {least:.2f}"
        )
        print(f"  {n:>6,} orders, all due: {against}")


def judge(name: str, allowed: float) -> bool:
    """Print a policy's curve; whether it is good enough."""
    policy = named_policy(name, {})
    policy(problem(50), np.random.default_rng(0))
    print(f"{name}")
    curve = {n: seconds(policy, problem(n)) for n in SIZES}
    for n, taken in curve.items():
        print(f"  {n:>6,} orders x {n:,} riders: {taken:8.4f} s")
    known = [n for n in SIZES if n >= 300]
    slope = float(np.polyfit(np.log(known), np.log([curve[n] for n in known]), 1)[0])
    fine = curve[JUDGED] <= allowed and slope <= STEEPEST
    print(f"  grows as n^{slope:.2f} (at most n^{STEEPEST}); {JUDGED:,} orders: {curve[JUDGED]:.3f} of {allowed:g} s")
    sparsity(name)
    return fine


def main(words: list[str]) -> int:
    asked = dict(word.partition("=")[::2] for word in words) or dict.fromkeys(ALLOWED, "")
    results = [judge(name, float(limit) if limit else ALLOWED.get(name, math.inf)) for name, limit in asked.items()]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
