"""An export becomes an instance and its history: reads the files, checks the rows, estimates what nobody told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, available_timezones

import numpy as np

from delivsim.calibrate.ways import Ways
from delivsim.domain.instance import Instance
from delivsim.domain.rider import Rider
from delivsim.domain.store import Store
from delivsim.domain.units import near_miss
from delivsim.errors import InputError, Problem
from delivsim.scenario.history import OFFERS, ORDERS, History, empty, shaped
from delivsim.scenario.imports import facts, people
from delivsim.scenario.imports.columns import Table, split_map
from delivsim.scenario.imports.export import Export, Imported
from delivsim.scenario.imports.intake import Intake, take_in
from delivsim.scenario.imports.moments import Clock
from delivsim.scenario.imports.orders import EVENTS, by_customer, check_orders, outcomes
from delivsim.scenario.imports.roster import riders_needed, riders_who_carried
from delivsim.scenario.imports.window import Window, window_of

if TYPE_CHECKING:
    import pandas as pd


def import_export(export: Export) -> Imported:
    """
    Make an instance of an export.

    Raises
    ------
    InputError
        A file cannot be read at all, a column that is needed is missing, or no order is left.
    """
    mapped = split_map(export.mapped)
    clock = Clock(zone_of(export.timezone or "UTC"), export.day_first)
    stores = _stores(export, mapped["stores"], clock)
    orders = take_in("orders", export.orders, mapped["orders"], clock)
    told = None if stores is None else {str(stores.at(i, "store_id")) for i in stores.rows()}
    check_orders(orders, told)
    window = _window(export, orders, clock.zone)
    outside = _leave_out(orders, window)
    return _Maker(export, window, clock, orders, stores, outside).made(mapped)


def zone_of(name: str) -> ZoneInfo:
    """
    Find a time zone.

    Raises
    ------
    InputError
        There is none of that name; with a near miss.
    """
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError) as error:
        near = near_miss(name, sorted(available_timezones()))
        rule = f"must be a time zone such as America/Bogota, got {name!r}{near}"
        raise InputError.of([Problem(path="--timezone", rule=rule)]) from error


def _stores(export: Export, mapped: dict[str, str], clock: Clock) -> Intake | None:
    if export.stores is None:
        return None
    stores = take_in("stores", export.stores, mapped, clock)
    people.check_stores(stores)
    return stores


def _window(export: Export, orders: Intake, zone: ZoneInfo) -> Window:
    placed = [value for i in orders.rows() if isinstance(value := orders.at(i, "placed_at"), float)]
    if not placed:
        raise _nothing_left(orders)
    return window_of(export.since, export.until, zone, placed)


def _leave_out(orders: Intake, window: Window) -> set[str]:
    """Leave out orders placed outside the window; give their names."""
    names = set()
    for i in list(orders.rows()):
        placed_at = orders.at(i, "placed_at")
        assert isinstance(placed_at, float)
        if not window.holds(placed_at):
            orders.leave_out(i)
            names.add(str(orders.at(i, "order_id")))
    if not any(orders.alive):
        raise _nothing_left(orders)
    return names


def _nothing_left(orders: Intake) -> InputError:
    problems = [Problem(file=orders.sheet.file, rule=f"of {orders.sheet.n_read} rows none is left to be an order")]
    problems += [Problem(rule=reject.message) for reject in orders.rejects[:20]]
    return InputError.of(problems)


class _Maker:
    """Makes the instance once the orders are known."""

    def __init__(
        self, export: Export, window: Window, clock: Clock, orders: Intake, stores: Intake | None, outside: set[str]
    ) -> None:
        self.export, self.window, self.clock, self.taken, self.outside = export, window, clock, orders, outside
        self.said: list[str] = []
        self.tallies: list[Intake] = [orders, *([] if stores is None else [stores])]
        self.frame = self._frame()
        self.geographic = "lat" in self.frame
        self.names = people.name_stores(self.frame, orders.sheet.file)
        self.stores = self._make_stores(stores)

    def _frame(self) -> pd.DataFrame:
        """Give the orders in the order of placement, instants in seconds since the begin of the window."""
        frame = self.taken.frame().sort_values(["placed_at", "line"], kind="stable", ignore_index=True)
        for name in (*EVENTS, "promised_at"):
            if name in frame:
                frame[name] = (frame[name] - self.window.begin).round(3)
        if "order_id" not in frame:
            frame["order_id"] = [f"o{i + 1}" for i in range(len(frame))]
            self.said.append("no column tells orders' names: they are called o1, o2, ... by the time of placement")
        return frame

    def _make_stores(self, taken: Intake | None) -> list[Store]:
        if taken is not None:
            if "store_id" not in self.frame:
                rule = "no column tells the store of an order: say --map store_id=COLUMN"
                raise InputError.of([Problem(file=self.taken.sheet.file, rule=rule)])
            return people.stores_of_file(taken.frame(), geographic=self.geographic)
        made = people.stores_of_orders(self.frame, self.names, self.taken.sheet.file, self.taken.notes)
        self.said.append(f"no stores file: {len(made)} stores are taken from the orders, where these say they are")
        return made

    def made(self, mapped: Mapping[Table, dict[str, str]]) -> Imported:
        """Put it all together."""
        number = {store.id: i for i, store in enumerate(self.stores)}
        frame = self.frame.assign(store=self.names.map(number))
        ended = outcomes(frame)
        ways = facts.ways_of(frame, self.stores, self.window, geographic=self.geographic)
        travel, rules = facts.travel_and_rules(ways, self.said, geographic=self.geographic)
        orders, given = facts.orders_of(frame, self.said)
        riders = self._riders(frame, mapped["riders"], ways)
        offers = self._offers(set(frame["order_id"]), mapped["offers"])
        zones = sorted({thing.zone for things in (orders, riders, self.stores) for thing in things if thing.zone})
        instance = Instance(
            name=self.export.orders.stem,
            orders=orders,
            riders=riders,
            stores=self.stores,
            travel=travel,
            rules=rules,
            geographic=self.geographic,
            zones=tuple(zones),
        )
        self._say_times()
        tallies = tuple(taken.tally() for taken in self.tallies)
        history = History(
            self._happened(frame, ended),
            offers,
            self.window.starts_at,
            self.clock.zone.key,
            self.window.horizon,
            facts.n_lost(tallies[0], len(frame)),
        )
        return Imported(instance, history, given, tallies, tuple(self.said))

    def _riders(self, frame: pd.DataFrame, mapped: dict[str, str], ways: Ways | None) -> list[Rider]:
        places = [(self.stores[s].x, self.stores[s].y) for s in frame["store"]]
        if self.export.riders is not None:
            taken = take_in("riders", self.export.riders, mapped, self.clock)
            people.check_riders(taken, self.window)
            self.tallies.append(taken)
            rows = taken.frame()
            near = [places[k * len(places) // max(1, len(rows))] for k in range(len(rows))]
            if not {"lat", "lon"} <= set(rows) and not {"x", "y"} <= set(rows):
                self.said.append("the riders file tells no places: every shift begins at a store, busy ones more often")
            if {"speed", "speed_kmh"} & set(rows):
                self.said.append("riders' own speeds are taken as along straight lines")
            return people.riders_of_file(rows, self.window, near, geographic=self.geographic)
        if "rider_id" in frame and frame["rider_id"].ne("").any():
            riders = riders_who_carried(frame, places, self.window.horizon)
            self.said.append(
                f"no riders file: {len(riders)} shifts are estimated from who carried which order; riders without any"
                " order leave no trace, so there may have been more"
            )
            return riders
        work = facts.work_per_order(frame, self.stores, ways, geographic=self.geographic)
        placed_at = frame["placed_at"].to_numpy(np.float64)
        riders = riders_needed(placed_at, work, self.window.horizon, places)
        self.said.append(
            f"no riders at all: {len(riders)} are invented, so many that {work / 60:.0f} min of work per order keep"
            " them busy 65 % of their time, in shifts of up to 4 h"
        )
        return riders

    def _offers(self, known: set[str], mapped: dict[str, str]) -> pd.DataFrame:
        if self.export.offers is None:
            return empty(OFFERS)
        taken = take_in("offers", self.export.offers, mapped, self.clock)
        people.check_offers(taken, known, self.outside | facts.names_rejected(self.taken))
        self.tallies.append(taken)
        return facts.offers_of(taken.frame(), self.window.begin)

    def _happened(self, frame: pd.DataFrame, ended: pd.Series) -> pd.DataFrame:
        """Keep what happened to the orders."""
        import pandas as pd

        kept = pd.DataFrame({"id": frame["order_id"]})
        for name in ORDERS:
            source = {"rider": "rider_id", "outcome": "outcome", "by_customer": "by_customer"}.get(name, name)
            if name not in kept:
                blank = "" if name in ("rider", "reason") else np.nan
                kept[name] = frame.get(source, blank)
        cancelled = ended.eq("cancelled")
        kept["outcome"] = ended
        kept["by_customer"] = (cancelled & by_customer(kept["reason"])).astype("float64")
        if cancelled.any() and "reason" not in frame:
            self.said.append("no column tells why orders were cancelled: every cancellation counts as the customer's")
        return shaped(kept, ORDERS)

    def _say_times(self) -> None:
        zone, where = self.clock.zone.key, self.export.timezone is not None
        if self.clock.n_local and not where:
            self.said.append("times are written without a zone, and no --timezone is given: they are taken as UTC")
        elif not where:
            self.said.append("no --timezone is given: times of day are those of UTC")
        if self.clock.twice:
            self.said.append(
                f"{self.clock.twice} times happen twice in {zone}, in the hour in which clocks are put back: the first"
                " of the two is taken"
            )
