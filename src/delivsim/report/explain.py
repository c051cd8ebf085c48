"""One order's whole story: who and where, the platform, the messages, the offers, the rider's way."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from rich.text import Text

from delivsim.domain.units import format_duration, format_money, near_miss
from delivsim.errors import InputError
from delivsim.record import measures
from delivsim.report.clock import DASH, Clock
from delivsim.report.columns import Cell, bar, heading, joined, table, wrapped
from delivsim.report.rows import Row, each, name_of, where
from delivsim.report.trace import Delivery, Hop, Trace, trace
from delivsim.report.waterfall import LEGEND, status_of, waterfall
from delivsim.report.wording import count, decimal, listed, percent, plural

if TYPE_CHECKING:
    import pandas as pd

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
_POLLED = 3
"""A client operation that an order saw more often than this is told in one line."""


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
    order = _find(result.tables["orders"], order_id)
    number, clock = int(order.order), Clock.of(result.manifest)
    tables = result.tables
    seen = trace(tables["requests"], tables["visits"], tables["messages"], number)
    parts = [
        _header(result, order, clock),
        _instants(order, clock),
        _click_to_door(result, number),
        _requests(seen, order, clock),
        _messages(seen, order, clock),
        _offers(result, order, clock),
        _legs(result, order, clock),
    ]
    return joined(line for part in parts if part for line in (*part, Text()))


def _find(orders: pd.DataFrame, order_id: str) -> Row:
    found = where(orders, "id", order_id)
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
        f"{_name(result, 'stores', order.store)}; rider {_name(result, 'riders', order.rider)}.",
        f"Charged {format_money(order.charged)}, refunded {format_money(order.refunded)}; {_rating(order.rating)}.",
    ]
    return [title, *(line for text in lines for line in wrapped(text))]


def _rating(rating: float) -> str:
    return f"rated {rating:.0f} of 5" if math.isfinite(rating) else "no feedback"


def _name(result: Result, name: str, number: int) -> str:
    return name_of(result.tables[name], name.removesuffix("s"), number)


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


def _requests(seen: Trace, order: Row, clock: Clock) -> list[Text]:
    if not seen.roots:
        return [heading("Platform", "no request of this order was recorded")]
    lines = [heading("Platform", LEGEND)]
    placed = [root for root in seen.roots if root.row.operation == "place_order"]
    for root in placed:
        lines += waterfall(root)
    others = [root for root in seen.roots if root.row.operation != "place_order"]
    rows = list(_other_rows(others, order, clock))
    head = ("other requests", "at", "since placed", "latency", "network", "waiting", "work", "status")
    return [*lines, *table(rows, head=head, left=2)] if rows else lines


def _other_rows(roots: list[Hop], order: Row, clock: Clock) -> Iterator[list[Cell]]:
    by_name: defaultdict[str, list[Hop]] = defaultdict(list)
    for root in roots:
        by_name[f"{root.row.caller} > {root.name}"].append(root)
    for name, same in by_name.items():
        if len(same) <= _POLLED:
            yield from (_other_row(name, root, order, clock) for root in same)
        else:
            slowest = max(same, key=lambda root: _latency(root) if math.isfinite(_latency(root)) else math.inf)
            yield _other_row(f"{name}, slowest of {len(same)}", slowest, order, clock)


def _other_row(name: str, root: Hop, order: Row, clock: Clock) -> list[Cell]:
    hops = [hop for _, hop in root.walk()]
    sums = (sum(getattr(hop, what) for hop in hops) for what in ("network_time", "waiting_time", "work_time"))
    return [
        name,
        clock.time_of_day(root.row.sent_at, seconds=True),
        f"+{format_duration(root.row.sent_at - order.placed_at)}",
        format_duration(_latency(root)),
        *(format_duration(time) for time in sums),
        status_of(root.row),
    ]


def _latency(root: Hop) -> float:
    return float(root.row.answered_at - root.row.sent_at)


def _messages(seen: Trace, order: Row, clock: Clock) -> list[Text]:
    if not seen.messages:
        return []
    rows = [_message_row(message, order, clock) for message in seen.messages]
    head = ("message > consumer", "at", "since placed", "on the way", "queued", "handled", "outcome")
    return [heading("Messages"), *table(rows, head=head, left=2)]


def _message_row(message: Delivery, order: Row, clock: Clock) -> list[Cell]:
    row = message.row
    again = f", delivery {row.attempt}" if row.attempt > 1 else ""
    bad = row.outcome == "dead_letter"
    return [
        f"{row.topic} > {row.group or 'nobody'}",
        clock.time_of_day(row.published_at, seconds=True),
        f"+{format_duration(row.published_at - order.placed_at)}",
        format_duration(row.available_at - row.published_at),
        format_duration(row.delivered_at - row.available_at),
        format_duration(row.acknowledged_at - row.delivered_at),
        Text(f"{row.outcome}{again}", style="red" if bad else ""),
    ]


def _offers(result: Result, order: Row, clock: Clock) -> list[Text]:
    offers, decisions = result.tables["offers"], result.tables["decisions"]
    mine = where(offers, "order", order.order).sort_values(["offered_at", "offer"])
    lines = [heading("Decisions and offers", _passed_over(decisions, mine, order, clock))]
    if len(mine) == 0:
        return [*lines, *wrapped("It was never offered to a rider.")]
    rows = [_offer_row(result, offer, clock) for offer in each(mine)]
    head = ("decision", "at", "orders / riders", "offered to", "at", "answer", "after", "together with")
    return [*lines, *table(rows, head=head, left=8)]


def _passed_over(decisions: pd.DataFrame, mine: pd.DataFrame, order: Row, clock: Clock) -> str:
    """Words on the decisions that met the order waiting and made no offer of it."""
    first, last = order.responded_at, order.assigned_at
    if not math.isfinite(first):
        return ""
    last = next(t for t in (last, order.ended_at, math.inf) if not math.isnan(t))
    at = decisions["decided_at"].to_numpy()
    met = decisions[(at >= first) & (at <= last) & ~decisions["decision"].isin(mine["decision"]).to_numpy()]
    if len(met) == 0:
        return ""
    span = clock.between(met["decided_at"].min(), met["decided_at"].max())
    riders = f"{met['n_riders'].min()} to {met['n_riders'].max()} riders to choose from"
    return f"{plural(len(met), 'decision')} passed it over ({span}, {riders})"


def _offer_row(result: Result, offer: Row, clock: Clock) -> list[Cell]:
    decisions, offers, orders = (result.tables[name] for name in ("decisions", "offers", "orders"))
    made = next(each(where(decisions, "decision", offer.decision)), None)
    both = where(offers, "offer", offer.offer).sort_values("position")
    names = [name_of(orders, "order", row.order) for row in each(both) if row.order != offer.order]
    return [
        str(offer.decision) if made else DASH,
        clock.time_of_day(made.decided_at, seconds=True) if made else DASH,
        f"{made.n_orders} / {made.n_riders}" if made else DASH,
        _name(result, "riders", offer.rider),
        clock.time_of_day(offer.offered_at, seconds=True),
        Text(str(offer.answer), style="" if offer.answer == "accepted" else "yellow"),
        format_duration(offer.answered_at - offer.offered_at),
        listed(names, 3) if names else "alone",
    ]


def _legs(result: Result, order: Row, clock: Clock) -> list[Text]:
    legs = _legs_of(result.tables["legs"], order)
    if len(legs) == 0:
        return []
    rows = [
        (
            _name(result, "riders", leg.rider),
            str(leg.kind).replace("_", " "),
            clock.time_of_day(leg.started_at, seconds=True),
            clock.time_of_day(leg.ended_at, seconds=True),
            format_duration(leg.ended_at - leg.started_at),
            f"{leg.distance / 1000:.2f} km" if leg.distance > 0 else "",
            count(leg.n_carried),
            _name(result, "orders", leg.order) if leg.order >= 0 else "",
        )
        for leg in each(legs)
    ]
    head = ("rider", "stretch", "from", "to", "took", "way", "on board", "for order")
    km = decimal(float(legs["distance"].sum()) / 1000, 2)
    return [heading("The rider's way", f"{km} km in all"), *table(rows, head=head, left=4)]


def _legs_of(legs: pd.DataFrame, order: Row) -> pd.DataFrame:
    """Stretches ridden for the order, and those its rider rode from setting out to this order's door."""
    own = legs["order"].to_numpy() == order.order
    until = next((t for t in (order.delivered_at, order.ended_at) if math.isfinite(t)), math.inf)
    started = legs["started_at"].to_numpy()
    shared = (legs["rider"].to_numpy() == order.rider) & (order.rider >= 0)
    if math.isfinite(order.departed_at):
        shared &= (started >= order.departed_at - 1e-6) & (started < until)
    else:
        shared &= False
    mine: pd.DataFrame = legs[own | shared]
    return mine.sort_values(["started_at", "rider"], kind="stable")
