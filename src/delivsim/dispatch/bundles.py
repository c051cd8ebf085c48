"""Bundles as arrays, and what it means for a rider to take one: scoring starts here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from delivsim.dispatch.arrays import Flags, Floats, Ints
from delivsim.dispatch.lawful import TOLERANCE
from delivsim.dispatch.problem import DispatchProblem


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bundles:
    """
    Bundles, one row per bundle: of one store each, unless the rules allow others.

    Where a rider visits several stores, he fetches everything first, store by store as the orders name them.

    Parameters
    ----------
    rows
        Rows of the orders in the problem, in visiting order.
    first
        Row of one order of each, shape (k,): it tells the (first) store.
    sizes
        How many orders each has, shape (k,).
    ready_at
        When all of it is ready, shape (k,), seconds; of several stores: when the rider should be at the first one, so
        that he waits at no later one.
    leads
        Seconds from the first pick-up to the last one, shape (k,); 0 where there is one store.
    last
        Row of an order of the last store, shape (k,).
    stops
        Row of an order of each store in turn, shape (k, w), where there are several; all else is -1. With one store
        everywhere w is 0.
    stops_ready_at
        When all of it is ready at each of these stores, shape (k, w), seconds.
    """

    rows: Sequence[tuple[int, ...]]
    first: Ints
    sizes: Ints
    ready_at: Floats
    leads: Floats
    last: Ints
    stops: Ints
    stops_ready_at: Floats

    def __len__(self) -> int:
        return len(self.rows)

    def numbers(self, problem: DispatchProblem, k: int) -> tuple[int, ...]:
        """Numbers of the orders of one bundle, in visiting order."""
        return tuple(problem.orders[list(self.rows[k])].tolist())


class Trips(NamedTuple):
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
    driving
        Seconds from the rider's place to the store, shape (p,).
    """

    leave_at: Floats
    ways: Floats
    pickup_at: Floats
    lawful: Flags
    driving: Floats


class Doors(NamedTuple):
    """
    What comes after the pick-up, one row per bundle.

    Parameters
    ----------
    lengths
        Seconds from leaving the store to being done at the last door, shape (k,).
    latest_pickup
        The last instant of a (first) pick-up that brings every order within the target, shape (k,), seconds.
    delays
        Seconds of all orders together from leaving the store to their doors, beyond the straight way, shape (k,).
    """

    lengths: Floats
    latest_pickup: Floats
    delays: Floats


_NOTHING = np.empty(0)


def bundles_of(problem: DispatchProblem, rows: Sequence[tuple[int, ...]]) -> Bundles:
    """Put bundles, given as rows of their orders in visiting order, into arrays."""
    flat, sizes, starts = _flat(rows)
    first = flat[starts]
    ready_at = np.maximum.reduceat(problem.ready_at[flat], starts) if len(rows) else _NOTHING
    leads, last, fetched = np.zeros(len(rows)), first.copy(), dict[int, _Fetched]()
    if not problem.rules.same_store_bundles and len(rows):
        other = problem.stores[flat] != np.repeat(problem.stores[first], sizes)
        for k in np.flatnonzero(np.logical_or.reduceat(other, starts)).tolist():
            fetched[k] = one = _fetched(problem, rows[k])
            ready_at[k], leads[k], last[k] = one.ready_at, one.lead, one.stops[-1]
    width = max((len(one.stops) for one in fetched.values()), default=0)
    stops, stops_ready_at = np.full((len(rows), width), -1, dtype=np.int64), np.zeros((len(rows), width))
    for k, one in fetched.items():
        stops[k, : len(one.stops)], stops_ready_at[k, : len(one.stops)] = one.stops, one.stops_ready_at
    return Bundles(
        rows=rows,
        first=first,
        sizes=sizes,
        ready_at=ready_at,
        leads=leads,
        last=last,
        stops=stops,
        stops_ready_at=stops_ready_at,
    )


class _Fetched(NamedTuple):
    """How a bundle is fetched store by store: when to be at the first, seconds to the last pick-up, the stores."""

    ready_at: float
    lead: float
    stops: list[int]
    stops_ready_at: list[float]


def _fetched(problem: DispatchProblem, rows: Sequence[int]) -> _Fetched:
    """Go from store to store, at the travel model's own speed."""
    ready: dict[int, float] = {}
    stops: dict[int, int] = {}
    for row in rows:
        store = int(problem.stores[row])
        stops.setdefault(store, row)
        ready[store] = max(ready.get(store, -np.inf), float(problem.ready_at[row]))
    at = np.array(list(stops.values()))
    ways = problem.times(problem.pickups[at[:-1]], problem.pickups[at[1:]]) + problem.rules.pickup_service_time
    offsets = np.concatenate(([0.0], np.cumsum(ways)))
    readies = list(ready.values())
    return _Fetched(float((np.array(readies) - offsets).max()), float(offsets[-1]), at.tolist(), readies)


def trips(problem: DispatchProblem, bundles: Bundles, chosen: Ints, riders: Ints) -> Trips:
    """Work out pairs of bundles (rows of ``bundles``) and riders (rows of the problem)."""
    leave_at = problem.leave_at[riders]
    driving = problem.times(problem.places[riders], problem.pickups[bundles.first[chosen]], riders, leave_at)
    ways = driving + problem.rules.pickup_service_time / 2.0
    pickup_at = np.maximum(leave_at + ways, bundles.ready_at[chosen])
    last_pickup_at = pickup_at
    if bundles.stops.size:
        several = np.flatnonzero(bundles.stops[chosen, 0] >= 0)
        last_pickup_at = pickup_at.copy()
        last_pickup_at[several] = _last_pickup_at(problem, bundles, chosen[several], riders[several])
    in_time = last_pickup_at <= problem.off_at[riders] + TOLERANCE
    can_carry = bundles.sizes[chosen] <= problem.carries[riders]
    return Trips(leave_at, ways, pickup_at, in_time & can_carry, driving)


def _last_pickup_at(problem: DispatchProblem, bundles: Bundles, chosen: Ints, riders: Ints) -> Floats:
    """When each rider has the food of the last of several stores, at his own speed and at the hours he drives."""
    clock, places, half = problem.leave_at[riders], problem.places[riders], problem.rules.pickup_service_time / 2.0
    last = clock.copy()
    for stop, ready_at in zip(bundles.stops[chosen].T, bundles.stops_ready_at[chosen].T, strict=True):
        on = np.flatnonzero(stop >= 0)
        stores = problem.pickups[stop[on]]
        there = clock[on] + problem.times(places[on], stores, riders[on], clock[on]) + half
        last[on] = np.maximum(there, ready_at[on])
        clock[on], places[on] = last[on] + half, stores
    return last


def past_doors(problem: DispatchProblem, bundles: Bundles) -> Doors:
    """Work out the ways from the stores past the doors."""
    if not len(bundles):
        return Doors(_NOTHING, _NOTHING, _NOTHING)
    flat, sizes, starts = _flat(bundles.rows)
    rules, at = problem.rules, np.repeat(np.maximum(bundles.ready_at, problem.now), sizes)
    origins = problem.dropoffs[np.concatenate((flat[-1:], flat[:-1]))]
    origins[starts] = problem.pickups[bundles.last]
    ways = problem.times(origins, problem.dropoffs[flat], at=at) + rules.dropoff_service_time
    ways[starts] += bundles.leads
    ends = np.cumsum(ways)
    done = ends - np.repeat(ends[starts] - ways[starts], sizes)
    late = problem.placed_at[flat] + rules.target_click_to_door - done
    late += (rules.dropoff_service_time - rules.pickup_service_time) / 2.0
    straight = problem.times(problem.pickups[flat], problem.dropoffs[flat], at=at) + rules.dropoff_service_time
    return Doors(
        lengths=done[starts + sizes - 1],
        latest_pickup=np.minimum.reduceat(late, starts),
        delays=np.add.reduceat(done - straight, starts),
    )


def _flat(rows: Sequence[tuple[int, ...]]) -> tuple[Ints, Ints, Ints]:
    """Give the rows of all bundles in one array, the size of each, and where each begins."""
    flat = np.fromiter((row for bundle in rows for row in bundle), np.int64)
    sizes = np.fromiter(map(len, rows), np.int64, len(rows))
    return flat, sizes, np.cumsum(sizes) - sizes
