"""
The port of the dispatch core, going in: what the dispatcher knows at one decision, as arrays.

A policy knows nothing else: no clock, no simulation, no platform. The same object decides in a simulation
and in production. What it answers is in ``assignment.py``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from delivsim.dispatch.arrays import Floats, Ints, freeze, refuse_unless_finite
from delivsim.dispatch.known import (
    NO_DEMAND,
    NO_PROMISES,
    NO_READINESS,
    NO_SHIFTS,
    Demand,
    Promises,
    Readiness,
    Shifts,
)
from delivsim.domain.instance import Rules
from delivsim.domain.travel import Instants, Travel
from delivsim.errors import InputError

UNLIMITED = 2**31 - 1
"""The capacity of a rider who may carry any number of orders."""

_ORDER_FLOATS = ("placed_at", "ready_at")
_RIDER_FLOATS = ("free_at", "off_at", "speeds", "moving_until")


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
    capacities
        Orders that each rider can carry at the same time, shape (m,), >= 1; None: as ``rules.capacity`` says.
    moving_until
        Until when each is on the way to where he was sent to wait, shape (m,), seconds; None: nobody is.
    promises
        Bundles that riders have accepted and not yet delivered, if the policy asks for ``promises``.
    demand
        All stores and their recent demand, if the policy asks for ``demand``.
    shifts
        Riders whose shifts begin soon, if the policy asks for ``shifts``.
    readiness
        How wrong the estimates of readiness have been so far, if the policy asks for ``readiness``.

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
    capacities: Ints | None = None
    moving_until: Floats | None = None
    promises: Promises = NO_PROMISES
    demand: Demand = NO_DEMAND
    shifts: Shifts = NO_SHIFTS
    readiness: Readiness = NO_READINESS

    def __post_init__(self) -> None:
        if not (np.isfinite(self.now) and np.isfinite(self.every) and self.every > 0.0):
            raise InputError(f"dispatch problem: now must be finite and every > 0, got {self.now} and {self.every}")
        n, m = np.size(self.orders), np.size(self.riders)
        if self.capacities is None:
            object.__setattr__(self, "capacities", np.full(m, self.rules.capacity or UNLIMITED))
        if self.moving_until is None:
            object.__setattr__(self, "moving_until", np.full(m, -np.inf))
        for name, size in (("orders", n), ("stores", n), ("riders", m), ("capacities", m)):
            freeze(self, name, np.int64, (size,))
        for name in _ORDER_FLOATS:
            freeze(self, name, np.float64, (n,))
        for name in _RIDER_FLOATS:
            freeze(self, name, np.float64, (m,))
        for name, size in (("pickups", n), ("dropoffs", n), ("places", m)):
            freeze(self, name, np.float64, (size, 2))
        self._check_values()

    def _check_values(self) -> None:
        for name in ("orders", "riders"):
            numbers = getattr(self, name)
            if not (numbers[1:] > numbers[:-1]).all():
                raise InputError(f"dispatch problem: {name}: numbers must ascend, each once")
        refuse_unless_finite(self, "placed_at", "ready_at", "pickups", "dropoffs", "places", "free_at")
        for name in ("off_at", "moving_until"):
            if np.isnan(getattr(self, name)).any():
                raise InputError(f"dispatch problem: {name}: must not be NaN")
        if (self.speeds <= 0.0).any():
            raise InputError("dispatch problem: speeds: must be > 0, or NaN for the travel model's own")
        if (self.carries < 1).any():
            raise InputError("dispatch problem: capacities: must be >= 1")
        if self.promises.orders.size and not set(self.orders.tolist()).isdisjoint(self.promises.orders.tolist()):
            raise InputError("dispatch problem: promises: an order is both open and promised")
        if self.shifts.riders.size and not set(self.riders.tolist()).isdisjoint(self.shifts.riders.tolist()):
            raise InputError("dispatch problem: shifts: a rider is both here and still to come")

    def with_shifts(self, until: float) -> DispatchProblem:
        """Give the same problem with riders who come on by then among the riders, free when their shifts begin."""
        if not (self.shifts.on_at <= until).any():
            return self
        shifts = self.shifts.until(until)
        riders = np.append(self.riders, shifts.riders)
        order = np.argsort(riders, kind="stable")
        return replace(
            self,
            riders=riders[order],
            places=np.concatenate((self.places, shifts.places))[order],
            free_at=np.append(self.free_at, shifts.on_at)[order],
            off_at=np.append(self.off_at, shifts.off_at)[order],
            speeds=np.append(self.speeds, shifts.speeds)[order],
            capacities=np.append(self.carries, shifts.capacities)[order],
            moving_until=np.append(np.asarray(self.moving_until), np.full(shifts.riders.size, -np.inf))[order],
            shifts=NO_SHIFTS,
        )

    @property
    def carries(self) -> Ints:
        """Orders that each rider can carry at the same time, shape (m,)."""
        assert self.capacities is not None, "filled in at construction"
        return self.capacities

    @property
    def idle(self) -> NDArray[np.bool_]:
        """Whether each rider has nothing to do, not even a way to where to wait, shape (m,)."""
        assert self.moving_until is not None, "filled in at construction"
        return (self.free_at <= self.now) & (self.moving_until <= self.now) & (self.off_at > self.now)

    @property
    def leave_at(self) -> Floats:
        """When each rider can set out at the earliest, shape (m,), seconds."""
        return np.maximum(self.free_at, self.now)

    def times(
        self, origins: Floats, destinations: Floats, riders: Ints | None = None, at: Instants | None = None
    ) -> Floats:
        """
        Give travel times in one batch.

        Parameters
        ----------
        origins, destinations
            Places, shape (k, 2) each.
        riders
            Rows of the riders who drive, shape (k,); None: at the travel model's own speed.
        at
            When they set out, one instant for all or shape (k,); None: now.

        Returns
        -------
        Seconds, shape (k,).
        """
        speeds = None if riders is None else self.speeds[riders]
        return self.travel.times(origins, destinations, speeds, self.now if at is None else at)

    def ways_to_stores(self, orders: Ints, riders: Ints) -> Floats:
        """Seconds from each rider's place to the store of the order, for pairs of rows, shape (k,)."""
        return self.times(self.places[riders], self.pickups[orders], riders, self.leave_at[riders])
