"""
What the delivery service knows only for policies that ask: promised bundles, demand by store, shifts to come, and how
wrong estimates of readiness have been.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from delivsim.dispatch.known import Demand, Promises, Readiness, Shifts

MEMORY = 3600.0
"""Seconds after which an order counts less in its store's demand by a factor e."""


SOON = 3600.0
"""Seconds before a shift begins from which on a policy can count on its rider."""


class Shift(NamedTuple):
    """A rider's shift as planned; ``Shifts`` says what the numbers mean."""

    on_at: float
    rider: int
    x: float
    y: float
    off_at: float
    speed: float
    capacity: float


class Carried(NamedTuple):
    """An order that a rider has accepted and not yet delivered: ``Promises`` says what the numbers mean."""

    order: int
    rider: int
    bundle: int
    position: int
    store: int
    placed_at: float
    ready_at: float
    pickup_at: float
    pickup_x: float
    pickup_y: float
    x: float
    y: float
    picked_up: bool = False


class StoreDemand(NamedTuple):
    """A store's orders so far, each counting less with age: their sum as it was at ``at``."""

    store: int
    total: float
    at: float

    def later(self, at: float) -> float:
        """The sum as it is later, without further orders."""
        return self.total * math.exp((self.at - at) / MEMORY)


class ReadinessSeen(NamedTuple):
    """
    How wrong estimates of readiness have been: how many, the sum of the errors, and of their squares.

    Errors are whole seconds, so that what only the way of a message adds to them does not count.
    """

    n: int = 0
    total: float = 0.0
    squares: float = 0.0

    def also(self, late: float) -> ReadinessSeen:
        """Count one more: food that was ready ``late`` seconds after the instant that was told."""
        error = round(late)
        return ReadinessSeen(self.n + 1, self.total + error, self.squares + error * error)


def readiness(seen: ReadinessSeen | None) -> Readiness:
    """Give the mean and the spread of the errors."""
    from delivsim.dispatch.known import NO_READINESS, Readiness

    if seen is None:
        return NO_READINESS
    return Readiness(n=seen.n, bias=seen.total / seen.n, spread=math.sqrt(seen.squares / seen.n))


def promises(carried: Sequence[Carried]) -> Promises:
    """Put what riders have accepted into arrays: by rider, then bundle by bundle, in visiting order."""
    import numpy as np

    from delivsim.dispatch.known import NO_PROMISES, Promises

    if not carried:
        return NO_PROMISES
    width = len(Carried._fields)
    rows = np.fromiter(chain.from_iterable(carried), np.float64, width * len(carried)).reshape(-1, width)
    rows = rows[np.lexsort((rows[:, 3], rows[:, 2], rows[:, 1]))]
    order, rider, bundle, _, store, placed_at, ready_at, pickup_at, *_, picked_up = rows.T
    return Promises(
        riders=rider.astype(np.int64),
        bundles=bundle.astype(np.int64),
        orders=order.astype(np.int64),
        stores=store.astype(np.int64),
        placed_at=placed_at,
        ready_at=ready_at,
        pickup_at=pickup_at,
        pickups=rows[:, 8:10],
        dropoffs=rows[:, 10:12],
        picked_up=picked_up > 0.0,
    )


class ToldBefore:
    """
    Stores and shifts to come as arrays, of one city.

    It remembers its last answers: the stores stay where they are, and from one decision to the next mostly the same
    shifts begin within the hour.
    """

    def __init__(self) -> None:
        self._places: Any = None
        self._soon: tuple[Shift, ...] = ()
        self._shifts: Shifts | None = None

    def demand(self, stores: Sequence[tuple[float, float]], seen: Sequence[StoreDemand], now: float) -> Demand:
        """Give the stores and their orders per second."""
        import numpy as np

        from delivsim.dispatch.known import Demand

        if self._places is None:
            self._places = np.array(stores, dtype=np.float64).reshape(-1, 2)
        rates = np.zeros(len(stores))
        for store in seen:
            rates[store.store] = store.later(now) / MEMORY
        return Demand(stores=np.arange(len(stores)), places=self._places, rates=rates)

    def shifts(self, roster: tuple[Shift, ...], now: float) -> Shifts:
        """Give the shifts that begin soon; the roster is in order of their beginnings."""
        soon = roster[_begun(roster, now) : _begun(roster, now + SOON)]
        if self._shifts is None or soon != self._soon:
            self._soon, self._shifts = soon, shifts(soon)
        return self._shifts


def shifts(soon: Sequence[Shift]) -> Shifts:
    """Put shifts to come into arrays."""
    import numpy as np

    from delivsim.dispatch.known import NO_SHIFTS, Shifts
    from delivsim.dispatch.problem import UNLIMITED

    if not soon:
        return NO_SHIFTS
    on_at, rider, x, y, off_at, speed, capacity = np.array(soon, dtype=np.float64).T
    return Shifts(
        riders=rider.astype(np.int64),
        places=np.column_stack((x, y)),
        on_at=on_at,
        off_at=off_at,
        speeds=speed,
        capacities=np.minimum(capacity, UNLIMITED).astype(np.int64),
    )


def _begun(roster: Sequence[Shift], now: float) -> int:
    """How many shifts have begun by then."""
    return bisect_right(roster, now, key=lambda shift: shift.on_at)
