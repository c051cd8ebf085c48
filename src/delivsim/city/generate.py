"""A synthetic city: stores in districts, customers around them, orders through the day, riders on shifts."""

from __future__ import annotations

from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from delivsim.city.config import CityConfig
from delivsim.domain.instance import Instance, Rules
from delivsim.domain.order import Order
from delivsim.domain.rider import Rider
from delivsim.domain.store import Store
from delivsim.domain.streams import Streams
from delivsim.domain.travel import Euclidean
from delivsim.domain.units import Instant

Floats = NDArray[np.float64]


def generate(config: CityConfig, starts_at: datetime, horizon: float, streams: Streams, *, name: str) -> Instance:
    """
    Draw a city and one evening in it.

    Parameters
    ----------
    config
        What the scenario says.
    starts_at, horizon
        When the evening starts, and how many seconds demand lasts.
    streams
        Everything is drawn from the streams ``city/...``.
    """
    stores = _stores(config, streams["city/stores"])
    return Instance(
        name=name,
        orders=_orders(config, stores, starts_at, horizon, streams),
        riders=_riders(config, stores, starts_at, streams["city/riders"]),
        stores=stores,
        travel=Euclidean(speed=config.travel.speed, detour=config.travel.detour),
        rules=Rules(
            pickup_service_time=config.pickup_service_time,
            dropoff_service_time=config.dropoff_service_time,
            target_click_to_door=config.target_click_to_door,
            max_click_to_door=config.max_click_to_door,
            pay_per_order=config.riders.pay_per_order,
            guaranteed_pay_per_hour=config.riders.guaranteed_pay_per_hour,
            same_store_bundles=config.same_store_bundles,
        ),
    )


def _scattered(middles: Floats, spread: float, side: float, rng: np.random.Generator) -> Floats:
    """
    Draw a place around each of these middles: normal in each direction, cut at the city's edge.

    By the inverse of the distribution function, so that every place takes exactly two random numbers, none is drawn
    again, and none piles up on the edge.

    Parameters
    ----------
    middles
        Shape (n, 2), metres within the square.
    spread
        Standard deviation before the cut, metres.
    side
        Length of the square's side, metres.
    """
    from scipy.special import ndtr, ndtri

    low, high = ndtr(-middles / spread), ndtr((side - middles) / spread)
    places = middles + spread * ndtri(low + rng.random(middles.shape) * (high - low))
    return np.asarray(np.round(np.clip(places, 0.0, side), 1), dtype=np.float64)


def _stores(config: CityConfig, rng: np.random.Generator) -> list[Store]:
    s = config.stores
    middles = rng.uniform(0.15 * config.side, 0.85 * config.side, (s.clusters, 2))
    district = rng.integers(0, s.clusters, s.count)
    places = _scattered(middles[district], s.spread, config.side, rng)
    prices = rng.integers(s.price_low, max(s.price_low, s.price_high) + 1, (s.count, s.items))
    return [
        Store(
            id=f"s{i + 1}",
            x=float(places[i, 0]),
            y=float(places[i, 1]),
            menu=tuple((f"dish-{k + 1}", int(prices[i, k])) for k in range(s.items)),
            stock=() if s.stock is None else tuple((f"dish-{k + 1}", s.stock) for k in range(s.items)),
            cooks=s.cooks,
        )
        for i in range(s.count)
    ]


def placement_times(rate: dict[str, float], starts_at: datetime, horizon: float, rng: np.random.Generator) -> Floats:
    """
    Draw the instants of a Poisson process whose rate is constant between given times of day.

    Before the first time of day nobody orders; from the last one on its rate stays until the horizon.
    """
    changes = sorted((Instant.parse(text).at(starts_at), per_second) for text, per_second in rate.items())
    ends = [at for at, _ in changes[1:]] + [horizon]
    drawn = []
    for (begin, per_second), end in zip(changes, ends, strict=True):
        begin, end = max(0.0, begin), min(end, horizon)
        if end > begin:
            drawn.append(rng.uniform(begin, end, rng.poisson(per_second * (end - begin))))
    return np.sort(np.concatenate(drawn)) if drawn else np.empty(0)


def _orders(
    config: CityConfig, stores: list[Store], starts_at: datetime, horizon: float, streams: Streams
) -> list[Order]:
    rng = streams["city/orders"]
    placed_at = placement_times(config.demand.rate, starts_at, horizon, rng)
    n = len(placed_at)
    weight = 1.0 / np.arange(1, len(stores) + 1) ** config.stores.popularity
    store = rng.choice(len(stores), n, p=weight / weight.sum())
    middles = np.array([(s.x, s.y) for s in stores])[store]
    places = _scattered(middles, config.reach, config.side, rng)
    units = np.maximum(1, np.rint(config.demand.basket.sample(streams["city/baskets"], n))).astype(int)
    dish = rng.integers(0, config.stores.items, n)
    return [
        Order(
            id=f"o{i + 1}",
            placed_at=round(float(placed_at[i]), 3),
            store=int(store[i]),
            x=float(places[i, 0]),
            y=float(places[i, 1]),
            items=((f"dish-{dish[i] + 1}", int(units[i])),),
            customer=i,
        )
        for i in range(n)
    ]


def _riders(config: CityConfig, stores: list[Store], starts_at: datetime, rng: np.random.Generator) -> list[Rider]:
    middles = np.array([(s.x, s.y) for s in stores])
    riders: list[Rider] = []
    for shift in config.riders.shifts:
        on_at, off_at = shift.start.at(starts_at), shift.end.at(starts_at)
        near = middles[rng.integers(0, len(stores), shift.riders)]
        places = _scattered(near, config.reach / 2, config.side, rng)
        riders += [
            Rider(id=f"r{len(riders) + k + 1}", x=float(x), y=float(y), on_at=on_at, off_at=off_at)
            for k, (x, y) in enumerate(places)
        ]
    return riders
