"""The store service: what can be made, its stock, and the kitchen's tickets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from delivsim.domain.store import is_open
from delivsim.services.effects import Commit, Load, Now, Publish, Put, Query
from delivsim.services.messages import (
    OK,
    KitchenLost,
    KitchenTicket,
    OrderRef,
    Place,
    Quote,
    Reserve,
    Response,
    Restock,
    StatusChange,
)
from delivsim.services.service import Service


class StoreProfile(NamedTuple):
    """Where a store is, between which instants it takes orders (none: always), and whether it has closed on its own."""

    place: Place
    opening: tuple[tuple[float, float], ...] = ()
    closed: bool = False


class MenuItem(NamedTuple):
    """An item of a store's menu, stored under (store, item): cents, and how long it takes to make by the menu."""

    price: int
    preparation_time: float


class Stock(NamedTuple):
    """Units left, stored under (store, item); an item without stock never runs out."""

    units: int


class Restocked(NamedTuple):
    """Units that a refill has brought, stored under (store, number of the refill)."""

    units: int


class Estimate(NamedTuple):
    """How long a kitchen thinks that an order will take, stored under the client's number of it."""

    preparation_time: float


NOWHERE = -1
"""The store of an order that holds nothing and never did."""


class Reservation(NamedTuple):
    """
    What an order holds of a store: reserved, cooking, ready, or given_back.

    An order that was refused, or cancelled before its request came, holds nothing for good: ``given_back``, no items,
    and the reason.
    """

    store: int
    reference: int
    items: tuple[tuple[str, int], ...]
    quote: Quote
    status: str = "reserved"
    reason: str = ""
    order: int = 0

    def now(self, status: str) -> Reservation:
        """Give what is held, in another status."""
        return Reservation(self.store, self.reference, self.items, self.quote, status, self.reason, self.order)


def _merged(items: tuple[tuple[str, int], ...]) -> tuple[tuple[str, int], ...]:
    """Name every item once, so that no unit is counted against a stock read before the last one was taken."""
    if len(items) < 2:
        return items
    total: dict[str, int] = {}
    for item, units in items:
        total[item] = total.get(item, 0) + units
    return tuple(total.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """
    The handlers that need to know how the stores are set up.

    Parameters
    ----------
    opening
        Whether any store has opening hours.
    estimates
        Whether kitchens say of each order how long it will take, instead of their menus.
    """

    opening: bool
    estimates: bool

    async def check_availability(self, asked: Reserve) -> Response[Quote]:
        """Reserve the units of an order and say when it could be ready (step 4); 409 if the store cannot make it."""
        known = await Load(Reservation, asked.order)
        if known is not None:
            if known.status == "given_back":
                return Response(409, None, known.reason or "unavailable")
            return Response(200, known.quote)
        store = await Load(StoreProfile, asked.store)
        if store is None:
            return await _refuse(asked, "unavailable")
        if store.closed or (self.opening and not is_open(store.opening, await Now())):
            return await _refuse(asked, "closed")
        price, preparation_time, writes = 0, 0.0, []
        for item, units in _merged(asked.items):
            menu = await Load(MenuItem, (asked.store, item))
            stock = await Load(Stock, (asked.store, item))
            if menu is None or (stock is not None and stock.units < units):
                return await _refuse(asked, "unavailable")
            if stock is not None:
                writes.append(Put((asked.store, item), Stock(stock.units - units)))
            price += menu.price * units
            preparation_time = max(preparation_time, menu.preparation_time)
        said = await Load(Estimate, asked.reference) if self.estimates else None
        quote = Quote(preparation_time if said is None else said.preparation_time, price, store.place)
        held = Reservation(asked.store, asked.reference, _merged(asked.items), quote, order=asked.order)
        await Commit((Put(asked.order, held), *writes))
        return Response(200, quote)


def _nothing(reference: int, reason: str = "") -> Reservation:
    return Reservation(NOWHERE, reference, (), Quote(0.0, 0, (0.0, 0.0)), "given_back", reason)


async def _refuse(asked: Reserve, reason: str) -> Response[Quote]:
    """Refuse an order, once and for all: a call repeated later must not find what others gave back meanwhile."""
    await Commit((Put(asked.order, _nothing(asked.reference, reason)),))
    return Response(409, None, reason)


async def restock(more: Restock) -> Response[Any]:
    """Put the units of a refill on the shelf, once however often the store says so."""
    done = await Load(Restocked, (more.store, more.number))
    stock = await Load(Stock, (more.store, more.item))
    if done is None and stock is not None:
        shelf = Put((more.store, more.item), Stock(stock.units + more.units))
        await Commit((Put((more.store, more.number), Restocked(more.units)), shelf))
    return OK


async def request_preparation(asked: OrderRef) -> Response[Any]:
    """Send the kitchen a ticket, once (step 12); 409 for an order that holds nothing any more."""
    held = await Load(Reservation, asked.order)
    if held is None or held.status == "given_back":
        return Response(409, None, "cancelled")
    if held.status == "reserved":
        ticket = KitchenTicket(asked.order, held.reference, held.store)
        await Commit(
            (Put(asked.order, held.now("cooking")),),
            (Publish("kitchen.requested", held.store, ticket, held.reference),),
        )
    return OK


async def mark_ready(asked: OrderRef) -> Response[Any]:
    """Take the kitchen's word that an order is done, and tell everybody (step 13)."""
    held = await Load(Reservation, asked.order)
    if held is None or held.status == "given_back":
        return Response(409, None, "cancelled")
    if held.status != "ready":
        ready = StatusChange(asked.order, held.reference)
        await Commit(
            (Put(asked.order, held.now("ready")),),
            (Publish("order.ready", asked.order, ready, held.reference),),
        )
    return OK


async def kitchen_lost(lost: KitchenLost) -> Response[Any]:
    """Say of every order that a store has taken and not made that it will never be (a fire)."""
    held = await Query(Reservation)
    gone = [r for r in held if r.store == lost.store and r.status in ("reserved", "cooking")]
    changes = [StatusChange(r.order, r.reference, reason="fire") for r in gone]
    await Commit((), [Publish("order.lost", change.order, change, change.reference) for change in changes])
    return OK


async def give_back(change: StatusChange) -> Response[Any]:
    """Put the units of a cancelled order back unless they are cooked, and stop the kitchen (step 20)."""
    held = await Load(Reservation, change.order)
    if held is None:
        await Commit((Put(change.order, _nothing(change.reference)),))
        return OK
    if held.status in ("given_back", "ready"):
        return OK
    writes = [Put(change.order, held.now("given_back"))]
    for item, units in held.items:
        stock = await Load(Stock, (held.store, item))
        if stock is not None:
            writes.append(Put((held.store, item), Stock(stock.units + units)))
    ticket = KitchenTicket(change.order, held.reference, held.store)
    stop = (Publish("kitchen.stopped", held.store, ticket, held.reference),) if held.status == "cooking" else ()
    await Commit(writes, stop)
    return OK


def store(*, opening: bool = False, estimates: bool = False) -> Service:
    """Build the store service."""
    stores = Stores(opening=opening, estimates=estimates)
    return Service(
        name="store",
        operations={
            "check_availability": stores.check_availability,
            "request_preparation": request_preparation,
            "mark_ready": mark_ready,
            "restock": restock,
            "kitchen_lost": kitchen_lost,
            "order.cancelled": give_back,
        },
        topics=("order.cancelled",),
    )
