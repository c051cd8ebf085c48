"""Bundles as arrays, and what it means for a rider to take one: scoring starts here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from delivsim.dispatch.arrays import Flags, Floats, Ints
from delivsim.dispatch.lawful import TOLERANCE
from delivsim.dispatch.problem import DispatchProblem


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bundles:
    """
    Bundles of one store each, one row per bundle.

    Parameters
    ----------
    rows
        Rows of the orders in the problem, in visiting order.
    first
        Row of one order of each, shape (k,): it tells the store.
    sizes
        How many orders each has, shape (k,).
    ready_at
        When all of it is ready, or now if that is later, shape (k,), seconds.
    lengths
        Seconds from leaving the store to being done at the last door, shape (k,).
    latest_pickup
        The last instant of a pick-up that brings every order within the target, shape (k,), seconds.
    """

    rows: list[tuple[int, ...]]
    first: Ints
    sizes: Ints
    ready_at: Floats
    lengths: Floats
    latest_pickup: Floats

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, slots=True, eq=False)
class Trips:
    """
    Bundles in the hands of riders, one row per pair.

    Parameters
    ----------
    leave_at
        When the rider can set out, shape (p,), seconds.
    ways
        Seconds from setting out to having food that is ready, shape (p,).
    pickup_at
        When the rider has the food, shape (p,), seconds.
    lawful
        Whether the shift is long enough and the rider can carry it, shape (p,).
    """

    leave_at: Floats
    ways: Floats
    pickup_at: Floats
    lawful: Flags


def bundles_of(problem: DispatchProblem, rows: list[tuple[int, ...]]) -> Bundles:
    """Put bundles, given as rows of their orders in visiting order, into arrays."""
    flat = np.fromiter((row for bundle in rows for row in bundle), np.int64)
    sizes = np.fromiter(map(len, rows), np.int64, len(rows))
    starts = np.cumsum(sizes) - sizes
    ready_at = np.maximum(np.maximum.reduceat(problem.ready_at[flat], starts), problem.now) if len(rows) else _NOTHING
    origins = problem.dropoffs[np.roll(flat, 1)]
    origins[starts] = problem.pickups[flat[starts]]
    rules = problem.rules
    ways = problem.times(origins, problem.dropoffs[flat], at=np.repeat(ready_at, sizes)) + rules.dropoff_service_time
    ends = np.cumsum(ways)
    reached = ends - np.repeat(ends[starts] - ways[starts], sizes)
    late = problem.placed_at[flat] + rules.target_click_to_door - reached
    late += (rules.dropoff_service_time - rules.pickup_service_time) / 2.0
    return Bundles(
        rows=rows,
        first=flat[starts],
        sizes=sizes,
        ready_at=ready_at,
        lengths=reached[starts + sizes - 1] if len(rows) else _NOTHING,
        latest_pickup=np.minimum.reduceat(late, starts) if len(rows) else _NOTHING,
    )


def trips(problem: DispatchProblem, bundles: Bundles, chosen: Ints, riders: Ints) -> Trips:
    """Work out pairs of bundles (rows of ``bundles``) and riders (rows of the problem)."""
    first = bundles.first[chosen]
    leave_at = problem.leave_at[riders]
    ways = problem.times(problem.places[riders], problem.pickups[first], riders, leave_at)
    ways = ways + problem.rules.pickup_service_time / 2.0
    pickup_at = np.maximum(leave_at + ways, bundles.ready_at[chosen])
    in_time = pickup_at <= problem.off_at[riders] + TOLERANCE
    return Trips(leave_at, ways, pickup_at, in_time & (bundles.sizes[chosen] <= problem.carries[riders]))


_NOTHING = np.empty(0)
