"""An instance as numbers, and a rider's day as a route: what a schedule costs, and how it is written as a solution."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from delivsim.domain.instance import Instance
from delivsim.domain.travel import Point
from delivsim.errors import InstanceError
from delivsim.experiment.mdrplib_solution import ASSIGNMENTS, COURIERS, ON_LOCATION, ORDERS
from delivsim.record.result import Result

MINUTE = 60.0

Bundle = tuple[int, ...]
Route = list[Bundle]
"""A rider's bundles in order; a bundle is orders of one store in visiting order."""


class Day:
    """An instance as numbers: ways between riders' starts, stores and doors, and the rules, in seconds."""

    def __init__(self, instance: Instance) -> None:
        if any(order.ready_at is None for order in instance.orders):
            raise InstanceError(f"{instance.name}: bounds need ready times that are facts of the instance")
        self.instance = instance
        rules = instance.rules
        self.half_pickup, self.half_dropoff = rules.pickup_service_time / 2.0, rules.dropoff_service_time / 2.0
        self.placed = [order.placed_at for order in instance.orders]
        self.ready = [float(order.ready_at or 0.0) for order in instance.orders]
        self.store = [order.store for order in instance.orders]
        doors: list[Point] = [(order.x, order.y) for order in instance.orders]
        stores: list[Point] = [(store.x, store.y) for store in instance.stores]
        starts: list[Point] = [(rider.x, rider.y) for rider in instance.riders]
        way: Callable[[Point, Point], float] = instance.travel.time
        self.to_door = [[way(s, d) for d in doors] for s in stores]
        self.to_store = [[way(d, s) for s in stores] for d in doors]
        self.first_way = [[way(p, s) for s in stores] for p in starts]
        self.between = [[way(a, b) for b in doors] for a in doors]
        self.on = [rider.on_at for rider in instance.riders]
        self.off = [rider.off_at for rider in instance.riders]

    def soonest(self, order: int) -> float:
        """Give the least click-to-door of an order were it the only one; infinite if no rider could bring it."""
        store, ready = self.store[order], self.ready[order]
        pickups = (
            max(ready, on + ways[store] + self.half_pickup)
            for on, off, ways in zip(self.on, self.off, self.first_way, strict=True)
            if max(ready, on + ways[store] + self.half_pickup) <= off
        )
        after = self.half_pickup + self.to_door[store][order] + self.half_dropoff
        return min(pickups, default=math.inf) + after - self.placed[order]

    def cost(self, rider: int, route: Route) -> float:
        """Add up click-to-door along a route; infinite when a pick-up is after the shift. Nobody leaves untold."""
        total, now, at = 0.0, self.on[rider], -1
        for bundle in route:
            store = self.store[bundle[0]]
            known = max([self.placed[i] for i in bundle])
            way = self.first_way[rider][store] if at < 0 else self.to_store[at][store]
            there = max(now, known) + way + self.half_pickup
            pickup = max(there, max([self.ready[i] for i in bundle]))
            if pickup > self.off[rider]:
                return math.inf
            now, at = pickup + self.half_pickup, -1
            for i in bundle:
                now += (self.to_door[store][i] if at < 0 else self.between[at][i]) + self.half_dropoff
                total += now - self.placed[i]
                now, at = now + self.half_dropoff, i
        return total

    def routes_of(self, online: Result) -> list[Route]:
        """
        Read the riders' routes from a run.

        Raises
        ------
        InstanceError
            Orders were left undelivered.
        """
        orders = online.tables["orders"]
        lost = int((orders["outcome"] != "delivered").sum())
        if lost:
            raise InstanceError(f"{self.instance.name}: {lost} orders are not delivered, so bounds cannot be compared")
        number = {order.id: i for i, order in enumerate(self.instance.orders)}
        rider_of = {rider.id: i for i, rider in enumerate(self.instance.riders)}
        riders = dict(zip(online.tables["riders"]["rider"], online.tables["riders"]["id"], strict=True))
        routes: list[Route] = [[] for _ in self.instance.riders]
        done = orders.sort_values(["picked_up_at", "delivered_at"])
        for (rider, _), bundle in done.groupby(["rider", "picked_up_at"], sort=True):
            visits = tuple(number[str(name)] for name in bundle["id"])
            routes[rider_of[str(riders[rider])]].append(visits)
        return routes


def write_schedule(instance: Instance, routes: list[Route], folder: Path) -> None:
    """Write a schedule as the three published solution files, for the strict checker."""
    day, lines = Day(instance), _Lines([], [], [])
    for rider, route in enumerate(routes):
        _follow(day, rider, route, lines)
    folder.mkdir(parents=True, exist_ok=True)
    for (name, columns), rows in zip((ASSIGNMENTS, ORDERS, COURIERS), lines, strict=True):
        text = "".join(" ".join(row) + "\n" for row in (columns, *rows))
        (folder / name).write_text(text, encoding="utf-8")


class _Lines(NamedTuple):
    assignments: list[list[str]]
    orders: list[list[str]]
    couriers: list[list[str]]


def _follow(day: Day, rider: int, route: Route, lines: _Lines) -> None:
    """Write down one rider's day."""
    instance, courier = day.instance, day.instance.riders[rider].id
    now, at, place = day.on[rider], -1, ON_LOCATION
    for bundle in route:
        store, orders = day.store[bundle[0]], [instance.orders[i] for i in bundle]
        leave = max(now, *(order.placed_at for order in orders))
        there = leave + (day.first_way[rider][store] if at < 0 else day.to_store[at][store]) + day.half_pickup
        pickup = max(there, *(day.ready[i] for i in bundle))
        lines.couriers.append([courier, _minute(leave), place, instance.stores[store].id])
        lines.assignments.append([_minute(leave), _minute(pickup), courier, *(order.id for order in orders)])
        now, at, place = pickup + day.half_pickup, -1, instance.stores[store].id
        for i, order in zip(bundle, orders, strict=True):
            lines.couriers.append([courier, _minute(now), place, order.id])
            door = now + (day.to_door[store][i] if at < 0 else day.between[at][i]) + day.half_dropoff
            times = (order.placed_at, day.ready[i], pickup, door)
            lines.orders.append([order.id, *map(_minute, times), courier])
            now, at, place = door + day.half_dropoff, i, order.id


def _minute(seconds: float) -> str:
    return f"{seconds / MINUTE:g}"
