"""A synthetic city: stores in districts, customers around them, orders through the day, riders on shifts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np

from delivsim.city.config import CityConfig
from delivsim.city.demand import level_of_day, order_times, placement_times
from delivsim.city.places import Floats, Ints, apportioned, scattered, zipf
from delivsim.city.regulars import of_pool
from delivsim.city.roster import on_vehicles, resampled, shifts_of
from delivsim.city.scaled import scaled
from delivsim.domain.instance import Instance, Rules
from delivsim.domain.order import Order
from delivsim.domain.rider import Rider
from delivsim.domain.store import MEAL, Store
from delivsim.domain.streams import Streams
from delivsim.domain.travel import Euclidean, Travel
from delivsim.domain.travel.config import CityTravel, EuclideanTravel
from delivsim.errors import InstanceError

AROUND_THE_CORNER = 0.25
"""How far those who live close by do, over all others."""
EMPTY = np.empty(0, dtype=np.int64)


class Given(NamedTuple):
    """
    Parts of a city that come from elsewhere: read when they are needed, in this order.

    ``menus`` gives the stores it is given what they sell; ``orders`` and ``riders`` are told of all stores.
    """

    stores: Callable[[], Sequence[Store]] | None = None
    menus: Callable[[Sequence[Store]], Sequence[Store]] | None = None
    orders: Callable[[Sequence[Store]], Sequence[Order]] | None = None
    riders: Callable[[Sequence[Store]], Sequence[Rider]] | None = None


NOTHING = Given()


def generate(
    config: CityConfig, starts_at: datetime, horizon: float, streams: Streams, *, name: str, given: Given = NOTHING
) -> Instance:
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
    given
        Parts that are not drawn.
    """
    stores = given.stores() if given.stores else _stores(config, starts_at, horizon, streams["city/stores"])
    stores = given.menus(stores) if given.menus else stores
    if given.orders:
        orders = scaled(given.orders(stores), level_of_day(config.demand, streams), streams)
    else:
        orders = _orders(config, stores, starts_at, horizon, streams)
    riders = given.riders(stores) if given.riders else _riders(config, stores, starts_at, horizon, streams)
    if given.riders and config.riders.count is not None:
        riders = resampled(riders, config.riders.count)
    return Instance(
        name=name,
        zones=tuple(config.zones),
        orders=orders,
        riders=on_vehicles(riders, config.riders, streams),
        stores=stores,
        travel=_straight(config.travel),
        rules=Rules(
            pickup_service_time=config.pickup_service_time,
            dropoff_service_time=config.dropoff_service_time,
            target_click_to_door=config.target_click_to_door,
            max_click_to_door=config.max_click_to_door,
            pay_per_order=config.riders.pay_per_order,
            guaranteed_pay_per_hour=config.riders.guaranteed_pay_per_hour,
            same_store_bundles=config.same_store_bundles,
            pay_per_km=config.riders.pay_per_km,
            capacity=config.riders.capacity,
            growing_bundles=config.growing_bundles,
            waiting_at=config.waiting_at,
            diversion=config.diversion,
        ),
    )


def _straight(config: CityTravel) -> Travel:
    """Give straight lines; they stand in until the streets are laid, where there are any."""
    detour = config.detour if isinstance(config, EuclideanTravel) else 1.0
    return Euclidean(speed=config.speed or 5.0, detour=detour)


def _stores(config: CityConfig, starts_at: datetime, horizon: float, rng: np.random.Generator) -> list[Store]:
    s, zones = config.stores, list(config.zones)
    opening = tuple((span.start.at(starts_at), span.end.at(starts_at)) for span in s.opening)
    refills = np.arange(s.refill_every, horizon, s.refill_every).tolist() if s.refill_every else []
    zone, places = _store_places(config, rng)
    prices = rng.integers(s.price_low, s.price_high + 1, (s.count, s.items))
    return [
        Store(
            id=f"s{i + 1}",
            x=float(places[i, 0]),
            y=float(places[i, 1]),
            menu=tuple((f"dish-{k + 1}", int(prices[i, k])) for k in range(s.items)),
            stock=() if s.stock is None else tuple((f"dish-{k + 1}", s.stock) for k in range(s.items)),
            opening=opening,
            refills=tuple((at, f"dish-{k + 1}", s.stock or 0) for at in refills for k in range(s.items)),
            zone=zones[zone[i]] if zones else "",
        )
        for i in range(s.count)
    ]


def _store_places(config: CityConfig, rng: np.random.Generator) -> tuple[Ints, Floats]:
    """Draw the zone (0 where there are none) and the place of each store."""
    s, zones = config.stores, config.zones.values()
    if zones:
        zone = np.repeat(np.arange(len(zones)), apportioned(s.count, [one.stores for one in zones]))
        middles = np.array([(one.x, one.y) for one in zones])[zone]
        spread = np.array([one.spread for one in zones])[zone, None]
        return zone, scattered(middles, spread, config.side, rng)
    middles = rng.uniform(0.15 * config.side, 0.85 * config.side, (s.clusters, 2))
    if s.concentration:
        district = rng.choice(s.clusters, s.count, p=zipf(s.clusters, s.concentration))
    else:
        district = rng.integers(0, s.clusters, s.count)
    return np.zeros(s.count, dtype=np.int64), scattered(middles[district], s.spread, config.side, rng)


def _orders(
    config: CityConfig, stores: Sequence[Store], starts_at: datetime, horizon: float, streams: Streams
) -> list[Order]:
    rng = streams["city/orders"]
    placed_at, zone = _demand(config, starts_at, horizon, streams)
    n, zones = len(placed_at), list(config.zones)
    store = _chosen(config, stores, zone, rng)
    middles = np.array([(s.x, s.y) for s in stores])[store]
    reach: float | Floats = config.reach
    if config.close_by:
        reach = reach * np.where(rng.random(n) < config.close_by, AROUND_THE_CORNER, 1.0)[:, None]
    places = scattered(middles, reach, config.side, rng)
    customer = np.arange(n)
    if config.customers.pool is not None:
        customer, places, store = of_pool(config, config.customers.pool, stores, zone, streams["city/customers"])
    units = np.maximum(1, np.rint(config.demand.basket.sample(streams["city/baskets"], n))).astype(int)
    menus, dish = [store.menu or ((MEAL, 0),) for store in stores], rng.random(n)
    return [
        Order(
            id=f"o{i + 1}",
            placed_at=round(float(placed_at[i]), 3),
            store=int(store[i]),
            x=float(places[i, 0]),
            y=float(places[i, 1]),
            items=((menus[store[i]][int(dish[i] * len(menus[store[i]]))][0], int(units[i])),),
            customer=int(customer[i]),
            zone=zones[zone[i]] if zones else "",
        )
        for i in range(n)
    ]


def _demand(config: CityConfig, starts_at: datetime, horizon: float, streams: Streams) -> tuple[Floats, Ints]:
    """Draw when orders come, ascending, and the zone (0 where there are none) whose they are."""
    rng, level = streams["city/orders"], level_of_day(config.demand, streams)
    times = order_times(config.demand, level, starts_at, horizon, rng)
    if not config.zones:
        return times, np.zeros(len(times), dtype=np.int64)
    weights = np.array([0.0 if zone.rate is not None else zone.demand for zone in config.zones.values()])
    found = [(times, rng.choice(len(weights), len(times), p=weights / weights.sum()))] if len(times) else []
    for i, (name, zone) in enumerate(config.zones.items()):
        if zone.rate is not None:
            own = streams[f"city/orders/{name}"]
            times = placement_times(zone.rate, starts_at, horizon, own, level=level)
            found.append((times, np.full(len(times), i, dtype=np.int64)))
    times, which = (np.concatenate(parts) for parts in zip(*found, strict=True)) if found else (np.empty(0), EMPTY)
    order = np.argsort(times, kind="stable")
    return times[order], which[order]


def _chosen(config: CityConfig, stores: Sequence[Store], zone: Ints, rng: np.random.Generator) -> Ints:
    """Draw the store of each order among those of its zone, the popular ones more often."""
    store = np.zeros(len(zone), dtype=np.int64)
    for i, name in enumerate(config.zones or ("",)):
        members = np.flatnonzero([not config.zones or s.zone == name for s in stores])
        of_it = zone == i
        if not members.size and of_it.any():
            where = f"zone {name}: " if name else ""
            raise InstanceError(f"{where}no store is there to order from")
        store[of_it] = rng.choice(members, int(of_it.sum()), p=zipf(len(members), config.stores.popularity))
    return store


def _riders(
    config: CityConfig, stores: Sequence[Store], starts_at: datetime, horizon: float, streams: Streams
) -> list[Rider]:
    rng, riders = streams["city/riders"], list[Rider]()
    if not stores:
        return riders
    middles = np.array([(s.x, s.y) for s in stores])
    weights = _rider_weights(config, stores)
    for shift in shifts_of(config.riders, starts_at, horizon):
        if weights is None:
            home = rng.integers(0, len(stores), shift.riders)
        else:
            home = rng.choice(len(stores), shift.riders, p=weights)
        places = scattered(middles[home], config.reach / 2, config.side, rng)
        riders += [
            Rider(
                id=f"r{len(riders) + k + 1}",
                x=float(x),
                y=float(y),
                on_at=shift.on_at,
                off_at=shift.off_at,
                breaks=shift.breaks,
                zone=stores[at].zone,
            )
            for k, ((x, y), at) in enumerate(zip(places, home, strict=True))
        ]
    return riders


def _rider_weights(config: CityConfig, stores: Sequence[Store]) -> Floats | None:
    """Give the share of riders who start near each store, by the zones' parts; None: near all alike."""
    if not config.zones:
        return None
    there = {name: sum(store.zone == name for store in stores) for name in config.zones}
    weights = np.array([config.zones[store.zone].riders / there[store.zone] for store in stores])
    return weights / weights.sum() if weights.any() else None
