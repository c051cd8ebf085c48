"""One order's whole story: who and where, the platform, the messages, the offers, the rider's way."""

from __future__ import annotations

import math
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from rich.text import Text

from delivsim.domain.units import format_duration, format_money, near_miss
from delivsim.errors import InputError
from delivsim.record import measures
from delivsim.report import explain_choices, explain_faults, explain_platform, explain_riders
from delivsim.report.clock import Clock
from delivsim.report.columns import Cell, bar, heading, joined, table, wrapped
from delivsim.report.rows import Row, each, name_in, where
from delivsim.report.trace import trace
from delivsim.report.wording import percent, plural

if TYPE_CHECKING:
    from delivsim.record.result import Result

_INSTANTS = {
    "placed_at": "placed",
    "responded_at": "the app has its answer",
    "assigned_at": "a rider accepted",
    "departed_at": "the rider set out",
    "arrived_at": "the rider is at the store",
    "ready_at": "the food is ready",
    "picked_up_at": "picked up",
    "delivered_at": "delivered",
    "ended_at": "ended",
    "promised_at": "promised",
}


def explain_order(result: Result, order_id: str) -> Text:
    """
    Tell an order's whole story, so that any latency and any lateness can be traced to where it arose.

    Parameters
    ----------
    result
        A run.
    order_id
        The order's name in the instance.

    Raises
    ------
    InputError
        No order of that name; the message names the nearest.
    """
    order = _find(result, order_id)
    number, clock = int(order.order), Clock.of(result.manifest)
    tables = result.tables
    seen = trace(tables["requests"], tables["visits"], tables["messages"], number)
    parts = [
        _header(result, order, clock),
        _instants(order, clock),
        _click_to_door(result, number),
        explain_faults.faults(result, order.placed_at, math.inf if math.isnan(order.ended_at) else order.ended_at),
        explain_platform.requests(seen, order, clock),
        explain_platform.messages(seen, order, clock),
        explain_choices.choices(result, order, clock),
        explain_riders.offers(result, order, clock),
        explain_riders.legs(result, order, clock),
    ]
    return joined(line for part in parts if part for line in (*part, Text()))


def _find(result: Result, order_id: str) -> Row:
    """Find an order by its id, or by the number that decisions call it by."""
    orders = result.tables["orders"]
    found = where(orders, "id", order_id)
    if len(found) == 0 and order_id.isdecimal():
        known = where(result.tables["known_orders"], "number", int(order_id))
        found = where(orders, "order", int(known["order"].iloc[0])) if len(known) else found
    if len(found) == 0:
        names = [str(name) for name in orders["id"]]
        what = near_miss(order_id, names) or (f"; orders are named like '{names[0]}'" if names else "")
        raise InputError(f"order: no order '{order_id}' among the {plural(len(names), 'order')} of this run{what}")
    return next(each(found))


def _header(result: Result, order: Row, clock: Clock) -> list[Text]:
    why = f" ({order.reason})" if order.reason else ""
    style = "green" if order.outcome == "delivered" else "red"
    title = Text.assemble(
        (f"Order {order.id}", "bold"), ": ", (f"{order.outcome}{why}", style), f", {clock.date(order.placed_at)}"
    )
    degrees = bool((result.manifest.get("instance") or {}).get("geographic"))
    place = f"{order.x:.5f}, {order.y:.5f}" if degrees else f"{order.x:,.0f} m, {order.y:,.0f} m"
    lines = [
        f"Customer {order.customer} at {place}; {plural(order.n_items, 'item')} from store "
        f"{name_in(result, 'stores', order.store)}; rider {name_in(result, 'riders', order.rider)}.",
        f"Charged {format_money(order.charged)}, refunded {format_money(order.refunded)}; {_rating(order.rating)}.",
    ]
    return [title, *(line for text in lines for line in wrapped(text))]


def _rating(rating: float) -> str:
    return f"rated {rating:.0f} of 5" if math.isfinite(rating) else "no feedback"


def _instants(order: Row, clock: Clock) -> list[Text]:
    known = [(getattr(order, name), words) for name, words in _INSTANTS.items()]
    if order.outcome == "delivered":
        known = [(at, words) for at, words in known if words != "ended"]
    known = sorted(((at, words) for at, words in known if math.isfinite(at)), key=lambda pair: pair[0])
    rows = [
        (words, clock.time_of_day(at, seconds=True), f"+{format_duration(at - order.placed_at)}") for at, words in known
    ]
    return [heading("What happened", "time of day, and since it was placed"), *table(rows)]


def _click_to_door(result: Result, number: int) -> list[Text]:
    orders = where(result.tables["orders"], "order", number)
    total = float(measures.click_to_door(orders).iloc[0])
    if not total > 0:
        return []
    parts = measures.click_to_door_parts(orders, where(result.tables["messages"], "order", number)).iloc[0]
    rows: list[list[Cell]] = [
        [
            str(name).replace("_", " "),
            seconds,
            format_duration(time),
            percent(time / total),
            bar(time / total, 40, empty=" "),
        ]
        for (name, time), seconds in zip(parts.items(), _adding_up(parts.to_list()), strict=True)
    ]
    rows.append([Text("click to door", style="bold"), f"{total:.2f} s", format_duration(total), percent(1.0)])
    return [heading("Where the time went", "and its share of click to door"), *table(rows)]


def _adding_up(times: list[float]) -> list[str]:
    """Seconds as text whose rounded values add up to the rounded sum, as an accountant writes them."""
    ends = [round(end, 2) for end in accumulate(times, initial=0.0)]
    return [f"{end - start:.2f} s" for start, end in pairwise(ends)]
