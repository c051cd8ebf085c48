"""What is in an instance, as text: what ``delivsim info`` prints."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.text import Text

from delivsim.report import columns
from delivsim.report.clock import Clock
from delivsim.report.wording import count, decimal, minutes, number, percent, plural

HOUR = 3600.0
MOST_HOURS = 48
SHOWN = ("mean", "p10", "p50", "p90", "max")
ROWS = {
    "store_to_customer_distance": ("store to customer", "km", 1000.0),
    "store_to_customer_time": ("way to the customer", "min", 60.0),
    "way_to_store_time": ("way to the store, estimated", "min", 60.0),
    "placed_to_ready": ("placed to ready", "min", 60.0),
    "preparation_time": ("preparation", "min", 60.0),
    "placed_to_promised": ("placed to promised", "min", 60.0),
    "shift": ("shift", "h", HOUR),
    "orders_per_store": ("orders per store", "", 1.0),
}
Facts = Mapping[str, Any]


def info_text(facts: Facts) -> Text:
    """
    Say what is in an instance, on lines of at most 100 characters.

    Parameters
    ----------
    facts
        What ``instance_facts`` measured.
    """
    clock = Clock(starts_at=datetime.fromisoformat(facts["starts_at"]))
    lines = [*_head(facts), *_hours(facts["hours"], clock), *_distributions(facts["distributions"])]
    return columns.joined([*lines, *_riders(facts), *_stores(facts), *_odd(facts["odd"])])


def _head(facts: Facts) -> Iterator[Text]:
    n = facts["counts"]
    yield columns.heading(facts["name"], "places in degrees" if facts["geographic"] else "places in metres")
    nouns = [(n["orders"], "order"), (n["riders"], "rider"), (n["stores"], "store")]
    if n["customers"] > 1 or n["orders"] <= 1:  # else nothing is said of who they are
        nouns.append((n["customers"], "customer"))
    yield from columns.wrapped(", ".join(plural(number, noun) for number, noun in nouns) + ".")
    for what in ("vehicles", "zones"):
        if n[what]:
            parts = ", ".join(f"{name} {count(number)}" for name, number in n[what].items())
            yield from columns.wrapped(f"{what.capitalize()}: {parts}.")


def _hours(hours: Sequence[Facts], clock: Clock) -> Iterator[Text]:
    yield columns.heading("Hours", "orders placed; riders on shift, and how many their orders need, one at a time")
    shown = [hour for hour in hours if hour["orders"] or hour["riders_on_shift"] > 0 or hour["rider_hours_needed"] > 0]
    n, most = len(shown), max((hour["orders"] for hour in shown), default=0)
    busiest = sorted(shown, key=lambda hour: -hour["orders"])[:MOST_HOURS]
    shown = sorted(busiest, key=lambda hour: hour["start"])
    head = ("from-to", "", "orders", "on shift", "needed", "load")
    yield from columns.table([_hour(hour, most, clock) for hour in shown], head=head, left=2)
    if n > MOST_HOURS:
        yield from columns.wrapped(f"These are the {MOST_HOURS} busiest of {n} hours.", style="dim")


def _hour(hour: Facts, most: int, clock: Clock) -> tuple[str, ...]:
    on_shift, needed = hour["riders_on_shift"], hour["rider_hours_needed"]
    load = percent(needed / on_shift, 0) if on_shift > 0 else percent(math.nan)
    bar = columns.bar(hour["orders"] / most if most else 0.0)
    when = clock.between(hour["start"], hour["end"])
    return when, bar, count(hour["orders"]), decimal(on_shift), decimal(needed), load


def _distributions(distributions: Facts) -> Iterator[Text]:
    yield columns.heading("Distributions")
    rows = [
        (label, unit, *(decimal(number(distributions[name][q]) / scale, 1 if unit else 0) for q in SHOWN))
        for name, (label, unit, scale) in ROWS.items()
        if distributions[name]["mean"] is not None
    ]
    yield from columns.table(rows, head=("", "", *SHOWN), left=2)


def _riders(facts: Facts) -> Iterator[Text]:
    riders = facts["riders"]
    yield columns.heading("Riders")
    yield from columns.wrapped(
        f"{plural(riders['with_a_shift'], 'rider')} with a shift, {decimal(riders['rider_hours'])} rider-hours; the "
        f"orders need {decimal(riders['rider_hours_needed'])} ({percent(number(riders['load']), 0)}), "
        f"{minutes(number(riders['time_per_order']))} min each. "
        f"{decimal(number(riders['orders_per_rider_hour']), 2)} orders per rider-hour."
    )


def _stores(facts: Facts) -> Iterator[Text]:
    stores = facts["stores"]
    if stores["busiest"] is None:
        return
    yield columns.heading("Stores")
    yield from columns.wrapped(
        f"The busiest tenth has {percent(stores['share_of_busiest_tenth'], 0)} of the orders, "
        f"{stores['busiest']} alone {percent(stores['share_of_busiest'])}."
    )


def _odd(odd: Sequence[Facts]) -> Iterator[Text]:
    if not odd:
        return
    yield columns.heading("Legal, but odd")
    rows = [(count(one["n"]), f"of {count(one['of'])}", f"{one['what']}, such as {one['example']}") for one in odd]
    widths = [max(len(row[k]) for row in rows) for k in range(2)]
    for row in rows:
        yield Text(f"  {row[0]:>{widths[0]}} {row[1]:<{widths[1]}}  {row[2]}")
