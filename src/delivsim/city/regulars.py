"""Customers who order again: a pool of people with homes, some of whom order far more often than others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from delivsim.city.config import CityConfig
from delivsim.city.places import Floats, Ints, scattered, zipf
from delivsim.domain.store import Store


class Pool(NamedTuple):
    """
    Who may order in one part of a city.

    Parameters
    ----------
    size
        How many people there are.
    loyalty
        Exponent of the Zipf law of orders per person.
    popularity
        Exponent of the Zipf law of orders per store.
    reach
        How far from home people order, metres: the standard deviation in each direction.
    side
        Length of the city's side, metres.
    """

    size: int
    loyalty: float
    popularity: float
    reach: float
    side: float


def regulars(pool: Pool, stores: Sequence[Store], n: int, rng: np.random.Generator) -> tuple[Ints, Floats, Ints]:
    """
    Draw n orders of a pool of people.

    Everybody has a home around some store, and orders from stores around it: the more popular and the nearer a store
    is, the more often.

    Returns
    -------
    The number of the customer and the position of the store in ``stores``, shape (n,), and the home, shape (n, 2).
    """
    places = np.array([(store.x, store.y) for store in stores])
    popular = zipf(len(stores), pool.popularity)
    homes = scattered(places[rng.choice(len(stores), pool.size, p=popular)], pool.reach, pool.side, rng)
    who = rng.choice(pool.size, n, p=zipf(pool.size, pool.loyalty))
    people, which = np.unique(who, return_inverse=True)
    far = ((homes[people][:, None, :] - places[None, :, :]) ** 2).sum(axis=2) / (2.0 * pool.reach**2)
    weight = popular * np.exp(far.min(axis=1, keepdims=True) - far)
    upto = np.cumsum(weight, axis=1)
    drawn = rng.random(n) * upto[which, -1]
    store = np.minimum((upto[which] <= drawn[:, None]).sum(axis=1), len(stores) - 1)
    return who.astype(np.int64), homes[who], store.astype(np.int64)


def of_pool(
    config: CityConfig, size: int, stores: Sequence[Store], zone: Ints, rng: np.random.Generator
) -> tuple[Ints, Floats, Ints]:
    """Draw who of a pool orders, from which home and store, each zone by itself; a zone has its part of the pool."""
    customer, store, places = np.zeros_like(zone), np.zeros_like(zone), np.zeros((len(zone), 2))
    first = 0
    for i, name in enumerate(config.zones or ("",)):
        members, of_it = np.flatnonzero([not config.zones or s.zone == name for s in stores]), zone == i
        n = int(of_it.sum())
        pool = Pool(
            max(1, round(size * n / max(1, len(zone)))),
            config.customers.loyalty,
            config.stores.popularity,
            config.reach,
            config.side,
        )
        if n:
            who, places[of_it], at = regulars(pool, [stores[int(k)] for k in members], n, rng)
            customer[of_it], store[of_it] = first + who, members[at]
        first += pool.size
    return customer, places, store
