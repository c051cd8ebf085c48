"""What the orders of an instance ask of its riders, and when: an estimate before anything runs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from delivsim.city.behavior import KitchensConfig
from delivsim.domain.instance import Instance
from delivsim.domain.travel import Travel, table

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

POOL = 300.0
"""Seconds of orders among which a rider who comes free finds the next one."""
MOST_POOLS, MOST_IN_POOL = 48, 240
"""How many pools, and how many orders of each, are looked at: enough for a mean, quick for a day of a city."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RiderWork:
    """
    One rider per order, no bundles, nobody waits for food: what each order takes, and when.

    Parameters
    ----------
    placed_at, ready_at, left_at, picked_up_at, delivered_at, free_at
        Expected instants of each order, seconds, shape (n,), as the orders come.
    ways_to_store
        Seconds of a sample of ways to the store, shape (k,).
    ways_to_customer
        Seconds from the store to the customer, shape (n,).
    stores, pickups, dropoffs
        Number of the store, shape (n,), and places of store and door, shape (n, 2).
    handover_time
        Mean seconds that stores take to hand an order over.
    """

    placed_at: Floats
    ready_at: Floats
    left_at: Floats
    picked_up_at: Floats
    delivered_at: Floats
    free_at: Floats
    ways_to_store: Floats
    ways_to_customer: Floats
    stores: Ints
    pickups: Floats
    dropoffs: Floats
    handover_time: float = 0.0

    @property
    def way_to_store(self) -> float:
        """Mean seconds of the way to the store."""
        return float(self.ways_to_store.mean()) if self.ways_to_store.size else 0.0


def rider_work(instance: Instance, kitchens: KitchensConfig) -> RiderWork:
    """
    Estimate what the orders of an instance ask of its riders.

    A rider leaves so as to meet the food (as dispatch expects it), spends the service times of the rules, and travels
    as the instance says. Preparation takes its mean, or what the instance gives as a fact.
    """
    numbers, stores, doors, placed_at = _places(instance)
    rules = instance.rules
    to_customer = instance.travel.times(stores, doors, at=placed_at)
    to_store = ways_to_store(instance)
    before = (float(to_store.mean()) if to_store.size else 0.0) + rules.pickup_service_time / 2
    ready_at = _ready(instance, kitchens, placed_at)
    left_at = np.maximum(placed_at, ready_at - before)
    if kitchens.preparation_starts == "on_accept":
        ready_at = left_at + _cooking(instance, kitchens)
    handover = np.array([store.handover_time for store in instance.stores], dtype=np.float64)[numbers]
    picked_up_at = np.maximum(left_at + before, ready_at) + handover
    delivered_at = picked_up_at + (rules.pickup_service_time + rules.dropoff_service_time) / 2 + to_customer
    return RiderWork(
        placed_at=placed_at,
        ready_at=ready_at,
        left_at=left_at,
        picked_up_at=picked_up_at,
        delivered_at=delivered_at,
        free_at=delivered_at + rules.dropoff_service_time / 2,
        ways_to_store=to_store,
        ways_to_customer=to_customer,
        stores=numbers,
        pickups=stores,
        dropoffs=doors,
        handover_time=float(handover.mean()) if handover.size else 0.0,
    )


def ways_to_store(instance: Instance) -> Floats:
    """
    Draw on the instance for ways from where riders come free to where they are needed next.

    Riders come free at the doors of orders, and are needed at the stores of those that follow, in each zone by itself.
    Within five minutes dispatch can choose, so each pool of stores is matched with as many doors before it at the
    least total way (in runs of synthetic and published instances the mean way was within 12 % of this, whatever the
    policy).

    Returns
    -------
    Seconds, shape (k,).
    """
    numbers, stores, doors, placed_at = _places(instance)
    zones = np.array([store.zone for store in instance.stores])[numbers] if len(numbers) else numbers
    members = [np.flatnonzero(zones == zone) for zone in sorted(set(zones.tolist()))]
    found = [_ways(instance.travel, stores[of_it], doors[of_it], placed_at[of_it]) for of_it in members]
    return np.concatenate(found) if found else np.empty(0)


def _ways(travel: Travel, stores: Floats, doors: Floats, placed_at: Floats) -> Floats:
    """Draw on the orders of one zone."""
    from scipy.optimize import linear_sum_assignment

    if len(placed_at) < 2:
        return travel.times(stores, doors, at=placed_at)
    found = []
    for pool in _pools(placed_at):
        before = np.arange(max(0, pool[0] - len(pool)), pool[0])
        rows, columns = _spread(before), _spread(pool)
        ways = table(travel, doors[rows], stores[columns], float(placed_at[pool[0]]))
        found.append(ways[linear_sum_assignment(ways)])
    return np.concatenate(found)


def _pools(placed_at: Floats) -> list[Ints]:
    """Cut the orders after the first into pools of five minutes, and keep some of them, evenly over the time."""
    numbers = np.arange(1, len(placed_at))
    pools = np.split(numbers, np.flatnonzero(np.diff(np.floor(placed_at[1:] / POOL))) + 1)
    keep = np.unique(np.linspace(0, len(pools) - 1, min(MOST_POOLS, len(pools))).astype(int))
    return [pools[k] for k in keep]


def _spread(numbers: Ints) -> Ints:
    keep = np.linspace(0, len(numbers) - 1, min(MOST_IN_POOL, len(numbers))).astype(int)
    return np.asarray(numbers[keep], dtype=np.int64)


def _places(instance: Instance) -> tuple[Ints, Floats, Floats, Floats]:
    """Give store numbers (n,), places of stores and doors (n, 2), and instants (n,) of the orders as they come."""
    orders = sorted(instance.orders, key=lambda order: order.placed_at)
    at_store = np.array([(store.x, store.y) for store in instance.stores], dtype=np.float64).reshape(-1, 2)
    doors = np.array([(order.x, order.y) for order in orders], dtype=np.float64).reshape(-1, 2)
    placed_at = np.array([order.placed_at for order in orders], dtype=np.float64)
    stores = np.array([order.store for order in orders], dtype=np.int64)
    return stores, at_store[stores], doors, placed_at


def _cooking(instance: Instance, kitchens: KitchensConfig) -> Floats:
    """Give the mean seconds that each order takes to cook, as the orders come; kitchens that are not busy."""
    orders = sorted(instance.orders, key=lambda order: order.placed_at)
    by_store = [(store.preparation or kitchens.preparation).mean for store in instance.stores]
    own = [by_store[order.store] if order.preparation_time is None else order.preparation_time for order in orders]
    return np.array(own, dtype=np.float64)


def _ready(instance: Instance, kitchens: KitchensConfig, placed_at: Floats) -> Floats:
    """Give the instants at which orders are ready that are begun when they are placed, or as the instance says."""
    ready_at = placed_at + _cooking(instance, kitchens)
    if kitchens.preparation_starts == "given":
        orders = sorted(instance.orders, key=lambda order: order.placed_at)
        facts = np.array([np.nan if order.ready_at is None else order.ready_at for order in orders], dtype=np.float64)
        return np.where(np.isnan(facts), ready_at, facts)
    return ready_at
