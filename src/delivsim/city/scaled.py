"""More or fewer of the orders that there are: the same day, only busier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from delivsim.domain.order import Order
from delivsim.domain.streams import Streams

NEARBY = 300.0
"""Seconds around an order within which a copy of it is placed."""


def scaled(orders: Sequence[Order], level: float, streams: Streams) -> Sequence[Order]:
    """
    Scale a day's orders: to 0.8, one in five is left out; to 1.2, one in five is placed once more, minutes apart.

    Who is left out or placed again is drawn by order: those left at 0.8 are left at 0.9 as well.
    """
    if level == 1.0:
        return orders
    whole, share = divmod(level, 1.0)
    chance = streams.keyed("city/scale", lambda rng, n: rng.random(n))
    found = []
    for i, order in enumerate(orders):
        times = int(whole) + (chance(i) < share)
        found += [order if k == 0 else _again(order, i, k, streams) for k in range(times)]
    return sorted(found, key=lambda order: (order.placed_at, order.id))


def _again(order: Order, number: int, copy: int, streams: Streams) -> Order:
    """Place an order once more, up to five minutes earlier or later, with all that is said of its times."""
    by = max(-order.placed_at, NEARBY * (2.0 * streams.uniform("city/scale/placed_at", number, copy) - 1.0))
    instants = ("placed_at", "ready_at", "promised_at", "preparation_started_at")
    moved = {name: round(at + by, 3) for name in instants if (at := getattr(order, name)) is not None}
    if moved.get("ready_at", moved["placed_at"]) < moved["placed_at"]:  # by the rounding
        moved["ready_at"] = moved["placed_at"]
    return replace(order, id=f"{order.id}-{copy + 1}", **moved)
