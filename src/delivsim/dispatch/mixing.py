"""Bundles of several stores, where the rules allow them: two bundles become one trip when that spares enough."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from delivsim.dispatch.arrays import Flags, Floats, Ints
from delivsim.dispatch.bundles import Bundles, bundles_of, past_doors
from delivsim.dispatch.bundling import same_store_bundles
from delivsim.dispatch.candidates import flat, nearest_pairs
from delivsim.dispatch.problem import DispatchProblem

NEAR = 8
"""Bundles at the nearest stores that each bundle is tried with."""

Rows = tuple[int, ...]


def allowed_bundles(problem: DispatchProblem, rows: Ints, *, price: float, spared: float, largest: int) -> list[Rows]:
    """Put orders together as far as the rules allow: those of one store, and then, where they may, of near stores."""
    found = same_store_bundles(problem, rows, price=price, spared=spared, largest=largest)
    if problem.rules.same_store_bundles:
        return found
    return mixed_bundles(problem, found, price=price, spared=spared, largest=largest)


def mixed_bundles(
    problem: DispatchProblem, bundles: Sequence[Rows], *, price: float, spared: float, largest: int
) -> list[Rows]:
    """
    Put bundles of different stores together where that spares more of a rider's time than it costs the customers.

    A rider fetches all food first, store by store, and then goes from door to door. Of all pairs of near stores those
    go together that gain most, each bundle once; doors of the second bundle are put between those of the first where
    the delay is least.

    Parameters
    ----------
    bundles
        Bundles of one store each: rows of their orders in visiting order.
    price, spared, largest
        As in ``same_store_bundles``.

    Returns
    -------
    The bundles, those that were put together in the place of the first of the two.
    """
    found, used = list(bundles), np.zeros(len(bundles), dtype=np.bool_)
    for mix in _mixes(problem, bundles, price, spared, largest):
        if not (used[mix.first] or used[mix.second]):
            used[mix.first] = used[mix.second] = True
            found[mix.first], found[mix.second] = mix.rows, ()
    return [rows for rows in found if rows]


def every_mix(
    problem: DispatchProblem, bundles: Sequence[Rows], *, price: float, spared: float, largest: int
) -> list[Rows]:
    """List what two of these bundles at near stores become together, wherever that gains: the best way of each pair."""
    best: dict[tuple[int, int], Rows] = {}
    for mix in _mixes(problem, bundles, price, spared, largest):
        best.setdefault((mix.first, mix.second), mix.rows)
    return list(best.values())


class Mix(NamedTuple):
    """Two bundles, by their numbers, as one: its rows in visiting order."""

    first: int
    second: int
    rows: Rows


def _mixes(
    problem: DispatchProblem, bundles: Sequence[Rows], price: float, spared: float, largest: int
) -> Iterator[Mix]:
    """Give all that gains, in the order of what it gains."""
    if price <= 0.0 or len(bundles) < 2:
        return
    alone = Worth.of(problem, bundles_of(problem, bundles))
    pairs = list(_pairs(problem, bundles, alone, price, spared, largest))
    if not pairs:
        return
    tried = [(k, way) for k, (a, b) in enumerate(pairs) for way in _ways(bundles[a], bundles[b])]
    owners, ways = zip(*tried, strict=True)
    together = Worth.of(problem, bundles_of(problem, ways))
    first, second = (np.array([pairs[k][i] for k in owners]) for i in (0, 1))
    gain = price * (spared + alone.lengths[first] + alone.lengths[second] - together.lengths)
    gain -= together.delays - alone.delays[first] - alone.delays[second]
    for way in np.lexsort((np.arange(gain.size), -gain)).tolist():
        if gain[way] <= 0.0:
            return
        yield Mix(int(first[way]), int(second[way]), ways[way])


class Worth(NamedTuple):
    """Of each bundle the seconds from the first store to its end, and its customers' delay if its rider is in time."""

    lengths: Floats
    delays: Floats

    @classmethod
    def of(cls, problem: DispatchProblem, bundles: Bundles) -> Worth:
        """Work both out."""
        doors = past_doors(problem, bundles)
        members = np.concatenate([np.array(one) for one in bundles.rows])
        starts = np.cumsum(bundles.sizes) - bundles.sizes
        ready = np.add.reduceat(np.maximum(problem.ready_at[members], problem.now), starts)
        waits = np.maximum(bundles.ready_at, problem.now) * bundles.sizes - ready
        return cls(doors.lengths, doors.delays + waits)


def _pairs(
    problem: DispatchProblem, bundles: Sequence[Rows], alone: Worth, price: float, spared: float, largest: int
) -> Iterator[tuple[int, int]]:
    """Give ordered pairs of bundles at near stores that could gain: the customers of the first wait for the way."""
    first = np.array([rows[0] for rows in bundles])
    sizes = np.array([len(rows) for rows in bundles])
    places = flat(problem.pickups[first], problem.travel)
    a, b = nearest_pairs(places, places, NEAR)
    ways = problem.times(problem.pickups[first[a]], problem.pickups[first[b]])
    least = sizes[a] * (ways + problem.rules.pickup_service_time)
    possible: Flags = problem.stores[first[a]] != problem.stores[first[b]]
    possible &= (sizes[a] + sizes[b] <= largest) & (least < price * (spared + alone.lengths[b] - ways))
    yield from zip(a[possible].tolist(), b[possible].tolist(), strict=True)


def _ways(one: Rows, other: Rows) -> Iterator[Rows]:
    """Give the ways past the doors of two bundles, the first store first: the orders of each keep their order."""
    ways: list[Rows] = [one]
    for row in other:
        ways = [(*way[:k], row, *way[k:]) for way in ways for k in range(1, len(way) + 1)]
    place = {row: i for i, row in enumerate(other)}
    for way in ways:
        order = [place[row] for row in way if row in place]
        if order == sorted(order):
            yield way
