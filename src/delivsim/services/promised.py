"""What the delivery service remembers only for policies that ask: promised bundles, and demand by store."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from delivsim.dispatch.known import Demand, Promises

MEMORY = 3600.0
"""Seconds after which an order counts less in its store's demand by a factor e."""


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


def demand(stores: Sequence[tuple[float, float]], seen: Sequence[StoreDemand], now: float) -> Demand:
    """Put the stores and their orders per second into arrays."""
    import numpy as np

    from delivsim.dispatch.known import Demand

    rates = np.zeros(len(stores))
    for store in seen:
        rates[store.store] = store.later(now) / MEMORY
    places = np.array(stores, dtype=np.float64).reshape(-1, 2)
    return Demand(stores=np.arange(len(stores)), places=places, rates=rates)
