"""Another day in the city of an instance: as many orders as the demand says, each like one that was placed there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from delivsim.city.demand import LevelConfig, check_rate, level_of_day, placement_times
from delivsim.domain.config import refuse
from delivsim.domain.instance import Instance
from delivsim.domain.order import Order
from delivsim.domain.source_path import SourcePath
from delivsim.domain.streams import Streams
from delivsim.domain.units import Rate

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NEAR = 3600.0
"""Seconds of the time of day within which an order of the instance stands for a new one ..."""
ENOUGH = 30
"""... if there are so many; else any order of the zone may."""


class DrawnDemand(LevelConfig):
    """
    Other orders than those of the instance: more or fewer of them, those of a file, or drawn anew in each run.

    When drawn orders come is a Poisson process of the given rates. Who orders what from where is taken from an order
    of the instance that was placed in that zone around that time: popular stores stay popular, and ways as long as
    they were.
    """

    rate: dict[str, Rate] = Field(default_factory=dict)
    """Orders per time from each time of day on, over the whole city; or give zones."""
    zones: dict[str, dict[str, Rate]] = Field(default_factory=dict)
    """The same for each zone by its name: the zone an order goes to, or else that of its store."""
    file: SourcePath | None = None
    """A table of orders: id, placed_at (time of day, or seconds), store, x, y, and what else docs/instance.md names."""
    items: SourcePath | None = None
    """A table of what they order, beside ``file``: order, item, units."""

    @model_validator(mode="after")
    def _one_way(self) -> DrawnDemand:
        if sum(map(bool, (self.rate, self.zones, self.file))) > 1:
            raise refuse((("rate",), "must not be given beside zones or file: have one of them"))
        if self.items is not None and self.file is None:
            raise refuse((("items",), "must have file beside it: the table of the orders"))
        check_rate(self.rate)
        for name, rate in self.zones.items():
            check_rate(rate, ("zones", name))
        return self

    @property
    def is_drawn(self) -> bool:
        """Whether orders are drawn at rates; else there are some to be scaled."""
        return bool(self.rate or self.zones)

    def rates(self) -> Iterator[tuple[tuple[str, ...], dict[str, float]]]:
        """Give the keys of each rate with it."""
        if self.rate:
            yield ("rate",), self.rate
        yield from ((("zones", name), rate) for name, rate in self.zones.items())


def zone_of(instance: Instance, order: Order) -> str:
    """Name the zone whose demand an order is: where it goes, or else where its store is; "" if neither says."""
    return order.zone or instance.stores[order.store].zone


def redrawn(instance: Instance, config: DrawnDemand, starts_at: datetime, horizon: float, streams: Streams) -> Instance:
    """
    Draw another day in an instance's city.

    Parameters
    ----------
    instance
        Its stores, riders, travel and rules stay; its orders are what new ones are like. Each zone with a rate has
        some (`zones_without`).
    config
        When orders come.
    starts_at, horizon
        When the scenario starts, and how many seconds demand lasts.
    streams
        Everything is drawn from ``city/day`` and ``city/redraw``.
    """
    level = level_of_day(config, streams)
    rng = streams["city/redraw"]
    pools = _pools(instance, apart=bool(config.zones))
    placed_at, like = [], []
    for loc, rate in config.rates():
        times = placement_times(rate, starts_at, horizon, rng, level=level)
        placed_at.append(times)
        like.append(_alike(instance, pools[loc[-1]], times, rng))
    times, models = np.concatenate(placed_at), np.concatenate(like)
    order = np.argsort(times, kind="stable")
    orders = [_copy(instance.orders[models[i]], n, float(times[i])) for n, i in enumerate(order, start=1)]
    return replace(instance, orders=orders)


def zones_without(instance: Instance, config: DrawnDemand) -> list[str]:
    """Name the zones that have a rate, but no order in the instance that new ones could be like."""
    known = {zone_of(instance, order) for order in instance.orders}
    if config.rate:
        return [] if known else [""]
    return [name for name in config.zones if name not in known]


def _pools(instance: Instance, *, apart: bool) -> dict[str, list[int]]:
    """Give the positions of orders by their zone, or all under ``rate``."""
    pools: dict[str, list[int]] = {}
    for i, order in enumerate(instance.orders):
        pools.setdefault(zone_of(instance, order) if apart else "rate", []).append(i)
    return pools


def _alike(instance: Instance, pool: list[int], times: Floats, rng: np.random.Generator) -> Ints:
    """Choose for each instant an order of the pool that was placed around it."""
    members = np.array(sorted(pool, key=lambda i: instance.orders[i].placed_at), dtype=np.int64)
    placed_at = np.array([instance.orders[i].placed_at for i in members])
    first = np.searchsorted(placed_at, times - NEAR, side="left")
    last = np.searchsorted(placed_at, times + NEAR, side="right")
    few = last - first < ENOUGH
    first, last = np.where(few, 0, first), np.where(few, len(members), last)
    return members[first + np.floor(rng.random(len(times)) * (last - first)).astype(np.int64)]


def _copy(order: Order, number: int, placed_at: float) -> Order:
    """Place the same order again; nothing of what then happened to it comes with it."""
    return replace(
        order,
        id=f"o{number}",
        placed_at=round(placed_at, 3),
        ready_at=None,
        promised_at=None,
        preparation_started_at=None,
        preparation_time=None,
    )
