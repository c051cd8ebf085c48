"""
What else the dispatcher knows, for policies that ask: promised bundles, where orders come from, shifts to come, and
how wrong the estimates of readiness have been.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields

import numpy as np

from delivsim.dispatch.arrays import Flags, Floats, Ints, freeze, refuse_unless_finite
from delivsim.errors import InputError

PROMISES = "promises"
DEMAND = "demand"
SHIFTS = "shifts"
READINESS = "readiness"
ASKABLE = (PROMISES, DEMAND, SHIFTS, READINESS)
"""What a policy may name in its class attribute ``asks`` so as to be told it."""

_KINDS = {"Ints": np.int64, "Floats": np.float64, "Flags": np.bool_}


def asked_by(policy: object) -> frozenset[str]:
    """What a policy wants to be told besides open orders and riders: its ``asks``, empty by default."""
    asks = frozenset(getattr(policy, "asks", ()))
    if unknown := sorted(asks.difference(ASKABLE)):
        raise InputError(f"policy {type(policy).__name__}: asks: must be of {', '.join(ASKABLE)}, got {unknown[0]!r}")
    return asks


def _none(*shape: int) -> Floats:
    return np.empty(shape or (0,))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Promises:
    """
    Bundles that riders have accepted and not yet delivered, one row per order.

    A rider's bundles stand in the order in which they are served, a bundle's orders in visiting order. When and where
    a rider will be done with all of them is the problem's ``free_at`` and ``places``.

    Parameters
    ----------
    riders
        Who has the order, shape (p,); also riders who cannot be asked now.
    bundles
        Number of the bundle, shape (p,); rows of one bundle stand together.
    orders
        Order numbers, shape (p,), each once.
    stores
        Store numbers, shape (p,).
    placed_at, ready_at
        As in the problem, shape (p,), seconds.
    pickup_at
        When the rider is expected to have the food, shape (p,), seconds.
    pickups, dropoffs
        Where from and where to, shape (p, 2).
    picked_up
        Whether the rider has it on board, shape (p,).
    """

    riders: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    bundles: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    orders: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    stores: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    placed_at: Floats = field(default_factory=_none)
    ready_at: Floats = field(default_factory=_none)
    pickup_at: Floats = field(default_factory=_none)
    pickups: Floats = field(default_factory=lambda: _none(0, 2))
    dropoffs: Floats = field(default_factory=lambda: _none(0, 2))
    picked_up: Flags = field(default_factory=lambda: np.empty(0, np.bool_))

    def __post_init__(self) -> None:
        n = np.size(self.orders)
        for spec in fields(self):
            shape = (n, 2) if spec.name in ("pickups", "dropoffs") else (n,)
            freeze(self, spec.name, _KINDS[str(spec.type)], shape)
        refuse_unless_finite(self, "placed_at", "ready_at", "pickup_at", "pickups", "dropoffs")
        if len(set(self.orders.tolist())) < n:
            raise InputError("dispatch problem: promises: an order is promised twice")
        if len(set(self.bundles.tolist())) < self._begins().size:
            raise InputError("dispatch problem: promises: rows of one bundle must stand together")

    def _begins(self) -> Ints:
        """Where each bundle begins."""
        changes = np.flatnonzero(self.bundles[1:] != self.bundles[:-1]) + 1
        return np.concatenate(([0], changes)) if self.orders.size else changes

    def rows(self, bundle: int) -> Ints:
        """Rows of a bundle, in visiting order; none if there is no such bundle."""
        return np.flatnonzero(self.bundles == bundle)

    def growing(self) -> list[Ints]:
        """Rows of each bundle that may still grow: the last one of its rider, with nothing of it on board."""
        begins = self._begins()
        if not begins.size:
            return []
        ends = np.append(begins[1:], self.orders.size)
        last = np.append(self.riders[begins[1:]] != self.riders[begins[:-1]], True)
        waiting = ~np.logical_or.reduceat(self.picked_up, begins)
        return [np.arange(begins[k], ends[k]) for k in np.flatnonzero(last & waiting)]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Demand:
    """
    All stores of the city, and how many orders each of them has had lately.

    Parameters
    ----------
    stores
        Store numbers, shape (s,).
    places
        Where they are, shape (s, 2).
    rates
        Orders per second placed at each, shape (s,): those seen so far, each counting less by a factor e for each
        hour of age.
    """

    stores: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    places: Floats = field(default_factory=lambda: _none(0, 2))
    rates: Floats = field(default_factory=_none)

    def __post_init__(self) -> None:
        n = np.size(self.stores)
        freeze(self, "stores", np.int64, (n,))
        freeze(self, "places", np.float64, (n, 2))
        freeze(self, "rates", np.float64, (n,))
        refuse_unless_finite(self, "places", "rates")
        if (self.rates < 0.0).any():
            raise InputError("dispatch problem: demand: rates must be >= 0")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shifts:
    """
    Riders whose shifts begin within the next hour: they cannot be asked yet, but they can be counted on.

    Parameters
    ----------
    riders
        Their numbers, shape (r,).
    places
        Where each shift begins, shape (r, 2).
    on_at, off_at
        When it begins and ends, shape (r,), seconds.
    speeds, capacities
        As in the problem, shape (r,).
    """

    riders: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    places: Floats = field(default_factory=lambda: _none(0, 2))
    on_at: Floats = field(default_factory=_none)
    off_at: Floats = field(default_factory=_none)
    speeds: Floats = field(default_factory=_none)
    capacities: Ints = field(default_factory=lambda: np.empty(0, np.int64))

    def __post_init__(self) -> None:
        n = np.size(self.riders)
        for spec in fields(self):
            freeze(self, spec.name, _KINDS[str(spec.type)], (n, 2) if spec.name == "places" else (n,))
        refuse_unless_finite(self, "places", "on_at", "off_at")
        if len(set(self.riders.tolist())) < n:
            raise InputError("dispatch problem: shifts: a rider is named twice")

    def until(self, instant: float) -> Shifts:
        """Give those that begin by then."""
        soon = np.flatnonzero(self.on_at <= instant)
        return (
            self
            if soon.size == self.riders.size
            else Shifts(**{f.name: getattr(self, f.name)[soon] for f in fields(self)})
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """
    How wrong the estimates of when food is ready have been so far.

    Parameters
    ----------
    n
        Orders whose food became ready, >= 0.
    bias
        Mean of how much later than told that was, seconds; negative: earlier.
    spread
        Root of the mean squared error, seconds, >= 0.
    """

    n: int = 0
    bias: float = 0.0
    spread: float = 0.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.bias) and math.isfinite(self.spread)):
            raise InputError("dispatch problem: readiness: bias and spread must be finite")
        if self.n < 0 or self.spread < 0.0:
            raise InputError("dispatch problem: readiness: n and spread must be >= 0")


NO_PROMISES = Promises()
NO_DEMAND = Demand()
NO_SHIFTS = Shifts()
NO_READINESS = Readiness()
