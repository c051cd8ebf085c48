"""The platform's own books: what is in them before a run, and what they say of it afterwards."""

from __future__ import annotations

from typing import Any

from delivsim.city.preparation import Preparation
from delivsim.domain.instance import Instance
from delivsim.domain.store import MEAL
from delivsim.services.order import OrderRecord
from delivsim.services.payment import Bill
from delivsim.services.store import Estimate, MenuItem, Reservation, Restocked, Stock, StoreProfile
from delivsim.services.user import Token
from delivsim.simulated.assemble import Parts

MEAL_PRICE = 2000
"""Cents for the one item of a store without a menu."""


def stock_up(parts: Parts, instance: Instance, preparation: Preparation, estimates: dict[int, float] | None) -> None:
    """Put users, menus and stock into the services' own state, as a platform's onboarding would have."""
    services = parts.runtime.services
    customers = {order.customer for order in instance.orders}
    services["user"].state[Token] = {f"token-{c}": Token(c) for c in sorted(customers)}
    state, stores = services["store"].state, list(enumerate(instance.stores))
    state[StoreProfile] = {s: StoreProfile((store.x, store.y), store.opening) for s, store in stores}
    state[Stock] = {(s, item): Stock(n) for s, store in stores for item, n in store.stock}
    state[MenuItem] = {
        (s, item): MenuItem(price, preparation.menu(s))
        for s, store in stores
        for item, price in (store.menu or ((MEAL, MEAL_PRICE),))
    }
    if estimates is not None:
        state[Estimate] = {i: Estimate(seconds) for i, seconds in estimates.items()}


def accounts(parts: Parts) -> dict[int, tuple[int, int]]:
    """Give (charged, refunded) cents of each order, from the payment service's own books."""
    services = parts.runtime.services
    reference = {r.id: r.reference for r in services["order"].state.get(OrderRecord, {}).values()}
    found: dict[int, tuple[int, int]] = {}
    for number, bill in services["payment"].state.get(Bill, {}).items():
        if bill.status in ("charged", "refunded"):
            found[reference[number]] = (bill.amount, bill.amount if bill.status == "refunded" else 0)
    return found


def store_rows(parts: Parts, instance: Instance, cooked: list[int]) -> list[tuple[Any, ...]]:
    """Give the rows of the stores table; where there is a stock, only items that have one are counted."""
    state, n = parts.runtime.services["store"].state, len(instance.stores)
    limited: list[set[str]] = [{item for item, _ in store.stock} for store in instance.stores]
    reserved, given_back, refilled, left = [0] * n, [0] * n, [0] * n, [0] * n
    for held in state.get(Reservation, {}).values():
        units = sum(k for item, k in held.items if not limited[held.store] or item in limited[held.store])
        reserved[held.store] += units
        given_back[held.store] += units if held.status == "given_back" else 0
    for (s, _), more in state.get(Restocked, {}).items():
        refilled[s] += more.units
    for (s, _), stock in state.get(Stock, {}).items():
        left[s] += stock.units
    return [
        (
            s, store.id, store.x, store.y, cooked[s], sum(n for _, n in store.stock) if store.stock else -1,
            reserved[s], given_back[s], refilled[s], left[s] if store.stock else -1,
        )
        for s, store in enumerate(instance.stores)
    ]  # fmt: skip
