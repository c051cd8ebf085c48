"""One courier's day in a solution, followed from stop to stop under the strict rules."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from delivsim.domain.instance import Instance
from delivsim.domain.travel import Point
from delivsim.experiment.mdrplib_solution import MINUTE, ON_LOCATION, Bundle, Delivery, Way
from delivsim.scenario.formats.delimited import Row

TOLERANCE = 1e-6
"""Minutes by which float arithmetic may miss."""


class Book:
    """An instance by its ids, in minutes."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.orders = {order.id: order for order in instance.orders}
        self.riders = {rider.id: rider for rider in instance.riders}
        self.stores = {store.id: store for store in instance.stores}
        self.half_pickup = instance.rules.pickup_service_time / 2 / MINUTE
        self.half_dropoff = instance.rules.dropoff_service_time / 2 / MINUTE

    def minutes(self, origin: Point, destination: Point) -> float:
        """Whole minutes of travel."""
        return self.instance.travel.time(origin, destination) / MINUTE

    def ready(self, bundle: Bundle) -> float:
        """When the last order of a bundle is ready."""
        return max((self.orders[name].ready_at or 0.0) / MINUTE for name in bundle.orders)

    def store_of(self, bundle: Bundle) -> str:
        """The id of the store where a bundle is picked up."""
        return self.instance.stores[self.orders[bundle.orders[0]].store].id

    def capacity(self, courier: str) -> float:
        """How many orders a courier can carry at the same time."""
        return self.riders[courier].capacity or self.instance.rules.capacity or math.inf

    def point(self, name: str, courier: str) -> Point | None:
        """Where a stop of a courier is; None if there is no such stop."""
        thing = self.stores.get(name) or self.orders.get(name) or self.riders[courier]
        return (thing.x, thing.y) if name == ON_LOCATION or thing.id == name else None


@dataclass(slots=True)
class Walk:
    """
    One courier's day, followed from stop to stop.

    Parameters
    ----------
    book
        Where the rules and the ids are.
    courier
        Whose day it is.
    bundles
        What the courier still has to pick up, by time.
    deliveries
        What the solution says of each delivered order.
    place, free_at
        Where the courier is, and from which minute he may leave.
    carried
        Orders on board, in visiting order, by pick-up; where the rules mix stores there can be several.
    reached
        Orders brought to their doors.
    """

    book: Book
    courier: str
    bundles: list[Bundle]
    deliveries: dict[str, Delivery]
    place: str = ON_LOCATION
    free_at: float = 0.0
    carried: list[list[str]] = field(default_factory=list)
    reached: set[str] = field(default_factory=set)

    def go(self, ways: list[Way]) -> None:
        """Follow all ways, and see that nothing is left to do."""
        self.free_at = self.book.riders[self.courier].on_at / MINUTE
        for way, onward in zip(ways, [*ways[1:], None], strict=True):
            self._follow(way, onward)
        if self.carried:
            ways[-1].row.refuse("destination", f"the last way, but {self._on_board()} is still on board")
        for bundle in self.bundles:
            store = self.book.store_of(bundle)
            bundle.row.refuse("courier", f"{self.courier} never goes to {store} at that time to pick this up")

    def _on_board(self) -> str:
        return ", ".join(order for orders in self.carried for order in orders)

    def _follow(self, way: Way, onward: Way | None) -> None:
        if way.origin != self.place:
            way.row.refuse("origin", f"must be {self.place}, where {self.courier} is, got {way.origin}")
        origin = self.book.point(way.origin, self.courier) or self.book.point(self.place, self.courier)
        destination = self.book.point(way.destination, self.courier)
        if destination is None or origin is None or way.destination == ON_LOCATION:
            way.row.refuse("destination", f"must be a restaurant or an order, got {way.destination!r}")
            return
        self._depart(way)
        arrival = way.departed_at + self.book.minutes(origin, destination)
        self.place = way.destination
        if way.destination in self.book.stores:
            self._at_store(way, arrival, onward)
        else:
            self._at_door(way, arrival)

    def _depart(self, way: Way) -> None:
        """Nobody leaves before he is done; with food on board nobody waits."""
        if way.departed_at < self.free_at - TOLERANCE:
            rule = f"{self.courier} is busy until {self.free_at:g}, got {way.departed_at:g}"
            way.row.refuse("departure_time", rule)
        elif self.carried and way.departed_at > self.free_at + TOLERANCE:
            rule = f"must be {self.free_at:g}, at once with food on board, got {way.departed_at:g}"
            way.row.refuse("departure_time", rule)

    def _at_store(self, way: Way, arrival: float, onward: Way | None) -> None:
        """Pick up the next bundle that waits here; without one, or on the way to a store, just stand there."""
        if self.carried and self.book.instance.rules.same_store_bundles:
            way.row.refuse("destination", f"diverted to {way.destination} with {self._on_board()} on board")
            self.carried.clear()
        self.free_at = arrival
        bundle = next((b for b in self.bundles if self.book.store_of(b) == way.destination), None)
        if bundle is None or self._passes_by(bundle, onward):
            return
        self.bundles.remove(bundle)
        self._told_in_time(bundle, way, arrival)
        there, ready = arrival + self.book.half_pickup, self.book.ready(bundle)
        pickup = max(there, ready)
        if bundle.pickup_at < there - TOLERANCE or bundle.pickup_at > pickup + TOLERANCE:
            story = f"there at {arrival:g}, half the service until {there:g}, food ready at {ready:g}"
            bundle.row.refuse("pickup_time", f"must be {pickup:g} ({story}), got {bundle.pickup_at:g}")
        self.free_at = pickup + self.book.half_pickup
        self.carried.append(list(bundle.orders))
        most, n = self.book.capacity(self.courier), sum(map(len, self.carried))
        if n > most:
            bundle.row.refuse("order", f"{self.courier} can carry {most:g} orders, got {n} ({self._on_board()})")

    def _passes_by(self, bundle: Bundle, onward: Way | None) -> bool:
        """Whether the courier goes on to another store without this bundle, which is fetched another time."""
        if onward is None or onward.destination not in self.book.stores:
            return False
        return self.book.instance.rules.same_store_bundles or onward.departed_at < bundle.pickup_at

    def _told_in_time(self, bundle: Bundle, way: Way, arrival: float) -> None:
        """A bundle is known on departure; on arrival, and only then, it may still be changed."""
        told, left = bundle.assigned_at, way.departed_at
        if told > bundle.pickup_at + TOLERANCE or left + TOLERANCE < told < arrival - TOLERANCE:
            rule = f"must be <= departure ({left:g}) or from arrival ({arrival:g}) to pick-up, got {told:g}"
            bundle.row.refuse("assignment_time", rule)

    def _at_door(self, way: Way, arrival: float) -> None:
        order = way.destination
        self.free_at = arrival + 2 * self.book.half_dropoff
        mine = next((orders for orders in self.carried if order in orders), None)
        if mine is None:
            way.row.refuse("destination", f"{self.courier} does not have {order} on board")
            return
        if order != mine[0]:
            way.row.refuse("destination", f"must be {mine[0]}, as told in the assignment, got {order}")
        mine.remove(order)
        self.carried = [orders for orders in self.carried if orders]
        delivery = self.deliveries.get(order)
        if delivery is None or order in self.reached:
            return
        self.reached.add(order)
        story = f"there at {arrival:g}, and half the service"
        expect(delivery.row, "dropoff_time", arrival + self.book.half_dropoff, delivery.dropoff_at, story)


def expect(row: Row, column: str, expected: float, got: float, why: str) -> None:
    """Note a number that is not what it must be."""
    if abs(expected - got) > TOLERANCE:
        row.refuse(column, f"must be {expected:g} ({why}), got {got:g}")
