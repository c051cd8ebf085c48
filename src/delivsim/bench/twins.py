"""
Synthetic twins: invented days that look like published instances, so that a suite needs no data from outside.

A town of some 10 km, a lunch and a larger dinner peak, shifts of two to three hours that follow demand, and the rules
of Reyes et al. (2018): whole minutes everywhere. One seed gives one day, to the byte.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from delivsim.domain.config import Config
from delivsim.domain.instance import Instance, Rules
from delivsim.domain.order import Order
from delivsim.domain.rider import Rider
from delivsim.domain.store import Store
from delivsim.domain.streams import Streams
from delivsim.domain.travel import Euclidean

Floats = NDArray[np.float64]
Count = Annotated[int, Field(ge=1, le=100_000)]

MINUTE = 60.0
MIDDLE, TOWN, REACH = 5500.0, 1900.0, 1500.0
"""Metres: the town's middle, and standard deviations of a store from it and of a customer from the store."""
PEAKS = ((0.36, 210.0, 75.0), (0.64, 600.0, 85.0))
"""Share of the day's orders, and the minute and standard deviation of each peak."""
SHIFT_MINUTES, LEAD = (120, 150, 150, 180), 25.0
"""Lengths of shifts, and how many minutes before the orders they are for they begin, on average."""
PREPARATION, SPREAD = 17.0, 9.0
"""Minutes from placement to readiness: mean and standard deviation of a gamma law."""


class TwinsConfig(Config):
    """How many days, and how large."""

    count: Count = 12
    """How many days there are."""
    first_seed: Annotated[int, Field(ge=0)] = 1
    """The seed of the first; each further one has the next."""
    orders: Count = 240
    """Orders of a day."""
    riders: Count = 60
    """Riders of a day, each with one shift."""
    stores: Count = 80
    """Stores of the town."""
    pace: Annotated[float, Field(gt=0, le=10_000)] = 320.0
    """Metres that a rider drives in a minute."""


def twin(config: TwinsConfig, seed: int) -> Instance:
    """Draw one day."""
    streams = Streams(seed)
    stores = _around(np.full((config.stores, 2), MIDDLE), TOWN, streams["twins/stores"])
    return Instance(
        name=f"twin-{config.orders}-{seed:03d}",
        orders=_orders(config.orders, stores, streams["twins/orders"]),
        riders=_riders(config.riders, streams["twins/riders"]),
        stores=[Store(id=f"s{i + 1}", x=float(x), y=float(y)) for i, (x, y) in enumerate(stores)],
        travel=Euclidean(config.pace / MINUTE, round_up_to=MINUTE),
        rules=Rules(waiting_at="stores"),
    )


def _around(middles: Floats, spread: float, rng: np.random.Generator) -> Floats:
    return np.asarray(np.rint(np.maximum(middles + spread * rng.standard_normal(middles.shape), 0.0)))


def _minutes_of_day(n: int, rng: np.random.Generator) -> Floats:
    """Draw whole minutes at which demand comes."""
    shares, middles, widths = (np.array(column) for column in zip(*PEAKS, strict=True))
    peak = rng.choice(len(PEAKS), n, p=shares)
    return np.asarray(np.rint(np.clip(middles[peak] + widths[peak] * rng.standard_normal(n), 30.0, 860.0)))


def _orders(n: int, stores: Floats, rng: np.random.Generator) -> list[Order]:
    popularity = 1.0 / np.arange(1, len(stores) + 1) ** 0.8
    store = rng.choice(len(stores), n, p=popularity / popularity.sum())
    places = _around(stores[store], REACH, rng)
    placed = np.sort(_minutes_of_day(n, rng))
    preparation = np.rint(rng.gamma((PREPARATION / SPREAD) ** 2, SPREAD**2 / PREPARATION, n))
    return [
        Order(
            id=f"o{i + 1}",
            placed_at=float(placed[i]) * MINUTE,
            store=int(store[i]),
            x=float(places[i, 0]),
            y=float(places[i, 1]),
            ready_at=float(placed[i] + preparation[i]) * MINUTE,
        )
        for i in range(n)
    ]


def _riders(n: int, rng: np.random.Generator) -> list[Rider]:
    """Draw shifts that lie over the demand: each starts some time before an order that might have been placed."""
    places = _around(np.full((n, 2), MIDDLE), TOWN, rng)
    length = rng.choice(SHIFT_MINUTES, n)
    on = MINUTE * np.rint(np.maximum(_minutes_of_day(n, rng) + LEAD - length * rng.random(n), 0.0))
    off = on + MINUTE * length
    return [
        Rider(id=f"r{i + 1}", x=float(x), y=float(y), on_at=float(on[i]), off_at=float(off[i]))
        for i, (x, y) in enumerate(places)
    ]
