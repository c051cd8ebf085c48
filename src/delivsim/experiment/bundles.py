"""How many orders riders will carry at once: the dispatch policy is asked about a few likely situations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from delivsim.dispatch.assignment import DispatchPolicy, Match
from delivsim.dispatch.config import DispatchConfig, make_policy
from delivsim.dispatch.problem import DispatchProblem
from delivsim.domain.instance import Instance
from delivsim.experiment.rider_work import RiderWork

Ints = NDArray[np.int64]

SITUATIONS = 16
"""How many instants the policy is asked about."""
ROUNDS = 3
"""How often, because bundles leave more riders free, who then carry fewer orders."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundles:
    """``orders`` carried at once on average, and the ``way`` to a customer with them over the way without."""

    orders: float = 1.0
    way: float = 1.0


def expected_bundles(instance: Instance, work: RiderWork, config: DispatchConfig) -> Bundles:
    """
    Ask a built-in policy how it bundles, at instants spread evenly over the orders.

    Riders are taken to be where the orders under way will end, or where the last ones did. Nothing is simulated, and
    the backlog of a fleet that is too small is not known: there bundles become larger than this. Policies from outside
    are not imported; they are taken to make no bundles.
    """
    if config.imports_code or len(work.placed_at) < SITUATIONS or not instance.riders:
        return Bundles()
    policy, found = make_policy(config), Bundles()
    picked = np.linspace(0, len(work.placed_at) - 1, SITUATIONS + 2).astype(int)[1:-1]
    for _ in range(ROUNDS):
        problems = [_situation(instance, work, config.every, float(at), found) for at in work.placed_at[picked]]
        found = _measured([(problem, match) for problem in problems for match in _matches(policy, problem)])
    return found


def _matches(policy: DispatchPolicy, problem: DispatchProblem) -> tuple[Match, ...]:
    return policy(problem, np.random.default_rng(0)).matches


def _measured(matches: list[tuple[DispatchProblem, Match]]) -> Bundles:
    if not matches:
        return Bundles()
    orders = sum(len(match.orders) for _, match in matches)
    ways = np.array([_ways(problem, match) for problem, match in matches])
    way, direct = ways.sum(axis=0)
    return Bundles(orders=orders / len(matches), way=float(way / direct) if direct > 0 else 1.0)


def _ways(problem: DispatchProblem, match: Match) -> tuple[float, ...]:
    """Seconds from the (first) store past all doors of a bundle, and from the store to each door anew."""
    rows = np.searchsorted(problem.orders, match.orders)
    doors, stores = problem.dropoffs[rows], problem.pickups[rows]
    _, first = np.unique(problem.stores[rows], return_index=True)
    stops = np.concatenate((stores[np.sort(first)], doors))
    ways = ((stops[:-1], stops[1:]), (stores, doors))
    return tuple(float(problem.travel.times(*pairs, at=problem.now).sum()) for pairs in ways)


def _situation(instance: Instance, work: RiderWork, every: float, now: float, bundles: Bundles) -> DispatchProblem:
    """Make up what the dispatcher would see now."""
    waiting = np.flatnonzero((work.placed_at <= now) & (work.left_at > now - every))
    under_way = np.flatnonzero((work.left_at <= now - every) & (work.free_at > now))
    over = np.flatnonzero(work.free_at <= now)
    over = over[np.argsort(-work.free_at[over], kind="stable")]
    on_shift = [i for i, rider in enumerate(instance.riders) if rider.on_at <= now < rider.off_at]
    busy = _spread(under_way, min(len(on_shift), round(len(under_way) / bundles.orders)))
    fresh = on_shift[: max(0, len(on_shift) - len(busy) - len(over))]
    starts = np.array([(instance.riders[i].x, instance.riders[i].y) for i in fresh], dtype=np.float64)
    last = over[: len(on_shift) - len(busy) - len(fresh)]
    idle = np.full(len(on_shift) - len(busy), now)
    speeds = [instance.riders[i].speed for i in on_shift]
    return DispatchProblem(
        now=now,
        every=every,
        orders=waiting.astype(np.int64),
        placed_at=work.placed_at[waiting],
        ready_at=work.ready_at[waiting],
        stores=work.stores[waiting],
        pickups=work.pickups[waiting],
        dropoffs=work.dropoffs[waiting],
        riders=np.array(on_shift, dtype=np.int64),
        places=np.concatenate((work.dropoffs[busy], work.dropoffs[last], starts.reshape(-1, 2))),
        free_at=np.concatenate((work.free_at[busy], idle)),
        off_at=np.array([instance.riders[i].off_at for i in on_shift], dtype=np.float64),
        speeds=np.array([np.nan if speed is None else speed for speed in speeds], dtype=np.float64),
        travel=instance.travel,
        rules=instance.rules,
    )


def _spread(numbers: Ints, n: int) -> Ints:
    keep = np.linspace(0, len(numbers) - 1, n).astype(int) if n else np.empty(0, dtype=int)
    return np.asarray(numbers[keep], dtype=np.int64)
