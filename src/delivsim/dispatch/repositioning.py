"""Where idle riders wait: each function gives the moves of those whom a decision left without work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from delivsim.dispatch.arrays import Floats, Ints
from delivsim.dispatch.assignment import Assignment, DispatchPolicy, Move
from delivsim.dispatch.candidates import flat
from delivsim.dispatch.known import DEMAND, asked_by
from delivsim.dispatch.problem import DispatchProblem
from delivsim.dispatch.solvers.linear_assignment import assign

Repositioning = Callable[[DispatchProblem, Ints], tuple[Move, ...]]
"""Takes the problem and the rows of the idle riders, and gives their moves; who is not named stays."""

NEAR_ENOUGH = 60.0
"""Seconds from a place that count as being there."""


def stay(problem: DispatchProblem, idle: Ints) -> tuple[Move, ...]:  # noqa: ARG001
    """Nobody moves."""
    return ()


def nearest_store(problem: DispatchProblem, idle: Ints) -> tuple[Move, ...]:
    """Send everybody to the nearest store."""
    from scipy.spatial import cKDTree

    demand, travel = problem.demand, problem.travel
    if not demand.stores.size or not idle.size:
        return ()
    _, nearest = cKDTree(flat(demand.places, travel)).query(flat(problem.places[idle], travel))
    return _moves(problem, idle, demand.places[nearest], "the nearest store")


def demand_weighted(problem: DispatchProblem, idle: Ints) -> tuple[Move, ...]:
    """
    Share idle riders out over the stores in proportion to recent demand, with the least total travel.

    Riders at or under way to a store count for it. The quotas are those of the largest remainders.
    """
    demand = problem.demand
    if not idle.size or not demand.rates.any():
        return ()
    quota = _quotas(demand.rates, idle.size)
    slots = np.repeat(np.arange(quota.size), quota)
    rider, slot = np.repeat(np.arange(idle.size), slots.size), np.tile(np.arange(slots.size), idle.size)
    costs = problem.times(problem.places[idle[rider]], demand.places[slots[slot]], idle[rider])
    alone = np.full(idle.size, float(costs.max()) + 1.0)
    found = assign(rider, slot, costs, unassigned=alone, n_riders=slots.size)
    sent = np.flatnonzero(found >= 0)
    return _moves(problem, idle[sent], demand.places[slots[found[sent]]], "its share of recent demand")


def _quotas(rates: Floats, n: int) -> Ints:
    """Share ``n`` out in proportion to rates, by largest remainders; ties to the lower number."""
    exact = rates / rates.sum() * n
    whole: Ints = np.floor(exact).astype(np.int64)
    rest = np.lexsort((np.arange(rates.size), whole - exact))[: n - int(whole.sum())]
    whole[rest] += 1
    return whole


def _moves(problem: DispatchProblem, riders: Ints, places: Floats, reason: str) -> tuple[Move, ...]:
    away = problem.times(problem.places[riders], places, riders) > NEAR_ENOUGH
    stays = (problem.places[riders] == places).all(axis=1)
    return tuple(
        Move(int(problem.riders[row]), (place[0], place[1]), reason)
        for row, place, goes in zip(riders.tolist(), places.tolist(), (away & ~stays).tolist(), strict=True)
        if goes
    )


REPOSITIONING: Mapping[str, Repositioning] = {
    "stay": stay,
    "nearest_store": nearest_store,
    "demand_weighted": demand_weighted,
}
"""Every way of repositioning by its name in a scenario."""


@dataclass(frozen=True, slots=True)
class Repositioned:
    """A policy, and where its idle riders wait."""

    policy: DispatchPolicy
    repositioning: Repositioning

    @property
    def asks(self) -> frozenset[str]:
        """What the policy asks for, and the demand."""
        return asked_by(self.policy) | {DEMAND}

    def __call__(self, problem: DispatchProblem, rng: np.random.Generator) -> Assignment:
        """Decide, then move whoever is left idle."""
        made = self.policy(problem, rng)
        busy = {match.rider for match in made.matches} | {move.rider for move in made.moves}
        busy |= {rider for wait in made.waits for rider in wait.riders}
        idle = np.array([row for row in np.flatnonzero(problem.idle) if problem.riders[row] not in busy], np.int64)
        return replace(made, moves=(*made.moves, *self.repositioning(problem, idle)))
