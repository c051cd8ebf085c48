"""More orders than usual for a while, in a city that is drawn or given."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from delivsim.domain.instance import Instance
from delivsim.domain.order import Order
from delivsim.domain.streams import Streams


def surged(instance: Instance, begin: float, end: float, factor: float, streams: Streams, number: int) -> Instance:
    """
    Let ``factor`` times as many orders come between two instants.

    Those on top are like orders of that time, each placed at another instant of it, and stand behind all others: the
    orders that come anyway stay who and what they are.

    Parameters
    ----------
    number
        A number of its own for each surge, in the ids of its orders.
    """
    inside = [order for order in instance.orders if begin <= order.placed_at < end]
    more = list(_more(inside, begin, end, factor - 1.0, streams, number))
    return replace(instance, orders=(*instance.orders, *more)) if more else instance


def _more(
    orders: list[Order], begin: float, end: float, extra: float, streams: Streams, number: int
) -> Iterator[Order]:
    whole, share = divmod(extra, 1.0)
    for i, order in enumerate(orders):
        n = int(whole) + (streams.uniform("faults/surge", number, i) < share)
        for k in range(n):
            at = begin + (end - begin) * streams.uniform("faults/surge/placed_at", number, i, k)
            yield _moved(order, round(at, 3), f"{order.id}-surge{number}.{k + 1}")


def _moved(order: Order, placed_at: float, name: str) -> Order:
    """Place an order at another instant, with all that is said of its times."""
    by = placed_at - order.placed_at
    instants = ("ready_at", "promised_at", "preparation_started_at")
    moved = {key: max(placed_at, at + by) for key in instants if (at := getattr(order, key)) is not None}
    return replace(order, id=name, placed_at=placed_at, **moved)
