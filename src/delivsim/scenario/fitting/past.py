"""What happened, day by day: all that a scenario is fitted to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from delivsim.calibrate.demand import DayCount
from delivsim.domain.instance import Instance
from delivsim.domain.order import Order
from delivsim.domain.rider import Rider
from delivsim.domain.store import Store

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, eq=False)
class Past:
    """
    What happened, day by day.

    Parameters
    ----------
    orders
        A row per order: ``day`` (its label), ``clock`` (placed, seconds since that day's midnight), ``zone``, ``store``
        (id), ``order`` (position in ``models``), ``distance`` (straight, metres), ``hour`` (of pick-up), ``cooking``
        (seconds), ``units`` and the columns of the history, instants in seconds since the start of its instance.
    offers
        The histories' offers.
    days
        Each day's stretch and counts.
    models
        The orders themselves, ``placed_at`` in seconds since the midnight of their day.
    stores
        By id, zones included.
    rosters
        Each day's shifts, in seconds since its midnight.
    last
        The last day's date.
    instance
        The last instance: its travel, rules and kind of places.
    timezone
        Where it is.
    told
        Whether there is any history at all.
    zones_made
        Whether zones were made here.
    """

    orders: pd.DataFrame
    offers: pd.DataFrame
    days: tuple[DayCount, ...]
    models: tuple[Order, ...]
    stores: dict[str, Store]
    zones: tuple[str, ...]
    rosters: dict[str, list[Rider]]
    last: datetime
    instance: Instance
    timezone: str
    told: bool
    zones_made: bool
