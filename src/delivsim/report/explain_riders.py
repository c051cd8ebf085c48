"""The riders' part of an order's story: decisions, offers, and the way of whoever brought it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich.text import Text

from delivsim.domain.units import format_duration
from delivsim.report.clock import DASH, Clock
from delivsim.report.columns import Cell, heading, table, wrapped
from delivsim.report.rows import Row, each, name_in, name_of, where
from delivsim.report.wording import count, decimal, listed, plural

if TYPE_CHECKING:
    import pandas as pd

    from delivsim.record.result import Result


def offers(result: Result, order: Row, clock: Clock) -> list[Text]:
    """Lines on the offers of the order, each with its decision, and on the decisions that passed it over."""
    decisions = result.tables["decisions"]
    mine = where(result.tables["offers"], "order", order.order).sort_values(["offered_at", "offer"])
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
    low, high = int(met["n_riders"].min()), int(met["n_riders"].max())
    riders = plural(high, "rider") if low == high else f"{low} to {plural(high, 'rider')}"
    return f"{plural(len(met), 'decision')} passed it over ({span}, {riders} to choose from)"


def _offer_row(result: Result, offer: Row, clock: Clock) -> list[Cell]:
    decisions, every_offer, orders = (result.tables[name] for name in ("decisions", "offers", "orders"))
    made = next(each(where(decisions, "decision", offer.decision)), None)
    both = where(every_offer, "offer", offer.offer).sort_values("position")
    names = [name_of(orders, "order", row.order) for row in each(both) if row.order != offer.order]
    return [
        str(offer.decision) if made else DASH,
        clock.time_of_day(made.decided_at, seconds=True) if made else DASH,
        f"{made.n_orders} / {made.n_riders}" if made else DASH,
        name_in(result, "riders", offer.rider),
        clock.time_of_day(offer.offered_at, seconds=True),
        Text(str(offer.answer), style="" if offer.answer == "accepted" else "yellow"),
        format_duration(offer.answered_at - offer.offered_at),
        listed(names, 3) if names else "alone",
    ]


def legs(result: Result, order: Row, clock: Clock) -> list[Text]:
    """Lines on the way of the riders who set out for the order, stretch by stretch."""
    way = _legs_of(result.tables["legs"], order)
    if len(way) == 0:
        return []
    rows = [
        (
            name_in(result, "riders", leg.rider),
            str(leg.kind).replace("_", " "),
            clock.time_of_day(leg.started_at, seconds=True),
            clock.time_of_day(leg.ended_at, seconds=True),
            format_duration(leg.ended_at - leg.started_at),
            f"{leg.distance / 1000:.2f} km" if leg.distance > 0 else "",
            count(leg.n_carried),
            name_in(result, "orders", leg.order) if leg.order >= 0 else "",
        )
        for leg in each(way)
    ]
    head = ("rider", "stretch", "from", "to", "took", "way", "on board", "for order")
    km = decimal(float(way["distance"].sum()) / 1000, 2)
    return [heading("The rider's way", f"{km} km in all"), *table(rows, head=head, left=4)]


def _legs_of(every: pd.DataFrame, order: Row) -> pd.DataFrame:
    """Stretches ridden for the order, and those its rider rode from setting out to this order's door."""
    own = every["order"].to_numpy() == order.order
    until = next((t for t in (order.delivered_at, order.ended_at) if math.isfinite(t)), math.inf)
    started = every["started_at"].to_numpy()
    shared = (every["rider"].to_numpy() == order.rider) & (order.rider >= 0)
    if math.isfinite(order.departed_at):
        shared &= (started >= order.departed_at - 1e-6) & (started < until)
    else:
        shared &= False
    mine: pd.DataFrame = every[own | shared]
    return mine.sort_values(["started_at", "rider"], kind="stable")
