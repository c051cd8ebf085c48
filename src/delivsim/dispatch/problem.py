"""
The port of the dispatch core: a problem of arrays in, an assignment of bundles to riders out.

A policy knows nothing else: no clock, no simulation, no platform. The same object decides in a simulation
and in production.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from delivsim.domain.instance import Rules
from delivsim.domain.travel import Travel
from delivsim.errors import InputError, PolicyError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TOLERANCE = 1e-6
"""Seconds by which a pick-up may pass the end of a shift: the rounding error of float arithmetic."""

_ORDER_FLOATS = ("placed_at", "ready_at")
_RIDER_FLOATS = ("free_at", "off_at", "speeds")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DispatchProblem:
    """
    What the dispatcher knows at one decision: open orders, riders, and the rules in force.

    The arrays are made read-only and checked once, at construction.

    Parameters
    ----------
    now
        The instant of the decision, seconds since the start of the scenario.
    every
        Seconds until the next decision, > 0.
    orders
        Numbers of the orders that wait for a rider, shape (n,), ascending, each once.
    placed_at, ready_at
        When each was placed, and when its food is believed to be ready, shape (n,), seconds.
    stores
        Store number of each order, shape (n,).
    pickups, dropoffs
        Where each is picked up and where it goes, shape (n, 2), metres or longitude and latitude.
    riders
        Numbers of the riders who can be asked, shape (m,), ascending, each once.
    places
        Where each rider is, or will be once free, as far as known, shape (m, 2).
    free_at
        When each is expected to be free, shape (m,), seconds; at or before ``now``: free already.
    off_at
        End of each shift, shape (m,), seconds, may be infinite; a pick-up after it is forbidden.
    speeds
        Each rider's own speed, shape (m,), metres per second; NaN: the travel model's.
    travel
        Travel times and distances between places.
    rules
        The rules in force.

    Raises
    ------
    InputError
        A shape is wrong, a number repeated or out of order, a value NaN or infinite where it may not be.
    """

    now: float
    every: float
    orders: Ints
    placed_at: Floats
    ready_at: Floats
    stores: Ints
    pickups: Floats
    dropoffs: Floats
    riders: Ints
    places: Floats
    free_at: Floats
    off_at: Floats
    speeds: Floats
    travel: Travel
    rules: Rules

    def __post_init__(self) -> None:
        if not (np.isfinite(self.now) and np.isfinite(self.every) and self.every > 0.0):
            raise InputError(f"dispatch problem: now must be finite and every > 0, got {self.now} and {self.every}")
        n, m = np.size(self.orders), np.size(self.riders)
        for name, size in (("orders", n), ("stores", n), ("riders", m)):
            self._freeze(name, np.int64, (size,))
        for name in _ORDER_FLOATS:
            self._freeze(name, np.float64, (n,))
        for name in _RIDER_FLOATS:
            self._freeze(name, np.float64, (m,))
        for name, size in (("pickups", n), ("dropoffs", n), ("places", m)):
            self._freeze(name, np.float64, (size, 2))
        self._check_values()

    def _freeze(self, name: str, kind: type, shape: tuple[int, ...]) -> None:
        """Replace a field by a read-only view of the right type; a copy only where the type is another."""
        array: NDArray[Any] = np.asarray(getattr(self, name), dtype=kind)
        if array.shape != shape:
            if array.size or shape[0]:
                raise InputError(f"dispatch problem: {name}: shape must be {shape}, got {array.shape}")
            array = array.reshape(shape)
        view = array.view()
        view.flags.writeable = False
        object.__setattr__(self, name, view)

    def _check_values(self) -> None:
        for name in ("orders", "riders"):
            numbers = getattr(self, name)
            if not (numbers[1:] > numbers[:-1]).all():
                raise InputError(f"dispatch problem: {name}: numbers must ascend, each once")
        for name in ("placed_at", "ready_at", "pickups", "dropoffs", "places", "free_at"):
            if not np.isfinite(getattr(self, name)).all():
                raise InputError(f"dispatch problem: {name}: every value must be finite")
        if np.isnan(self.off_at).any():
            raise InputError("dispatch problem: off_at: must not be NaN")
        if (self.speeds <= 0.0).any():
            raise InputError("dispatch problem: speeds: must be > 0, or NaN for the travel model's own")


@dataclass(frozen=True, slots=True)
class Match:
    """
    Offer these orders to this rider now; a rider who is not yet free goes as soon as he is.

    Parameters
    ----------
    rider
        The rider's number.
    orders
        Numbers of the bundle's orders, in the order they are delivered.
    reason
        Why, for people to read.
    """

    rider: int
    orders: tuple[int, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a policy decided; an order that is in no match waits for the next decision."""

    matches: tuple[Match, ...] = ()


class DispatchPolicy(Protocol):
    """Decides which rider is offered which orders; randomness, if any, comes from ``rng`` alone."""

    def __call__(self, problem: DispatchProblem, rng: np.random.Generator) -> Assignment: ...


def check_assignment(problem: DispatchProblem, assignment: Assignment) -> None:
    """
    Refuse an assignment that breaks the rules.

    Raises
    ------
    PolicyError
        It is no ``Assignment``, an order or rider is unknown or used twice, a bundle is empty, its orders come from
        several stores where the rules forbid that, or the rider's shift ends before the food can be picked up.
    """
    if not isinstance(assignment, Assignment):
        raise PolicyError(f"the policy must give an Assignment, got {type(assignment).__name__}")
    used_orders: set[int] = set()
    used_riders: set[int] = set()
    for match in assignment.matches:
        rows = [_take("order", number, problem.orders, used_orders) for number in match.orders]
        rider = _take("rider", match.rider, problem.riders, used_riders)
        if not rows:
            raise PolicyError(f"rider {match.rider}: an empty bundle")
        _check_bundle(problem, match, rows, rider)


def _take(what: str, number: int, known: Ints, used: set[int]) -> int:
    """Give the row of an order or rider, once only."""
    row = int(np.searchsorted(known, number))
    if row == known.size or known[row] != number:
        raise PolicyError(f"{what} {number}: not in the problem")
    if row in used:
        raise PolicyError(f"{what} {number}: matched twice")
    used.add(row)
    return row


def _check_bundle(problem: DispatchProblem, match: Match, rows: list[int], rider: int) -> None:
    stores = problem.stores[rows]
    if problem.rules.same_store_bundles and (stores != stores[0]).any():
        numbers = sorted({int(s) for s in stores})
        raise PolicyError(f"rider {match.rider}: orders of several stores ({numbers}) in one bundle")
    first = [row for row in rows if problem.stores[row] == stores[0]]
    pickup, off = _pickup_at(problem, first, rider), float(problem.off_at[rider])
    if pickup > off + TOLERANCE:
        raise PolicyError(
            f"rider {match.rider}: order {match.orders[0]} would be picked up at {pickup:.0f} s, "
            f"after the shift ends at {off:.0f} s"
        )


def _pickup_at(problem: DispatchProblem, rows: list[int], rider: int) -> float:
    """When the rider has the food of these orders of one store: arrived, half served, all of it ready."""
    leave = max(problem.now, float(problem.free_at[rider]))
    here, store = problem.places[rider], problem.pickups[rows[0]]
    speed = float(problem.speeds[rider])
    way = problem.travel.time(
        (float(here[0]), float(here[1])),
        (float(store[0]), float(store[1])),
        None if np.isnan(speed) else speed,
        leave,
    )
    return max(leave + way + problem.rules.pickup_service_time / 2.0, float(problem.ready_at[rows].max()))
